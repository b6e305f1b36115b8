//! The functions over json as the engine calls them: rows in, rows out, NULL where an argument is NULL.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Int32Builder, ListBuilder, StringViewArray,
    StringViewBuilder, StructBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::access::{as_text, at_path, shown};
use super::change::{self, Change};
use super::compare;
use super::parse::parse;
use super::rows::{elements, fields, given};
use super::value::{Json, Kind};
use super::{build, write};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::array_text::{self, Item};
use crate::functions::session;
use crate::functions::special;
use crate::functions::style::Style;
use crate::functions::{argument_name, undefined};

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Gives {
    Json,
    Jsonb,
    /// json of json, jsonb of jsonb.
    Same,
    Text,
    Boolean,
    Integer,
    /// Lists, which a query unnests.
    Texts,
    /// A list of keys with values.
    Pairs,
}

type Row = (&'static str, Gives, usize, usize);

/// Name, result, least and most arguments. What begins with underscores stands behind operators, casts and aggregates.
const FUNCTIONS: &[Row] = &[
    ("__json_in", Gives::Json, 1, 1),
    ("__jsonb_in", Gives::Jsonb, 1, 1),
    ("__as_json", Gives::Json, 1, 1),
    ("__as_jsonb", Gives::Jsonb, 1, 1),
    ("__as_text", Gives::Text, 1, 1),
    ("__jsonb_scalar", Gives::Text, 2, 2),
    ("__json_get", Gives::Same, 2, 2),
    ("__json_get_text", Gives::Text, 2, 2),
    ("__json_path", Gives::Same, 2, 2),
    ("__json_path_text", Gives::Text, 2, 2),
    ("__jsonb_contains", Gives::Boolean, 2, 2),
    ("__jsonb_exists", Gives::Boolean, 2, 2),
    ("__jsonb_exists_any", Gives::Boolean, 2, 2),
    ("__jsonb_exists_all", Gives::Boolean, 2, 2),
    ("__jsonb_concat", Gives::Jsonb, 2, 2),
    ("__jsonb_minus", Gives::Jsonb, 2, 2),
    ("__jsonb_minus_path", Gives::Jsonb, 2, 2),
    ("__jsonb_order", Gives::Integer, 2, 2),
    ("__json_elements", Gives::Texts, 1, 1),
    ("__jsonb_elements", Gives::Texts, 1, 1),
    ("__json_elements_text", Gives::Texts, 1, 1),
    ("__jsonb_elements_text", Gives::Texts, 1, 1),
    ("__json_items", Gives::Texts, 1, 1),
    ("__json_keys", Gives::Texts, 1, 1),
    ("__jsonb_keys", Gives::Texts, 1, 1),
    ("__json_each", Gives::Pairs, 1, 1),
    ("__jsonb_each", Gives::Pairs, 1, 1),
    ("__json_each_text", Gives::Pairs, 1, 1),
    ("__jsonb_each_text", Gives::Pairs, 1, 1),
    ("__json_item", Gives::Text, 1, 1),
    ("__json_pair", Gives::Text, 2, 2),
    ("__json_of_items", Gives::Json, 1, 1),
    ("__jsonb_of_items", Gives::Jsonb, 1, 1),
    ("__json_of_values", Gives::Json, 1, 1),
    ("__jsonb_of_values", Gives::Jsonb, 1, 1),
    ("__json_of_pairs", Gives::Json, 1, 1),
    ("__jsonb_of_pairs", Gives::Jsonb, 1, 1),
    ("__json_array_of_list", Gives::Json, 1, 1),
    ("__jsonb_array_of_list", Gives::Jsonb, 1, 1),
    ("__json_object_of_list", Gives::Json, 1, 1),
    ("__jsonb_object_of_list", Gives::Jsonb, 1, 1),
    ("jsonb_contains", Gives::Boolean, 2, 2),
    ("jsonb_contained", Gives::Boolean, 2, 2),
    ("jsonb_exists", Gives::Boolean, 2, 2),
    ("jsonb_exists_any", Gives::Boolean, 2, 2),
    ("jsonb_exists_all", Gives::Boolean, 2, 2),
    ("jsonb_concat", Gives::Jsonb, 2, 2),
    ("jsonb_delete", Gives::Jsonb, 2, 2),
    ("jsonb_delete_path", Gives::Jsonb, 2, 2),
    ("json_object_field", Gives::Json, 2, 2),
    ("jsonb_object_field", Gives::Jsonb, 2, 2),
    ("json_object_field_text", Gives::Text, 2, 2),
    ("jsonb_object_field_text", Gives::Text, 2, 2),
    ("json_array_element", Gives::Json, 2, 2),
    ("jsonb_array_element", Gives::Jsonb, 2, 2),
    ("json_array_element_text", Gives::Text, 2, 2),
    ("jsonb_array_element_text", Gives::Text, 2, 2),
    ("jsonb_set_lax", Gives::Jsonb, 3, 5),
    ("to_json", Gives::Json, 1, 1),
    ("to_jsonb", Gives::Jsonb, 1, 1),
    ("row_to_json", Gives::Json, 1, 2),
    ("array_to_json", Gives::Json, 1, 2),
    ("json_build_array", Gives::Json, 0, 1000),
    ("jsonb_build_array", Gives::Jsonb, 0, 1000),
    ("json_build_object", Gives::Json, 0, 1000),
    ("jsonb_build_object", Gives::Jsonb, 0, 1000),
    ("json_object", Gives::Json, 1, 2),
    ("jsonb_object", Gives::Jsonb, 1, 2),
    ("json_typeof", Gives::Text, 1, 1),
    ("jsonb_typeof", Gives::Text, 1, 1),
    ("json_array_length", Gives::Integer, 1, 1),
    ("jsonb_array_length", Gives::Integer, 1, 1),
    ("json_extract_path", Gives::Json, 1, 100),
    ("jsonb_extract_path", Gives::Jsonb, 1, 100),
    ("json_extract_path_text", Gives::Text, 1, 100),
    ("jsonb_extract_path_text", Gives::Text, 1, 100),
    ("jsonb_set", Gives::Jsonb, 3, 4),
    ("jsonb_insert", Gives::Jsonb, 3, 4),
    ("jsonb_pretty", Gives::Text, 1, 1),
    ("json_strip_nulls", Gives::Json, 1, 1),
    ("jsonb_strip_nulls", Gives::Jsonb, 1, 1),
];

static MADE: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let made = FUNCTIONS.iter().map(|(name, gives, least, most)| {
        // Instants are written in the session's zone.
        let signature = Signature::user_defined(Volatility::Stable);
        let function = Function { name, gives: *gives, least: *least, most: *most, signature };
        Arc::new(ScalarUDF::from(function))
    });
    made.collect()
});

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    MADE.iter().find(|f| f.name() == name).map(Arc::clone)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function {
    name: &'static str,
    gives: Gives,
    least: usize,
    most: usize,
    signature: Signature,
}

fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

fn pair_fields() -> Fields {
    Fields::from(vec![
        Field::new("key", DataType::Utf8View, true),
        Field::new("value", DataType::Utf8View, true),
    ])
}

impl Function {
    /// Whether the first argument is a document, and not any value.
    fn reads_json(&self) -> bool {
        let builds = ["to_", "row_", "array_", "json_build", "jsonb_build"];
        let others = ["json_object", "jsonb_object", "__json_item", "__json_pair"];
        let raw = ["__json_in", "__jsonb_in", "__as_json", "__as_jsonb", "__as_text"];
        !builds.iter().any(|b| self.name.starts_with(b))
            && !others.contains(&self.name)
            && !raw.contains(&self.name)
            && !self.name.contains("_of_")
    }

    fn undefined(&self, args: &ReturnFieldArgs<'_>) -> DataFusionError {
        let pairs = args.arg_fields.iter().zip(args.scalar_arguments);
        let names: Vec<String> = pairs.map(|(f, literal)| argument_name(f, *literal)).collect();
        fail(undefined(self.name, &names))
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match (self.least..=self.most).contains(&types.len()) {
            true => Ok(types.to_vec()),
            false => {
                let names = types.iter().map(|t| SqlType::from_arrow(t).to_string());
                Err(fail(undefined(self.name, &names.collect::<Vec<_>>())))
            }
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.gives {
            Gives::Json | Gives::Jsonb | Gives::Same | Gives::Text => DataType::Utf8View,
            Gives::Boolean => DataType::Boolean,
            Gives::Integer => DataType::Int32,
            Gives::Texts => {
                DataType::List(Arc::new(Field::new_list_field(DataType::Utf8View, true)))
            }
            Gives::Pairs => {
                let pair = DataType::Struct(pair_fields());
                DataType::List(Arc::new(Field::new_list_field(pair, true)))
            }
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if !(self.least..=self.most).contains(&args.arg_fields.len()) {
            return Err(self.undefined(&args));
        }
        let first = args.arg_fields.first().map(|field| SqlType::of(field));
        let literal = args.scalar_arguments.first().is_some_and(Option::is_some);
        if self.reads_json() {
            let fits = match &first {
                Some(SqlType::Json) => !self.name.contains("jsonb_"),
                Some(SqlType::Jsonb) => !self.name.starts_with("json_"),
                Some(t) => literal && t.is_string(),
                None => false,
            };
            // Those with underscores were given the right thing by whoever put them there.
            if !fits && !self.name.starts_with("__") {
                return Err(self.undefined(&args));
            }
        }
        let sql_type = match self.gives {
            Gives::Json => SqlType::Json,
            Gives::Jsonb => SqlType::Jsonb,
            Gives::Same if first == Some(SqlType::Json) => SqlType::Json,
            Gives::Same => SqlType::Jsonb,
            _ => {
                let made = self.return_type(&[])?;
                return Ok(Arc::new(Field::new(self.name, made, true)));
            }
        };
        Ok(sql_type.field(self.name, true))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let arrays = args.args.iter().map(|a| a.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let style = session::style(&args.config_options).for_json();
        let made: ArrayRef = if self.builds() {
            Arc::new(built(self.name, &arrays, &args.arg_fields, rows, &style)?)
        } else {
            let jsonb = match args.arg_fields.first().map(|f| SqlType::of(f)) {
                Some(SqlType::Json) => false,
                Some(SqlType::Jsonb) => true,
                _ => !self.name.contains("json_"),
            };
            self.read(&Arguments::of(&arrays)?, jsonb, rows)?
        };
        Ok(match scalars {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?),
            false => ColumnarValue::Array(made),
        })
    }
}

/// Arguments of the functions that read documents: texts, lists of texts and numbers.
struct Arguments {
    arrays: Vec<ArrayRef>,
}

impl Arguments {
    fn of(arrays: &[ArrayRef]) -> Result<Arguments> {
        let read = |array: &ArrayRef| match array.data_type() {
            DataType::List(inner) => {
                let mut of = DataType::Utf8View;
                if let DataType::List(deep) = inner.data_type() {
                    if matches!(deep.data_type(), DataType::List(_)) {
                        return Err(wrong_subscripts());
                    }
                    of = DataType::List(Arc::new(Field::new_list_field(of, true)));
                }
                let item = Arc::new(Field::new_list_field(of, true));
                Ok(cast(array, &DataType::List(item))?)
            }
            t if t.is_integer() => Ok(cast(array, &DataType::Int64)?),
            DataType::Boolean => Ok(Arc::clone(array)),
            _ => special::texts(array),
        };
        let arrays = arrays.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Arguments { arrays })
    }

    fn any_null(&self, row: usize) -> bool {
        self.arrays.iter().any(|a| a.is_null(row))
    }

    /// Whether an argument is NULL that must not be.
    fn lacks(&self, function: &str, row: usize) -> bool {
        let may = |at: usize| function == "jsonb_set_lax" && at == 2;
        self.arrays.iter().enumerate().any(|(at, a)| a.is_null(row) && !may(at))
    }

    fn text(&self, at: usize, row: usize) -> &str {
        match self.arrays[at].as_string_view_opt() {
            Some(texts) => texts.value(row),
            None => "",
        }
    }

    fn number(&self, at: usize, row: usize) -> Option<i64> {
        self.arrays[at].as_primitive_opt::<Int64Type>().map(|n| n.value(row))
    }

    fn boolean(&self, at: usize, row: usize, default: bool) -> bool {
        self.arrays.get(at).and_then(|a| a.as_boolean_opt()).map_or(default, |b| b.value(row))
    }

    /// A list of texts; `{a,b}` where it came as a literal.
    fn steps(&self, at: usize, row: usize) -> crate::error::Result<Vec<Option<String>>> {
        match self.arrays[at].as_list_opt::<i32>() {
            Some(lists) => {
                let list = lists.value(row);
                match list.as_string_view_opt() {
                    Some(texts) => Ok(texts.iter().map(|t| t.map(str::to_owned)).collect()),
                    None => Err(Error::new(
                        SqlState::ARRAY_SUBSCRIPT_ERROR,
                        "wrong number of array subscripts",
                    )),
                }
            }
            None => literal_path(self.text(at, row)),
        }
    }

    /// The items of an array, which may be one of two dimensions.
    fn items(&self, at: usize, row: usize) -> Result<Vec<Item>> {
        let texts = |list: &ArrayRef| -> Vec<Item> {
            let all = list.as_string_view().iter();
            all.map(|t| Item::Value(t.map(str::to_owned))).collect()
        };
        let Some(lists) = self.arrays[at].as_list_opt::<i32>() else {
            return array_text::items(self.text(at, row)).map_err(fail);
        };
        let list = lists.value(row);
        match list.as_list_opt::<i32>() {
            Some(inner) => Ok(inner.iter().flatten().map(|l| Item::Inner(texts(&l))).collect()),
            None => Ok(texts(&list)),
        }
    }

    /// A path to go; None where a step of it is NULL.
    fn path(&self, at: usize, row: usize) -> Result<Option<Vec<String>>> {
        Ok(self.steps(at, row).map_err(fail)?.into_iter().collect())
    }

    /// A path to change something at.
    fn whole_path(&self, at: usize, row: usize) -> Result<Vec<String>> {
        let steps = self.steps(at, row).map_err(fail)?.into_iter().enumerate();
        let known = steps.map(|(i, step)| {
            step.ok_or_else(|| {
                let message = format!("path element at position {} is null", i + 1);
                fail(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message))
            })
        });
        known.collect()
    }

