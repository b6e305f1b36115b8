//! A function of several overloads: `Open` while a statement is bound, `Chosen` once the types of its arguments are known.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DECIMAL256_MAX_PRECISION, DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::{Cast, InList, ScalarFunction};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::given::{Arguments, fail};
use super::resolve::{Choice, Given, Takes, choose, spread};
use crate::catalog::types::SqlType;
use crate::error::{Error, SqlState};
use crate::functions::missing::{bare, undefined};
use crate::functions::naming;
use crate::functions::session;
use crate::functions::special::{self, Special};
use crate::patience;

pub(crate) type Run = fn(&Arguments) -> Result<ArrayRef>;

/// What an overload does.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Run(Run),
    /// A function of DataFusion's under this name, whose result is cast.
    Engine(&'static str),
}

/// Precision and scale of a result, by the arguments' types and those values that are known.
type DigitsOf = fn(&[DataType], &[Option<ScalarValue>]) -> (u8, i8);

/// What comes out.
#[derive(Clone, Debug)]
pub(crate) enum Gives {
    Is(SqlType),
    Element,
    Array,
    /// The type of an argument, digits included.
    Same(usize),
    /// A numeric, with digits by the types and the literals of the arguments.
    Digits(DigitsOf),
}

#[derive(Clone)]
pub(crate) struct Overload {
    pub(crate) takes: Vec<Takes>,
    pub(crate) variadic: bool,
    pub(crate) gives: Gives,
    pub(crate) body: Body,
}

/// How messages speak of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Function,
    /// Called by the grammar.
    Form(&'static str),
    Operator(&'static str),
}

pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) shown: Shown,
    pub(crate) overloads: Vec<Overload>,
    pub(crate) volatility: Volatility,
}

impl Function {
    /// The overload for these arguments, and the casts they need.
    pub(crate) fn resolve(&self, given: &[Given]) -> Result<(usize, Vec<Option<SqlType>>), Error> {
        if self.is_quantified()
            && let Some(casts) = as_texts(given)
        {
            return Ok((0, casts));
        }
        let candidates: Vec<_> =
            self.overloads.iter().map(|o| spread(&o.takes, o.variadic, given.len())).collect();
        match choose(&candidates, given) {
            Choice::One(i, casts) => Ok((i, casts)),
            Choice::None => Err(self.missing(given)),
            Choice::Ambiguous => Err(self.ambiguous(given)),
        }
    }

    fn is_quantified(&self) -> bool {
        self.name.starts_with("__any_") || self.name.starts_with("__all_")
    }

    fn missing(&self, given: &[Given]) -> Error {
        if self.name == "__array" {
            return unmatched(given);
        }
        if self.is_quantified()
            && !matches!(given.get(1), None | Some(None | Some(SqlType::Array(_))))
        {
            let message = "op ANY/ALL (array) requires array on right side";
            return Error::new(SqlState::WRONG_OBJECT_TYPE, message);
        }
        let mut names: Vec<String> = given.iter().map(type_name).collect();
        if let (true, Some(Some(SqlType::Array(element)))) = (self.is_quantified(), given.get(1)) {
            names[1] = type_name(&Some((**element).clone()));
        }
        match self.shown {
            Shown::Function => undefined(self.name, &names),
            Shown::Form(name) => undefined(&format!("pg_catalog.{name}"), &names),
            Shown::Operator(sign) => no_operator(sign, &names),
        }
    }

    fn ambiguous(&self, given: &[Given]) -> Error {
        let names: Vec<String> = given.iter().map(type_name).collect();
        match self.shown {
            Shown::Function | Shown::Form(_) => Error::new(
                SqlState::AMBIGUOUS_FUNCTION,
                format!("function {}({}) is not unique", self.name, names.join(", ")),
            )
            .hint("Could not choose a best candidate function. You might need to add explicit type casts."),
            Shown::Operator(sign) => ambiguous_operator(sign, &names),
        }
    }
}

