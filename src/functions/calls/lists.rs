//! Functions and operators of arrays.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DynComparator, Int32Array, ListArray, StringViewArray,
    UInt64Array, make_comparator,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{SortOptions, cast, concat, take};
use arrow::datatypes::DataType;
use datafusion::common::Result;

use super::given::{Arguments, fail, refuse};
use super::strings::items;
use super::tables::{Row, run};
use crate::error::{Error, SqlState};
use crate::functions::array_text::{self, Item};
use crate::functions::special;
use crate::functions::style::Style;
use crate::functions::text::texts;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        run("__array_in", "text", "text[]", |a| a.text_lists(|r| elements(a.text(0).value(r)))),
        run("__array", "variadic anyelement", "anyarray", array),
        run("__element", "anyarray,subscript", "anyelement", |a| element(a, false, 1)),
        run("__element", "int2vector,subscript", "int2", |a| element(a, false, 0)),
        run("__element", "oidvector,subscript", "oid", |a| element(a, false, 0)),
        run("__inner", "anyarray,subscript", "anyelement", |a| element(a, true, 1)),
        run("__slice", "anyarray,subscript,subscript", "=0", |a| slice(a, 1)),
        run("__slice", "int2vector,subscript,subscript", "int2[]", |a| slice(a, 0)),
        run("__slice", "oidvector,subscript,subscript", "oid[]", |a| slice(a, 0)),
        run("__element", "jsonb,text", "jsonb", of_json),
        run("__element", "jsonb,int4", "jsonb", of_json),
        run("__inner", "jsonb,text", "jsonb", of_json),
        run("__inner", "jsonb,int4", "jsonb", of_json),
        run("array_append", "anyarray,anyelement", "anyarray", |a| added(a, 0, 1)),
        run("array_prepend", "anyelement,anyarray", "anyarray", |a| added(a, 1, 0)),
        run("array_cat", "anyarray,anyarray", "anyarray", joined),
        run("__concat", "anyarray,anyarray", "anyarray", joined),
        run("__concat", "anyarray,anyelement", "anyarray", |a| added(a, 0, 1)),
        run("__concat", "anyelement,anyarray", "anyarray", |a| added(a, 1, 0)),
        run("array_remove", "anyarray,anyelement", "anyarray", remove),
        run("array_replace", "anyarray,anyelement,anyelement", "anyarray", replace),
        run("array_position", "anyarray,anyelement", "int4", position),
        run("array_position", "anyarray,anyelement,int4", "int4", position),
        run("array_positions", "anyarray,anyelement", "int4[]", positions),
        run("array_length", "anyarray,int4", "int4", |a| along(a, |dims, d| dims.get(d).copied())),
        run("array_upper", "anyarray,int4", "int4", |a| along(a, |dims, d| dims.get(d).copied())),
        run("array_upper", "int2vector,int4", "int4", of_vector),
        run("array_upper", "oidvector,int4", "int4", of_vector),
        run("array_lower", "anyarray,int4", "int4", |a| along(a, |dims, d| dims.get(d).map(|_| 1))),
        run("array_lower", "int2vector,int4", "int4", |a| along(a, |d, i| d.get(i).map(|_| 0))),
        run("array_lower", "oidvector,int4", "int4", |a| along(a, |d, i| d.get(i).map(|_| 0))),
        run("array_ndims", "anyarray", "int4", |a| {
            of_dims(a, |dims| (!dims.is_empty()).then_some(dims.len() as i32))
        }),
        run("cardinality", "anyarray", "int4", |a| {
            of_dims(a, |dims| Some(if dims.is_empty() { 0 } else { dims.iter().product() }))
        }),
        run("array_dims", "anyarray", "text", |a| {
            let list = list(&a.arrays[0])?;
            a.texts(|r| {
                let dims = dims(&list, r);
                let shown: String = dims.iter().map(|n| format!("[1:{n}]")).collect();
                Ok((!dims.is_empty()).then_some(shown))
            })
        }),
        run("array_fill", "anyelement,int4[]", "anyarray", fill),
        run("trim_array", "anyarray,int4", "anyarray", trim),
        run("array_to_string", "anyarray,text", "text", to_text),
        run("array_to_string", "anyarray,text,text", "text", to_text),
        run("__concat_list", "anyarray,text", "text", to_text),
        run("__concat_ws_list", "anyarray,text", "text", to_text),
        run("__subscripts", "anyarray,int4", "int4[]", subscripts),
        run("__contains", "anyarray,anyarray", "bool", |a| sets(a, |l, r, eq| holds(l, r, eq))),
        run("__contained", "anyarray,anyarray", "bool", |a| sets(a, |l, r, eq| r_in_l(l, r, eq))),
        run("__overlaps", "anyarray,anyarray", "bool", |a| {
            sets(a, |l, r, eq| l.clone().any(|i| r.clone().any(|j| eq(i, j))))
        }),
        run("__all_matches", "text,text", "text[][]", all_matches),
        run("__all_matches", "text,text,text", "text[][]", all_matches),
        run("array_to_tsvector", "text[]", "text", |_| {
            Err(fail(Error::unsupported("full text search")))
        }),
        run("__split_rows", "text,text", "text[]", |a| {
            a.text_lists(|r| {
                let all = items(a.text(0).value(r), Some(a.text(1).value(r)));
                Ok(Some(all.into_iter().map(Some).collect()))
            })
        }),
        run("width_bucket", "anyelement,anyarray", "int4", bucket),
    ];
    let any: [(&str, super::call::Run); 6] = [
        ("__any_eq", |a| quantified(a, false, Ordering::is_eq)),
        ("__any_ne", |a| quantified(a, false, Ordering::is_ne)),
        ("__any_lt", |a| quantified(a, false, Ordering::is_lt)),
        ("__any_le", |a| quantified(a, false, Ordering::is_le)),
        ("__any_gt", |a| quantified(a, false, Ordering::is_gt)),
        ("__any_ge", |a| quantified(a, false, Ordering::is_ge)),
    ];
    let all: [(&str, super::call::Run); 6] = [
        ("__all_eq", |a| quantified(a, true, Ordering::is_eq)),
        ("__all_ne", |a| quantified(a, true, Ordering::is_ne)),
        ("__all_lt", |a| quantified(a, true, Ordering::is_lt)),
        ("__all_le", |a| quantified(a, true, Ordering::is_le)),
        ("__all_gt", |a| quantified(a, true, Ordering::is_gt)),
        ("__all_ge", |a| quantified(a, true, Ordering::is_ge)),
    ];
    rows.extend(
        any.into_iter().chain(all).map(|(n, body)| run(n, "anyelement,anyarray", "bool", body)),
    );
    rows
}