    /// Keys, those that are NULL left out.
    fn keys(&self, at: usize, row: usize) -> crate::error::Result<Vec<String>> {
        Ok(self.steps(at, row)?.into_iter().flatten().collect())
    }
}

fn wrong_subscripts() -> DataFusionError {
    fail(Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts"))
}

fn literal_path(text: &str) -> crate::error::Result<Vec<Option<String>>> {
    let one = |item| match item {
        Item::Value(text) => Ok(text),
        Item::Inner(_) => {
            Err(Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts"))
        }
    };
    array_text::items(text)?.into_iter().map(one).collect()
}

/// What stands behind a function that is called by its own name.
fn behind(name: &'static str) -> &'static str {
    match name {
        "jsonb_contains" => "__jsonb_contains",
        "jsonb_exists" => "__jsonb_exists",
        "jsonb_exists_any" => "__jsonb_exists_any",
        "jsonb_exists_all" => "__jsonb_exists_all",
        "jsonb_concat" => "__jsonb_concat",
        "jsonb_delete" => "__jsonb_minus",
        "jsonb_delete_path" => "__jsonb_minus_path",
        "json_object_field" | "jsonb_object_field" => "__json_get",
        "json_array_element" | "jsonb_array_element" => "__json_get",
        "json_object_field_text" | "jsonb_object_field_text" => "__json_get_text",
        "json_array_element_text" | "jsonb_array_element_text" => "__json_get_text",
        other => other,
    }
}

impl Function {
    fn builds(&self) -> bool {
        !self.reads_json() && !self.name.starts_with("__as_") && !self.name.ends_with("_in")
    }

    fn read(&self, args: &Arguments, jsonb: bool, rows: usize) -> Result<ArrayRef> {
        match self.gives {
            Gives::Boolean => {
                let mut out = BooleanBuilder::new();
                for row in 0..rows {
                    let value = match args.any_null(row) {
                        true => None,
                        false => self.truth(args, row).map_err(fail)?,
                    };
                    out.append_option(value);
                }
                Ok(Arc::new(out.finish()))
            }
            Gives::Integer => {
                let mut out = Int32Builder::new();
                for row in 0..rows {
                    let value = match args.any_null(row) {
                        true => None,
                        false => Some(self.count(args, jsonb, row).map_err(fail)?),
                    };
                    out.append_option(value);
                }
                Ok(Arc::new(out.finish()))
            }
            Gives::Texts => self.lists(args, jsonb, rows),
            Gives::Pairs => self.pairs(args, rows),
            Gives::Json | Gives::Jsonb | Gives::Same | Gives::Text => {
                let mut out = StringViewBuilder::with_capacity(rows);
                for row in 0..rows {
                    let value = match args.lacks(self.name, row) {
                        true => None,
                        false => self.text(args, jsonb, row)?,
                    };
                    out.append_option(value);
                }
                Ok(Arc::new(out.finish()))
            }
        }
    }

    fn truth(&self, args: &Arguments, row: usize) -> crate::error::Result<Option<bool>> {
        let value = parse(args.text(0, row), true)?;
        let keys = || args.keys(1, row);
        Ok(Some(match behind(self.name) {
            "jsonb_contained" => compare::contains(&parse(args.text(1, row), true)?, &value),
            "__jsonb_contains" => compare::contains(&value, &parse(args.text(1, row), true)?),
            "__jsonb_exists" => compare::exists(&value, args.text(1, row)),
            "__jsonb_exists_any" => keys()?.iter().any(|key| compare::exists(&value, key)),
            _ => keys()?.iter().all(|key| compare::exists(&value, key)),
        }))
    }

    fn count(&self, args: &Arguments, jsonb: bool, row: usize) -> crate::error::Result<i32> {
        let value = parse(args.text(0, row), jsonb)?;
        if self.name == "__jsonb_order" {
            return Ok(compare::order(&value, &parse(args.text(1, row), true)?) as i32);
        }
        match value.kind {
            Kind::Array(elements) => Ok(i32::try_from(elements.len()).unwrap_or(i32::MAX)),
            Kind::Object(_) => {
                Err(Error::invalid_parameter("cannot get array length of a non-array"))
            }
            _ => Err(Error::invalid_parameter("cannot get array length of a scalar")),
        }
    }

    fn text(&self, args: &Arguments, jsonb: bool, row: usize) -> Result<Option<String>> {
        let given = args.text(0, row);
        if self.name.starts_with("__as_") {
            return Ok(Some(given.to_owned()));
        }
        let numeric = jsonb && self.name != "__json_in";
        let value = parse(given, numeric || self.name == "__jsonb_in").map_err(fail)?;
        let at = |path: Option<Vec<String>>| path.and_then(|path| at_path(&value, &path));
        let tail = || -> Result<Option<Vec<String>>> {
            match args.arrays.get(1).and_then(|a| a.as_list_opt::<i32>()) {
                Some(_) => args.path(1, row),
                None => {
                    let all = 1..args.arrays.len();
                    Ok(Some(all.map(|at| args.text(at, row).to_owned()).collect()))
                }
            }
        };
        let found = |at: Option<&Json<'_>>| at.map(|v| shown(v, jsonb));
        let found_text = |at: Option<&Json<'_>>| at.and_then(|v| as_text(v, jsonb));
        let get = || match args.number(1, row) {
            Some(at) => value.element(at),
            None => value.field(args.text(1, row)),
        };
        Ok(match behind(self.name) {
            "__json_in" => Some(given.to_owned()),
            "__jsonb_in" => Some(write::jsonb(&value)),
            "__jsonb_scalar" => scalar(&value, args.text(1, row)).map_err(fail)?,
            "__json_get" => found(get()),
            "__json_get_text" => found_text(get()),
            "__json_path" => found(at(args.path(1, row)?)),
            "__json_path_text" => found_text(at(args.path(1, row)?)),
            "json_extract_path" | "jsonb_extract_path" => found(at(tail()?)),
            "json_extract_path_text" | "jsonb_extract_path_text" => found_text(at(tail()?)),
            "json_typeof" | "jsonb_typeof" => Some(value.type_name().to_owned()),
            "jsonb_pretty" => Some(write::pretty(&value)),
            "json_strip_nulls" => Some(compact(&change::without_nulls(value))),
            _ => Some(write::jsonb(&self.changed(value, args, row)?)),
        })
    }

    fn changed<'a>(&self, value: Json<'a>, args: &'a Arguments, row: usize) -> Result<Json<'a>> {
        let other = |at: usize| parse(args.text(at, row), true).map_err(fail);
        let set = |change: Change<'a>| -> Result<Json<'a>> {
            change::at_path(value.clone(), &args.whole_path(1, row)?, &change).map_err(fail)
        };
        match behind(self.name) {
            "__jsonb_concat" => Ok(change::concat(value, other(1)?)),
            "__jsonb_minus" => match args.number(1, row) {
                Some(at) => change::without_element(value, at).map_err(fail),
                None if args.arrays[1].as_list_opt::<i32>().is_some() => {
                    let keys = args.keys(1, row).map_err(fail)?;
                    let drop = |value: Json<'a>, key: &String| change::without_key(value, key);
                    keys.iter().try_fold(value, drop).map_err(fail)
                }
                None => change::without_key(value, args.text(1, row)).map_err(fail),
            },
            "__jsonb_minus_path" => set(Change::Delete),
            "jsonb_set" => {
                set(Change::Set { value: other(2)?, create: args.boolean(3, row, true) })
            }
            "jsonb_set_lax" => {
                let create = args.boolean(3, row, true);
                if !args.arrays[2].is_null(row) {
                    return set(Change::Set { value: other(2)?, create });
                }
                match if args.arrays.len() > 4 { args.text(4, row) } else { "use_json_null" } {
                    "use_json_null" => set(Change::Set { value: Json::made(Kind::Null), create }),
                    "delete_key" => set(Change::Delete),
                    "return_target" => Ok(value),
                    "raise_exception" => {
                        let message = "JSON value must not be null";
                        Err(fail(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message)))
                    }
                    _ => {
                        let message = "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"";
                        Err(fail(Error::invalid_parameter(message)))
                    }
                }
            }
            "jsonb_insert" => {
                set(Change::Insert { value: other(2)?, after: args.boolean(3, row, false) })
            }
            "jsonb_strip_nulls" => Ok(change::without_nulls(value)),
            other => Err(fail(Error::internal(format!("no function {other}")))),
        }
    }

    fn lists(&self, args: &Arguments, jsonb: bool, rows: usize) -> Result<ArrayRef> {
        let mut out = ListBuilder::new(StringViewBuilder::new());
        for row in 0..rows {
            if args.any_null(row) {
                out.append(false);
                continue;
            }
            let value = parse(args.text(0, row), jsonb).map_err(fail)?;
            match self.name {
                "__json_items" => {
                    let items = match &value.kind {
                        Kind::Null => {
                            out.append(false);
                            continue;
                        }
                        Kind::Array(items) => items,
                        _ => {
                            let message = "expected JSON array";
                            return Err(fail(Error::new(SqlState::INVALID_TEXT, message)));
                        }
                    };
                    for item in items {
                        if matches!(item.kind, Kind::Array(_)) {
                            let what = "an array of several dimensions out of a document";
                            return Err(fail(Error::unsupported(what)));
                        }
                        out.values().append_option(as_text(item, jsonb));
                    }
                }
                "__json_keys" | "__jsonb_keys" => {
                    let name = if jsonb { "jsonb_object_keys" } else { "json_object_keys" };
                    let keys = match (&value.kind, jsonb) {
                        (Kind::Object(_), _) => fields(&value, jsonb, name).map_err(fail)?,
                        (Kind::Array(_), _) => {
                            let message = format!("cannot call {name} on an array");
                            return Err(fail(Error::invalid_parameter(message)));
                        }
                        _ => {
                            let message = format!("cannot call {name} on a scalar");
                            return Err(fail(Error::invalid_parameter(message)));
                        }
                    };
                    keys.iter().for_each(|(key, _)| out.values().append_value(key));
                }
                name => {
                    let text = name.ends_with("_text");
                    for element in elements(&value, jsonb).map_err(fail)? {
                        out.values().append_option(given(element, jsonb, text));
                    }
                }
            }
            out.append(true);
        }
        Ok(Arc::new(out.finish()))
    }

    fn pairs(&self, args: &Arguments, rows: usize) -> Result<ArrayRef> {
        let texts = || Box::new(StringViewBuilder::new()) as Box<dyn arrow::array::ArrayBuilder>;
        let mut out = ListBuilder::new(StructBuilder::new(pair_fields(), vec![texts(), texts()]));
        let jsonb = self.name.starts_with("__jsonb");
        for row in 0..rows {
            if args.any_null(row) {
                out.append(false);
                continue;
            }
            let value = parse(args.text(0, row), jsonb).map_err(fail)?;
            let text = self.name.ends_with("_text");
            let name = self.name.trim_start_matches('_');
            for (key, value) in fields(&value, jsonb, name).map_err(fail)? {
                let pair = out.values();
                if let Some(keys) = pair.field_builder::<StringViewBuilder>(0) {
                    keys.append_value(key);
                }
                if let Some(values) = pair.field_builder::<StringViewBuilder>(1) {
                    values.append_option(given(value, jsonb, text));
                }
                pair.append(true);
            }
            out.append(true);
        }
        Ok(Arc::new(out.finish()))
    }
}

/// json without blanks, as `json_strip_nulls` writes it.
fn compact(value: &Json<'_>) -> String {
    match &value.kind {
        Kind::Array(elements) => {
            format!("[{}]", elements.iter().map(compact).collect::<Vec<_>>().join(","))
        }
        Kind::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let mut out = String::new();
                write::quoted(key, &mut out);
                format!("{out}:{}", compact(value))
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        _ => shown(value, value.text.is_empty()),
    }
}

/// `jsonb::integer`: the number or boolean as text.
fn scalar(value: &Json<'_>, wanted: &str) -> crate::error::Result<Option<String>> {
    match (&value.kind, wanted) {
        (Kind::Boolean(b), "boolean") => Ok(Some(b.to_string())),
        (Kind::Number(number), wanted) if wanted != "boolean" => Ok(Some(number.clone())),
        (kind, wanted) => {
            let found = match kind {
                Kind::Array(_) => "array",
                Kind::Object(_) => "object",
                Kind::Null => "null",
                Kind::Boolean(_) => "boolean",
                Kind::Number(_) => "numeric",
                Kind::String(_) => "string",
            };
            let message = format!("cannot cast jsonb {found} to type {wanted}");
            Err(Error::invalid_parameter(message))
        }
    }
}

/// Functions that take values of any type.
fn built(
    name: &str,
    arrays: &[ArrayRef],
    fields: &[FieldRef],
    rows: usize,
    style: &Style,
) -> Result<StringViewArray> {
    let texts = arrays.iter().zip(fields).map(|(array, field)| build::texts(array, field, style));
    let texts = texts.collect::<Result<Vec<_>>>()?;
    let keys = |at: usize| super::super::text::shown(&arrays[at], style);
    let null = |at: usize, row: usize| texts[at][row].as_deref().unwrap_or("null");
    let mut out = StringViewBuilder::with_capacity(rows);
    let jsonb = name.contains("jsonb");
    for row in 0..rows {
        let made = match name {
            "row_to_json" | "array_to_json" if arrays.len() > 1 && pretty(&arrays[1], row) => {
                texts[0][row].as_deref().map(on_lines)
            }
            "to_json" | "to_jsonb" | "row_to_json" | "array_to_json" => texts[0][row].clone(),
            "__json_array_of_list" | "__jsonb_array_of_list" => {
                parts_of(&arrays[0], &fields[0], row, style)?
                    .map(|all| format!("[{}]", all.join(", ")))
            }
            "__json_object_of_list" | "__jsonb_object_of_list" => {
                object_of_list(&arrays[0], &fields[0], row, style, jsonb)?
            }
            "__json_of_values" | "__jsonb_of_values" => {
                parts_of(&arrays[0], &fields[0], row, style)?
                    .map(|all| format!("[{}]", all.join(", ")))
            }
            "__json_item" => Some(match build::is_structured(&fields[0]) {
                true if texts[0][row].is_some() => format!("\n {}", null(0, row)),
                _ => null(0, row).to_owned(),
            }),
            "json_build_array" | "jsonb_build_array" => {
                let all = (0..texts.len()).map(|at| null(at, row)).collect::<Vec<_>>();
                Some(format!("[{}]", all.join(", ")))
            }
            "json_build_object" | "jsonb_build_object" => {
                if arrays.len() % 2 == 1 {
                    let error = Error::invalid_parameter(
                        "argument list must have even number of elements",
                    )
                    .hint(format!(
                        "The arguments of {name}() must consist of alternating keys and values."
                    ));
                    return Err(fail(error));
                }
                let mut pairs = Vec::new();
                for at in (0..arrays.len()).step_by(2) {
                    let json = matches!(SqlType::of(&fields[at]), SqlType::Json | SqlType::Jsonb);
                    if build::is_structured(&fields[at]) || json {
                        let message = "key value must be scalar, not array, composite, or json";
                        return Err(fail(Error::invalid_parameter(message)));
                    }
                    let all = keys(at)?;
                    let key = key(all.as_string_view(), row, Some(at + 1), jsonb)?;
                    pairs.push(format!("{key} : {}", null(at + 1, row)));
                }
                Some(format!("{{{}}}", pairs.join(", ")))
            }
            "__json_pair" => {
                let all = keys(0)?;
                Some(format!("{} : {}", key(all.as_string_view(), row, None, jsonb)?, null(1, row)))
            }
            "json_object" | "jsonb_object" => object_of_texts(arrays, row)?,
            _ => joined(name, arrays, row)?,
        };
        let made = match made {
            Some(text) if jsonb => Some(write::jsonb(&parse(&text, true).map_err(fail)?)),
            other => other,
        };
        out.append_option(made);
    }
    Ok(out.finish())
}

/// Whether line feeds are wanted.
fn pretty(wish: &ArrayRef, row: usize) -> bool {
    wish.as_boolean_opt().is_some_and(|b| b.is_valid(row) && b.value(row))
}

/// JSON without blanks, each part of its outermost level on a line of its own.
fn on_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for c in text.chars() {
        out.push(c);
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth == 1 => out.push_str("\n "),
            _ => {}
        }
    }
    out
}

