//! Hostile bytes: mutated start-up and query messages by seed. Never a panic, never an answer before login,
//! and the next client is served.
//!
//! `LAKEWIRE_SEED=7` runs one seed; the seed of a failure is printed.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::raw::{
    Raw, SSL_REQUEST, VERSION_3_0, bind, close, describe, execute, message, parse, query, startup,
    sync,
};
use crate::support::server::{Server, Store, block_on, value};

/// Both tests stop after this long on a slow machine.
const TIME_BOX: Duration = Duration::from_secs(25);
const ROUNDS: u64 = 400;
const SILENCE: Duration = Duration::from_millis(60);

/// Panics anywhere but in the tests themselves.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let shown = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if info.location().is_some_and(|at| !at.file().starts_with("tests/")) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            shown(info);
        }));
    });
}

fn seeds() -> Vec<u64> {
    match std::env::var("LAKEWIRE_SEED") {
        Ok(seed) => vec![seed.parse().expect("LAKEWIRE_SEED is a number")],
        Err(_) => (0..ROUNDS).collect(),
    }
}

/// One or more small accidents: a bit, a byte, a cut, a repetition, a length that lies.
fn mutate(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    for _ in 0..chance.random_range(1..4) {
        if bytes.is_empty() {
            return;
        }
        let at = chance.random_range(0..bytes.len());
        match chance.random_range(0..6) {
            0 => bytes[at] ^= 1 << chance.random_range(0..8),
            1 => bytes[at] = chance.random(),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, chance.random()),
            4 => {
                let end = (at + chance.random_range(1..16)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let lie = [0, 1, 3, 4, 0x7fff_ffff, 0x8000_0000, u32::MAX, 1 << 20];
                let value: u32 = lie[chance.random_range(0..lie.len())];
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&value.to_be_bytes()[..end - at]);
            }
        }
    }
}

/// The kinds of the messages in a server's bytes; a lone S or N answers a request for TLS.
fn kinds(mut bytes: &[u8]) -> String {
    let mut kinds = String::new();
    while let [kind, rest @ ..] = bytes {
        kinds.push(char::from(*kind));
        let length = match rest {
            [a, b, c, d, ..] if *kind != b'N' || rest.len() > 4 => {
                u32::from_be_bytes([*a, *b, *c, *d]) as usize
            }
            _ => 0,
        };
        bytes = rest.get(length..).unwrap_or_default();
    }
    kinds
}

#[test]
fn nothing_answers_before_login() {
    count_panics();
    block_on(async {
        let server = Server::start(Store::folder()).await;
        let who = startup(VERSION_3_0, &[("user", "postgres"), ("database", "lake")]);
        let whole = [
            [who.clone(), message(b'p', b"SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=abcdefghijklmnopqrstuvwx"), query("SELECT 1")].concat(),
            [SSL_REQUEST.to_vec(), who.clone(), query("SELECT 1")].concat(),
            [who, parse("", "SELECT 1", &[]), bind("", "", &[], &[]), execute("", 0), sync()].concat(),
        ];
        let began = Instant::now();
        for seed in seeds() {
            let mut chance = StdRng::seed_from_u64(seed);
            let mut bytes = whole[chance.random_range(0..whole.len())].clone();
            mutate(&mut bytes, &mut chance);
            let mut raw = Raw::connect(server.address).await;
            raw.send(&bytes).await;
            let (answer, _) = raw.drain(SILENCE).await;
            let seen = kinds(&answer);
            let answered = seen.contains(['T', 'D', 'C', 'Z', 'K', '1', '2']);
            assert!(!answered, "LAKEWIRE_SEED={seed}: {seen} in answer to {bytes:?}");
            assert_eq!(PANICS.load(Ordering::SeqCst), 0, "LAKEWIRE_SEED={seed}: a panic");
            if began.elapsed() > TIME_BOX {
                break;
            }
        }
        assert_eq!(value(&server.superuser().await, "SELECT 1").await, "1");
        server.stop().await;
    });
}

#[test]
fn a_session_survives_or_ends_and_the_next_client_is_served() {
    count_panics();
    block_on(async {
        let server = Server::start(Store::folder()).await;
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int, b text)").await.expect("a table");
        let whole = [
            [query("SELECT a, b FROM t WHERE a = 1"), query("INSERT INTO t VALUES (1, 'x')")].concat(),
            [
                parse("s", "SELECT $1::int4 + a, $2 FROM t", &[23, 25]),
                describe(b'S', "s"),
                bind("p", "s", &[Some("1"), None], &[1, 0]),
                execute("p", 1),
                close(b'P', "p"),
                sync(),
            ]
            .concat(),
            [query("BEGIN; SET search_path = public; SELECT 1/0"), query("ROLLBACK")].concat(),
        ];
        let began = Instant::now();
        for seed in seeds() {
            let mut chance = StdRng::seed_from_u64(seed);
            let mut bytes = whole[chance.random_range(0..whole.len())].clone();
            mutate(&mut bytes, &mut chance);
            let mut raw = Raw::superuser(server.address).await;
            raw.send(&bytes).await;
            raw.drain(SILENCE).await;
            assert_eq!(PANICS.load(Ordering::SeqCst), 0, "LAKEWIRE_SEED={seed}: a panic");
            drop(raw);
            if seed % 25 == 0 {
                assert_eq!(value(&client, "SELECT 1").await, "1", "LAKEWIRE_SEED={seed}");
            }
            if began.elapsed() > TIME_BOX {
                break;
            }
        }
        assert_eq!(value(&server.superuser().await, "SELECT count(*) >= 0 FROM t").await, "t");
        server.stop().await;
    });
}
