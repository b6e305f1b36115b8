//! The chain of batches: each carries the digest of the one before it. Pure; storage is asked by others.
//!
//! A batch is one commit of the table's Delta log. Its seal says the SHA-256 of the commit before it, byte for byte,
//! and of the data file it adds. Whoever alters, removes, adds or reorders anything breaks a link or meets a
//! file with another digest. All servers of a lake write one chain, since the log's versions are one order anyway:
//! a server's events cannot be taken out as a whole without a gap that the others' batches show.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Under which name a commit's `commitInfo` has the seal.
pub const KEY: &str = "lakewireAudit";
const FORMAT: u32 = 1;

/// What a commit says of the one before it and of what it adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    format: u32,
    /// The digest of the commit before.
    pub previous: String,
    /// Digests of the data files, by path.
    pub files: BTreeMap<String, String>,
    pub events: u64,
    /// Which server wrote it, and the number of its first event: each server counts its own.
    pub server: String,
    pub first: u64,
    /// Files of earlier batches, in their order, whose rows this batch's file holds once more: small ones become a
    /// large one. They stay where they are and are proven as before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<Merged>,
}

/// A file that was merged into another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merged {
    pub path: String,
    pub digest: String,
}

/// What a batch claims: that the file `into` holds the rows of those in `from`, in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    pub version: u64,
    pub into: String,
    pub from: Vec<String>,
}

impl Seal {
    pub fn new(
        previous: &[u8],
        path: &str,
        file: &[u8],
        server: &str,
        numbers: (u64, u64),
    ) -> Seal {
        let (first, events) = numbers;
        Seal {
            format: FORMAT,
            previous: digest(previous),
            files: BTreeMap::from([(path.to_owned(), digest(file))]),
            events,
            server: server.to_owned(),
            first,
            merges: Vec::new(),
        }
    }

    /// A batch that adds no event.
    pub fn merging(path: &str, file: &[u8], server: &str, merges: Vec<Merged>) -> Seal {
        Seal { merges, ..Seal::new(&[], path, file, server, (0, 0)) }
    }

    /// The same batch on top of another commit.
    pub fn after(&self, previous: &[u8]) -> Seal {
        Seal { previous: digest(previous), ..self.clone() }
    }

    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A data file as a commit vouches for it.
#[derive(Clone, Debug, PartialEq)]
pub struct SealedFile {
    pub version: u64,
    pub path: String,
    pub size: u64,
    pub digest: String,
}

/// Walks a log from its first commit and collects what is wrong with it.
#[derive(Default)]
pub struct Walk {
    /// Digests of the commits met, by version.
    digests: Vec<Option<String>>,
    /// The number that each server's next event must have.
    next: HashMap<String, u64>,
    /// Digests of the files met, by path.
    files: HashMap<String, String>,
    /// Files that readers read merged into others, and which into which.
    pub superseded: BTreeSet<String>,
    pub merges: Vec<Merge>,
    pub batches: u64,
    pub events: u64,
    pub faults: Vec<String>,
}

impl Walk {
    /// The next commit, or none if there is nothing under its version. Gives the files it vouches for.
    pub fn commit(&mut self, bytes: Option<&[u8]>) -> Vec<SealedFile> {
        let version = self.digests.len() as u64;
        let Some(bytes) = bytes else {
            self.digests.push(None);
            self.faults.push(format!("batch {version} is missing"));
            return Vec::new();
        };
        self.digests.push(Some(digest(bytes)));
        let Some(actions) = actions(bytes) else {
            self.faults.push(format!("batch {version} is damaged: it cannot be read"));
            return Vec::new();
        };
        // The first commit makes the table; the second one's link holds it.
        if version == 0 {
            if actions.iter().any(|a| a.get("add").is_some()) {
                self.faults.push("batch 0 has files; it only makes the table".to_owned());
            }
            return Vec::new();
        }
        match self.sealed(version, &actions) {
            Ok(files) => files,
            Err(fault) => {
                self.faults.push(fault);
                Vec::new()
            }
        }
    }