/// Values as PostgreSQL writes them in text.
pub(super) fn shown_values(array: &ArrayRef, style: &Style) -> Result<StringViewArray> {
    let made = match array.data_type() {
        DataType::Boolean => {
            let truths = array.as_boolean().iter();
            let made: StringViewArray =
                truths.map(|b| b.map(|b| if b { "t" } else { "f" })).collect();
            return Ok(made);
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            crate::functions::input::bytes_as_text(array, style)?
        }
        t if t.is_integer() || t.is_string() || t.is_decimal() || t.is_null() => {
            special::texts(array)?
        }
        _ => texts(array, style)?,
    };
    Ok(made.as_string_view().clone())
}

fn list(array: &ArrayRef) -> Result<ListArray> {
    let item = match array.data_type() {
        DataType::List(_) => return Ok(array.as_list::<i32>().clone()),
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => Arc::clone(item),
        _ => return Err(fail(Error::internal("an array that is none"))),
    };
    Ok(cast(array, &DataType::List(item))?.as_list::<i32>().clone())
}

fn span(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

type Picks = Vec<Option<Vec<Option<usize>>>>;

/// Lists whose elements are picked from a pool of values.
fn picked(pool: &ArrayRef, picks: Picks, result: &DataType) -> Result<ArrayRef> {
    let DataType::List(item) = result else {
        return Err(fail(Error::internal("a list was expected")));
    };
    let nulls: NullBuffer = picks.iter().map(Option::is_some).collect();
    let lengths = picks.iter().map(|p| p.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
    let indices: UInt64Array =
        picks.into_iter().flatten().flatten().map(|i| i.map(|i| i as u64)).collect();
    let values = take(pool, &indices, None)?;
    let values = match values.data_type() == item.data_type() {
        true => values,
        false => cast(&values, item.data_type())?,
    };
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, Some(nulls))?))
}

