//! jsonb made from jsonb: concatenation, deletion, `jsonb_set`, `jsonb_insert`, without nulls.

use super::value::{Json, Kind, index};
use crate::error::{Error, Result, SqlState};

fn wrong(message: &str) -> Error {
    Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// `a || b`.
pub(super) fn concat<'t>(a: Json<'t>, b: Json<'t>) -> Json<'t> {
    let list = |value: Json<'t>| match value.kind {
        Kind::Array(elements) => elements,
        _ => vec![value],
    };
    match (a.kind, b.kind) {
        (Kind::Object(mut fields), Kind::Object(more)) => {
            fields.extend(more);
            Json::made(Kind::Object(fields))
        }
        (a, b) => {
            let mut elements = list(Json::made(a));
            elements.extend(list(Json::made(b)));
            Json::made(Kind::Array(elements))
        }
    }
}

/// `a - 'key'`.
pub(super) fn without_key<'t>(mut a: Json<'t>, key: &str) -> Result<Json<'t>> {
    match &mut a.kind {
        Kind::Object(fields) => fields.retain(|(k, _)| k != key),
        Kind::Array(elements) => {
            elements.retain(|e| !matches!(&e.kind, Kind::String(text) if text == key));
        }
        _ => return Err(wrong("cannot delete from scalar")),
    }
    Ok(a)
}

/// `a - 1`.
pub(super) fn without_element(mut a: Json<'_>, at: i64) -> Result<Json<'_>> {
    match &mut a.kind {
        Kind::Array(elements) => {
            if let Some(at) = index(at, elements.len()) {
                elements.remove(at);
            }
            Ok(a)
        }
        Kind::Object(_) => Err(wrong("cannot delete from object using integer index")),
        _ => Err(wrong("cannot delete from scalar")),
    }
}

/// What to do where a path ends.
pub(super) enum Change<'t> {
    Delete,
    /// A new value; made where there was none if wanted.
    Set {
        value: Json<'t>,
        create: bool,
    },
    Insert {
        value: Json<'t>,
        after: bool,
    },
}

/// `a #- path`, `jsonb_set`, `jsonb_insert`.
pub(super) fn at_path<'t>(
    mut a: Json<'t>,
    path: &[String],
    change: &Change<'t>,
) -> Result<Json<'t>> {
    if a.is_scalar() {
        return Err(wrong(match change {
            Change::Delete => "cannot delete path in scalar",
            _ => "cannot set path in scalar",
        }));
    }
    if !path.is_empty() {
        descend(&mut a, path, 0, change)?;
    }
    Ok(a)
}

fn descend<'t>(
    node: &mut Json<'t>,
    path: &[String],
    level: usize,
    change: &Change<'t>,
) -> Result<()> {
    let step = &path[level];
    let last = level + 1 == path.len();
    match &mut node.kind {
        Kind::Object(fields) => {
            let at = fields.iter().rposition(|(key, _)| key == step);
            match (at, last) {
                (Some(at), false) => descend(&mut fields[at].1, path, level + 1, change)?,
                (Some(at), true) => match change {
                    Change::Delete => fields.retain(|(key, _)| key != step),
                    Change::Set { value, .. } => fields[at].1 = value.clone(),
                    Change::Insert { .. } => {
                        return Err(wrong("cannot replace existing key")
                            .hint("Try using the function jsonb_set to replace key value."));
                    }
                },
                (None, true) => match change {
                    Change::Set { value, create: true } | Change::Insert { value, .. } => {
                        fields.push((step.clone(), value.clone()));
                    }
                    _ => {}
                },
                (None, false) => {}
            }
            Ok(())
        }
        Kind::Array(elements) => {
            let number: i64 = step.trim().parse().map_err(|_| {
                let message =
                    format!("path element at position {} is not an integer: \"{step}\"", level + 1);
                Error::new(SqlState::INVALID_TEXT, message)
            })?;
            match (index(number, elements.len()), last) {
                (Some(at), false) => descend(&mut elements[at], path, level + 1, change)?,
                (Some(at), true) => match change {
                    Change::Delete => drop(elements.remove(at)),
                    Change::Set { value, .. } => elements[at] = value.clone(),
                    Change::Insert { value, after } => {
                        elements.insert(at + usize::from(*after), value.clone());
                    }
                },
                (None, true) => match change {
                    Change::Set { value, create: true } | Change::Insert { value, .. } => {
                        match number < 0 {
                            true => elements.insert(0, value.clone()),
                            false => elements.push(value.clone()),
                        }
                    }
                    _ => {}
                },
                (None, false) => {}
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

pub(super) fn without_nulls(value: Json<'_>) -> Json<'_> {
    let kind = match value.kind {
        Kind::Object(fields) => Kind::Object(
            fields
                .into_iter()
                .filter(|(_, v)| !matches!(v.kind, Kind::Null))
                .map(|(k, v)| (k, without_nulls(v)))
                .collect(),
        ),
        Kind::Array(elements) => Kind::Array(elements.into_iter().map(without_nulls).collect()),
        other => other,
    };
    Json { kind, text: value.text }
}
