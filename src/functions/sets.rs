//! Functions that give rows: each has a twin that gives them as one list, which a query then unnests.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int32Array, Int64Array, ListArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{
    DataType, Decimal128Type, Field, FieldRef, Fields, Int32Type, Int64Type,
    IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use arrow::util::display::FormatOptions;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::missing::undefined;
use super::session;
use super::special::{self, Special, carrier, carries};
use super::time::series::Steps;
use super::time::span::Span;
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};

/// Rows that one call may give where they are made as a list.
const ROWS_MAX: usize = 10_000_000;
/// Rows that are made between two looks at that.
const ROWS_AT_ONCE: usize = 8_192;

/// What a set-returning function gives.
pub struct Rows {
    /// The function that gives the same as a list.
    pub list: &'static str,
    /// The columns' own names; none where one column is named after the function or its alias.
    pub columns: &'static [&'static str],
    /// What says the type of its values, where a list of texts does not.
    pub typed: Option<&'static str>,
}

/// The rows that a function of this name gives, if it gives rows.
pub fn rows_of(name: &str) -> Option<Rows> {
    let (list, columns): (&str, &[&str]) = match name {
        "generate_series" => ("__series", &[]),
        "generate_subscripts" => ("__subscript_list", &[]),
        "json_array_elements" => ("__json_elements", &["value"]),
        "jsonb_array_elements" => ("__jsonb_elements", &["value"]),
        "json_array_elements_text" => ("__json_elements_text", &["value"]),
        "jsonb_array_elements_text" => ("__jsonb_elements_text", &["value"]),
        "json_object_keys" => ("__json_keys", &[]),
        "jsonb_object_keys" => ("__jsonb_keys", &[]),
        "pg_listening_channels" => ("__listening_channels", &[]),
        "json_each" => ("__json_each", &["key", "value"]),
        "jsonb_each" => ("__jsonb_each", &["key", "value"]),
        "json_each_text" => ("__json_each_text", &["key", "value"]),
        "jsonb_each_text" => ("__jsonb_each_text", &["key", "value"]),
        "_pg_expandarray" => ("__expanded", &["x", "n"]),
        // In the system's room, which knows the roles.
        "aclexplode" => ("__acl_items", &["grantor", "grantee", "privilege_type", "is_grantable"]),
        other => (super::many(other)?, &[]),
    };
    let typed = match list {
        "__json_elements" | "__json_each" => Some("__as_json"),
        "__jsonb_elements" | "__jsonb_each" => Some("__as_jsonb"),
        _ => match name {
            "string_to_table" => Some("__string_to_table"),
            "regexp_split_to_table" => Some("__regexp_split_to_table"),
            "regexp_matches" => Some("__regexp_matches"),
            _ => None,
        },
    };
    Some(Rows { list, columns, typed })
}

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let all = [
        ("__series", What::Series),
        ("__subscript_list", What::Subscripts),
        ("__ordinals", What::Ordinals),
        ("__expanded", What::Expanded),
    ];
    all.map(|(name, what)| {
        // A series of instants goes by the session's clock.
        let signature = Signature::user_defined(Volatility::Stable);
        Arc::new(ScalarUDF::from(Listed { name, what, signature }))
    })
    .into()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    FUNCTIONS.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Series,
    /// `generate_subscripts(array, dimension, reverse)`.
    Subscripts,
    /// 1, 2… as far as the longest of some lists goes.
    Ordinals,
    /// `information_schema._pg_expandarray(array)`: each element with its number.
    Expanded,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Listed {
    name: &'static str,
    what: What,
    signature: Signature,
}

