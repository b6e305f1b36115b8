//! Login rules over real sockets: which rule decides, each method allowed and refused, and how failures slow down.

use std::time::{Duration, Instant};

use lakewire::config::Config;
use lakewire::config::login::{NameMap, Rule};
use tokio::net::TcpListener;

use crate::psql::Psql;
use crate::raw::{Raw, VERSION_3_0, query, startup};
use crate::support::server::{PASSWORD, Server, Store, block_on, value};
use crate::tls::Keys;

fn rules(config: &mut Config, lines: &[&str]) {
    config.login.rules = lines.iter().map(|line| Rule::parse(line).unwrap()).collect();
}

const ROLES: &str = "
    CREATE ROLE alice LOGIN PASSWORD 'alice';
    CREATE ROLE bob LOGIN PASSWORD 'bob';
    CREATE ROLE carol LOGIN PASSWORD 'carol';
    CREATE ROLE analysts;
    CREATE ROLE juniors IN ROLE analysts;
    GRANT juniors TO carol;
    CREATE ROLE late LOGIN PASSWORD 'late' VALID UNTIL '2020-01-01';
    CREATE ROLE nologin;
";

/// A store whose lake knows the roles already; the rules of the server that made it let the superuser in.
async fn store() -> Store {
    let store = Store::folder();
    let server = Server::start(store.clone()).await;
    server.superuser().await.batch_execute(ROLES).await.expect("the set-up runs");
    server.stop().await;
    store
}

/// A login without TLS.
struct Attempt {
    /// "in", or state and message of the refusal.
    outcome: String,
    /// Whether a password was asked for.
    asked: bool,
}

async fn attempt(server: &Server, role: &str, database: &str, password: &str) -> Attempt {
    let mut raw = Raw::connect(server.address).await;
    raw.send(&startup(VERSION_3_0, &[("user", role), ("database", database)])).await;
    let messages = raw.login(password).await;
    let asked = messages.iter().any(|m| m.kind == b'R' && m.body[..4] != [0; 4])
        || messages.iter().any(|m| m.kind == b'E' && m.state() == "28P01");
    let outcome = match messages.iter().find(|m| m.kind == b'E') {
        Some(error) => {
            assert_eq!(error.severity(), "FATAL", "{error:?}");
            format!("{} {}", error.state(), error.field(b'M').expect("a message"))
        }
        None if messages.last().is_some_and(|m| m.kind == b'Z') => "in".to_owned(),
        None => format!("{messages:?}"),
    };
    Attempt { outcome, asked }
}

async fn enters(server: &Server, role: &str, database: &str) -> String {
    attempt(server, role, database, role).await.outcome
}

fn no_entry(role: &str, database: &str) -> String {
    format!(
        "28000 no pg_hba.conf entry for host \"127.0.0.1\", user \"{role}\", database \"{database}\", no encryption"
    )
}

#[test]
fn the_first_rule_that_matches_decides() {
    block_on(async {
        let lines = [
            "host    lake  alice      10.0.0.0/8    trust",
            "host    lake  alice      127.0.0.0/8   scram",
            "host    all   bob        127.0.0.1/32  reject",
            "host    all   bob        all           trust",
            "host    lake  +analysts  samehost      scram",
            "hostssl all   postgres   all           scram",
        ];
        let server = Server::start_with(store().await, |config| rules(config, &lines)).await;
        assert_eq!(enters(&server, "alice", "lake").await, "in");
        let wrong = attempt(&server, "alice", "lake", "nonsense").await;
        assert_eq!(wrong.outcome, "28P01 password authentication failed for user \"alice\"");
        assert_eq!(enters(&server, "alice", "elsewhere").await, no_entry("alice", "elsewhere"));

        let rejected = attempt(&server, "bob", "lake", "bob").await;
        let text = "28000 pg_hba.conf rejects connection for host \"127.0.0.1\", user \"bob\", \
                    database \"lake\", no encryption";
        assert_eq!(rejected.outcome, text, "a later rule that trusts does not help");
        assert!(!rejected.asked);

        assert_eq!(enters(&server, "carol", "lake").await, "in", "a member through another role");
        assert_eq!(enters(&server, "postgres", "lake").await, no_entry("postgres", "lake"));
        let unknown = attempt(&server, "nobody", "lake", "x").await;
        assert_eq!(unknown.outcome, no_entry("nobody", "lake"));
        server.stop().await;
    });
}

#[test]
fn the_other_name_of_the_database_is_no_way_round_a_rule() {
    block_on(async {
        let lines = ["host lake bob all reject", "host all all all scram"];
        let server = Server::start_with(store().await, |config| rules(config, &lines)).await;
        assert_eq!(enters(&server, "alice", "postgres").await, "in");
        let refused = enters(&server, "bob", "postgres").await;
        assert!(refused.starts_with("28000 pg_hba.conf rejects"), "{refused}");
        server.stop().await;
    });
}