/// The elements of a list as JSON, of all dimensions one after the other; None for NULL.
fn parts_of(
    array: &ArrayRef,
    field: &FieldRef,
    row: usize,
    style: &Style,
) -> Result<Option<Vec<String>>> {
    let Some(lists) = array.as_list_opt::<i32>() else { return Err(no_list()) };
    if lists.is_null(row) {
        return Ok(None);
    }
    let (mut values, mut item) = (lists.value(row), item_of(field.data_type())?);
    while let DataType::List(_) = item.data_type() {
        let inner = values.as_list::<i32>();
        let offsets = inner.value_offsets();
        let (from, to) = (offsets[0] as usize, offsets[inner.len()] as usize);
        values = inner.values().slice(from, to - from);
        item = item_of(item.data_type())?;
    }
    let texts = build::texts(&values, &item, style)?;
    Ok(Some(texts.into_iter().map(|t| t.unwrap_or_else(|| "null".to_owned())).collect()))
}

fn no_list() -> DataFusionError {
    let message = "VARIADIC argument must be an array";
    fail(Error::new(SqlState::DATATYPE_MISMATCH, message))
}

fn item_of(list: &DataType) -> Result<FieldRef> {
    match list {
        DataType::List(item) => Ok(Arc::clone(item)),
        _ => Err(no_list()),
    }
}