fn pool(arrays: &[&dyn Array]) -> Result<ArrayRef> {
    let first = arrays[0].data_type();
    if arrays.iter().all(|a| a.data_type() == first) {
        return Ok(concat(arrays)?);
    }
    let same = arrays.iter().map(|a| cast(*a, first)).collect::<Result<Vec<_>, _>>()?;
    Ok(concat(&same.iter().map(|a| a.as_ref()).collect::<Vec<_>>())?)
}

/// A part of a document is `->` by the time it runs.
fn of_json(_: &Arguments) -> Result<ArrayRef> {
    Err(fail(Error::internal("a subscript of jsonb was not replaced")))
}

/// The elements of an array that is a text.
fn elements(text: &str) -> Result<Option<Vec<Option<String>>>> {
    let items = array_text::items(text).map_err(fail)?;
    let flat = items.into_iter().map(|item| match item {
        Item::Value(value) => Ok(value),
        Item::Inner(_) => {
            let what = "a text as an array of several dimensions";
            Err(fail(Error::unsupported(what)))
        }
    });
    flat.collect::<Result<_>>().map(Some)
}

/// `ARRAY[…]`
fn array(a: &Arguments) -> Result<ArrayRef> {
    let arrays: Vec<&dyn Array> = a.arrays.iter().map(|array| array.as_ref()).collect();
    if arrays.is_empty() {
        return refuse(SqlState::INDETERMINATE_DATATYPE, "cannot determine type of empty array");
    }
    let pool = pool(&arrays)?;
    // Several dimensions are as long in every place.
    if let Some(inner) = pool.as_list_opt::<i32>() {
        let length = |i: usize| (!inner.is_null(i)).then(|| inner.value_length(i));
        for row in 0..a.rows {
            let first = length(row);
            if (1..a.count()).any(|i| length(i * a.rows + row) != first) {
                return refuse(
                    SqlState::ARRAY_SUBSCRIPT_ERROR,
                    "multidimensional arrays must have array expressions with matching dimensions",
                );
            }
        }
    }
    let picks = (0..a.rows)
        .map(|row| Some((0..a.count()).map(|i| Some(i * a.rows + row)).collect()))
        .collect();
    picked(&pool, picks, &a.result)
}

/// The element at a place from 1, or NULL. What is still an array then is an element of none.
/// The vectors of the system catalog are counted from 0.
fn of_vector(a: &Arguments) -> Result<ArrayRef> {
    along(a, |dims, d| dims.get(d).map(|length| length - 1))
}

fn element(a: &Arguments, inner: bool, first: i32) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let values = list.values();
    if !inner && matches!(values.data_type(), DataType::List(_)) {
        return Ok(arrow::array::new_null_array(&a.result, a.rows));
    }
    let at = a.int(1);
    let picks: UInt64Array = (0..a.rows)
        .map(|row| {
            if list.is_null(row) || at.is_null(row) {
                return None;
            }
            let range = span(&list, row);
            let i = usize::try_from(at.value(row).checked_sub(first)?).ok()?;
            (i < range.len()).then(|| (range.start + i) as u64)
        })
        .collect();
    Ok(take(values, &picks, None)?)
}

