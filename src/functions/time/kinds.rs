//! Types of arguments as PostgreSQL tells functions of one name apart, and which one a call means.

use arrow::datatypes::FieldRef;
use datafusion::common::ScalarValue;

use crate::catalog::types::SqlType;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Numeric,
    Float4,
    Float8,
    Text,
    Date,
    Time,
    Timetz,
    Timestamp,
    Timestamptz,
    Interval,
    /// A transaction's number: `age` has an overload for it, which the catalog answers.
    Xid,
    /// Any type that no function here takes.
    Other,
}

impl Kind {
    pub fn of(sql_type: &SqlType) -> Kind {
        match sql_type {
            SqlType::Bool => Kind::Bool,
            SqlType::Int2 => Kind::Int2,
            SqlType::Int4 => Kind::Int4,
            SqlType::Int8 => Kind::Int8,
            SqlType::Numeric(_) => Kind::Numeric,
            SqlType::Float4 => Kind::Float4,
            SqlType::Float8 => Kind::Float8,
            SqlType::Text | SqlType::Varchar(_) | SqlType::Bpchar(_) | SqlType::Name => Kind::Text,
            SqlType::Date => Kind::Date,
            SqlType::Time => Kind::Time,
            SqlType::Timetz => Kind::Timetz,
            SqlType::Timestamp => Kind::Timestamp,
            SqlType::Timestamptz => Kind::Timestamptz,
            SqlType::Interval => Kind::Interval,
            SqlType::Xid => Kind::Xid,
            _ => Kind::Other,
        }
    }

    pub fn sql_type(self) -> SqlType {
        match self {
            Kind::Bool => SqlType::Bool,
            Kind::Int2 => SqlType::Int2,
            Kind::Int4 => SqlType::Int4,
            Kind::Int8 => SqlType::Int8,
            Kind::Numeric => SqlType::Numeric(None),
            Kind::Float4 => SqlType::Float4,
            Kind::Float8 => SqlType::Float8,
            Kind::Text => SqlType::Text,
            Kind::Date => SqlType::Date,
            Kind::Time => SqlType::Time,
            Kind::Timetz => SqlType::Timetz,
            Kind::Timestamp => SqlType::Timestamp,
            Kind::Timestamptz => SqlType::Timestamptz,
            Kind::Interval => SqlType::Interval,
            Kind::Xid => SqlType::Xid,
            Kind::Other => SqlType::Unknown,
        }
    }

    /// A type of this area.
    pub fn is_temporal(self) -> bool {
        matches!(
            self,
            Kind::Date
                | Kind::Time
                | Kind::Timetz
                | Kind::Timestamp
                | Kind::Timestamptz
                | Kind::Interval
        )
    }

    /// `pg_type.typcategory`, and whether the type is preferred in it.
    fn category(self) -> (char, bool) {
        match self {
            Kind::Bool => ('B', true),
            Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Numeric | Kind::Float4 => ('N', false),
            Kind::Float8 => ('N', true),
            Kind::Text => ('S', true),
            Kind::Date | Kind::Time | Kind::Timetz | Kind::Timestamp => ('D', false),
            Kind::Timestamptz => ('D', true),
            Kind::Interval => ('T', true),
            Kind::Xid => ('U', false),
            Kind::Other => ('?', false),
        }
    }

    /// Whether a value is turned into the other type without being asked.
    fn becomes(self, other: Kind) -> bool {
        use Kind::*;
        self == other
            || matches!(
                (self, other),
                (Int2, Int4 | Int8 | Numeric | Float4 | Float8)
                    | (Int4, Int8 | Numeric | Float4 | Float8)
                    | (Int8, Numeric | Float4 | Float8)
                    | (Numeric, Float4 | Float8)
                    | (Float4, Float8)
                    | (Date, Timestamp | Timestamptz)
                    | (Timestamp, Timestamptz)
                    | (Time, Timetz | Interval)
            )
    }
}

