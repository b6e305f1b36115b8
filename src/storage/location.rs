//! A prefix in a store: a local folder or `s3://bucket/prefix`, in one normal form.

use std::fmt;
use std::path::Path as FilePath;

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Error, Result};

/// Parsed, absolute, without `.` or `..`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Location {
    /// Empty for the local file system.
    bucket: String,
    path: Path,
}

/// Stands where a bucket's name would, and is none.
const TEMPORARY_BUCKET: &str = ":temporary";

impl Location {
    /// How the places of temporary tables begin. [`Location::parse`], which reads what users write, takes no such.
    pub const TEMPORARY: &str = "temporary://";

    /// A place in the server's temporary folder.
    pub(super) fn temporary(below: &str) -> Result<Location> {
        let path = segments(below).map_err(Error::internal)?;
        Ok(Location { bucket: TEMPORARY_BUCKET.to_owned(), path })
    }

    pub fn is_temporary(&self) -> bool {
        self.bucket == TEMPORARY_BUCKET
    }

    /// A folder (relative ones against the current one), `file://…` or `s3://bucket/prefix`.
    pub fn parse(text: &str) -> Result<Location> {
        let invalid =
            |why: &str| Error::invalid_parameter(format!("invalid location \"{text}\": {why}"));
        if text.is_empty() || text.contains('\0') {
            return Err(invalid("it is empty"));
        }
        let remote = text.strip_prefix("s3://").or_else(|| text.strip_prefix("s3a://"));
        if let Some(rest) = remote {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let legal = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            if bucket.is_empty() || !bucket.chars().all(legal) {
                return Err(invalid("no bucket is named"));
            }
            return Ok(Location {
                bucket: bucket.to_owned(),
                path: segments(prefix).map_err(invalid)?,
            });
        }
        if let Some((scheme, _)) = text.split_once("://")
            && scheme != "file"
        {
            return Err(invalid("it must be a folder or begin with s3://"));
        }
        let path = text.strip_prefix("file://").unwrap_or(text);
        let absolute =
            std::path::absolute(FilePath::new(path)).map_err(|e| invalid(&e.to_string()))?;
        let absolute = absolute.to_str().ok_or_else(|| invalid("it is not UTF-8"))?;
        Ok(Location { bucket: String::new(), path: segments(absolute).map_err(invalid)? })
    }

    /// A place below this one.
    pub fn join(&self, relative: &str) -> Result<Location> {
        let below = segments(relative).map_err(|why| {
            Error::invalid_parameter(format!("invalid location \"{relative}\": {why}"))
        })?;
        let path = self.path.parts().chain(below.parts()).collect();
        Ok(Location { bucket: self.bucket.clone(), path })
    }

    /// As a user names a location: relative ones lie below this, absolute ones anywhere.
    pub fn resolve(&self, text: &str) -> Result<Location> {
        let absolute = text.contains("://") || text.starts_with('/');
        if absolute { Location::parse(text) } else { self.join(text) }
    }

    /// Whether `other` is this place or lies below it, by whole segments.
    pub fn contains(&self, other: &Location) -> bool {
        self.bucket == other.bucket && other.path.prefix_matches(&self.path)
    }

    pub fn is_local(&self) -> bool {
        self.bucket.is_empty()
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The place inside its bucket, or below `/`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The root of the store: `s3://bucket` or `file:///`.
    pub fn root_url(&self) -> Url {
        let text = match self.is_local() {
            true => "file:///".to_owned(),
            false if self.is_temporary() => "temporary:///".to_owned(),
            false => format!("s3://{}", self.bucket),
        };
        Url::parse(&text).expect("a bucket's name has only letters that a host may have")
    }

    /// The place as a URL that ends in a slash.
    pub fn url(&self) -> Url {
        let mut url = self.root_url();
        let mut segments = url.path_segments_mut().expect("the scheme has a path");
        segments.pop_if_empty().extend(self.path.parts().map(|p| p.as_ref().to_owned())).push("");
        drop(segments);
        url
    }
}

/// A path whose every segment is kept as it is written; what would climb or be re-encoded is refused.
fn segments(text: &str) -> std::result::Result<Path, &'static str> {
    let mut path = Path::default();
    for segment in text.split('/').filter(|s| !s.is_empty() && *s != ".") {
        if segment == ".." {
            return Err("it must not contain ..");
        }
        let part = object_store::path::PathPart::parse(segment)
            .map_err(|_| "it has a character that object stores do not take")?;
        path = path.parts().chain([part]).collect();
    }
    Ok(path)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_local() {
            true => write!(f, "/{}", self.path),
            false if self.is_temporary() => write!(f, "{}{}", Location::TEMPORARY, self.path),
            false => write!(f, "s3://{}/{}", self.bucket, self.path),
        }
    }
}

impl TryFrom<String> for Location {
    type Error = Error;
    fn try_from(text: String) -> Result<Location> {
        Location::parse(&text)
    }
}

impl From<Location> for String {
    fn from(location: Location) -> String {
        location.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_climbs_out() {
        let lake = Location::parse("s3://b/lake").unwrap();
        assert!(lake.contains(&lake.join("raw/flights").unwrap()));
        assert!(!lake.contains(&Location::parse("s3://b/lake2/x").unwrap()));
        assert!(!lake.contains(&Location::parse("s3://c/lake/x").unwrap()));
        assert!(lake.join("../x").is_err());
        assert!(lake.resolve("s3://b/lake/../secret").is_err());
        assert!(
            lake.resolve("raw/%2e%2e/x").is_err()
                || lake.contains(&lake.resolve("raw/%2e%2e/x").unwrap())
        );
        assert!(Location::parse("/tmp/a/../../etc").is_err());
        assert!(Location::parse("http://x/y").is_err());
    }

    #[test]
    fn one_normal_form() {
        let location = Location::parse("s3a://b//x/./y/").unwrap();
        assert_eq!(location.to_string(), "s3://b/x/y");
        assert_eq!(location.url().as_str(), "s3://b/x/y/");
        assert_eq!(Location::parse("/tmp/x/").unwrap().url().as_str(), "file:///tmp/x/");
    }
}
