//! Functions over single values, by name and argument types, as DataFusion's.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::casts;
use super::kinds::{Choice, Kind, argument, choose};
use super::number_pattern::NumberPattern;
use super::parts;
use super::read::Setting;
use super::show_pattern::Pattern;
use super::values::{Builder, Column, Value};
use super::words::Unit;
use crate::catalog::types::PRECISION_KEY;
use crate::error::{Error, Result as OurResult, SqlState};
use crate::functions::missing::argument_name;
use crate::functions::naming;
use crate::functions::style::Style;
use crate::functions::{session, undefined};

/// What a function is called with beside its arguments.
pub(super) struct Call {
    pub setting: Setting,
    pub style: Style,
    pub statement_started: i64,
    /// Patterns mostly stay the same from row to row.
    pattern: RefCell<Option<(String, Pattern)>>,
    number_pattern: RefCell<Option<(String, NumberPattern)>>,
}

impl Call {
    fn new(options: &ConfigOptions) -> Call {
        Call {
            setting: session::setting(options),
            style: session::style(options),
            statement_started: session::Asked::of(options).statement_started,
            pattern: RefCell::default(),
            number_pattern: RefCell::default(),
        }
    }

    pub(super) fn pattern<T>(
        &self,
        text: &str,
        with: impl FnOnce(&Pattern) -> OurResult<T>,
    ) -> OurResult<T> {
        let mut last = self.pattern.borrow_mut();
        let known = match last.take().filter(|(known, _)| known == text) {
            Some(known) => known,
            None => (text.to_owned(), Pattern::new(text)),
        };
        let (_, pattern) = last.insert(known);
        with(pattern)
    }

    pub(super) fn number_pattern<T>(
        &self,
        text: &str,
        with: impl FnOnce(&NumberPattern) -> OurResult<T>,
    ) -> OurResult<T> {
        let mut last = self.number_pattern.borrow_mut();
        let known = match last.take().filter(|(known, _)| known == text) {
            Some(known) => known,
            None => (text.to_owned(), NumberPattern::new(text)?),
        };
        let (_, pattern) = last.insert(known);
        with(pattern)
    }
}

pub(super) type Body = fn(&Call, &[Value]) -> OurResult<Option<Value>>;

/// A function for one list of argument types.
#[derive(Clone, Copy)]
pub(super) struct Overload {
    pub takes: &'static [Kind],
    pub gives: Gives,
    pub body: Body,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Gives {
    Kind(Kind),
    /// A numeric with the digits that the part named first has.
    Part,
}

/// All functions of a name.
pub(super) struct Function {
    pub name: &'static str,
    /// As an operator is written.
    pub operator: Option<&'static str>,
    pub overloads: &'static [Overload],
    pub volatility: Volatility,
}

pub(super) fn fail(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

impl Function {
    pub(super) fn udf(&'static self) -> Arc<ScalarUDF> {
        let signature = Signature::user_defined(self.volatility);
        Arc::new(ScalarUDF::from(Called { function: self, signature }))
    }

    fn pick(
        &self,
        fields: &[FieldRef],
        literals: &[Option<&ScalarValue>],
    ) -> OurResult<(&'static Overload, Vec<Option<Kind>>)> {
        let given: Vec<Option<Kind>> =
            fields.iter().zip(literals).map(|(f, literal)| argument(f, *literal)).collect();
        let lists: Vec<&[Kind]> = self.overloads.iter().map(|o| o.takes).collect();
        let mut choice = choose(&given, &lists, self.operator.is_some());
        if choice == Choice::None {
            // Sums of whole numbers are bigint while a statement is bound.
            let narrow =
                |k: &Option<Kind>| if *k == Some(Kind::Int8) { Some(Kind::Int4) } else { *k };
            let narrowed: Vec<Option<Kind>> = given.iter().map(narrow).collect();
            choice = choose(&narrowed, &lists, self.operator.is_some());
        }
        match choice {
            Choice::One(at) => Ok((&self.overloads[at], given)),
            choice => Err(self.no_such(fields, literals, choice == Choice::Several)),
        }
    }

    fn no_such(
        &self,
        fields: &[FieldRef],
        literals: &[Option<&ScalarValue>],
        several: bool,
    ) -> Error {
        let names: Vec<String> =
            fields.iter().zip(literals).map(|(f, literal)| argument_name(f, *literal)).collect();
        if let Some(symbol) = self.operator {
            let shown = match names.as_slice() {
                [left, right] => format!("{left} {symbol} {right}"),
                other => format!("{symbol} {}", other.join(" ")),
            };
            return not_one("operator", &shown, several);
        }
        let name = if self.name == "extract" { "pg_catalog.extract" } else { self.name };
        match several {
            true => not_one("function", &format!("{name}({})", names.join(", ")), true),
            false => undefined(name, &names),
        }
    }
}

/// `operator does not exist: date + date`, `function f(unknown) is not unique`.
fn not_one(what: &str, shown: &str, several: bool) -> Error {
    let hint = match several {
        true => format!(
            "Could not choose a best candidate {what}. You might need to add explicit type casts."
        ),
        false => format!(
            "No {what} matches the given name and argument types. You might need to add explicit type casts."
        ),
    };
    let message = match (several, what) {
        (true, "operator") => format!("operator is not unique: {shown}"),
        (true, _) => format!("{what} {shown} is not unique"),
        (false, _) => format!("operator does not exist: {shown}"),
    };
    let state = if several { SqlState::AMBIGUOUS_FUNCTION } else { SqlState::UNDEFINED_FUNCTION };
    Error::new(state, message).hint(hint)
}

struct Called {
    function: &'static Function,
    signature: Signature,
}

impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.name)
    }
}

