//! SET, SHOW, RESET: the values that one session's settings have.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::error::{Error, Result};
use crate::functions::charset::{Charset, Named};
use crate::functions::style::Style;
use crate::system::scope::{Origins, Source, StarExpansion};
use crate::system::settings::{
    KNOWN, Rule, canonical, check_over, fixed, is_custom, known, milliseconds, spelling,
    split_names, unrecognized, values_of,
};
use crate::system::zones::engine_zone;

static DEFAULTS: LazyLock<Arc<BTreeMap<String, String>>> = LazyLock::new(|| {
    Arc::new(KNOWN.iter().map(|k| (k.name.to_owned(), k.default.to_owned())).collect())
});

/// All settings of one session. Cloning is cheap; a clone brings them back after ROLLBACK.
#[derive(Clone, Debug)]
pub struct Settings {
    values: Arc<BTreeMap<String, String>>,
    /// Where those that are not the default came from.
    sources: Arc<BTreeMap<String, Source>>,
    /// What RESET goes back to: the defaults with what was stored and what the client said at start-up.
    initial: Initial,
    /// What is being set now comes from here.
    source: Source,
    /// What SET LOCAL has covered, for the end of the transaction.
    covered: BTreeMap<String, Covered>,
}

type Covered = (Option<String>, Option<Source>);

#[derive(Clone, Debug)]
struct Initial {
    values: Arc<BTreeMap<String, String>>,
    sources: Arc<BTreeMap<String, Source>>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            values: Arc::clone(&DEFAULTS),
            sources: Arc::default(),
            initial: Initial { values: Arc::clone(&DEFAULTS), sources: Arc::default() },
            source: Source::Session,
            covered: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Every setting with its value, as SHOW prints it.
    pub fn all(&self) -> Arc<BTreeMap<String, String>> {
        Arc::clone(&self.values)
    }

    /// Name, value and what it is about, for SHOW ALL.
    pub fn described(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.values.iter().map(|(name, value)| {
            let about = known(name).map_or("", |k| k.about);
            (spelling(name), value.as_str(), about)
        })
    }

    pub fn get(&self, name: &str) -> Result<&str> {
        let found = self.values.get(canonical(name).as_str());
        found.map(String::as_str).ok_or_else(|| unrecognized(name))
    }

    /// What is set from now on comes from here.
    pub fn from_now_on(&mut self, source: Source) {
        self.source = source;
    }

    /// Sets, for the session: what SET LOCAL said before in the same transaction is forgotten.
    pub fn set(&mut self, name: &str, values: &[String]) -> Result<()> {
        let name = canonical(name);
        let now = self.values.get(&name).map_or("", String::as_str);
        let value = check_over(&name, values, now)?;
        self.covered.remove(&name);
        self.put(name, Some(value), Some(self.source));
        Ok(())
    }

