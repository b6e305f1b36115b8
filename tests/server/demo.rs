//! `lakewire demo` as a person meets it: built once, harmless twice, and its SQL says what README promises.

use std::time::Instant;

use lakewire::demo;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::server::{Store, block_on, column, start_log, state, value};
use crate::support::slt::Target;

#[test]
fn the_demo_is_built_once_and_shows_a_refusal() {
    block_on(async {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        start_log();
        let store = Store::folder();
        let mut config = store.config();
        config.locations.clear();
        let opened = lakewire::server::Server::open(config, Some("postgres".to_owned()));
        let server = Box::pin(opened).await.expect("a new lake");
        let steps = std::sync::Mutex::new(Vec::new());
        let say = |line: &str| steps.lock().expect("no panic").push(line.to_owned());
        let began = Instant::now();
        demo::build(&server, say).await.expect("the demo is built");
        let first = began.elapsed();
        assert!(steps.lock().expect("no panic").len() >= 5, "each step is said");
        let began = Instant::now();
        demo::build(&server, |_| ()).await.expect("a second time");
        let second = began.elapsed();
        assert!(second < first / 2, "a second time took {second:?}, the first {first:?}");

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let stop = CancellationToken::new();
        let told = stop.clone();
        let served = tokio::spawn(async move { Box::pin(server.serve(listener, told)).await });
        let target = Target {
            host: address.ip().to_string(),
            port: address.port(),
            database: "lake".into(),
            superuser: "postgres".into(),
            password: "postgres".into(),
            engine: "lakewire".into(),
            variables: Vec::new(),
        };
        let root = target.connect(None).await.expect("the superuser");
        assert_eq!(value(&root, "SELECT count(*) FROM raw.flights").await, "336776");
        assert_eq!(
            column(&root, "SELECT origin FROM raw.flights GROUP BY origin ORDER BY 1").await,
            ["EWR", "JFK", "LGA"]
        );
        assert_eq!(value(&root, "SELECT count(*) FROM curated.flights").await, "336776");
        let analyst = target.connect(Some("analyst")).await.expect("the analyst");
        let worst = "SELECT place FROM curated.worst_routes ORDER BY place LIMIT 5";
        assert_eq!(column(&analyst, worst).await, ["1", "2", "3", "4", "5"]);
        assert_eq!(value(&analyst, "SELECT count(carrier) FROM curated.flights").await, "336776");
        for denied in [
            "SELECT tailnum FROM curated.flights LIMIT 1",
            "SELECT * FROM curated.flights LIMIT 1",
            "SELECT count(*) FROM raw.flights",
            "SELECT count(*) FROM cleaned.flights",
            "CREATE TABLE curated.mine (a int)",
        ] {
            assert_eq!(state(analyst.simple_query(denied).await), "42501", "{denied}");
        }
        stop.cancel();
        served.await.expect("no panic").expect("it drains");
    });
}