/// Bounds that are left out are given as the least and the greatest integer.
fn slice(a: &Arguments, first: i64) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let picks = (0..a.rows)
        .map(|row| {
            if list.is_null(row) || a.is_null(1, row) || a.is_null(2, row) {
                return None;
            }
            let range = span(&list, row);
            let place = |i: usize| i64::from(a.int(i).value(row)) - first;
            let from = usize::try_from(place(1)).unwrap_or(0);
            let to = usize::try_from(place(2) + 1).unwrap_or(0).min(range.len());
            Some((from.min(to)..to).map(|i| Some(range.start + i)).collect())
        })
        .collect();
    picked(list.values(), picks, &a.result)
}

fn added(a: &Arguments, lists: usize, element: usize) -> Result<ArrayRef> {
    let list = list(&a.arrays[lists])?;
    let pool = pool(&[list.values().as_ref(), a.arrays[element].as_ref()])?;
    let base = list.values().len();
    let picks = (0..a.rows)
        .map(|row| {
            let range = if list.is_null(row) { 0..0 } else { span(&list, row) };
            let (more, mut all) = (Some(base + row), Vec::with_capacity(range.len() + 1));
            if element < lists {
                all.push(more);
            }
            all.extend(range.map(Some));
            if element > lists {
                all.push(more);
            }
            Some(all)
        })
        .collect();
    picked(&pool, picks, &a.result)
}

fn joined(a: &Arguments) -> Result<ArrayRef> {
    let (left, right) = (list(&a.arrays[0])?, list(&a.arrays[1])?);
    let pool = pool(&[left.values().as_ref(), right.values().as_ref()])?;
    let base = left.values().len();
    let picks = (0..a.rows)
        .map(|row| match (left.is_null(row), right.is_null(row)) {
            (true, true) => None,
            (l, r) => {
                let first = if l { 0..0 } else { span(&left, row) };
                let second = if r { 0..0 } else { span(&right, row) };
                Some(first.chain(second.map(|i| base + i)).map(Some).collect())
            }
        })
        .collect();
    picked(&pool, picks, &a.result)
}

/// NULL is equal to NULL here, as in `IS NOT DISTINCT FROM`.
fn comparator(left: &ArrayRef, right: &ArrayRef) -> Result<DynComparator> {
    let right = match left.data_type() == right.data_type() {
        true => Arc::clone(right),
        false => cast(right, left.data_type())?,
    };
    Ok(make_comparator(left.as_ref(), right.as_ref(), SortOptions::default())?)
}

fn remove(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let compare = comparator(list.values(), &a.arrays[1])?;
    let picks = (0..a.rows)
        .map(|row| {
            let keep = |i: &usize| compare(*i, row) != Ordering::Equal;
            (!list.is_null(row)).then(|| span(&list, row).filter(keep).map(Some).collect())
        })
        .collect();
    picked(list.values(), picks, &a.result)
}

fn replace(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let compare = comparator(list.values(), &a.arrays[1])?;
    let pool = pool(&[list.values().as_ref(), a.arrays[2].as_ref()])?;
    let base = list.values().len();
    let picks = (0..a.rows)
        .map(|row| {
            let now = |i: usize| if compare(i, row).is_eq() { base + row } else { i };
            (!list.is_null(row)).then(|| span(&list, row).map(|i| Some(now(i))).collect())
        })
        .collect();
    picked(&pool, picks, &a.result)
}

fn position(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let compare = comparator(list.values(), &a.arrays[1])?;
    let found = (0..a.rows).map(|row| {
        if list.is_null(row) {
            return None;
        }
        let from = if a.count() > 2 { a.int(2).value(row) } else { 1 };
        let skip = usize::try_from(from - 1).unwrap_or(0);
        let range = span(&list, row);
        let at = range.clone().skip(skip).find(|i| compare(*i, row).is_eq())?;
        i32::try_from(at - range.start + 1).ok()
    });
    Ok(Arc::new(found.collect::<Int32Array>()))
}

fn positions(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let compare = comparator(list.values(), &a.arrays[1])?;
    let found = (0..a.rows).map(|row| {
        let range = span(&list, row);
        let hits = range.clone().filter(|i| compare(*i, row).is_eq());
        (!list.is_null(row))
            .then(|| hits.map(|i| Some((i - range.start + 1) as i32)).collect::<Vec<_>>())
    });
    Ok(Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(found)))
}

