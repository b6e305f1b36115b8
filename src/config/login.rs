//! Login rules: who may come from where, and how they must prove who they are.
//!
//! A rule is a line as `pg_hba.conf` has it, a name map a line as `pg_ident.conf` has it. They are read once,
//! and what cannot be meant as written stops the start.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Tls;
use crate::error::{Error, Result};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Login {
    /// The first that matches a connection decides; if none does, it is refused.
    pub rules: Vec<Rule>,
    /// Which roles a client certificate's name may log in as, where a rule says `map=`.
    pub name_maps: Vec<NameMap>,
    /// Without it, a `trust` rule beside a listener that other machines reach stops the start.
    pub allow_trust_from_network: bool,
    /// How long the next login from an address waits after a failed one; doubled with each further failure.
    /// 0 switches the slowing down off.
    pub delay_ms: u64,
    /// The longest wait; a login that would have to wait longer is refused at once.
    pub delay_max_ms: u64,
    /// An address is forgiven after so long without a failure.
    pub forget_ms: u64,
    /// Connections of one address that are not logged in yet; one more is told that there are too many.
    pub pending_per_address: usize,
    /// Addresses remembered; the one that has been quiet longest makes room.
    pub addresses: usize,
}

impl Default for Login {
    fn default() -> Self {
        let rule = Rule::parse("host all all all scram-sha-256").expect("it is a rule");
        Login {
            rules: vec![rule],
            name_maps: Vec::new(),
            allow_trust_from_network: false,
            delay_ms: 250,
            delay_max_ms: 10_000,
            forget_ms: 900_000,
            pending_per_address: 100,
            addresses: 10_000,
        }
    }
}

impl Login {
    /// Whether the rules can be kept with these TLS settings.
    pub(super) fn check(&self, tls: &Tls) -> Result<()> {
        for rule in &self.rules {
            if rule.certificate != Certificate::Ignored && tls.client_ca.is_empty() {
                return Err(rule.wrong(
                    "a client certificate is checked against tls.client_ca, which is not set",
                ));
            }
            if let Some(map) = &rule.name_map
                && !self.name_maps.iter().any(|entry| entry.map == *map)
            {
                return Err(rule.wrong(&format!("login.name_maps has no line for the map {map}")));
            }
        }
        for (name, value) in [
            ("login.addresses", self.addresses),
            ("login.pending_per_address", self.pending_per_address),
        ] {
            if value == 0 {
                return Err(Error::config(format!("{name} must be greater than 0")));
            }
        }
        if self.delay_ms > self.delay_max_ms {
            return Err(Error::config(
                "login.delay_ms must not be greater than login.delay_max_ms",
            ));
        }
        Ok(())
    }

    /// Trust is for one's own machine; on a listener that others reach it must be asked for twice.
    pub fn check_listener(&self, listener: IpAddr) -> Result<()> {
        let trusting = self.rules.iter().find(|rule| rule.method == Method::Trust);
        match trusting {
            Some(rule) if !listener.to_canonical().is_loopback() && !self.allow_trust_from_network => {
                Err(rule
                    .wrong(&format!("trust beside a listener on {listener} lets the network in without a password"))
                    .hint("Listen on 127.0.0.1, use another method, or set login.allow_trust_from_network."))
            }
            _ => Ok(()),
        }
    }

    /// Whether `map` lets a certificate with this common name log in as `role`.
    pub fn maps(&self, map: &str, name: &str, role: &str) -> bool {
        self.name_maps.iter().any(|m| m.map == map && m.name == name && m.role == role)
    }
}