/// `json_build_object(VARIADIC list)`: keys and values in turn.
fn object_of_list(
    array: &ArrayRef,
    field: &FieldRef,
    row: usize,
    style: &Style,
    jsonb: bool,
) -> Result<Option<String>> {
    let Some(parts) = parts_of(array, field, row, style)? else { return Ok(None) };
    let name = if jsonb { "jsonb_build_object" } else { "json_build_object" };
    if parts.len() % 2 == 1 {
        let hint =
            format!("The arguments of {name}() must consist of alternating keys and values.");
        let message = "argument list must have even number of elements";
        return Err(fail(Error::invalid_parameter(message).hint(hint)));
    }
    let mut pairs = Vec::new();
    for (i, pair) in parts.chunks(2).enumerate() {
        let key = match pair[0].as_str() {
            "null" if jsonb => {
                let message = format!("argument {}: key must not be null", 2 * i + 1);
                return Err(fail(Error::invalid_parameter(message)));
            }
            "null" => {
                let message = format!("argument {} cannot be null", 2 * i + 1);
                let hint = "Object keys should be text.";
                return Err(fail(Error::invalid_parameter(message).hint(hint)));
            }
            text if text.starts_with('"') => text.to_owned(),
            text => format!("\"{text}\""),
        };
        pairs.push(format!("{key} : {}", pair[1]));
    }
    Ok(Some(format!("{{{}}}", pairs.join(", "))))
}

