//! A JSON document as a tree. Each node knows the text it was read from, which json gives back as it is.

/// A node over the text it was read from.
#[derive(Clone, Debug)]
pub(super) struct Json<'t> {
    pub kind: Kind<'t>,
    /// As it was written; empty for what was made here.
    pub text: &'t str,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    Null,
    Boolean(bool),
    /// As PostgreSQL's numeric writes it.
    Number(String),
    String(String),
    Array(Vec<Json<'t>>),
    /// As written: keys may come twice.
    Object(Vec<(String, Json<'t>)>),
}

impl<'t> Json<'t> {
    pub fn made(kind: Kind<'t>) -> Json<'t> {
        Json { kind, text: "" }
    }

    /// The value of a key; the last one counts.
    pub fn field(&self, key: &str) -> Option<&Json<'t>> {
        match &self.kind {
            Kind::Object(fields) => fields.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// An element; negative ones count from the end.
    pub fn element(&self, at: i64) -> Option<&Json<'t>> {
        let Kind::Array(elements) = &self.kind else { return None };
        index(at, elements.len()).and_then(|at| elements.get(at))
    }

    /// One step of a path of texts.
    pub fn step(&self, step: &str) -> Option<&Json<'t>> {
        match &self.kind {
            Kind::Object(_) => self.field(step),
            Kind::Array(_) => step.trim().parse().ok().and_then(|at| self.element(at)),
            _ => None,
        }
    }

    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Boolean(_) => "boolean",
            Kind::Number(_) => "number",
            Kind::String(_) => "string",
            Kind::Array(_) => "array",
            Kind::Object(_) => "object",
        }
    }

    pub fn is_scalar(&self) -> bool {
        !matches!(self.kind, Kind::Array(_) | Kind::Object(_))
    }
}

/// The place in a list of `len` that a number means.
pub(super) fn index(at: i64, len: usize) -> Option<usize> {
    let len = i64::try_from(len).ok()?;
    let at = if at < 0 { at + len } else { at };
    (0..len).contains(&at).then_some(at as usize)
}