    fn sealed(&mut self, version: u64, actions: &[Value]) -> Result<Vec<SealedFile>, String> {
        let seal = seal_of(actions)
            .ok_or_else(|| format!("batch {version} was not written by the audit log"))?;
        if seal.format > FORMAT {
            return Err(format!(
                "batch {version} has format {}: use a newer lakewire",
                seal.format
            ));
        }
        let before = self.digests.get(version as usize - 1).and_then(Option::as_ref);
        if before.is_some_and(|before| *before != seal.previous) {
            self.faults.push(format!(
                "the chain breaks between batch {} and batch {version}: the one or the other was altered",
                version - 1
            ));
        }
        if seal.merges.is_empty() {
            self.numbers(version, &seal);
        }
        self.batches += 1;
        self.events += seal.events;
        let mut files = Vec::new();
        let mut removed = 0;
        for action in actions {
            let Some((kind, body)) = action.as_object().and_then(|o| o.iter().next()) else {
                return Err(format!("batch {version} is damaged"));
            };
            match kind.as_str() {
                "commitInfo" => {}
                "add" => files.push(vouched(version, body, &seal)?),
                "remove" => {
                    self.merged(version, body, &seal)?;
                    removed += 1;
                }
                other => {
                    return Err(format!("batch {version} does more than add events: {other}"));
                }
            }
        }
        if files.len() != seal.files.len() {
            return Err(format!("batch {version} does not add all the files it vouches for"));
        }
        if removed != seal.merges.len() {
            return Err(format!("batch {version} does not replace all the files it merges"));
        }
        if let (Some(into), false) = (files.first(), seal.merges.is_empty()) {
            let from = seal.merges.into_iter().map(|m| m.path).collect();
            self.merges.push(Merge { version, into: into.path.clone(), from });
        }
        self.files.extend(files.iter().map(|f| (f.path.clone(), f.digest.clone())));
        Ok(files)
    }

    /// A file may leave the table only for one that holds its rows.
    fn merged(&mut self, version: u64, remove: &Value, seal: &Seal) -> Result<(), String> {
        let path = remove.get("path").and_then(Value::as_str).unwrap_or_default();
        let merged = seal.merges.iter().find(|m| m.path == path);
        match merged.is_some_and(|m| self.files.get(path) == Some(&m.digest)) {
            true => {
                self.superseded.insert(path.to_owned());
                Ok(())
            }
            false => Err(format!("batch {version} removes the file {path}")),
        }
    }

    /// The files of one batch alone, if it adds events; those of a merging one stay as they are.
    pub fn batch(version: u64, commit: &[u8]) -> Result<Vec<SealedFile>, String> {
        let foreign = || format!("batch {version} was not written by the audit log");
        let actions = actions(commit).ok_or_else(foreign)?;
        let seal = seal_of(&actions).ok_or_else(foreign)?;
        if !seal.merges.is_empty() {
            return Ok(Vec::new());
        }
        let adds = actions.iter().filter_map(|a| a.get("add"));
        adds.map(|add| vouched(version, add, &seal)).collect()
    }

    fn numbers(&mut self, version: u64, seal: &Seal) {
        let expected = self.next.get(&seal.server).copied().unwrap_or(1);
        if expected != seal.first {
            self.faults.push(format!(
                "batch {version} begins with event {} of server {}; event {expected} was expected",
                seal.first, seal.server
            ));
        }
        self.next.insert(seal.server.clone(), seal.first + seal.events);
    }

    /// The newest commit and its digest.
    pub fn head(&self) -> Option<(u64, &str)> {
        let digest = self.digests.last()?.as_deref()?;
        Some((self.digests.len() as u64 - 1, digest))
    }

    /// Whether the chain holds a commit that was seen earlier: it must not have been cut off since.
    pub fn holds(&mut self, version: u64, digest: &str, seen: &str) {
        match self.digests.get(version as usize) {
            Some(Some(found)) if found == digest => {}
            Some(Some(_)) => self.faults.push(format!("batch {version} is not the one {seen} saw")),
            Some(None) => {}
            None => self.faults.push(format!("batch {version}, which {seen} saw, is missing")),
        }
    }
}

fn actions(commit: &[u8]) -> Option<Vec<Value>> {
    let lines = commit.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).ok()).collect()
}

fn seal_of(actions: &[Value]) -> Option<Seal> {
    let seal = actions.iter().find_map(|a| a.pointer(&format!("/commitInfo/{KEY}")))?;
    serde_json::from_value(seal.clone()).ok()
}