/// A key as a JSON string; a key that is NULL is none.
fn key(keys: &StringViewArray, row: usize, argument: Option<usize>, jsonb: bool) -> Result<String> {
    if keys.is_null(row) {
        let message = match argument {
            Some(at) if jsonb => format!("argument {at}: key must not be null"),
            Some(at) => format!("argument {at} cannot be null"),
            None => "field name must not be null".to_owned(),
        };
        let mut error = Error::invalid_parameter(message);
        if argument.is_some() {
            error = error.hint("Object keys should be text.");
        }
        return Err(fail(error));
    }
    let mut out = String::new();
    write::quoted(keys.value(row), &mut out);
    Ok(out)
}

/// What an aggregate has collected, put between brackets.
fn joined(name: &str, arrays: &[ArrayRef], row: usize) -> Result<Option<String>> {
    let item = Arc::new(Field::new_list_field(DataType::Utf8View, true));
    let lists = cast(&arrays[0], &DataType::List(item))?;
    let lists = lists.as_list::<i32>();
    if lists.is_null(row) {
        return Ok(None);
    }
    let list = lists.value(row);
    let parts: Vec<&str> = list.as_string_view().iter().flatten().collect();
    // The first stands behind the bracket, whatever the others do.
    let text = parts.join(", ");
    Ok(Some(match name.contains("pairs") {
        true => format!("{{ {text} }}"),
        false => format!("[{}]", text.strip_prefix("\n ").unwrap_or(&text)),
    }))
}