/// How long each dimension is; none for an empty array.
fn dims(list: &ListArray, row: usize) -> Vec<i32> {
    let range = span(list, row);
    if range.is_empty() {
        return Vec::new();
    }
    let mut all = vec![range.len() as i32];
    if let Some(inner) = list.values().as_list_opt::<i32>() {
        all.extend(dims(inner, range.start));
    }
    all
}

fn of_dims(a: &Arguments, make: impl Fn(&[i32]) -> Option<i32>) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    a.ints(|r| Ok(make(&dims(&list, r))))
}

fn along(a: &Arguments, make: impl Fn(&[i32], usize) -> Option<i32>) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    a.ints(|r| {
        let dimension = usize::try_from(i64::from(a.int(1).value(r)) - 1).ok();
        Ok(dimension.and_then(|d| make(&dims(&list, r), d)))
    })
}

fn subscripts(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let made = (0..a.rows).map(|row| {
        if list.is_null(row) || a.is_null(1, row) {
            return None;
        }
        let dimension = usize::try_from(i64::from(a.int(1).value(row)) - 1).ok();
        let length = dimension.and_then(|d| dims(&list, row).get(d).copied()).unwrap_or(0);
        Some((1..=length).map(Some).collect::<Vec<_>>())
    });
    Ok(Arc::new(ListArray::from_iter_primitive::<arrow::datatypes::Int32Type, _, _>(made)))
}

/// The most elements that one array may have.
const MOST: i32 = 0x07ff_ffff;

fn fill(a: &Arguments) -> Result<ArrayRef> {
    let sizes = list(&a.arrays[1])?;
    let picks = (0..a.rows)
        .map(|row| {
            if sizes.is_null(row) {
                return refuse(
                    SqlState::NULL_VALUE_NOT_ALLOWED,
                    "dimension array or low bound array cannot be null",
                );
            }
            let sizes = sizes.value(row);
            let sizes = sizes.as_primitive::<arrow::datatypes::Int32Type>();
            if sizes.len() > 1 {
                return Err(fail(Error::unsupported("array_fill() of several dimensions")));
            }
            let count = if sizes.is_empty() { 0 } else { sizes.value(0) };
            if count > MOST {
                return refuse(
                    SqlState::PROGRAM_LIMIT_EXCEEDED,
                    "array size exceeds the maximum allowed (134217727)",
                );
            }
            Ok(Some(vec![Some(row); usize::try_from(count).unwrap_or(0)]))
        })
        .collect::<Result<Picks>>()?;
    picked(&a.arrays[0], picks, &a.result)
}

fn trim(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let picks = (0..a.rows)
        .map(|row| {
            if list.is_null(row) || a.is_null(1, row) {
                return Ok(None);
            }
            let range = span(&list, row);
            match usize::try_from(a.int(1).value(row)) {
                Ok(n) if n <= range.len() => {
                    Ok(Some((range.start..range.end - n).map(Some).collect()))
                }
                _ => refuse(
                    SqlState::ARRAY_SUBSCRIPT_ERROR,
                    format!("number of elements to trim must be between 0 and {}", range.len()),
                ),
            }
        })
        .collect::<Result<Picks>>()?;
    picked(list.values(), picks, &a.result)
}

/// Elements of all dimensions in one row, NULL left out or written as the third argument.
fn to_text(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[0])?;
    let mut flat = list.clone();
    let mut ranges: Vec<_> = (0..a.rows).map(|row| span(&list, row)).collect();
    while let Some(inner) = flat.values().as_list_opt::<i32>().cloned() {
        for range in &mut ranges {
            let offsets = inner.value_offsets();
            *range = offsets[range.start] as usize..offsets[range.end] as usize;
        }
        flat = inner;
    }
    let shown = shown_values(flat.values(), &a.style)?;
    let made = (0..a.rows).map(|row| {
        if list.is_null(row) || a.is_null(1, row) {
            return None;
        }
        let null = (a.count() > 2 && !a.is_null(2, row)).then(|| a.text(2).value(row));
        let parts = ranges[row].clone().filter_map(|i| match shown.is_null(i) {
            true => null,
            false => Some(shown.value(i)),
        });
        Some(parts.collect::<Vec<_>>().join(a.text(1).value(row)))
    });
    Ok(Arc::new(made.collect::<StringViewArray>()))
}