/// Elements of one array that have no common type.
fn unmatched(given: &[Given]) -> Error {
    let mut known = given.iter().flatten();
    let Some(first) = known.next() else {
        return Error::new(
            SqlState::INDETERMINATE_DATATYPE,
            "cannot determine type of empty array",
        )
        .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[].");
    };
    let apart =
        |t: &&SqlType| !super::resolve::implicit(first, t) && !super::resolve::implicit(t, first);
    let other = known.find(apart).unwrap_or(first);
    Error::new(
        SqlState::DATATYPE_MISMATCH,
        format!("ARRAY types {} and {} cannot be matched", bare(first), bare(other)),
    )
}

pub fn no_operator(sign: &str, types: &[String]) -> Error {
    let operation = match types {
        [one] => format!("{sign} {one}"),
        _ => format!("{} {sign} {}", types[0], types[1]),
    };
    let hint = match types.len() {
        1 => {
            "No operator matches the given name and argument type. You might need to add an explicit type cast."
        }
        _ => {
            "No operator matches the given name and argument types. You might need to add explicit type casts."
        }
    };
    Error::new(SqlState::UNDEFINED_FUNCTION, format!("operator does not exist: {operation}"))
        .hint(hint)
}

pub fn ambiguous_operator(sign: &str, types: &[String]) -> Error {
    let operation = match types {
        [one] => format!("{sign} {one}"),
        _ => format!("{} {sign} {}", types[0], types[1]),
    };
    Error::new(SqlState::AMBIGUOUS_FUNCTION, format!("operator is not unique: {operation}")).hint(
        "Could not choose a best candidate operator. You might need to add explicit type casts.",
    )
}

pub(crate) fn type_name(given: &Given) -> String {
    given.as_ref().map_or_else(|| "unknown".to_owned(), bare)
}

/// The type of the argument behind a field, as PostgreSQL types it: a literal in quotes is unknown, a small whole
/// number an integer, though DataFusion has just read it as a bigint.
pub(crate) fn given_type(field: &Field, literal: Option<&ScalarValue>) -> Given {
    match literal {
        Some(ScalarValue::Utf8(_) | ScalarValue::Null) => None,
        Some(ScalarValue::Int64(Some(n))) if i32::try_from(*n).is_ok() => Some(SqlType::Int4),
        _ if field.data_type().is_null() => None,
        _ => Some(SqlType::of(field)),
    }
}

/// A function whose arguments are not yet known.
pub(crate) struct Open {
    pub(crate) function: &'static Function,
    signature: Signature,
}

impl Open {
    pub(crate) fn new(function: &'static Function) -> Open {
        Open { function, signature: Signature::user_defined(function.volatility) }
    }
}

/// The overloads behind a function that is not chosen yet.
pub(crate) fn open_of(function: &ScalarUDF) -> Option<&'static Function> {
    function.inner().downcast_ref::<Open>().map(|open| open.function)
}

/// What a function gives whose overload is chosen.
pub(crate) fn result_of(function: &ScalarUDF) -> Option<DataType> {
    function.inner().downcast_ref::<Chosen>().map(|chosen| chosen.result.arrow())
}

/// DataFusion's functions by name.
static ENGINE: LazyLock<HashMap<String, Arc<ScalarUDF>>> = LazyLock::new(|| {
    let all = datafusion::functions::all_default_functions();
    all.into_iter().map(|f| (f.name().to_owned(), f)).collect()
});

/// The call with its overload chosen, its arguments cast by `cast`.
pub(crate) fn bound(
    function: &'static Function,
    args: Vec<Expr>,
    given: &[Given],
    types: impl Fn(&Expr) -> Result<DataType>,
    cast: impl FnMut(Expr, &SqlType) -> Result<Expr>,
) -> Result<Expr> {
    let (made, args) = chosen(function, args, given, &types, cast)?;
    let Body::Engine(name) = made.body() else {
        let made = Arc::new(ScalarUDF::from(made));
        return Ok(Expr::ScalarFunction(ScalarFunction::new_udf(made, args)));
    };
    let engine = ENGINE.get(name).map(Arc::clone);
    let engine =
        engine.ok_or_else(|| fail(Error::internal("a function of the engine's is gone")))?;
    let call = Expr::ScalarFunction(ScalarFunction::new_udf(engine, args));
    let wanted = made.result.arrow();
    match types(&call)? == wanted {
        true => Ok(call),
        false => Ok(Expr::Cast(Cast::new(Box::new(call), wanted))),
    }
}

