//! jsonb compared and searched, as `jsonb_util.c` does.

use std::cmp::Ordering;

use super::number;
use super::value::{Json, Kind};
use super::write::{by_key, kept};

/// The order of jsonb: by kind, then arrays and objects by size, then by what is in them.
pub(super) fn order(a: &Json<'_>, b: &Json<'_>) -> Ordering {
    match (&a.kind, &b.kind) {
        (Kind::Null, Kind::Null) => Ordering::Equal,
        (Kind::Boolean(a), Kind::Boolean(b)) => a.cmp(b),
        (Kind::Number(a), Kind::Number(b)) => number::compare(a, b),
        (Kind::String(a), Kind::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Kind::Array(x), Kind::Array(y)) => x.len().cmp(&y.len()).then_with(|| {
            let pairs = x.iter().zip(y).map(|(x, y)| order(x, y));
            pairs.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        }),
        (Kind::Object(x), Kind::Object(y)) => {
            let (x, y) = (kept(x), kept(y));
            x.len().cmp(&y.len()).then_with(|| {
                let pairs = x.iter().zip(&y);
                let mut pairs =
                    pairs.map(|(x, y)| by_key(&x.0, &y.0).then_with(|| order(&x.1, &y.1)));
                pairs.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
            })
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

/// An empty array stands before all else, by an accident that PostgreSQL keeps.
fn rank(value: &Json<'_>) -> u8 {
    match &value.kind {
        Kind::Array(elements) if elements.is_empty() => 0,
        Kind::Null => 1,
        Kind::String(_) => 2,
        Kind::Number(_) => 3,
        Kind::Boolean(_) => 4,
        Kind::Array(_) => 5,
        Kind::Object(_) => 6,
    }
}

pub(super) fn equal(a: &Json<'_>, b: &Json<'_>) -> bool {
    order(a, b).is_eq()
}

/// `a @> b`.
pub(super) fn contains(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (&a.kind, &b.kind) {
        // An array may contain a single value, at the top only.
        (Kind::Array(elements), _) if b.is_scalar() => elements.iter().any(|e| equal(e, b)),
        _ => within(a, b),
    }
}

fn within(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Object(_), Kind::Object(wanted)) => {
            wanted.iter().all(|(key, value)| a.field(key).is_some_and(|found| within(found, value)))
        }
        (Kind::Array(elements), Kind::Array(wanted)) => {
            wanted.iter().all(|w| elements.iter().any(|e| within(e, w)))
        }
        (Kind::Object(_) | Kind::Array(_), _) | (_, Kind::Object(_) | Kind::Array(_)) => false,
        _ => equal(a, b),
    }
}

/// `a ? key`: a key of an object, a text in an array, or that text.
pub(super) fn exists(a: &Json<'_>, key: &str) -> bool {
    match &a.kind {
        Kind::Object(_) => a.field(key).is_some(),
        Kind::Array(elements) => {
            elements.iter().any(|e| matches!(&e.kind, Kind::String(text) if text == key))
        }
        Kind::String(text) => text == key,
        _ => false,
    }
}