    /// Sets from one text, as a connection string, a role's settings or SHOW have it.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<()> {
        self.set(name, &values_of(&canonical(name), text))
    }

    /// Sets until [`Settings::end_local`]; without values, to what RESET would.
    pub fn set_local(&mut self, name: &str, values: Option<&[String]>) -> Result<()> {
        let name = canonical(name);
        let before = (self.values.get(&name).cloned(), self.sources.get(&name).copied());
        let before = self.covered.get(&name).cloned().unwrap_or(before);
        match values {
            Some(values) => self.set(&name, values)?,
            None => self.reset(&name)?,
        }
        self.covered.insert(name, before);
        Ok(())
    }

    /// The transaction is over: what SET LOCAL covered comes back.
    pub fn end_local(&mut self) {
        for (name, (value, source)) in std::mem::take(&mut self.covered) {
            self.put(name, value, source);
        }
    }

    pub fn reset(&mut self, name: &str) -> Result<()> {
        let name = canonical(name);
        if known(&name).is_none() && !is_custom(&name) {
            return Err(unrecognized(&name));
        }
        if let Some(known) = known(&name)
            && known.rule == Rule::Fixed
        {
            return Err(fixed(known.name));
        }
        let value = self.initial.values.get(&name).cloned();
        let source = self.initial.sources.get(&name).copied();
        self.covered.remove(&name);
        self.put(name, value, source);
        Ok(())
    }

    fn put(&mut self, name: String, value: Option<String>, source: Option<Source>) {
        let sources = Arc::make_mut(&mut self.sources);
        match source {
            Some(source) => sources.insert(name.clone(), source),
            None => sources.remove(&name),
        };
        let values = Arc::make_mut(&mut self.values);
        match value {
            Some(value) => values.insert(name, value),
            None => values.remove(&name),
        };
    }

    pub fn reset_all(&mut self) {
        self.values = Arc::clone(&self.initial.values);
        self.sources = Arc::clone(&self.initial.sources);
        self.covered.clear();
    }

    /// The session begins: what is set so far is what RESET goes back to.
    pub fn settle(&mut self) {
        let (values, sources) = (Arc::clone(&self.values), Arc::clone(&self.sources));
        self.initial = Initial { values, sources };
        self.source = Source::Session;
    }

    /// Where values came from, and what RESET would make of them.
    pub fn origins(&self) -> Origins {
        Origins { sources: Arc::clone(&self.sources), initial: Arc::clone(&self.initial.values) }
    }

    /// Reported settings under the names clients know them by.
    pub fn reported(&self) -> BTreeMap<&'static str, String> {
        KNOWN
            .iter()
            .filter(|k| k.reported)
            .map(|k| (spelling(k.name), self.values.get(k.name).cloned().unwrap_or_default()))
            .collect()
    }

    /// The schemas of `search_path`, unquoted.
    pub fn search_path(&self) -> Arc<[String]> {
        split_names(self.values.get("search_path").map_or("", String::as_str)).into()
    }

    /// As the engine reads it.
    pub fn time_zone(&self) -> String {
        engine_zone(self.values.get("timezone").map_or("UTC", String::as_str))
    }

    pub fn statement_timeout_ms(&self) -> u64 {
        self.milliseconds("statement_timeout")
    }

    /// A setting that is a time; 0 where there is no limit.
    pub fn milliseconds(&self, name: &str) -> u64 {
        self.values.get(name).and_then(|v| milliseconds(v)).unwrap_or(0)
    }

    pub fn star_expansion(&self) -> StarExpansion {
        match self.values.get("lake.star_expansion").map(String::as_str) {
            Some("permitted") => StarExpansion::Permitted,
            _ => StarExpansion::Postgres,
        }
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|v| v == "on")
    }

    /// The client's encoding.
    pub fn charset(&self) -> Charset {
        match self.values.get("client_encoding").map(String::as_str) {
            None | Some("UTF8") => Charset::Utf8,
            Some(name) => match Charset::named(name) {
                Named::Known(charset) => charset,
                Named::Lacking(_) | Named::Unknown => Charset::Utf8,
            },
        }
    }

    /// How values are written as text.
    pub fn style(&self) -> Result<Style> {
        let zone = self.time_zone();
        let style = Style::of(&zone, |name| self.values.get(name).map(String::as_str));
        style.ok_or_else(|| {
            let message = format!("invalid value for parameter \"TimeZone\": \"{zone}\"");
            Error::invalid_parameter(message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Result<String> {
        let mut settings = Settings::default();
        settings.set(name, &[value.to_owned()])?;
        Ok(settings.get(name)?.to_owned())
    }

    #[test]
    fn values_are_checked_and_shown_as_postgres_shows_them() {
        assert_eq!(set("Statement_Timeout", "90000").unwrap(), "90s");
        assert_eq!(set("timezone", "europe/berlin").unwrap(), "Europe/Berlin");
        assert_eq!(set("TimeZone", "+0530").unwrap_err().state.code(), "22023");
        assert_eq!(set("TimeZone", "5.5").unwrap(), "<+05:30>-05:30");
        assert_eq!(set("client_encoding", "utf-8").unwrap(), "UTF8");
        assert_eq!(set("client_encoding", "latin1").unwrap(), "LATIN1");
        assert_eq!(set("client_encoding", "sjis").unwrap_err().state.code(), "22023");
        assert_eq!(set("server_version", "16").unwrap_err().state.code(), "55P02");
        assert_eq!(set("nosuch", "1").unwrap_err().state.code(), "42704");
        assert_eq!(set("my.own", "x").unwrap(), "x");
    }

    #[test]
    fn the_search_path_survives_its_quotes() {
        let mut settings = Settings::default();
        assert_eq!(*settings.search_path(), ["$user".to_owned(), "public".to_owned()]);
        settings.set("search_path", &["A b".to_owned(), "c".to_owned()]).unwrap();
        assert_eq!(settings.get("search_path").unwrap(), "\"A b\", c");
        assert_eq!(*settings.search_path(), ["A b".to_owned(), "c".to_owned()]);
    }
}