fn chosen(
    function: &'static Function,
    args: Vec<Expr>,
    given: &[Given],
    types: impl Fn(&Expr) -> Result<DataType>,
    mut cast: impl FnMut(Expr, &SqlType) -> Result<Expr>,
) -> Result<(Chosen, Vec<Expr>)> {
    let (overload, casts) = function.resolve(given).map_err(fail)?;
    let args = args
        .into_iter()
        .zip(&casts)
        .map(|(arg, to)| match to {
            Some(to) => cast(arg, to),
            None => Ok(arg),
        })
        .collect::<Result<Vec<_>>>()?;
    let arrow = args.iter().map(types).collect::<Result<Vec<_>>>()?;
    let literals: Vec<_> = args.iter().map(literal_of).collect();
    let sql: Vec<Given> = given
        .iter()
        .zip(&casts)
        .map(|(given, cast)| cast.clone().or_else(|| given.clone()))
        .collect();
    let result = result_type(&function.overloads[overload], &sql, &arrow, &literals);
    let signature = Signature::any(args.len().max(1), function.volatility);
    let signature =
        if args.is_empty() { Signature::nullary(function.volatility) } else { signature };
    Ok((Chosen { function, overload, result, signature }, args))
}

/// The constant that an expression is.
pub(crate) fn literal_of(e: &Expr) -> Option<ScalarValue> {
    match e {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Cast(cast) => match &*cast.expr {
            // A special is not scaled.
            Expr::Literal(value, _) if Special::in_constant(value).is_some() => None,
            Expr::Literal(value, _) => value.cast_to(cast.field.data_type()).ok(),
            _ => None,
        },
        Expr::Alias(alias) => literal_of(&alias.expr),
        Expr::Negative(inner) => {
            let value = literal_of(inner).filter(|v| Special::in_constant(v).is_none())?;
            value.arithmetic_negate().ok()
        }
        _ => None,
    }
}

fn result_type(
    overload: &Overload,
    sql: &[Given],
    arrow: &[DataType],
    literals: &[Option<ScalarValue>],
) -> SqlType {
    let takes = spread(&overload.takes, overload.variadic, sql.len()).unwrap_or_default();
    let element = || {
        takes.iter().zip(sql).find_map(|(takes, given)| match (takes, given) {
            (Takes::Element, Some(t)) => Some(t.clone()),
            (Takes::Array, Some(SqlType::Array(t))) => Some((**t).clone()),
            _ => None,
        })
    };
    match &overload.gives {
        Gives::Is(sql_type) => sql_type.clone(),
        Gives::Element => element().unwrap_or(SqlType::Text),
        Gives::Array => SqlType::array(element().unwrap_or(SqlType::Text)),
        Gives::Same(i) => match (&sql[*i], &arrow[*i]) {
            // What is taken as a numeric has the digits that it lies in.
            (
                Some(SqlType::Numeric(_)),
                DataType::Decimal128(p, s) | DataType::Decimal256(p, s),
            ) => SqlType::Numeric(Some((*p, *s))),
            (Some(given), _) => given.clone(),
            (None, _) => SqlType::Text,
        },
        Gives::Digits(of) => {
            let (precision, scale) = of(arrow, literals);
            // Of what may be special, so may the result.
            let carried = arrow.iter().any(special::carries);
            let precision = if carried { DECIMAL256_MAX_PRECISION } else { precision };
            SqlType::Numeric(Some((precision, scale)))
        }
    }
}

/// What a field of this type looks like; a numeric without digits lies in some.
fn field_of(sql_type: &SqlType) -> FieldRef {
    sql_type.field("", true)
}