impl PartialEq for Called {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Called {}

impl Hash for Called {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for Called {
    fn name(&self) -> &str {
        self.function.name
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    // Arguments are turned into what the function takes inside of it, by PostgreSQL's rules.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let fields: Vec<FieldRef> =
            types.iter().map(|t| Arc::new(Field::new("", t.clone(), true))).collect();
        let literals = vec![None; fields.len()];
        let (overload, _) = self.function.pick(&fields, &literals).map_err(fail)?;
        Ok(given_field(overload.gives, None, false).data_type().clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let picked = self.function.pick(args.arg_fields, args.scalar_arguments);
        let (overload, _) = picked.map_err(fail)?;
        let part = args.scalar_arguments.first().copied().flatten();
        let name = part.and_then(|p| p.try_as_str().flatten());
        let of_date = overload.takes.get(1) == Some(&Kind::Date);
        let field = given_field(overload.gives, name, of_date);
        Ok(match precision(self.function.name, overload, args.scalar_arguments) {
            Some(precision) => {
                let mut metadata = field.metadata().clone();
                metadata.insert(PRECISION_KEY.to_owned(), precision.to_string());
                Arc::new(Field::clone(&field).with_metadata(metadata))
            }
            None => field,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let literals: Vec<Option<&ScalarValue>> = args
            .args
            .iter()
            .map(|a| match a {
                ColumnarValue::Scalar(value) => Some(value),
                ColumnarValue::Array(_) => None,
            })
            .collect();
        let (overload, given) = self.function.pick(&args.arg_fields, &literals).map_err(fail)?;
        let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let volatile = self.function.volatility == Volatility::Volatile;
        let rows = if constant && !volatile { 1 } else { args.number_rows };
        let columns = args
            .args
            .iter()
            .zip(given.iter().zip(overload.takes))
            .map(|(argument, (given, wanted))| {
                let scalar = matches!(argument, ColumnarValue::Scalar(_));
                let array = argument.to_array(if scalar { 1 } else { rows })?;
                Column::new(&array, *given, *wanted, scalar)
            })
            .collect::<Result<Vec<_>>>()?;
        let call = Call::new(&args.config_options);
        let to = args.return_field.data_type();
        let made = evaluate(&call, overload, &columns, rows, to).map_err(fail)?;
        Ok(match constant && !volatile {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?),
            false => ColumnarValue::Array(made),
        })
    }
}

/// The modifier of the type that a cast makes.
fn precision(name: &str, overload: &Overload, arguments: &[Option<&ScalarValue>]) -> Option<i32> {
    if !name.starts_with("__to_") || overload.takes.len() != 2 {
        return None;
    }
    let Ok(ScalarValue::Int64(Some(modifier))) =
        arguments.get(1)?.as_ref()?.cast_to(&DataType::Int64)
    else {
        return None;
    };
    match overload.gives {
        Gives::Kind(Kind::Interval) => Some(casts::modifier_of(modifier)),
        _ => i32::try_from(modifier).ok(),
    }
}

fn given_field(gives: Gives, part: Option<&str>, of_date: bool) -> FieldRef {
    match gives {
        Gives::Kind(kind) => kind.sql_type().field("", true),
        Gives::Part => {
            let unit = part.and_then(super::words::part).unwrap_or(Unit::Epoch);
            let scale = parts::scale(unit, of_date) as i8;
            Arc::new(Field::new("", DataType::Decimal128(38, scale), true))
        }
    }
}

fn evaluate(
    call: &Call,
    overload: &Overload,
    columns: &[Column],
    rows: usize,
    to: &DataType,
) -> OurResult<ArrayRef> {
    let mut out = Builder::new(to, rows)?;
    // Constants are read once.
    let mut values: Vec<Option<Value>> = Vec::with_capacity(columns.len());
    for column in columns {
        values.push(match column.is_scalar() && rows > 0 {
            true => column.get(0, &call.setting)?,
            false => None,
        });
    }
    let mut row_values = Vec::with_capacity(columns.len());
    'rows: for row in 0..rows {
        row_values.clear();
        for (column, constant) in columns.iter().zip(&values) {
            let value = match column.is_scalar() {
                true => constant.clone(),
                false => column.get(row, &call.setting)?,
            };
            match value {
                Some(value) => row_values.push(value),
                None => {
                    out.push(None)?;
                    continue 'rows;
                }
            }
        }
        out.push((overload.body)(call, &row_values)?)?;
    }
    Ok(out.finish())
}