#[test]
fn without_a_rule_nobody_enters() {
    block_on(async {
        let server = Server::start_with(Store::folder(), |config| rules(config, &[])).await;
        let refused = attempt(&server, "postgres", "lake", PASSWORD).await;
        assert_eq!(refused.outcome, no_entry("postgres", "lake"));
        server.stop().await;
    });
}

#[test]
fn trust_asks_for_nothing_but_a_role_that_may_log_in() {
    block_on(async {
        let lines = ["host all late,nologin,nobody 127.0.0.1/32 trust", "host all all all scram"];
        let server = Server::start_with(store().await, |config| rules(config, &lines)).await;
        let trusted = attempt(&server, "late", "lake", "").await;
        assert_eq!(trusted.outcome, "in", "VALID UNTIL is about the password only");
        let refused = attempt(&server, "nologin", "lake", "").await;
        assert_eq!(refused.outcome, "28000 role \"nologin\" is not permitted to log in");
        let refused = attempt(&server, "nobody", "lake", "").await;
        assert_eq!(refused.outcome, "28000 role \"nobody\" does not exist");
        let refused = attempt(&server, "alice", "lake", "nonsense").await;
        assert!(refused.outcome.starts_with("28P01") && refused.asked);
        server.stop().await;
    });
}

#[test]
fn trust_beside_a_listener_for_others_stops_the_start() {
    block_on(async {
        let trusting = |config: &mut Config| rules(config, &["host all all 127.0.0.1/32 trust"]);
        let mut config = Config::default();
        trusting(&mut config);
        config.server.listen = "0.0.0.0:0".to_owned();
        let error = lakewire::server::listen(&config).await.expect_err("it must not listen");
        assert!(error.message.contains("trust"), "{error}");
        config.login.allow_trust_from_network = true;
        lakewire::server::listen(&config).await.expect("it was asked for twice");

        // What counts is the listener, not only what the config says of it.
        let mut config = Store::folder().config();
        trusting(&mut config);
        let server = lakewire::server::Server::open(config, Some(PASSWORD.into()));
        let server = Box::pin(server).await.expect("the lake opens");
        let listener = TcpListener::bind("0.0.0.0:0").await.expect("a free port");
        let stop = tokio_util::sync::CancellationToken::new();
        server.serve(listener, stop).await.expect_err("it must not serve");
    });
}

#[test]
fn an_expired_password_is_a_wrong_one() {
    block_on(async {
        let server = Server::start(store().await).await;
        let refused = enters(&server, "late", "lake").await;
        assert_eq!(refused, "28P01 password authentication failed for user \"late\"");
        server.stop().await;
    });
}

#[test]
fn a_role_that_does_not_exist_fails_like_any_other() {
    block_on(async {
        let server = Server::start_with(store().await, |config| config.login.delay_ms = 0).await;
        let mut seen = Vec::new();
        for role in ["alice", "nobody", "late", "nologin"] {
            let refused = attempt(&server, role, "lake", "nonsense").await;
            seen.push((refused.outcome.replace(role, "ROLE"), refused.asked));
        }
        seen.dedup();
        let text = "28P01 password authentication failed for user \"ROLE\"".to_owned();
        assert_eq!(seen, [(text, true)]);
        server.stop().await;
    });
}

/// Asks who it is over TLS, as libpq.
async fn whoami(server: &Server, role: &str, settings: &str) -> Result<String, String> {
    let psql = Psql::new(server);
    psql.ask_as((role, role), settings, "SELECT current_user").await
}

fn refused_with(outcome: Result<String, String>, text: &str) {
    let complaint = outcome.expect_err(text);
    assert!(complaint.contains(text), "expected {text}, but saw {complaint}");
}

