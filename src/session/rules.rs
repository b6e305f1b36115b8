//! Which login rule decides about a connection: the first that matches. Pure; who is a member of what is asked
//! of the caller.

use std::net::IpAddr;

use crate::config::login::{Address, DatabaseWord, RoleWord, Rule, Transport};

/// A connection that asks to come in.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    pub role: &'a str,
    pub database: &'a str,
    /// Where the client is.
    pub address: IpAddr,
    /// At which of the server's own addresses it called.
    pub own_address: Option<IpAddr>,
    pub secure: bool,
}

/// `is_member` says whether the caller's role belongs to a role; `is_database` whether a name means the database
/// that was asked for.
pub(super) fn first_match<'r>(
    rules: &'r [Rule],
    caller: &Caller<'_>,
    is_member: impl Fn(&str) -> bool,
    is_database: impl Fn(&str) -> bool,
) -> Option<&'r Rule> {
    rules.iter().find(|rule| {
        let transport = match rule.transport {
            Transport::Any => true,
            Transport::Tls => caller.secure,
            Transport::Plain => !caller.secure,
        };
        let database = |word: &DatabaseWord| match word {
            DatabaseWord::All => true,
            DatabaseWord::SameUser => is_database(caller.role),
            DatabaseWord::SameRole => is_member(caller.database),
            DatabaseWord::Named(name) => is_database(name),
            DatabaseWord::Replication => false,
        };
        let role = |word: &RoleWord| match word {
            RoleWord::All => true,
            RoleWord::Named(name) => name == caller.role,
            RoleWord::MembersOf(group) => is_member(group),
        };
        transport
            && matches_address(rule.address, caller)
            && rule.databases.iter().any(database)
            && rule.roles.iter().any(role)
    })
}

fn matches_address(address: Address, caller: &Caller<'_>) -> bool {
    let client = caller.address.to_canonical();
    match address {
        Address::All => true,
        // Who calls from this machine calls from the address it calls at, or from the loopback.
        Address::SameHost => {
            client.is_loopback()
                || caller.own_address.is_some_and(|own| own.to_canonical() == client)
        }
        Address::Network { base, bits } => in_network(client, base, bits),
    }
}

/// An IPv4 network holds no IPv6 address, and the other way round.
fn in_network(ip: IpAddr, base: IpAddr, bits: u8) -> bool {
    match (ip, base) {
        (IpAddr::V4(ip), IpAddr::V4(base)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            (u32::from(ip) ^ u32::from(base)) & mask == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(base)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            (u128::from(ip) ^ u128::from(base)) & mask == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: Caller<'_> = Caller {
        role: "bob",
        database: "lake",
        address: IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 2, 3)),
        own_address: None,
        secure: false,
    };

    /// The number of the rule that decides.
    fn decided(caller: &Caller<'_>, lines: &[&str]) -> Option<usize> {
        let rules: Vec<Rule> = lines.iter().map(|line| Rule::parse(line).unwrap()).collect();
        // Bob is one of the analysts, and the database has a second name.
        let is_member = |group: &str| ["bob", "analysts"].contains(&group);
        let is_database = |name: &str| {
            name == caller.database
                || ["lake", "postgres"].contains(&name) && caller.database == "lake"
        };
        let found = first_match(&rules, caller, is_member, is_database)?;
        rules.iter().position(|rule| std::ptr::eq(rule, found))
    }

    fn matches(caller: &Caller<'_>, line: &str) -> bool {
        decided(caller, &[line]).is_some()
    }

    #[test]
    fn the_first_that_matches_decides() {
        let lines = [
            "host all alice all scram",
            "host all bob 10.0.0.0/8 reject",
            "host all bob 10.1.0.0/16 scram",
            "host all all all scram",
        ];
        assert_eq!(decided(&CALLER, &lines), Some(1));
        assert_eq!(decided(&Caller { role: "alice", ..CALLER }, &lines), Some(0));
        assert_eq!(decided(&Caller { address: [11, 0, 0, 1].into(), ..CALLER }, &lines), Some(3));
        assert_eq!(decided(&CALLER, &lines[..1]), None);
        assert_eq!(decided(&CALLER, &[]), None);
    }

    #[test]
    fn networks_hold_what_their_bits_say() {
        let at = |ip: &str| Caller { address: ip.parse().unwrap(), ..CALLER };
        for (ip, network, inside) in [
            ("10.1.2.3", "10.1.2.3/32", true),
            ("10.1.2.4", "10.1.2.3/32", false),
            ("10.1.2.4", "10.1.2.3/31", false),
            ("10.1.2.2", "10.1.2.3/31", true),
            ("10.255.0.1", "10.0.0.0/8", true),
            ("11.0.0.1", "10.0.0.0/8", false),
            ("8.8.8.8", "0.0.0.0/0", true),
            ("::1", "0.0.0.0/0", false),
            ("10.1.2.3", "::/0", false),
            ("::1", "::/0", true),
            ("fd00::5", "fd00::/8", true),
            ("fe80::5", "fd00::/8", false),
            // As an IPv4 client looks to a listener that takes both.
            ("::ffff:10.1.2.3", "10.0.0.0/8", true),
        ] {
            let line = format!("host all all {network} scram");
            assert_eq!(matches(&at(ip), &line), inside, "{ip} in {network}");
        }
    }

    #[test]
    fn words_mean_what_postgres_means() {
        let secure = Caller { secure: true, ..CALLER };
        assert!(matches(&secure, "hostssl all all all scram"));
        assert!(!matches(&CALLER, "hostssl all all all scram"));
        assert!(matches(&CALLER, "hostnossl all all all scram"));
        assert!(!matches(&secure, "hostnossl all all all scram"));
        assert!(matches(&CALLER, "host lake all all scram"));
        assert!(matches(&CALLER, "host postgres all all scram"), "both names mean the one");
        assert!(!matches(&CALLER, "host \"all\" all all scram"));
        assert!(!matches(&CALLER, "host replication all all scram"));
        assert!(!matches(&CALLER, "host sameuser all all scram"));
        assert!(matches(&Caller { database: "bob", ..CALLER }, "host sameuser all all scram"));
        assert!(matches(&Caller { database: "analysts", ..CALLER }, "host samerole all all scram"));
        assert!(matches(&CALLER, "host all alice,+analysts all scram"));
        assert!(!matches(&CALLER, "host all +staff all scram"));
        assert!(!matches(&CALLER, "host all Bob all scram"), "names are not folded");
    }

    #[test]
    fn the_same_host_is_the_loopback_or_the_address_called_at() {
        let line = "host all all samehost scram";
        assert!(!matches(&CALLER, line));
        assert!(matches(&Caller { address: [127, 0, 0, 1].into(), ..CALLER }, line));
        assert!(matches(&Caller { own_address: Some(CALLER.address), ..CALLER }, line));
        let other = Some([10, 1, 2, 4].into());
        assert!(!matches(&Caller { own_address: other, ..CALLER }, line));
    }
}
