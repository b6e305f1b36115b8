//! Which of several functions of one name is called: PostgreSQL's rules (`func_select_candidate` in `parse_func.c`),
//! where a literal in quotes takes any type and whole numbers become wider by themselves.

use crate::catalog::types::SqlType;

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Is(SqlType),
    Any,
    /// A subscript: any number, as an integer.
    Subscript,
    /// All of these parameters have one type, and arrays of it stand under `Array`.
    Element,
    Array,
}

/// What is known of an argument: None for a literal in quotes or NULL.
pub(crate) type Given = Option<SqlType>;

pub(crate) enum Choice {
    One(usize, Vec<Option<SqlType>>),
    None,
    Ambiguous,
}

/// The parameters of an overload for so many arguments: the last repeats itself if it may.
pub(crate) fn spread(takes: &[Takes], variadic: bool, count: usize) -> Option<Vec<Takes>> {
    if !variadic {
        return (takes.len() == count).then(|| takes.to_vec());
    }
    let last = takes.last()?;
    if count < takes.len() {
        return None;
    }
    let mut all = takes.to_vec();
    all.resize(count, last.clone());
    Some(all)
}

/// Chooses among parameter lists of the right length; `None` in the list for one of another length. With the
/// choice come the types that the arguments are cast to, None where they stay as they are.
pub(crate) fn choose(candidates: &[Option<Vec<Takes>>], given: &[Given]) -> Choice {
    let fitting: Vec<(usize, Vec<Option<SqlType>>)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(i, takes)| Some((i, fit(takes.as_ref()?, given)?)))
        .collect();
    let takes = |i: usize| candidates[i].as_deref().unwrap_or_default();
    let one = |(i, casts): &(usize, Vec<Option<SqlType>>)| Choice::One(*i, casts.clone());
    match fitting.as_slice() {
        [] => return Choice::None,
        [only] => return one(only),
        _ => {}
    }
    let exact = |i: usize| {
        let pairs = takes(i).iter().zip(given);
        pairs.filter(|(t, g)| matches!((t, g), (Takes::Is(t), Some(g)) if same(t, g))).count()
    };
    let best = most(&fitting, |(i, _)| exact(*i));
    if let [only] = best.as_slice() {
        return one(only);
    }
    let preferred = |i: usize| {
        let pairs = takes(i).iter().zip(given);
        let likes = |(t, g): &(&Takes, &Given)| match (t, g) {
            (Takes::Is(t), Some(g)) => same(t, g) || is_preferred(t),
            _ => false,
        };
        pairs.filter(likes).count()
    };
    let best = most(&best, |(i, _)| preferred(*i));
    if let [only] = best.as_slice() {
        return one(only);
    }
    let best = by_category(best, &takes, given);
    if let [only] = best.as_slice() {
        return one(only);
    }
    // All that is known has one type: what is unknown may have it too.
    let mut known = given.iter().flatten();
    if let Some(first) = known.next()
        && known.all(|g| same(g, first))
        && given.iter().any(Option::is_none)
    {
        let all: Vec<Given> = given.iter().map(|_| Some(first.clone())).collect();
        let fits: Vec<_> =
            best.iter().filter(|(i, _)| fit(takes(*i), &all).is_some()).cloned().collect();
        if let [only] = fits.as_slice() {
            return one(only);
        }
    }
    Choice::Ambiguous
}

type Fitting = (usize, Vec<Option<SqlType>>);

/// Those with the greatest score.
fn most(all: &[Fitting], score: impl Fn(&Fitting) -> usize) -> Vec<Fitting> {
    let best = all.iter().map(&score).max().unwrap_or(0);
    all.iter().filter(|c| score(c) == best).cloned().collect()
}

/// For what is unknown: text if any candidate takes it, else the one category that all take.
fn by_category<'t>(
    all: Vec<Fitting>,
    takes: &impl Fn(usize) -> &'t [Takes],
    given: &[Given],
) -> Vec<Fitting> {
    let mut left = all;
    for (at, _) in given.iter().enumerate().filter(|(_, g)| g.is_none()) {
        let category = |i: usize| match &takes(i)[at] {
            Takes::Is(t) => t.category(),
            _ => 'P',
        };
        let string = left.iter().any(|(i, _)| category(*i) == 'S');
        let first = category(left[0].0);
        if !string && !left.iter().all(|(i, _)| category(*i) == first) {
            return left;
        }
        let wanted = if string { 'S' } else { first };
        left.retain(|(i, _)| category(*i) == wanted);
        let liked = |i: usize| matches!(&takes(i)[at], Takes::Is(t) if is_preferred(t));
        if left.iter().any(|(i, _)| liked(*i)) {
            left.retain(|(i, _)| liked(*i));
        }
    }
    left
}