/// `"char" = ANY (varchar[])` and its like: two kinds of text meet as text, as beside an operator.
fn as_texts(given: &[Given]) -> Option<Vec<Option<SqlType>>> {
    use SqlType::{Char, Name, Text, Varchar};
    let [Some(left), Some(SqlType::Array(right))] = given else { return None };
    let text = |t: &SqlType| matches!(t, Char | Name | Text | Varchar(_));
    if super::resolve::same(left, right) || !text(left) || !text(right) {
        return None;
    }
    let made = |t: &SqlType, to: SqlType| (*t != Text).then_some(to);
    Some(vec![made(left, Text), made(right, SqlType::array(Text))])
}

impl ScalarUDFImpl for Open {
    fn name(&self) -> &str {
        self.function.name
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        patience::check().map_err(fail)?;
        let pairs = args.arg_fields.iter().zip(args.scalar_arguments);
        let given: Vec<Given> = pairs.map(|(f, literal)| given_type(f, *literal)).collect();
        // Expressions are not typed yet: what looks like a bigint may be an integer, and an average that DataFusion
        // takes for a double is a numeric. Whether it is so is seen when the overload is chosen.
        let seen_as = |ints: bool, floats: bool| -> Vec<Given> {
            let turned = |t: SqlType| match t {
                SqlType::Int8 if ints => SqlType::Int4,
                SqlType::Float8 if floats => SqlType::Numeric(Some((38, 16))),
                other => other,
            };
            given.iter().map(|g| g.clone().map(turned)).collect()
        };
        let (overload, casts) = match self.function.resolve(&given) {
            Ok(found) => found,
            Err(e) => [(true, false), (false, true), (true, true)]
                .into_iter()
                .find_map(|(ints, floats)| self.function.resolve(&seen_as(ints, floats)).ok())
                .ok_or_else(|| fail(subscript_error(self.function.name, &given).unwrap_or(e)))?,
        };
        let arrow: Vec<DataType> = args
            .arg_fields
            .iter()
            .zip(&casts)
            .map(|(f, to)| to.as_ref().map_or_else(|| f.data_type().clone(), SqlType::arrow))
            .collect();
        let sql: Vec<Given> =
            given.iter().zip(casts).map(|(g, c)| c.or_else(|| g.clone())).collect();
        let literals: Vec<_> = args.scalar_arguments.iter().map(|v| v.cloned()).collect();
        Ok(field_of(&result_type(&self.function.overloads[overload], &sql, &arrow, &literals)))
    }

    /// Only where no pass over a plan has chosen: in the arguments of a table function.
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let given: Vec<Given> = args
            .arg_fields
            .iter()
            .zip(&args.args)
            .map(|(field, value)| {
                let literal = match value {
                    ColumnarValue::Scalar(value) => Some(value),
                    ColumnarValue::Array(_) => None,
                };
                given_type(field, literal)
            })
            .collect();
        let (overload, casts) = self.function.resolve(&given).map_err(fail)?;
        let types: Vec<Option<DataType>> =
            casts.iter().map(|to| to.as_ref().map(SqlType::arrow)).collect();
        invoke(&self.function.overloads[overload], &types, args)
    }
}

/// A call whose overload is known; its arguments have the types of it.
pub(crate) struct Chosen {
    pub(crate) function: &'static Function,
    pub(crate) overload: usize,
    pub(crate) result: SqlType,
    signature: Signature,
}

impl Chosen {
    pub(crate) fn body(&self) -> Body {
        self.function.overloads[self.overload].body
    }
}

impl ScalarUDFImpl for Chosen {
    fn name(&self) -> &str {
        self.function.name
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        naming::of_call(self.name(), args)
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.result.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        patience::check().map_err(fail)?;
        Ok(field_of(&self.result))
    }