/// One line: type, database, role, address, method, options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    text: String,
    pub transport: Transport,
    pub databases: Vec<DatabaseWord>,
    pub roles: Vec<RoleWord>,
    pub address: Address,
    pub method: Method,
    pub certificate: Certificate,
    pub name_map: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Any,
    Tls,
    Plain,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseWord {
    All,
    /// Named like the role.
    SameUser,
    /// Named like a role of which the role is a member.
    SameRole,
    Named(String),
    /// Replication connections, of which there are none.
    Replication,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RoleWord {
    All,
    Named(String),
    MembersOf(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Address {
    All,
    /// One of the server's own.
    SameHost,
    Network {
        base: IpAddr,
        bits: u8,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Scram,
    /// The client certificate is the proof.
    Certificate,
    Reject,
    Trust,
}

/// What is asked of a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Ignored,
    /// One that the authority signed, whatever its name.
    Valid,
    /// One whose common name is the role's, or mapped to it.
    Named,
}

impl Rule {
    pub fn parse(line: &str) -> Result<Rule> {
        let mut fields = split(line).map_err(|why| wrong("login.rules", line, why))?.into_iter();
        parse_fields(&mut fields, line).map_err(|why| wrong("login.rules", line, why))
    }

    fn wrong(&self, why: &str) -> Error {
        wrong("login.rules", &self.text, why)
    }
}

fn wrong(setting: &str, line: &str, why: impl fmt::Display) -> Error {
    Error::config(format!("{setting}: '{line}': {why}"))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> String {
        rule.text
    }
}

impl TryFrom<String> for Rule {
    type Error = Error;
    fn try_from(text: String) -> Result<Rule> {
        Rule::parse(&text)
    }
}

/// `map-name certificate-name role`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NameMap {
    text: String,
    pub map: String,
    pub name: String,
    pub role: String,
}

impl NameMap {
    pub fn parse(line: &str) -> Result<NameMap> {
        let fields = split(line).map_err(|why| wrong("login.name_maps", line, why))?;
        let [map, name, role] = fields.as_slice() else {
            return Err(wrong("login.name_maps", line, "it must read MAP CERTIFICATE-NAME ROLE"));
        };
        let one = |field: &Field| match field.as_slice() {
            [word] if word.is("/") || (!word.quoted && word.text.starts_with('/')) => {
                Err(wrong("login.name_maps", line, "regular expressions are not supported"))
            }
            [word] => Ok(word.text.clone()),
            _ => Err(wrong("login.name_maps", line, "a list is not allowed here")),
        };
        Ok(NameMap { text: line.to_owned(), map: one(map)?, name: one(name)?, role: one(role)? })
    }
}

impl From<NameMap> for String {
    fn from(map: NameMap) -> String {
        map.text
    }
}

impl TryFrom<String> for NameMap {
    type Error = Error;
    fn try_from(text: String) -> Result<NameMap> {
        NameMap::parse(&text)
    }
}

/// A word of a line. In quotes it is a name, whatever it says.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    text: String,
    quoted: bool,
}

impl Word {
    fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text == keyword
    }
}

/// Words with commas between them.
type Field = Vec<Word>;

/// Fields lie between blanks, a comment begins with `#`.
fn split(line: &str) -> Result<Vec<Field>, String> {
    let mut fields: Vec<Field> = Vec::new();
    let mut chars = line.chars().peekable();
    let mut goes_on = false;
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if matches!(chars.peek(), None | Some('#')) {
            break;
        }
        let mut word = Word { text: String::new(), quoted: false };
        let mut inside = false;
        while let Some(c) =
            chars.next_if(|c| inside || !(c.is_whitespace() || matches!(c, ',' | '#')))
        {
            match c {
                '"' => {
                    inside = !inside;
                    word.quoted = true;
                }
                c => word.text.push(c),
            }
        }
        if inside {
            return Err("a quotation mark is not closed".to_owned());
        }
        if word.text.is_empty() {
            return Err("a name is missing".to_owned());
        }
        match fields.last_mut().filter(|_| goes_on) {
            Some(field) => field.push(word),
            None => fields.push(vec![word]),
        }
        goes_on = chars.next_if_eq(&',').is_some();
    }
    match goes_on {
        true => Err("a name is missing behind the last comma".to_owned()),
        false => Ok(fields),
    }
}

fn parse_fields(fields: &mut impl Iterator<Item = Field>, line: &str) -> Result<Rule, String> {
    let mut next = |what: &str| fields.next().ok_or_else(|| format!("it ends before the {what}"));
    let transport = transport(&one(next("type")?)?)?;
    let databases = next("database")?.into_iter().map(database).collect::<Result<_, _>>()?;
    let roles = next("role")?.into_iter().map(role).collect::<Result<_, _>>()?;
    let written = one(next("address")?)?;
    let mut after = one(next("method")?)?;
    // The mask may stand in a field of its own.
    let address = match after.text.parse::<IpAddr>() {
        Ok(mask) => {
            after = one(next("method")?)?;
            masked(&written.text, mask)?
        }
        Err(_) => address(&written)?,
    };
    let method = method(&after)?;
    let mut rule = Rule {
        text: line.to_owned(),
        transport,
        databases,
        roles,
        address,
        method,
        certificate: Certificate::Ignored,
        name_map: None,
    };
    for field in fields {
        option(&mut rule, &one(field)?)?;
    }
    if method == Method::Certificate {
        if rule.certificate == Certificate::Valid {
            return Err("clientcert only accepts verify-full with the method cert".to_owned());
        }
        rule.certificate = Certificate::Named;
    }
    if rule.certificate != Certificate::Ignored && transport != Transport::Tls {
        return Err("client certificates are only there on hostssl connections".to_owned());
    }
    if rule.name_map.is_some() && rule.certificate != Certificate::Named {
        return Err("map needs the method cert or clientcert=verify-full".to_owned());
    }
    Ok(rule)
}