/// The casts that bring these arguments to these parameters; None if they do not go there by themselves.
fn fit(takes: &[Takes], given: &[Given]) -> Option<Vec<Option<SqlType>>> {
    let element = element_of(takes, given)?;
    takes
        .iter()
        .zip(given)
        .map(|(takes, given)| match (takes, given) {
            (Takes::Is(to), None) => Some(Some(to.clone())),
            (Takes::Is(to), Some(from)) if same(to, from) => Some(None),
            (Takes::Is(to), Some(from)) => implicit(from, to).then(|| Some(to.clone())),
            (Takes::Subscript, Some(SqlType::Int4)) => Some(None),
            (Takes::Subscript, None) => Some(Some(SqlType::Int4)),
            (Takes::Subscript, Some(from)) => from.is_number().then_some(Some(SqlType::Int4)),
            (Takes::Any, None) => Some(Some(SqlType::Text)),
            (Takes::Any, Some(_)) => Some(None),
            (Takes::Element, from) => Some(differing(element.clone()?, from)),
            (Takes::Array, from) => Some(differing(SqlType::array(element.clone()?), from)),
        })
        .collect()
}

fn differing(wanted: SqlType, from: &Given) -> Option<SqlType> {
    (from.as_ref() != Some(&wanted)).then_some(wanted)
}

/// The type that `Element` stands for; text if nothing says more. The outer None: it cannot be.
#[allow(clippy::option_option, reason = "no element type needed, or none possible")]
fn element_of(takes: &[Takes], given: &[Given]) -> Option<Option<SqlType>> {
    let mut found: Option<SqlType> = None;
    let mut wanted = false;
    for (takes, given) in takes.iter().zip(given) {
        let element = match (takes, given) {
            (Takes::Element, Some(t)) => t.clone(),
            (Takes::Array, Some(SqlType::Array(t))) => (**t).clone(),
            // The system catalog's vectors are arrays to functions.
            (Takes::Array, Some(SqlType::Int2Vector)) => SqlType::Int2,
            (Takes::Array, Some(SqlType::OidVector)) => SqlType::Oid,
            (Takes::Array, Some(_)) => return None,
            (Takes::Element | Takes::Array, None) => {
                wanted = true;
                continue;
            }
            _ => continue,
        };
        found = Some(match found {
            None => element,
            Some(before) if same(&before, &element) => wider(before, element),
            Some(before) if both_exact(&before, &element) => wider(before, element),
            // Strings of two kinds meet as text, the preferred one: `relkind = ANY (varchar[])`.
            Some(before) if is_text_like(&before) && is_text_like(&element) => SqlType::Text,
            Some(before) if implicit(&element, &before) => before,
            Some(before) if implicit(&before, &element) => element,
            Some(_) => return None,
        });
    }
    Some(found.or_else(|| wanted.then_some(SqlType::Text)))
}

/// Whether one is a numeric and the other a numeric or a whole number.
fn both_exact(a: &SqlType, b: &SqlType) -> bool {
    let numeric = |t: &SqlType| matches!(t, SqlType::Numeric(_));
    let whole = |t: &SqlType| matches!(t, SqlType::Int2 | SqlType::Int4 | SqlType::Int8);
    numeric(a) && whole(b) || whole(a) && numeric(b)
}

/// Of two types that differ in their digits at most, or of a numeric and a whole number, the one that holds both.
fn wider(a: SqlType, b: SqlType) -> SqlType {
    let digits = |t: &SqlType| match t {
        SqlType::Int2 => Some((5, 0)),
        SqlType::Int4 => Some((10, 0)),
        SqlType::Int8 => Some((19, 0)),
        SqlType::Numeric(digits) => *digits,
        _ => None,
    };
    if both_exact(&a, &b) && [&a, &b].contains(&&SqlType::Numeric(None)) {
        return SqlType::Numeric(None);
    }
    match (digits(&a), digits(&b)) {
        (Some((ap, ascale)), Some((bp, bscale))) if a != b => {
            let scale = ascale.max(bscale);
            let whole = (i16::from(ap) - i16::from(ascale)).max(i16::from(bp) - i16::from(bscale));
            let most = if ap <= 38 && bp <= 38 { 38 } else { 76 };
            let precision = (whole + i16::from(scale)).clamp(1, most);
            SqlType::Numeric(Some((u8::try_from(precision).unwrap_or(38), scale)))
        }
        (None, _) if matches!(a, SqlType::Numeric(None)) => b,
        _ => a,
    }
}