    /// `x = ANY (constant)` is `x IN (…)`, which files are pruned by.
    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let negated = match self.function.name {
            "__any_eq" => false,
            "__all_ne" => true,
            _ => return Ok(ExprSimplifyResult::Original(args)),
        };
        let Some(Expr::Literal(ScalarValue::List(list), _)) = args.get(1) else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        if list.is_null(0) || list.value(0).is_empty() {
            return Ok(ExprSimplifyResult::Original(args));
        }
        let Ok(of) = info.get_data_type(&args[0]) else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let values = cast(&list.value(0), &of)?;
        let list = (0..values.len())
            .map(|i| Ok(Expr::Literal(ScalarValue::try_from_array(&values, i)?, None)))
            .collect::<Result<Vec<_>>>()?;
        let expr = Box::new(args.swap_remove(0));
        Ok(ExprSimplifyResult::Simplified(Expr::InList(InList { expr, list, negated })))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let overload = &self.function.overloads[self.overload];
        let takes = spread(&overload.takes, overload.variadic, args.args.len()).unwrap_or_default();
        let types: Vec<Option<DataType>> = takes
            .iter()
            .map(|takes| match takes {
                Takes::Is(SqlType::Numeric(_)) => None,
                Takes::Is(t) => Some(t.arrow()),
                Takes::Subscript => Some(DataType::Int32),
                _ => None,
            })
            .collect();
        invoke(overload, &types, args)
    }
}

/// Runs a body over arrays, or once if all arguments are constants.
fn invoke(
    overload: &Overload,
    types: &[Option<DataType>],
    args: ScalarFunctionArgs,
) -> Result<ColumnarValue> {
    let Body::Run(run) = overload.body else {
        return Err(fail(Error::internal("a function of the engine's was not replaced")));
    };
    let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)))
        && overload_is_stable(&args);
    let rows = if scalars { 1 } else { args.number_rows };
    let arrays = args
        .args
        .iter()
        .enumerate()
        .map(|(i, value)| {
            let array = value.to_array(rows)?;
            Ok(match types.get(i).and_then(Option::as_ref) {
                Some(wanted) if wanted != array.data_type() => cast(&array, wanted)?,
                _ => array,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let style = session::style(&args.config_options);
    let result = args.return_field.data_type().clone();
    let made = run(&Arguments { arrays, rows, result: result.clone(), style })?;
    let made = if *made.data_type() == result { made } else { cast(&made, &result)? };
    match scalars {
        true => Ok(ColumnarValue::Scalar(first(&made)?)),
        false => Ok(ColumnarValue::Array(made)),
    }
}

/// The only value. Of a list DataFusion would keep the elements and forget what type they are said to be.
fn first(made: &ArrayRef) -> Result<ScalarValue> {
    match made.as_list_opt::<i32>() {
        Some(list) => Ok(ScalarValue::List(Arc::new(list.slice(0, 1)))),
        None => ScalarValue::try_from_array(made, 0),
    }
}

/// What is wrong with `x[y]`, which is a call only here.
fn subscript_error(function: &str, given: &[Given]) -> Option<Error> {
    if !["__element", "__inner", "__slice"].contains(&function) {
        return None;
    }
    let message = match given.first()? {
        Some(SqlType::Array(_)) => "array subscript must have type integer".to_owned(),
        Some(SqlType::Jsonb) => "jsonb subscript does not support slices".to_owned(),
        Some(other) => format!(
            "cannot subscript type {} because it does not support subscripting",
            bare(other)
        ),
        None => return None,
    };
    Some(Error::new(SqlState::DATATYPE_MISMATCH, message))
}

/// Without arguments each row has a value of its own.
fn overload_is_stable(args: &ScalarFunctionArgs) -> bool {
    !args.args.is_empty()
}

macro_rules! by_identity {
    ($type:ty, |$f:ident| $key:expr) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.function.name)
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &$type) -> bool {
                let key = |$f: &$type| $key;
                key(self) == key(other)
            }
        }

        impl Eq for $type {}

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                let key = |$f: &$type| $key;
                key(self).hash(state);
            }
        }
    };
}

by_identity!(Open, |f| f.function.name);
by_identity!(Chosen, |f| (f.function.name, f.overload, f.result.clone()));

pub(crate) fn open(function: &'static Function) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(Open::new(function)))
}

/// The default: the same arguments give the same result.
pub(crate) const IMMUTABLE: Volatility = Volatility::Immutable;
