//! `lakewire check`: a report on config, stores, rights and conditional put that a person can act on.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::catalog::store::Catalog;
use crate::config::Config;
use crate::config::login::{Method, Rule, Transport};
use crate::error::{Error, Result};
use crate::storage::location::Location;
use crate::storage::probe;
use crate::storage::stores::{Stores, failure};
use crate::wire;

/// Looks at everything a server needs before it serves; `say` gets a line for each finding. False if a server would
/// not start or only serve read-only.
pub async fn run(config: &Config, say: impl Fn(&str)) -> bool {
    let mut good = true;
    let mut report = |title: &str, outcome: Result<String>| match outcome {
        Ok(found) => say(&format!("ok    {title}: {found}")),
        Err(e) => {
            good = false;
            say(&format!("FAIL  {title}: {e}"));
            if let Some(detail) = &e.detail {
                say(&format!("      {detail}"));
            }
            if let Some(hint) = &e.hint {
                say(&format!("      Hint: {hint}"));
            }
        }
    };
    report("config", config.listen_address().map(|a| format!("read; would listen on {a}")));
    report("tls", wire::tls(config).map(|tls| if tls.is_some() { "on" } else { "off" }.to_owned()));
    let listener = config.listen_address().and_then(|a| config.login.check_listener(a.ip()));
    let rules = config.login.rules.len();
    report("login rules", listener.map(|()| format!("{rules}, the first that matches decides")));
    for rule in &config.login.rules {
        report("login rule", Ok(explain(config, rule)));
    }
    let stores = match Stores::new(config) {
        Ok(stores) => stores,
        Err(e) => {
            report("lake", Err(e));
            return false;
        }
    };
    let lake = stores.lake().clone();
    report(&format!("reach {lake}"), stores.check(&lake).await.map(|()| "it answers".to_owned()));
    if let Ok(store) = stores.open(&lake) {
        report(&format!("rights on {lake}"), rights(&store, &lake).await);
        report(&format!("conditional put on {lake}"), conditional_put(&store, &lake).await);
        report("catalog", catalog(config, store, &lake).await);
    }
    for location in &config.locations {
        let outcome = match Location::parse(&location.url) {
            Ok(place) => stores.check(&place).await.map(|()| "it answers".to_owned()),
            Err(e) => Err(e),
        };
        report(&format!("location {}", location.url), outcome);
    }
    good
}

/// The rule, and what is odd about it.
fn explain(config: &Config, rule: &Rule) -> String {
    let odd = match (rule.transport, config.tls.key.is_empty(), config.tls.required) {
        (Transport::Tls, true, _) => " (never matches: there is no TLS)",
        (Transport::Plain, _, true) => " (never matches: TLS is required)",
        _ if rule.method == Method::Trust => " (lets in without a proof)",
        _ => "",
    };
    format!("{rule}{odd}")
}

/// Write, read and delete one object.
async fn rights(store: &Arc<dyn ObjectStore>, lake: &Location) -> Result<String> {
    let path: Path =
        lake.path().clone().join("_lakewire").join(format!("check-{}", uuid::Uuid::new_v4()));
    let fail = |e| failure(lake, e);
    store.put(&path, "check".into()).await.map_err(fail)?;
    store.get(&path).await.map_err(fail)?.bytes().await.map_err(fail)?;
    store.delete(&path).await.map_err(fail)?;
    Ok("may write, read and delete".to_owned())
}

async fn conditional_put(store: &Arc<dyn ObjectStore>, lake: &Location) -> Result<String> {
    let report = probe::run(store, lake).await?;
    match report.is_honest() {
        true => Ok(report.to_string()),
        false => Err(Error::storage(report.to_string())
            .hint("This store would lose commits; lakewire serves it read-only.")),
    }
}

async fn catalog(config: &Config, store: Arc<dyn ObjectStore>, lake: &Location) -> Result<String> {
    let root = lake.path().clone().join("_lakewire").join("catalog");
    let catalog = Catalog::open(store, root, config.catalog.clone(), false).await?;
    let snapshot = catalog.snapshot();
    Ok(match snapshot.version() {
        0 => "none yet; the first start makes it".to_owned(),
        version => format!(
            "version {version}, {} roles, {} relations",
            snapshot.roles().count(),
            snapshot.relations().count()
        ),
    })
}