/// The same but for length and digits.
pub(crate) fn same(a: &SqlType, b: &SqlType) -> bool {
    match (a, b) {
        (SqlType::Array(a), SqlType::Array(b)) => same(a, b),
        (a, b) => a.oid() == b.oid(),
    }
}

/// Becomes text by itself.
fn is_text_like(t: &SqlType) -> bool {
    implicit(t, &SqlType::Text)
}

/// `pg_type.typispreferred`.
fn is_preferred(t: &SqlType) -> bool {
    use SqlType::{Bool, Float8, Interval, Oid, Text, Timestamptz};
    matches!(t, Bool | Float8 | Interval | Oid | Text | Timestamptz)
}

/// What becomes what by itself (`pg_cast` with context `i`).
pub(crate) fn implicit(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        Bpchar, Char, Date, Float4, Float8, Int2, Int4, Int8, Interval, Name, Numeric, Oid,
        Regclass, Regnamespace, Regproc, Regrole, Regtype, Text, Time, Timestamp, Timestamptz,
        Unknown, Varchar,
    };
    if same(from, to) {
        return true;
    }
    match (from, to) {
        (Unknown, _) => true,
        (Int2, Int4 | Int8 | Numeric(_) | Float4 | Float8 | Oid)
        | (Int4, Int8 | Numeric(_) | Float4 | Float8 | Oid)
        | (Int8, Numeric(_) | Float4 | Float8 | Oid)
        | (Numeric(_), Float4 | Float8)
        | (Float4, Float8)
        | (Varchar(_) | Bpchar(_) | Name | Char, Text)
        | (Varchar(_) | Text, Bpchar(_) | Name)
        | (Text | Bpchar(_), Varchar(_))
        | (Date, Timestamp | Timestamptz)
        | (Timestamp, Timestamptz)
        | (Time, Interval)
        | (Regclass | Regtype | Regproc | Regrole | Regnamespace, Oid | Int8) => true,
        (SqlType::Array(from), SqlType::Array(to)) => implicit(from, to) && from.is_string(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(list: &str) -> Option<Vec<Takes>> {
        let one = |name: &str| match name {
            "any" => Takes::Any,
            "anyelement" => Takes::Element,
            "anyarray" => Takes::Array,
            name => Takes::Is(SqlType::parse(name).unwrap()),
        };
        Some(list.split(',').map(one).collect())
    }

    #[test]
    fn strings_of_two_kinds_meet_as_text() {
        check(&["anyelement,anyarray"], "\"char\",character varying[]", "0");
        check(&["anyelement,anyarray"], "name,text[]", "0");
        check(&["anyelement,anyarray"], "uuid,text[]", "none");
    }

    #[track_caller]
    fn check(candidates: &[&str], given: &str, wanted: &str) {
        let candidates: Vec<_> = candidates.iter().map(|c| takes(c)).collect();
        let given: Vec<Given> = given
            .split(',')
            .map(|t| (t != "unknown").then(|| SqlType::parse(t).unwrap()))
            .collect();
        let found = match choose(&candidates, &given) {
            Choice::One(i, _) => i.to_string(),
            Choice::None => "none".to_owned(),
            Choice::Ambiguous => "ambiguous".to_owned(),
        };
        assert_eq!(found, wanted);
    }

    #[test]
    fn calls_go_where_postgres_sends_them() {
        let abs = &["int2", "int4", "int8", "numeric", "float4", "float8"];
        check(abs, "int4", "1");
        check(abs, "unknown", "5");
        check(abs, "numeric", "3");
        check(abs, "text", "none");
        let sqrt = &["numeric", "float8"];
        check(sqrt, "int4", "1");
        check(&["int2,int2", "int4,int4", "int8,int8", "numeric,numeric"], "int4,int8", "2");
        let modulo = &["int2,int2", "int4,int4", "int8,int8", "numeric,numeric"];
        check(modulo, "int4,unknown", "1");
        check(modulo, "unknown,unknown", "ambiguous");
        check(&["text", "bytea"], "unknown", "0");
        check(&["text", "bytea"], "int4", "none");
        check(&["anyarray,anyelement"], "int4[],int8", "0");
        check(&["anyarray,anyelement"], "int4[],text", "none");
        check(&["anyarray,anyelement"], "int4,int4", "none");
        check(&["anyarray,anyelement"], "text[],unknown", "0");
    }
}