#[test]
fn a_client_certificate_takes_the_place_of_a_password() {
    block_on(async {
        let (keys, stranger) = (Keys::new(), Keys::new());
        let revoked = keys.client("alice", 66);
        let server = Server::start_with(store().await, |config| {
            keys.serve(config);
            config.tls.client_ca = keys.path("ca.pem").display().to_string();
            config.tls.client_crl = keys.revoke(66);
            config.login.delay_ms = 0;
            config.login.name_maps =
                vec![NameMap::parse("machines etl-01.example.org carol").unwrap()];
            rules(
                config,
                &[
                    "hostssl   all carol all cert map=machines",
                    "hostssl   all alice all cert",
                    "hostssl   all bob   all scram clientcert=verify-full",
                    "hostssl   all late  all trust clientcert=verify-ca",
                    "hostnossl all bob   all scram",
                ],
            );
        })
        .await;
        let alice = keys.client("alice", 1);
        assert_eq!(whoami(&server, "alice", &alice).await.unwrap(), "alice");
        let failed = "certificate authentication failed for user \"alice\"";
        refused_with(whoami(&server, "alice", &keys.client("Alice", 2)).await, failed);
        refused_with(whoami(&server, "alice", &keys.client("bob", 3)).await, failed);
        let needed = "connection requires a valid client certificate";
        refused_with(whoami(&server, "alice", "sslmode=require").await, needed);
        refused_with(
            whoami(&server, "alice", "sslmode=disable").await,
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"alice\", database \"lake\", no encryption",
        );
        whoami(&server, "alice", &stranger.client("alice", 1)).await.expect_err("a stranger's");
        whoami(&server, "alice", &revoked).await.expect_err("it was revoked");

        // Through a map; the role's own name is then none.
        let etl = keys.client("etl-01.example.org", 4);
        assert_eq!(whoami(&server, "carol", &etl).await.unwrap(), "carol");
        let failed = "certificate authentication failed for user \"carol\"";
        refused_with(whoami(&server, "carol", &keys.client("carol", 5)).await, failed);

        // Both a password and a certificate.
        let bob = keys.client("bob", 6);
        assert_eq!(whoami(&server, "bob", &bob).await.unwrap(), "bob");
        let failed = "password authentication failed for user \"bob\"";
        refused_with(whoami(&server, "bob", &alice).await, failed);
        refused_with(whoami(&server, "bob", "sslmode=require").await, needed);
        let wrong = Psql::new(&server).ask_as(("bob", "nonsense"), &bob, "SELECT 1").await;
        refused_with(wrong, failed);
        assert_eq!(whoami(&server, "bob", "sslmode=disable").await.unwrap(), "bob");

        // Any certificate that holds.
        assert_eq!(whoami(&server, "late", &alice).await.unwrap(), "late");
        refused_with(whoami(&server, "late", "sslmode=require").await, needed);
        refused_with(
            whoami(&server, "postgres", "sslmode=require").await,
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"postgres\", database \"lake\", SSL encryption",
        );
        server.stop().await;
    });
}

#[test]
fn an_authority_that_cannot_be_read_stops_the_start() {
    block_on(async {
        let keys = Keys::new();
        for (ca, crl) in [("server.key", ""), ("nosuch.pem", ""), ("ca.pem", "server.pem")] {
            let outcome = Server::try_start(Store::folder(), |config| {
                keys.serve(config);
                config.tls.client_ca = keys.path(ca).display().to_string();
                if !crl.is_empty() {
                    config.tls.client_crl = keys.path(crl).display().to_string();
                }
            })
            .await;
            let Ok(server) = outcome else { continue };
            let error = server.outcome().await.expect_err("it must not serve unchecked");
            assert!(error.message.contains("tls.client_"), "{error}");
        }
    });
}

#[test]
fn one_address_cannot_take_every_place_before_it_logs_in() {
    block_on(async {
        let server = Server::start_with(store().await, |config| {
            config.login.pending_per_address = 2;
        })
        .await;
        let silent = Raw::connect(server.address).await;
        // Who is logged in is not counted.
        let clients = (server.as_role("alice").await, server.as_role("bob").await);
        let _silent = (silent, Raw::connect(server.address).await);
        let mut third = Raw::connect(server.address).await;
        third.send(&startup(VERSION_3_0, &[("user", "alice"), ("database", "lake")])).await;
        let refused = third.read().await.expect("it is told why");
        assert_eq!(refused.state(), "53300");
        let mut other = Raw::over(from_elsewhere(&server).await);
        other.send(&startup(VERSION_3_0, &[("user", "bob"), ("database", "lake")])).await;
        assert_eq!(other.login("bob").await.last().map(|m| m.kind), Some(b'Z'));
        assert_eq!(value(&clients.0, "SELECT 1").await, "1");
        server.stop().await;
    });
}

/// A connection from another address of this machine.
async fn from_elsewhere(server: &Server) -> tokio::net::TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.77:0".parse().unwrap()).expect("all of 127/8 is ours");
    socket.connect(server.address).await.expect("it accepts")
}