fn vouched(version: u64, add: &Value, seal: &Seal) -> Result<SealedFile, String> {
    let path = add.get("path").and_then(Value::as_str).unwrap_or_default();
    let digest = seal
        .files
        .get(path)
        .ok_or_else(|| format!("batch {version} adds {path}, which it does not vouch for"))?;
    let size = add.get("size").and_then(Value::as_u64).unwrap_or_default();
    Ok(SealedFile { version, path: path.to_owned(), size, digest: digest.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SERVER: &str = "s";

    /// A log of three batches with two events each, of which file `n` holds the text `n`.
    fn log() -> Vec<Vec<u8>> {
        let mut log = vec![b"{\"metaData\":{}}\n".to_vec()];
        for n in 0..3u64 {
            let path = format!("{n}.parquet");
            let previous = log.last().unwrap();
            let numbers = (2 * n + 1, 2);
            let seal = Seal::new(previous, &path, n.to_string().as_bytes(), SERVER, numbers);
            let info = json!({ "commitInfo": { KEY: seal.to_json() } });
            let add = json!({ "add": { "path": path, "size": 1 } });
            log.push(format!("{info}\n{add}\n").into_bytes());
        }
        log
    }

    fn walk(log: &[Option<Vec<u8>>]) -> (Walk, Vec<SealedFile>) {
        let mut walk = Walk::default();
        let files = log.iter().flat_map(|commit| walk.commit(commit.as_deref())).collect();
        (walk, files)
    }

    fn faults(change: impl FnOnce(&mut Vec<Option<Vec<u8>>>)) -> Vec<String> {
        let mut log: Vec<_> = log().into_iter().map(Some).collect();
        change(&mut log);
        walk(&log).0.faults
    }

    #[test]
    fn a_whole_chain_holds() {
        let log: Vec<_> = log().into_iter().map(Some).collect();
        let (mut walk, files) = walk(&log);
        assert_eq!((walk.batches, walk.events, files.len()), (3, 6, 3));
        assert_eq!(files[1].digest, digest(b"1"));
        let (version, head) = walk.head().map(|(v, d)| (v, d.to_owned())).unwrap();
        walk.holds(version, &head, "a friend");
        assert!(walk.faults.is_empty(), "{:?}", walk.faults);
    }

    #[test]
    fn any_change_shows() {
        let edit = |commit: &mut Option<Vec<u8>>, from: &str, to: &str| {
            let text = String::from_utf8(commit.take().unwrap()).unwrap();
            assert!(text.contains(from));
            *commit = Some(text.replace(from, to).into_bytes());
        };
        assert_eq!(faults(|log| log[2] = None)[0], "batch 2 is missing");
        assert!(
            faults(|log| edit(&mut log[1], "\"size\":1", "\"size\":2"))[0]
                .contains("between batch 1 and")
        );
        assert!(
            faults(|log| edit(&mut log[0], "{}", "{\"a\":1}"))[0].contains("between batch 0 and")
        );
        assert!(!faults(|log| log.swap(1, 2)).is_empty());
        assert!(!faults(|log| drop(log.remove(2))).is_empty());
        assert!(
            faults(|log| log[3] = Some(b"{\"remove\":{}}\n".to_vec()))[0]
                .contains("not written by")
        );
        assert!(faults(|log| log[3] = Some(b"rubbish".to_vec()))[0].contains("damaged"));
        assert!(
            faults(|log| edit(&mut log[3], "\"path\":\"2", "\"path\":\"9"))[0].contains("vouch")
        );
    }

    #[test]
    fn files_leave_only_for_one_that_holds_their_rows() {
        let merge = |log: &[Vec<u8>], merges: Vec<Merged>, removed: &[&str]| {
            let seal = Seal::merging("m", b"m", SERVER, merges).after(log.last().unwrap());
            let mut commit = json!({ "commitInfo": { KEY: seal.to_json() } }).to_string();
            commit += &format!("\n{}", json!({ "add": { "path": "m", "size": 1 } }));
            for path in removed {
                commit += &format!("\n{}", json!({ "remove": { "path": path } }));
            }
            let whole: Vec<_> =
                log.iter().cloned().chain([commit.into_bytes()]).map(Some).collect();
            walk(&whole).0
        };
        let merged = |n: u64| Merged {
            path: format!("{n}.parquet"),
            digest: digest(n.to_string().as_bytes()),
        };
        let log = log();
        let good = merge(&log, vec![merged(0), merged(1)], &["0.parquet", "1.parquet"]);
        assert!(good.faults.is_empty(), "{:?}", good.faults);
        assert_eq!((good.events, good.superseded.len(), good.merges.len()), (6, 2, 1));
        for (merges, removed) in [
            (vec![merged(0)], vec!["0.parquet", "1.parquet"]),
            (vec![merged(0), merged(1)], vec!["0.parquet"]),
            (vec![Merged { digest: digest(b"x"), ..merged(0) }], vec!["0.parquet"]),
            (vec![merged(7)], vec!["7.parquet"]),
        ] {
            assert!(!merge(&log, merges, &removed).faults.is_empty(), "{removed:?}");
        }
    }

    #[test]
    fn a_cut_end_shows_to_whoever_saw_it() {
        let whole: Vec<_> = log().into_iter().map(Some).collect();
        let (before, _) = walk(&whole);
        let (version, head) = before.head().unwrap();
        let (mut cut, _) = walk(&whole[..3]);
        assert!(cut.faults.is_empty(), "nothing inside the log tells");
        cut.holds(version, head, "server s");
        assert_eq!(cut.faults, ["batch 3, which server s saw, is missing"]);
        let (mut other, _) = walk(&whole);
        other.holds(version, "00", "server s");
        assert_eq!(other.faults.len(), 1);
    }
}
