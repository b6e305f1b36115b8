//! Failed logins slow down the address they come from, and no other.
//!
//! The wait comes before a proof is looked at, so giving up early saves a guesser nothing, and the waits of
//! one address lie one behind the other, so that guessing in parallel gains nothing either. Whether the role exists
//! plays no part. The caller brings the time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::config::Login;
use crate::error::{Error, Result, SqlState};

/// Roles of one address whose failures a success can forgive; the failures of others stay.
const ROLES_MAX: usize = 16;

#[derive(Debug)]
pub struct Throttle {
    delay: Duration,
    delay_max: Duration,
    forget: Duration,
    addresses_max: usize,
    addresses: Mutex<HashMap<IpAddr, Record>>,
}

/// What is remembered of an address.
#[derive(Debug)]
struct Record {
    failures: u32,
    /// Of these, how many tried to be which role.
    by_role: Vec<(String, u32)>,
    last: Instant,
    /// When the next proof may be looked at.
    free_at: Instant,
}

impl Throttle {
    pub fn new(config: &Login) -> Throttle {
        Throttle {
            delay: Duration::from_millis(config.delay_ms),
            delay_max: Duration::from_millis(config.delay_max_ms),
            forget: Duration::from_millis(config.forget_ms),
            addresses_max: config.addresses,
            addresses: Mutex::default(),
        }
    }

    /// How long a login must wait before its proof is looked at. One that would have to wait too long is refused,
    /// so that an address holds few connections for long.
    pub fn admit(&self, address: IpAddr, now: Instant) -> Result<Duration> {
        let mut addresses = self.addresses.lock();
        let address = network(address);
        let Some(record) = addresses.get_mut(&address) else { return Ok(Duration::ZERO) };
        if now.saturating_duration_since(record.last) >= self.forget {
            addresses.remove(&address);
            return Ok(Duration::ZERO);
        }
        let wait = record.free_at.saturating_duration_since(now);
        if wait > self.delay_max {
            return Err(Error::new(
                SqlState::TOO_MANY_CONNECTIONS,
                "too many failed logins from this address",
            )
            .hint("Wait a little, then try again."));
        }
        record.free_at = now + wait + self.delay_after(record.failures);
        Ok(wait)
    }

    pub fn failed(&self, address: IpAddr, role: &str, now: Instant) {
        if self.delay.is_zero() {
            return;
        }
        let mut addresses = self.addresses.lock();
        let address = network(address);
        if addresses.len() >= self.addresses_max && !addresses.contains_key(&address) {
            make_room(&mut addresses, now, self.forget);
        }
        let record = addresses.entry(address).or_insert_with(|| Record {
            failures: 0,
            by_role: Vec::new(),
            last: now,
            free_at: now,
        });
        record.failures = record.failures.saturating_add(1);
        match record.by_role.iter().position(|(name, _)| name == role) {
            Some(at) => record.by_role[at].1 = record.by_role[at].1.saturating_add(1),
            None if record.by_role.len() < ROLES_MAX => record.by_role.push((role.to_owned(), 1)),
            None => {}
        }
        record.last = now;
        record.free_at = record.free_at.max(now + self.delay_after(record.failures));
    }

    /// Forgives the failures of this role, but not those of others: who has one password must not get
    /// free tries at the next.
    pub fn succeeded(&self, address: IpAddr, role: &str) {
        let mut addresses = self.addresses.lock();
        let address = network(address);
        let Some(record) = addresses.get_mut(&address) else { return };
        if let Some(at) = record.by_role.iter().position(|(name, _)| name == role) {
            record.failures -= record.by_role.swap_remove(at).1.min(record.failures);
        }
        if record.failures == 0 {
            addresses.remove(&address);
        }
    }

    fn delay_after(&self, failures: u32) -> Duration {
        match failures {
            0 => Duration::ZERO,
            n => self.delay.saturating_mul(1 << (n - 1).min(20)).min(self.delay_max),
        }
    }
}