#[test]
fn failures_slow_down_their_address_and_no_other() {
    block_on(async {
        let server = Server::start_with(store().await, |config| {
            config.login.delay_ms = 400;
            config.login.delay_max_ms = 800;
        })
        .await;
        let begun = Instant::now();
        assert!(attempt(&server, "alice", "lake", "a").await.outcome.starts_with("28P01"));
        // Nothing is said of whether the role exists, and a role that does not slows down as well.
        assert!(attempt(&server, "nobody", "lake", "b").await.outcome.starts_with("28P01"));
        assert_eq!(enters(&server, "alice", "lake").await, "in", "slow, but in");
        assert!(begun.elapsed() >= Duration::from_millis(400 + 800), "{:?}", begun.elapsed());

        // Alice has forgiven herself, but not for the role nobody. Guesses at once stand in line, and the line is
        // short.
        let guesses = (0..12).map(|_| attempt(&server, "bob", "lake", "x"));
        let outcomes = futures::future::join_all(guesses).await;
        let refused = outcomes.iter().filter(|a| a.outcome.starts_with("53300")).count();
        assert!(refused >= 6, "{:?}", outcomes.iter().map(|a| &a.outcome).collect::<Vec<_>>());

        // Meanwhile somebody else comes in, as fast as ever.
        let mut other = Raw::over(from_elsewhere(&server).await);
        other.send(&startup(VERSION_3_0, &[("user", "bob"), ("database", "lake")])).await;
        let messages = other.login("bob").await;
        assert_eq!(messages.last().map(|m| m.kind), Some(b'Z'), "{messages:?}");
        server.stop().await;
    });
}

/// A session that began with these start-up parameters: what SHOW says of a setting.
async fn shown(server: &Server, role: &str, parameters: &[(&str, &str)], setting: &str) -> String {
    let mut raw = Raw::connect(server.address).await;
    let parameters = [&[("user", role), ("database", "lake")], parameters].concat();
    raw.send(&startup(VERSION_3_0, &parameters)).await;
    let begun = raw.login(role).await;
    assert_eq!(begun.last().map(|m| m.kind), Some(b'Z'), "{begun:?}");
    raw.send(&query(&format!("SHOW {setting}"))).await;
    let row = raw.answers().await.into_iter().find(|m| m.kind == b'D').expect("a row");
    // One column, behind its length.
    String::from_utf8_lossy(&row.body[6..]).into_owned()
}

#[test]
fn what_the_client_asks_for_wins_over_what_is_stored() {
    block_on(async {
        let server = Server::start_with(store().await, |config| {
            config.limits.statement_timeout_ms = 60_000;
        })
        .await;
        assert_eq!(shown(&server, "bob", &[], "statement_timeout").await, "1min");
        let superuser = server.superuser().await;
        superuser.batch_execute("ALTER ROLE alice SET statement_timeout = '2min'").await.unwrap();
        superuser.batch_execute("ALTER ROLE alice SET search_path = nowhere").await.unwrap();
        assert_eq!(shown(&server, "alice", &[], "statement_timeout").await, "2min");
        let by_name = [("statement_timeout", "3min")];
        assert_eq!(shown(&server, "alice", &by_name, "statement_timeout").await, "3min");
        let by_option = [("options", "-c statement_timeout=4min")];
        assert_eq!(shown(&server, "alice", &by_option, "statement_timeout").await, "4min");
        let path = [("search_path", "A, \"B c\",\"\"")];
        assert_eq!(shown(&server, "alice", &path, "search_path").await, "a, \"B c\", \"\"");
        // Clients are told at once of what they must know.
        superuser.batch_execute("ALTER ROLE alice SET timezone = 'Asia/Tokyo'").await.unwrap();
        let client = server.as_role("alice").await;
        assert_eq!(value(&client, "SHOW timezone").await, "Asia/Tokyo");
        server.stop().await;
    });
}

#[test]
fn a_client_that_falls_silent_is_sent_home() {
    block_on(async {
        let server = Server::start(Store::folder()).await;
        for (sql, state, text) in [
            (
                "SET idle_in_transaction_session_timeout = 200; BEGIN",
                "25P03",
                "terminating connection due to idle-in-transaction timeout",
            ),
            (
                "SET idle_session_timeout = 200",
                "57P05",
                "terminating connection due to idle-session timeout",
            ),
        ] {
            let mut raw = Raw::superuser(server.address).await;
            raw.send(&query(sql)).await;
            raw.answers().await;
            let begun = Instant::now();
            let last = raw.read().await.expect("it is told why");
            assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
            assert_eq!((last.state(), last.severity()), (state.to_owned(), "FATAL".to_owned()));
            assert_eq!(last.field(b'M').as_deref(), Some(text));
            assert!(raw.read().await.is_none(), "it hangs up");
        }
        // Who works, or is in no transaction, is left alone.
        let client = server.superuser().await;
        let limit = "SET idle_in_transaction_session_timeout = 200";
        client.batch_execute(limit).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(value(&client, "SELECT 1").await, "1");
        server.stop().await;
    });
}
