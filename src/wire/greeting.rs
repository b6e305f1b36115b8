//! The first packet of a connection, decoded: what a client wants and how it names itself.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::error::{Error, Result, SqlState};

use super::frames::Fields;

/// A protocol version, major and minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u32);

impl Version {
    pub(super) const NEWEST: Version = Version::of(3, 2);

    const fn of(major: u32, minor: u32) -> Version {
        Version(major << 16 | minor)
    }

    /// 3.2 brought cancel keys longer than four bytes.
    pub(super) fn has_long_keys(self) -> bool {
        self >= Version::of(3, 2)
    }
}

/// What the first packet can be.
#[derive(Debug, PartialEq)]
pub(super) enum First {
    Tls,
    Gss,
    Cancel { pid: i32, secret: Bytes },
    Start(Start),
}

#[derive(Debug, PartialEq)]
pub(super) struct Start {
    /// The version that will be spoken.
    pub(super) version: Version,
    asked_too_much: bool,
    pub(super) role: String,
    pub(super) database: Option<String>,
    pub(super) settings: BTreeMap<String, String>,
    /// Protocol options that we do not know; the client is told.
    pub(super) unknown: Vec<String>,
}

const CANCEL: u32 = 80_877_102;
const TLS: u32 = 80_877_103;
const GSS: u32 = 80_877_104;
/// The longest key of protocol 3.2.
const SECRET_MAX: usize = 256;

pub(super) fn decode(packet: Bytes) -> Result<First> {
    let mut fields = Fields::new(packet);
    match fields.u32()? {
        TLS => fields.end().map(|()| First::Tls),
        GSS => fields.end().map(|()| First::Gss),
        CANCEL => {
            let pid = fields.u32()? as i32;
            let secret = fields.rest();
            if secret.is_empty() || secret.len() > SECRET_MAX {
                return Err(Error::protocol("invalid length of cancel request packet"));
            }
            Ok(First::Cancel { pid, secret })
        }
        version if version >> 16 == 3 => start(Version(version), fields).map(First::Start),
        version => Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!(
                "unsupported frontend protocol {}.{}: server supports 3.0 to 3.2",
                version >> 16,
                version & 0xffff
            ),
        )),
    }
}

fn start(version: Version, mut fields: Fields) -> Result<Start> {
    let (mut role, mut database, mut options) = (None, None, String::new());
    let (mut settings, mut unknown) = (BTreeMap::new(), Vec::new());
    loop {
        let name = fields.text()?;
        if name.is_empty() {
            break;
        }
        let value = fields.text()?;
        match name.as_str() {
            "user" => role = Some(value),
            "database" => database = Some(value),
            "options" => options = value,
            "replication" => refuse_replication(&value)?,
            _ if name.starts_with("_pq_.") => unknown.push(name),
            // asyncpg puts quotes around it; PostgreSQL reads letters and digits only.
            "client_encoding" => {
                let letters = value.chars().filter(char::is_ascii_alphanumeric);
                settings.insert(name, letters.collect());
            }
            _ => {
                settings.insert(name.to_lowercase(), value);
            }
        }
    }
    fields.end()?;
    // What is named by itself wins over what is named among the options.
    for (name, value) in parse_options(&options)? {
        settings.entry(name).or_insert(value);
    }
    let role = role.filter(|role| !role.is_empty()).ok_or_else(|| {
        Error::new(
            SqlState::INVALID_AUTHORIZATION,
            "no PostgreSQL user name specified in startup packet",
        )
    })?;
    let database = database.filter(|database| !database.is_empty());
    let asked_too_much = version > Version::NEWEST;
    let version = version.min(Version::NEWEST);
    Ok(Start { version, asked_too_much, role, database, settings, unknown })
}

impl Start {
    /// Whether the client must be told what we speak.
    pub(super) fn needs_negotiation(&self) -> bool {
        self.asked_too_much || !self.unknown.is_empty()
    }
}

fn refuse_replication(value: &str) -> Result<()> {
    match value.to_lowercase().as_str() {
        "false" | "off" | "no" | "0" => Ok(()),
        _ => Err(Error::unsupported("the replication protocol")),
    }
}

/// `-c name=value` and `--name=value`, split at spaces that no backslash guards.
fn parse_options(text: &str) -> Result<Vec<(String, String)>> {
    let mut words = split_words(text).into_iter();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let assignment = if word == "-c" {
            words.next()
        } else {
            let rest = word.strip_prefix("--").or_else(|| word.strip_prefix("-c"));
            rest.map(str::to_owned)
        };
        let pair = assignment.as_deref().and_then(|assignment| assignment.split_once('='));
        let Some((name, value)) = pair else {
            return Err(Error::syntax(format!(
                "invalid command-line argument for server process: {word}"
            )));
        };
        settings.push((name.replace('-', "_").to_lowercase(), value.to_owned()));
    }
    Ok(settings)
}

fn split_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut guarded) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            _ if guarded => {
                word.push(letter);
                guarded = false;
            }
            '\\' => guarded = true,
            space if space.is_ascii_whitespace() => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(version: u32, pairs: &[(&str, &str)]) -> Bytes {
        let mut bytes = version.to_be_bytes().to_vec();
        for (name, value) in pairs {
            bytes.extend(format!("{name}\0{value}\0").bytes());
        }
        bytes.push(0);
        bytes.into()
    }

    fn started(version: u32, pairs: &[(&str, &str)]) -> Result<Start> {
        match decode(packet(version, pairs))? {
            First::Start(start) => Ok(start),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn settings_come_by_name_and_among_options() {
        let start = started(
            196_608,
            &[
                ("user", "alice"),
                ("database", "lake"),
                ("Application_Name", "psql"),
                ("client_encoding", "'utf-8'"),
                (
                    "options",
                    "-c search_path=a,b --time-zone=UTC -cx.y=a\\ b -c application_name=no",
                ),
            ],
        )
        .unwrap();
        assert_eq!((start.role.as_str(), start.database.as_deref()), ("alice", Some("lake")));
        let want = [
            ("application_name", "psql"),
            ("client_encoding", "utf8"),
            ("search_path", "a,b"),
            ("time_zone", "UTC"),
            ("x.y", "a b"),
        ];
        let want = want.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(start.settings, BTreeMap::from(want));
        assert!(started(196_608, &[("user", "a"), ("options", "-x")]).is_err());
    }

    #[test]
    fn versions_are_met_half_way() {
        let start = started(0x3_270f, &[("user", "a"), ("_pq_.new", "1")]).unwrap();
        assert_eq!(start.version, Version::NEWEST);
        assert_eq!(start.unknown, ["_pq_.new"]);
        assert!(start.needs_negotiation());
        assert!(!started(196_608, &[("user", "a")]).unwrap().version.has_long_keys());
        assert!(started(0x2_0000, &[("user", "a")]).is_err());
        assert!(started(0x4_0000, &[("user", "a")]).is_err());
    }

    #[test]
    fn what_is_missing_or_too_much_is_refused() {
        assert!(started(196_608, &[("database", "a")]).is_err());
        assert!(started(196_608, &[("user", "a"), ("replication", "database")]).is_err());
        assert!(decode(Bytes::from_static(b"\0\x03\0\0user\0a\0")).is_err(), "no end");
        assert!(decode(Bytes::from_static(b"\x04\xd2\x16\x2e\0\0\0\x01")).is_err(), "no key");
        assert!(decode(Bytes::from_static(b"\x04\xd2\x16\x2fx")).is_err(), "more behind it");
    }
}