/// The type of an argument; none of a literal in quotes or NULL.
pub fn argument(field: &FieldRef, literal: Option<&ScalarValue>) -> Option<Kind> {
    match literal {
        Some(ScalarValue::Utf8(_) | ScalarValue::Null) => None,
        // The binder has not typed its whole numbers yet.
        Some(ScalarValue::Int64(Some(n))) if i32::try_from(*n).is_ok() => Some(Kind::Int4),
        _ if field.data_type().is_null() => None,
        _ => Some(Kind::of(&SqlType::of(field))),
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    One(usize),
    None,
    Several,
}

/// Which of several argument lists a call means (PostgreSQL's `func_select_candidate`).
pub fn choose(given: &[Option<Kind>], all: &[&[Kind]], operator: bool) -> Choice {
    let fits = |takes: &[Kind]| {
        takes.len() == given.len()
            && given.iter().zip(takes).all(|(g, t)| g.is_none_or(|g| g.becomes(*t)))
    };
    let exact = |takes: &[Kind]| {
        takes.len() == given.len() && given.iter().zip(takes).all(|(g, t)| *g == Some(*t))
    };
    if let Some(at) = all.iter().position(|takes| exact(takes)) {
        return Choice::One(at);
    }
    // Of an operator an unknown side is first taken to be as the other.
    if operator && let [Some(known), None] | [None, Some(known)] = given {
        let same = |takes: &&[Kind]| **takes == [*known, *known];
        if let Some(at) = all.iter().position(same) {
            return Choice::One(at);
        }
    }
    let mut left: Vec<usize> = (0..all.len()).filter(|i| fits(all[*i])).collect();
    if left.len() > 1 {
        let known = |i: usize, wanted: &dyn Fn(Kind, Kind) -> bool| {
            given.iter().zip(all[i]).filter(|(g, t)| g.is_some_and(|g| wanted(g, **t))).count()
        };
        keep_most(&mut left, |i| known(i, &|g, t| g == t));
        keep_most(&mut left, |i| known(i, &|g, t| g == t || t.category().1));
    }
    if left.len() > 1 {
        by_category(&mut left, given, all);
    }
    if left.len() > 1 {
        let mut kinds = given.iter().flatten();
        if let Some(first) = kinds.next()
            && kinds.all(|k| k == first)
        {
            let alike: Vec<usize> = left
                .iter()
                .copied()
                .filter(|i| all[*i].iter().all(|t| first.becomes(*t)))
                .collect();
            if alike.len() == 1 {
                left = alike;
            }
        }
    }
    match left.as_slice() {
        [] => Choice::None,
        [one] => Choice::One(*one),
        _ => Choice::Several,
    }
}

fn keep_most(left: &mut Vec<usize>, score: impl Fn(usize) -> usize) {
    let best = left.iter().map(|i| score(*i)).max().unwrap_or(0);
    left.retain(|i| score(*i) == best);
}

/// What is unknown takes the category that all that are left agree on, and in it the preferred type.
fn by_category(left: &mut Vec<usize>, given: &[Option<Kind>], all: &[&[Kind]]) {
    let mut wanted = Vec::new();
    for (at, g) in given.iter().enumerate() {
        if g.is_some() {
            continue;
        }
        let categories: Vec<(char, bool)> = left.iter().map(|i| all[*i][at].category()).collect();
        let text = categories.iter().any(|c| c.0 == 'S');
        let category = if text { 'S' } else { categories[0].0 };
        if !text && categories.iter().any(|c| c.0 != category) {
            return;
        }
        let preferred = categories.iter().any(|c| c.0 == category && c.1);
        wanted.push((at, category, preferred));
    }
    let kept: Vec<usize> = left
        .iter()
        .copied()
        .filter(|i| {
            wanted.iter().all(|(at, category, preferred)| {
                let (c, p) = all[*i][*at].category();
                c == *category && (p || !preferred)
            })
        })
        .collect();
    if !kept.is_empty() {
        *left = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Kind::*;

    #[test]
    fn a_call_means_one_of_its_functions() {
        let minus: &[&[Kind]] = &[
            &[Date, Int4],
            &[Date, Date],
            &[Date, Interval],
            &[Timestamp, Timestamp],
            &[Timestamp, Interval],
            &[Timestamptz, Timestamptz],
        ];
        assert_eq!(choose(&[Some(Date), None], minus, true), Choice::One(1));
        assert_eq!(choose(&[Some(Date), Some(Int2)], minus, true), Choice::One(0));
        assert_eq!(choose(&[Some(Date), Some(Timestamp)], minus, true), Choice::One(3));
        let age: &[&[Kind]] = &[&[Timestamp, Timestamp], &[Timestamptz, Timestamptz]];
        assert_eq!(choose(&[None, None], age, false), Choice::One(1));
        let trunc: &[&[Kind]] = &[&[Text, Timestamp], &[Text, Timestamptz], &[Text, Interval]];
        assert_eq!(choose(&[None, None], trunc, false), Choice::Several);
        assert_eq!(choose(&[None, Some(Date)], trunc, false), Choice::One(1));
    }
}