/// One customer often has a whole IPv6 /64 to call from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Drops the forgiven, and if there are none the address that has been quiet longest.
fn make_room(addresses: &mut HashMap<IpAddr, Record>, now: Instant, forget: Duration) {
    let before = addresses.len();
    addresses.retain(|_, record| now.saturating_duration_since(record.last) < forget);
    let quietest = addresses.iter().min_by_key(|(_, record)| record.last).map(|(ip, _)| *ip);
    if let Some(ip) = quietest.filter(|_| addresses.len() == before) {
        addresses.remove(&ip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn throttle() -> Throttle {
        Throttle::new(&Login {
            delay_ms: 100,
            delay_max_ms: 1_000,
            forget_ms: 60_000,
            addresses: 3,
            ..Login::default()
        })
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_cap() {
        let throttle = throttle();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..7 {
            let wait = throttle.admit(HERE, now).unwrap();
            waits.push(wait.as_millis());
            now += wait;
            throttle.failed(HERE, "alice", now);
        }
        assert_eq!(waits, [0, 100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(throttle.admit(THERE, now).unwrap(), Duration::ZERO, "others do not wait");
    }

    #[test]
    fn guesses_at_once_wait_one_behind_the_other() {
        let throttle = throttle();
        let now = Instant::now();
        throttle.failed(HERE, "alice", now);
        let waits: Vec<_> = (0..20).map(|_| throttle.admit(HERE, now)).collect();
        let admitted: Vec<_> = waits.iter().flatten().map(Duration::as_millis).collect();
        assert_eq!(admitted, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
        let refused = waits.into_iter().find_map(Result::err).unwrap();
        assert_eq!(refused.state, SqlState::TOO_MANY_CONNECTIONS);
        assert_eq!(throttle.admit(THERE, now).unwrap(), Duration::ZERO);
    }

    #[test]
    fn a_success_forgives_its_own_role_only() {
        let throttle = throttle();
        let now = Instant::now();
        throttle.failed(HERE, "alice", now);
        throttle.failed(HERE, "bob", now);
        throttle.succeeded(HERE, "alice");
        assert!(throttle.admit(HERE, now).unwrap() > Duration::ZERO, "bob was guessed at");
        throttle.succeeded(HERE, "bob");
        assert_eq!(throttle.admit(HERE, now).unwrap(), Duration::ZERO);
    }

    #[test]
    fn time_forgives() {
        let throttle = throttle();
        let now = Instant::now();
        throttle.failed(HERE, "alice", now);
        assert!(throttle.admit(HERE, now + ms(50)).unwrap() > Duration::ZERO);
        assert_eq!(throttle.admit(HERE, now + ms(60_000)).unwrap(), Duration::ZERO);
    }

    #[test]
    fn the_table_is_bounded_and_the_quietest_makes_room() {
        let throttle = throttle();
        let now = Instant::now();
        for last in 0..50u8 {
            throttle.failed([10, 0, 0, last].into(), "a", now + ms(u64::from(last)));
        }
        assert_eq!(throttle.addresses.lock().len(), 3);
        let later = now + ms(50);
        assert!(throttle.admit([10, 0, 0, 49].into(), later).unwrap() > Duration::ZERO);
        assert_eq!(throttle.admit([10, 0, 0, 0].into(), later).unwrap(), Duration::ZERO);
        for role in 0..100 {
            throttle.failed(HERE, &format!("role{role}"), later);
        }
        assert_eq!(throttle.addresses.lock()[&HERE].by_role.len(), ROLES_MAX);
    }

    #[test]
    fn one_ipv6_network_is_one_address_and_a_mapped_one_is_its_own() {
        let throttle = throttle();
        let now = Instant::now();
        throttle.failed("2001:db8:1:2::1".parse().unwrap(), "a", now);
        throttle.failed(HERE, "a", now);
        let wait = |ip: &str| throttle.admit(ip.parse().unwrap(), now).unwrap();
        assert!(wait("2001:db8:1:2:ffff::9") > Duration::ZERO);
        assert_eq!(wait("2001:db8:1:3::1"), Duration::ZERO);
        assert!(wait("::ffff:192.0.2.1") > Duration::ZERO);
    }

    #[test]
    fn it_can_be_switched_off() {
        let config = Login { delay_ms: 0, ..Login::default() };
        let throttle = Throttle::new(&config);
        let now = Instant::now();
        throttle.failed(HERE, "a", now);
        assert_eq!(throttle.admit(HERE, now).unwrap(), Duration::ZERO);
    }
}