fn one(field: Field) -> Result<Word, String> {
    match <[Word; 1]>::try_from(field) {
        Ok([word]) => Ok(word),
        Err(_) => Err("a list is allowed for databases and roles only".to_owned()),
    }
}

fn transport(word: &Word) -> Result<Transport, String> {
    match word.text.as_str() {
        "host" => Ok(Transport::Any),
        "hostssl" => Ok(Transport::Tls),
        "hostnossl" => Ok(Transport::Plain),
        "local" => {
            Err("there are no Unix-domain sockets, so a local rule would never match".to_owned())
        }
        other => Err(format!("the type is \"{other}\"; it must be host, hostssl or hostnossl")),
    }
}

fn database(word: Word) -> Result<DatabaseWord, String> {
    Ok(match () {
        () if word.is("all") => DatabaseWord::All,
        () if word.is("sameuser") => DatabaseWord::SameUser,
        () if word.is("samerole") || word.is("samegroup") => DatabaseWord::SameRole,
        () if word.is("replication") => DatabaseWord::Replication,
        () => DatabaseWord::Named(no_file(word)?),
    })
}

fn role(word: Word) -> Result<RoleWord, String> {
    if word.is("all") {
        return Ok(RoleWord::All);
    }
    match word.text.strip_prefix('+').filter(|_| !word.quoted) {
        Some("") => Err("+ needs the name of a role".to_owned()),
        Some(group) => Ok(RoleWord::MembersOf(group.to_owned())),
        None => no_file(word).map(RoleWord::Named),
    }
}

fn no_file(word: Word) -> Result<String, String> {
    match !word.quoted && word.text.starts_with('@') {
        true => Err(format!("{}: names from a file are not supported", word.text)),
        false => Ok(word.text),
    }
}

