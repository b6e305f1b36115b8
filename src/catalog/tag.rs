//! Tags: names borne by tables and columns (`SECURITY LABEL FOR lake`), on which grants, denials, policies and
//! masks can stand in one place for all that bear them.

use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::name::RoleId;
use super::protection::{Mask, Policy};

/// What is said of a tag. One that is only borne and never spoken of has no entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    pub name: String,
    /// Given on everything that bears it.
    pub acl: Acl,
    /// Denied on everything that bears it, whatever else grants it.
    #[serde(default, skip_serializing_if = "Acl::is_empty")]
    pub denied: Acl,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masks: Vec<Mask>,
    #[serde(default)]
    pub revision: u64,
}

impl Tag {
    pub fn new(name: &str) -> Tag {
        Tag { name: name.to_owned(), ..Tag::default() }
    }

    pub fn mentions(&self, id: RoleId) -> bool {
        self.acl.mentions(id)
            || self.denied.mentions(id)
            || super::protection::mentions(&self.policies, &self.masks, id)
    }
}

/// The tags in a label: `pii=high, region=eu`.
pub fn in_label(label: &str) -> Vec<String> {
    let mut tags: Vec<String> =
        label.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// The label that gives these tags.
pub fn label(tags: &[String]) -> String {
    tags.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_holds_tags() {
        assert_eq!(in_label("pii=high, region=eu,pii=high ,"), ["pii=high", "region=eu"]);
        assert_eq!(label(&in_label(" b,a")), "a, b");
        assert!(in_label(" ").is_empty());
    }
}