impl ScalarUDFImpl for Listed {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let wrong = |name: &str| fail(undefined(name, &names(types)));
        match self.what {
            What::Series => {
                let (to, step) = series_types(types).ok_or_else(|| wrong("generate_series"))?;
                Ok((0..types.len())
                    .map(|i| if i < 2 { to.clone() } else { step.clone() })
                    .collect())
            }
            What::Subscripts => match types {
                [list, rest @ ..] if is_list(list) && (1..=2).contains(&rest.len()) => {
                    let rest = [DataType::Int32, DataType::Boolean].into_iter().take(rest.len());
                    Ok(std::iter::once(list.clone()).chain(rest).collect())
                }
                _ => Err(wrong("generate_subscripts")),
            },
            What::Ordinals => Ok(types.to_vec()),
            What::Expanded => match types {
                [list] if is_list(list) => Ok(types.to_vec()),
                _ => Err(fail(undefined("information_schema._pg_expandarray", &names(types)))),
            },
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let item = match self.what {
            What::Series => {
                let of = series_types(types);
                match of.ok_or_else(|| fail(undefined("generate_series", &names(types))))?.0 {
                    DataType::Decimal256(_, scale) => DataType::Decimal128(38, scale),
                    other => other,
                }
            }
            What::Subscripts => DataType::Int32,
            What::Ordinals => DataType::Int64,
            What::Expanded => expanded_item(types)?,
        };
        Ok(DataType::List(Arc::new(Field::new_list_field(item, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let arrays = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let list: ArrayRef = match self.what {
            What::Series => Arc::new(series(&arrays, rows, &args.config_options)?),
            What::Subscripts => {
                let vector = args.arg_fields.first().is_some_and(|f| is_vector(f));
                Arc::new(subscripts(&arrays, rows, vector)?)
            }
            What::Expanded => Arc::new(expanded(&arrays[0], args.return_field.data_type())?),
            What::Ordinals => Arc::new(ordinals(&arrays, rows)),
        };
        Ok(match scalars {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&list, 0)?),
            false => ColumnarValue::Array(list),
        })
    }
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn names(types: &[DataType]) -> Vec<String> {
    let name = |t: &DataType| match t {
        DataType::Null | DataType::Utf8 => "unknown".to_owned(),
        DataType::Decimal128(..) | DataType::Decimal256(..) => "numeric".to_owned(),
        other => SqlType::from_arrow(other).to_string(),
    };
    types.iter().map(name).collect()
}

fn is_list(t: &DataType) -> bool {
    matches!(t, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// The type of the bounds and of the step.
fn series_types(types: &[DataType]) -> Option<(DataType, DataType)> {
    if !(2..=3).contains(&types.len()) {
        return None;
    }
    let unknown = |t: &DataType| t.is_null() || t.is_string();
    let decimal = |t: &DataType| match t {
        DataType::Decimal128(_, s) | DataType::Decimal256(_, s) => Some(*s),
        t if t.is_integer() || unknown(t) => Some(0),
        _ => None,
    };
    if types.iter().all(|t| t.is_integer() || unknown(t)) {
        let wide = types.contains(&DataType::Int64);
        let to = if wide { DataType::Int64 } else { DataType::Int32 };
        return Some((to.clone(), to));
    }
    if let Some(scales) = types.iter().map(decimal).collect::<Option<Vec<_>>>() {
        let scale = scales.into_iter().max().unwrap_or(0);
        // What may be special is looked at before it is a bound.
        let to = match types.iter().any(carries) {
            true => carrier(scale),
            false => DataType::Decimal128(38, scale),
        };
        return Some((to.clone(), to));
    }
    let zone = |t: &DataType| match t {
        DataType::Timestamp(_, zone) => Some(zone.clone()),
        // As PostgreSQL prefers it: a date becomes an instant.
        DataType::Date32 => Some(Some(Arc::from("UTC"))),
        _ => None,
    };
    let known = types[..2].iter().find_map(zone)?;
    let fits = types[..2].iter().all(|t| zone(t).is_some() || unknown(t));
    let step = types.get(2)?;
    let stepped = matches!(step, DataType::Interval(_) | DataType::Duration(_)) || unknown(step);
    let bounds = DataType::Timestamp(TimeUnit::Microsecond, known);
    let step = DataType::Interval(IntervalUnit::MonthDayNano);
    (fits && stepped).then_some((bounds, step))
}

/// Lists put together row by row.
#[derive(Default)]
struct Lists<T> {
    values: Vec<T>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

impl<T> Lists<T> {
    fn end(&mut self, from: usize, valid: bool) {
        self.lengths.push(self.values.len() - from);
        self.valid.push(valid);
    }

    fn push(&mut self, value: T) -> Result<()> {
        if self.values.len() >= ROWS_MAX {
            let message = format!("a function gave more than {ROWS_MAX} rows");
            return Err(fail(Error::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message)));
        }
        self.values.push(value);
        Ok(())
    }

    fn finish(self, array: impl FnOnce(Vec<T>) -> ArrayRef) -> ListArray {
        let values = array(self.values);
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        ListArray::new(field, offsets, values, Some(NullBuffer::from(self.valid)))
    }
}

fn series(arrays: &[ArrayRef], rows: usize, options: &ConfigOptions) -> Result<ListArray> {
    match arrays[0].data_type() {
        DataType::Int32 | DataType::Int64 => {
            let wide = arrays.iter().map(|a| cast(a, &DataType::Int64));
            let wide = wide.collect::<std::result::Result<Vec<_>, _>>()?;
            let part = |i: usize, row: usize| {
                let array = wide[i].as_primitive::<Int64Type>();
                array.is_valid(row).then(|| i128::from(array.value(row)))
            };
            let lists = numbers(wide.len(), rows, 1, part)?;
            let narrow = *arrays[0].data_type() == DataType::Int32;
            Ok(lists.finish(|values| match narrow {
                true => Arc::new(Int32Array::from_iter_values(values.iter().map(|v| *v as i32))),
                false => Arc::new(Int64Array::from_iter_values(values.iter().map(|v| *v as i64))),
            }))
        }
        DataType::Decimal256(_, scale) => {
            let to = DataType::Decimal128(38, *scale);
            let bounds = arrays.iter().enumerate().map(|(i, array)| {
                let special = (0..rows).find_map(|row| special::at(array, row));
                if let Some(special) = special {
                    return Err(fail(endless(i, special)));
                }
                Ok(cast_with_options(array, &to, &EXACT)?)
            });
            series(&bounds.collect::<Result<Vec<_>>>()?, rows, options)
        }
        DataType::Decimal128(p, s) => {
            let part = |i: usize, row: usize| {
                let array = arrays[i].as_primitive::<Decimal128Type>();
                array.is_valid(row).then(|| array.value(row))
            };
            let one = 10i128.pow(u32::from(s.unsigned_abs()));
            let lists = numbers(arrays.len(), rows, one, part)?;
            let to = DataType::Decimal128(*p, *s);
            Ok(lists.finish(|values| Arc::new(Decimal128Array::from(values).with_data_type(to))))
        }
        _ => instants(arrays, rows, options),
    }
}

fn numbers(
    count: usize,
    rows: usize,
    one: i128,
    part: impl Fn(usize, usize) -> Option<i128>,
) -> Result<Lists<i128>> {
    let mut lists = Lists::default();
    for row in 0..rows {
        let from = lists.values.len();
        let step = if count > 2 { part(2, row) } else { Some(one) };
        let (Some(start), Some(end), Some(step)) = (part(0, row), part(1, row), step) else {
            lists.end(from, false);
            continue;
        };
        if step == 0 {
            return Err(fail(no_step()));
        }
        let mut at = start;
        while if step > 0 { at <= end } else { at >= end } {
            lists.push(at)?;
            match at.checked_add(step) {
                Some(next) => at = next,
                None => break,
            }
        }
        lists.end(from, true);
    }
    Ok(lists)
}

const EXACT: CastOptions<'static> =
    CastOptions { safe: false, format_options: FormatOptions::new() };

fn endless(argument: usize, special: Special) -> Error {
    let of = ["start value", "stop value", "step size"][argument.min(2)];
    let what = if special == Special::NaN { "NaN" } else { "infinity" };
    Error::invalid_parameter(format!("{of} cannot be {what}"))
}

fn no_step() -> Error {
    Error::invalid_parameter("step size cannot equal zero")
}

fn instants(arrays: &[ArrayRef], rows: usize, options: &ConfigOptions) -> Result<ListArray> {
    let zone = match arrays[0].data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let bound = |i: usize, row: usize| {
        let array = arrays[i].as_primitive::<TimestampMicrosecondType>();
        array.is_valid(row).then(|| array.value(row))
    };
    let steps = arrays[2].as_primitive::<IntervalMonthDayNanoType>();
    let setting = session::setting(options);
    let mut lists = Lists::default();
    for row in 0..rows {
        let from = lists.values.len();
        let step = steps.is_valid(row).then(|| steps.value(row));
        let (Some(start), Some(end), Some(step)) = (bound(0, row), bound(1, row), step) else {
            lists.end(from, false);
            continue;
        };
        let step = Span::new(step.months, step.days, step.nanoseconds / 1000);
        let zoned = zone.is_some();
        let mut all = Steps::between((start, end), step, setting, zoned).map_err(fail)?;
        while let Some(values) = all.some(ROWS_AT_ONCE).map_err(fail)? {
            values.into_iter().try_for_each(|value| lists.push(value))?;
        }
        lists.end(from, true);
    }
    Ok(lists
        .finish(|values| Arc::new(TimestampMicrosecondArray::from(values).with_timezone_opt(zone))))
}

fn length(array: &ArrayRef, row: usize) -> Option<usize> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::List(_) => Some(array.as_list::<i32>().value_length(row) as usize),
        DataType::LargeList(_) => Some(array.as_list::<i64>().value_length(row) as usize),
        DataType::FixedSizeList(_, n) => Some(*n as usize),
        _ => None,
    }
}

/// The vectors of the system catalog are counted from 0.
fn is_vector(field: &Field) -> bool {
    matches!(SqlType::of(field), SqlType::Int2Vector | SqlType::OidVector)
}

fn element_of(list: &DataType) -> Result<&FieldRef> {
    match list {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Ok(item)
        }
        _ => Err(fail(Error::internal("an array that is none"))),
    }
}

fn expanded_item(types: &[DataType]) -> Result<DataType> {
    let [list] = types else {
        return Err(fail(undefined("information_schema._pg_expandarray", &names(types))));
    };
    let x = element_of(list)?.as_ref().clone().with_name("x").with_nullable(true);
    let n = Field::new("n", DataType::Int32, true);
    Ok(DataType::Struct(Fields::from(vec![x, n])))
}

fn expanded(array: &ArrayRef, result: &DataType) -> Result<ListArray> {
    let item = element_of(result)?;
    let DataType::Struct(fields) = item.data_type() else {
        return Err(fail(Error::internal("a row of no fields")));
    };
    let list = cast(array, &DataType::List(Arc::clone(element_of(array.data_type())?)))?;
    let list = list.as_list::<i32>();
    let numbered = (0..list.len()).flat_map(|row| 1..=length_of(list, row));
    let numbers: ArrayRef = Arc::new(Int32Array::from_iter_values(numbered));
    let offsets = list.offsets();
    let (from, to) = (offsets[0] as usize, offsets[list.len()] as usize);
    let values = list.values().slice(from, to - from);
    let rows = StructArray::try_new(fields.clone(), vec![values, numbers], None)?;
    let lengths = OffsetBuffer::from_lengths(offsets.lengths());
    Ok(ListArray::try_new(Arc::clone(item), lengths, Arc::new(rows), list.nulls().cloned())?)
}

fn length_of(list: &ListArray, row: usize) -> i32 {
    list.value_length(row)
}

fn subscripts(arrays: &[ArrayRef], rows: usize, vector: bool) -> Result<ListArray> {
    let mut lists = Lists::default();
    let dimensions = arrays[1].as_primitive::<Int32Type>();
    for row in 0..rows {
        let from = lists.values.len();
        let reverse = arrays.get(2).map(|a| a.as_boolean());
        let reverse = reverse.is_some_and(|r| r.is_valid(row) && r.value(row));
        let count = match (length(&arrays[0], row), dimensions.is_valid(row)) {
            (Some(n), true) if dimensions.value(row) == 1 => n as i32,
            _ => 0,
        };
        let first = i32::from(!vector);
        for i in 0..count {
            lists.push(if reverse { first + count - 1 - i } else { first + i })?;
        }
        lists.end(from, true);
    }
    Ok(lists.finish(|values| Arc::new(Int32Array::from(values))))
}

fn ordinals(arrays: &[ArrayRef], rows: usize) -> ListArray {
    let mut lists = Lists::default();
    for row in 0..rows {
        let from = lists.values.len();
        let longest = arrays.iter().filter_map(|a| length(a, row)).max().unwrap_or(0);
        lists.values.extend(1..=longest as i64);
        lists.end(from, true);
    }
    lists.finish(|values| Arc::new(Int64Array::from(values)))
}