fn address(word: &Word) -> Result<Address, String> {
    match word.text.as_str() {
        "all" if !word.quoted => return Ok(Address::All),
        "samehost" if !word.quoted => return Ok(Address::SameHost),
        "samenet" if !word.quoted => {
            return Err("samenet is not supported; name the network".to_owned());
        }
        _ => {}
    }
    let text = &word.text;
    let Some((base, bits)) = text.split_once('/') else {
        return Err(match text.parse::<IpAddr>() {
            Ok(ip) => format!("{ip} needs its network's size, such as {ip}/{}", width(ip)),
            Err(_) => format!("{text} is no address; names of hosts are not supported"),
        });
    };
    let base: IpAddr = base.parse().map_err(|_| format!("{base} is no IP address"))?;
    let bits = bits.parse().ok().filter(|bits| *bits <= width(base));
    let bits = bits.ok_or_else(|| format!("{text}: a network's size is 0 to {}", width(base)))?;
    Ok(Address::Network { base, bits })
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// `10.0.0.0 255.0.0.0`.
fn masked(base: &str, mask: IpAddr) -> Result<Address, String> {
    let base: IpAddr = base.parse().map_err(|_| format!("{base} is no IP address"))?;
    let (ones, zeros, size) = match mask {
        IpAddr::V4(v4) => {
            let bits = u32::from(v4);
            (bits.leading_ones(), bits.trailing_zeros(), 32)
        }
        IpAddr::V6(v6) => {
            let bits = u128::from(v6);
            (bits.leading_ones(), bits.trailing_zeros(), 128)
        }
    };
    if base.is_ipv4() != mask.is_ipv4() || ones + zeros != size {
        return Err(format!("{mask} is no mask for {base}"));
    }
    Ok(Address::Network { base, bits: ones as u8 })
}

fn method(word: &Word) -> Result<Method, String> {
    match word.text.as_str() {
        "scram-sha-256" | "scram" => Ok(Method::Scram),
        "cert" => Ok(Method::Certificate),
        "reject" => Ok(Method::Reject),
        "trust" => Ok(Method::Trust),
        other => Err(format!(
            "the method is \"{other}\"; it must be scram-sha-256, cert, reject or trust"
        )),
    }
}

fn option(rule: &mut Rule, word: &Word) -> Result<(), String> {
    match word.text.split_once('=') {
        Some(("clientcert", "verify-ca")) => rule.certificate = Certificate::Valid,
        Some(("clientcert", "verify-full")) => rule.certificate = Certificate::Named,
        Some(("clientname", "CN")) => {}
        Some(("map", name)) if !name.is_empty() => rule.name_map = Some(name.to_owned()),
        _ => {
            return Err(format!(
                "the option \"{}\" is not supported; there are clientcert=verify-ca, \
                 clientcert=verify-full and map=NAME",
                word.text
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_postgres_reads_it() {
        let rule = Rule::parse(
            "hostssl  lake, \"all\",sameuser  +analysts,\"+x\",bob 10.1.0.0/16  cert map=people # inside",
        )
        .unwrap();
        assert_eq!(rule.transport, Transport::Tls);
        let named = |name: &str| DatabaseWord::Named(name.to_owned());
        assert_eq!(rule.databases, [named("lake"), named("all"), DatabaseWord::SameUser]);
        let [RoleWord::MembersOf(group), RoleWord::Named(plus), RoleWord::Named(bob)] =
            rule.roles.as_slice()
        else {
            panic!("{:?}", rule.roles)
        };
        assert_eq!([group, plus, bob], ["analysts", "+x", "bob"]);
        assert_eq!(rule.address, Address::Network { base: [10, 1, 0, 0].into(), bits: 16 });
        assert_eq!((rule.method, rule.certificate), (Method::Certificate, Certificate::Named));
        assert_eq!(rule.name_map.as_deref(), Some("people"));

        let with_mask = Rule::parse("host all all 10.0.0.0 255.0.0.0 reject").unwrap();
        assert_eq!(with_mask.address, Address::Network { base: [10, 0, 0, 0].into(), bits: 8 });
        let six = Rule::parse("hostnossl all all ::1/128 scram").unwrap();
        assert_eq!(six.method, Method::Scram);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        for (line, why) in [
            ("", "ends before the type"),
            ("host all all all", "ends before the method"),
            ("local all all all trust", "Unix-domain"),
            ("host all all 10.0.0.1 reject", "10.0.0.1/32"),
            ("host all all 10.0.0.0/33 reject", "0 to 32"),
            ("host all all 10.0.0.0 255.0.255.0 reject", "no mask"),
            ("host all all example.org scram", "names of hosts"),
            ("host all all samenet scram", "samenet"),
            ("host all all all md5", "\"md5\""),
            ("host all all all cert", "only there on hostssl"),
            ("hostssl all all all cert clientcert=verify-ca", "verify-full"),
            ("hostssl all all all scram map=x", "map needs"),
            ("host all all all scram krb_realm=x", "krb_realm"),
            ("host all all,  ", "last comma"),
            ("host all \"a all scram", "not closed"),
            ("host @file all all scram", "from a file"),
            ("host all all all,samehost scram", "list"),
        ] {
            let error = Rule::parse(line).expect_err(line).to_string();
            assert!(error.contains(why) && error.contains(line), "{line}: {error}");
        }
        assert!(NameMap::parse("people /^(.*)$ bob").is_err());
        assert!(NameMap::parse("people bob").is_err());
    }

    #[test]
    fn trust_is_for_the_machine_itself() {
        let mut login = Login::default();
        let network: IpAddr = [0, 0, 0, 0].into();
        assert!(login.check_listener(network).is_ok(), "nobody is trusted by default");
        login.rules.insert(0, Rule::parse("host all all 127.0.0.1/32 trust").unwrap());
        assert!(login.check_listener([127, 0, 0, 1].into()).is_ok());
        assert!(login.check_listener(network).is_err());
        login.allow_trust_from_network = true;
        assert!(login.check_listener(network).is_ok());
    }

    #[test]
    fn certificates_need_an_authority_and_maps_a_line() {
        let mut tls = Tls::default();
        let mut login = Login::default();
        assert!(login.check(&tls).is_ok());
        login.rules = vec![Rule::parse("hostssl all all all cert map=people").unwrap()];
        assert!(login.check(&tls).unwrap_err().message.contains("tls.client_ca"));
        tls.client_ca = "ca.pem".into();
        assert!(login.check(&tls).unwrap_err().message.contains("map people"));
        login.name_maps = vec![NameMap::parse("people \"Bob B.\" bob").unwrap()];
        assert!(login.check(&tls).is_ok());
        assert!(login.maps("people", "Bob B.", "bob"));
        assert!(!login.maps("people", "Bob B.", "alice") && !login.maps("x", "Bob B.", "bob"));
    }
}