/// `json_object('{a,1,b,2}')` and `json_object('{a,b}', '{1,2}')`.
fn object_of_texts(arrays: &[ArrayRef], row: usize) -> Result<Option<String>> {
    let args = Arguments::of(arrays)?;
    if args.any_null(row) {
        return Ok(None);
    }
    let wrong = |message: &str| fail(Error::new(SqlState::ARRAY_SUBSCRIPT_ERROR, message));
    let flat = |at: usize| -> Result<Vec<Option<String>>> {
        let one = |item| match item {
            Item::Value(text) => Ok(text),
            Item::Inner(_) => Err(wrong_subscripts()),
        };
        args.items(at, row)?.into_iter().map(one).collect()
    };
    let pairs: Vec<(Option<String>, Option<String>)> = match args.arrays.len() {
        1 => {
            let items = args.items(0, row)?;
            let nested = matches!(items.first(), Some(Item::Inner(_)));
            if !nested && items.len() % 2 == 1 {
                return Err(wrong("array must have even number of elements"));
            }
            let mut texts = Vec::new();
            for item in items {
                match item {
                    Item::Value(text) => texts.push(text),
                    Item::Inner(pair) => {
                        if matches!(pair.first(), Some(Item::Inner(_))) {
                            return Err(wrong_subscripts());
                        }
                        if pair.len() != 2 {
                            return Err(wrong("array must have two columns"));
                        }
                        texts.extend(pair.into_iter().map(|item| match item {
                            Item::Value(text) => text,
                            Item::Inner(_) => None,
                        }));
                    }
                }
            }
            texts.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
        }
        _ => {
            let (first, second) = (flat(0)?, flat(1)?);
            if first.len() != second.len() {
                return Err(wrong("mismatched array dimensions"));
            }
            first.into_iter().zip(second).collect()
        }
    };
    let mut parts = Vec::new();
    for (key, value) in pairs {
        let Some(key) = key else {
            let message = "null value not allowed for object key";
            return Err(fail(Error::new(SqlState::NULL_VALUE_NOT_ALLOWED, message)));
        };
        let mut out = String::new();
        write::quoted(&key, &mut out);
        out.push_str(" : ");
        match value {
            Some(value) => write::quoted(&value, &mut out),
            None => out.push_str("null"),
        }
        parts.push(out);
    }
    Ok(Some(format!("{{{}}}", parts.join(", "))))
}