type Places = std::ops::Range<usize>;

/// Operators that look at arrays as sets. NULL elements are equal to nothing.
fn sets(
    a: &Arguments,
    test: impl Fn(Places, Places, &dyn Fn(usize, usize) -> bool) -> bool,
) -> Result<ArrayRef> {
    let (left, right) = (list(&a.arrays[0])?, list(&a.arrays[1])?);
    let compare = comparator(left.values(), right.values())?;
    let (l, r) = (left.values(), right.values());
    let equal = |i: usize, j: usize| !l.is_null(i) && !r.is_null(j) && compare(i, j).is_eq();
    let made = (0..a.rows).map(|row| {
        let known = !left.is_null(row) && !right.is_null(row);
        known.then(|| test(span(&left, row), span(&right, row), &equal))
    });
    Ok(Arc::new(made.collect::<BooleanArray>()))
}

fn holds(left: Places, right: Places, equal: &dyn Fn(usize, usize) -> bool) -> bool {
    right.into_iter().all(|j| left.clone().any(|i| equal(i, j)))
}

fn r_in_l(left: Places, right: Places, equal: &dyn Fn(usize, usize) -> bool) -> bool {
    left.into_iter().all(|i| right.clone().any(|j| equal(i, j)))
}

/// `x = ANY (array)`, with NULL where it cannot be told.
fn quantified(a: &Arguments, all: bool, test: fn(Ordering) -> bool) -> Result<ArrayRef> {
    let list = list(&a.arrays[1])?;
    let values = list.values();
    let compare = comparator(&a.arrays[0], values)?;
    let made = (0..a.rows).map(|row| {
        if list.is_null(row) {
            return None;
        }
        let range = span(&list, row);
        if range.is_empty() {
            return Some(all);
        }
        if a.arrays[0].is_null(row) {
            return None;
        }
        let decided = range.clone().any(|i| !values.is_null(i) && test(compare(row, i)) != all);
        match decided {
            true => Some(!all),
            false if range.into_iter().any(|i| values.is_null(i)) => None,
            false => Some(all),
        }
    });
    Ok(Arc::new(made.collect::<BooleanArray>()))
}

/// In which of the buckets that begin at these bounds.
fn bucket(a: &Arguments) -> Result<ArrayRef> {
    let list = list(&a.arrays[1])?;
    let compare = comparator(&a.arrays[0], list.values())?;
    a.ints(|r| {
        let range = span(&list, r);
        if range.clone().any(|i| list.values().is_null(i)) {
            return refuse(
                SqlState::NULL_VALUE_NOT_ALLOWED,
                "thresholds array must not contain NULLs",
            );
        }
        Ok(i32::try_from(range.filter(|i| compare(r, *i).is_ge()).count()).ok())
    })
}

/// Each match of a pattern as the array of its groups.
fn all_matches(a: &Arguments) -> Result<ArrayRef> {
    let mut compiled = super::pattern::Compiled::default();
    let mut out = arrow::array::ListBuilder::new(super::given::text_list_builder());
    for r in 0..a.rows {
        if a.arrays.iter().any(|array| array.is_null(r)) {
            out.append_null();
            continue;
        }
        let flags = a.text_or(2, r, "");
        let regex = compiled.get(a.text(1).value(r), flags)?;
        let most = if flags.contains('g') { usize::MAX } else { 1 };
        let text = a.text(0).value(r);
        for found in regex.all(text, 0, most)? {
            for group in super::patterns::groups(regex, &found, text) {
                out.values().values().append_option(group);
            }
            out.values().append(true);
        }
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}
