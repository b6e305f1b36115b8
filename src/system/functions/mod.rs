//! Functions that answer from a scope: who asks, what is visible, who may do what. Made anew for each statement.

mod acl;
mod describe;
mod identity;
mod names;
mod objects;
mod privileges;
pub mod registered;
pub mod rows;
mod session;
mod sessions;
mod signatures;
mod sizes;
mod type_names;

pub(super) use sessions::may_see;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, StringViewArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::scope::Scope;
use crate::catalog::name::RelationId;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result, SqlState};

/// One argument of one call: NULL never comes here unless the function asks for it.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Texts(Vec<String>),
    Ints(Vec<i64>),
}

impl Value {
    fn text(&self) -> &str {
        match self {
            Value::Text(v) => v,
            _ => "",
        }
    }

    fn int(&self) -> Option<i64> {
        match self {
            Value::Int(v) => Some(*v),
            Value::Text(v) => v.trim().parse().ok(),
            _ => None,
        }
    }

    fn bool(&self) -> bool {
        matches!(self, Value::Bool(true))
    }
}

impl From<&str> for Value {
    fn from(v: &str) -> Value {
        Value::Text(v.to_owned())
    }
}

impl From<String> for Value {
    fn from(v: String) -> Value {
        Value::Text(v)
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Value {
        Value::Bool(v)
    }
}

impl From<i64> for Value {
    fn from(v: i64) -> Value {
        Value::Int(v)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Value {
        v.map_or(Value::Null, Into::into)
    }
}

/// What a function returns, by PostgreSQL's own name of the type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Returns {
    Text,
    Name,
    Int4,
    Int8,
    Float8,
    Bool,
    Texts,
    Names,
    Ints,
    Timestamp,
    Void,
    Inet,
    Oid,
    Xid,
    Xid8,
    Regclass,
    Regtype,
    Regproc,
    Regprocedure,
    Regoper,
    Regoperator,
    Regrole,
    Regnamespace,
    Regcollation,
    Aclitem,
    Aclitems,
}

impl Returns {
    fn sql_type(self) -> SqlType {
        match self {
            Returns::Text => SqlType::Text,
            Returns::Name => SqlType::Name,
            Returns::Int4 => SqlType::Int4,
            Returns::Int8 => SqlType::Int8,
            Returns::Float8 => SqlType::Float8,
            Returns::Bool => SqlType::Bool,
            Returns::Texts => SqlType::array(SqlType::Text),
            Returns::Names => SqlType::array(SqlType::Name),
            Returns::Ints => SqlType::array(SqlType::Int4),
            Returns::Timestamp => SqlType::Timestamptz,
            Returns::Void => SqlType::Void,
            Returns::Inet => SqlType::Inet,
            Returns::Oid => SqlType::Oid,
            Returns::Xid => SqlType::Xid,
            Returns::Xid8 => SqlType::Xid8,
            Returns::Regclass => SqlType::Regclass,
            Returns::Regtype => SqlType::Regtype,
            Returns::Regproc => SqlType::Regproc,
            Returns::Regprocedure => SqlType::Regprocedure,
            Returns::Regoper => SqlType::Regoper,
            Returns::Regoperator => SqlType::Regoperator,
            Returns::Regrole => SqlType::Regrole,
            Returns::Regnamespace => SqlType::Regnamespace,
            Returns::Regcollation => SqlType::Regcollation,
            Returns::Aclitem => SqlType::Aclitem,
            Returns::Aclitems => SqlType::array(SqlType::Aclitem),
        }
    }

    fn arrow(self) -> DataType {
        self.sql_type().arrow()
    }
}

type Body = fn(&Scope, &[Value]) -> Result<Value>;

/// A function's entry: its name, how many arguments it takes, what it returns.
pub(super) struct Entry {
    pub name: &'static str,
    /// Least and most.
    pub arguments: (usize, usize),
    pub returns: Returns,
    pub body: Body,
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    [
        identity::ALL,
        privileges::ALL,
        describe::ALL,
        names::ALL,
        signatures::ALL,
        sizes::ALL,
        session::ALL,
        sessions::ALL,
        objects::ALL,
    ]
    .into_iter()
    .flatten()
}

/// Whether a statement may call a function of this name.
pub(super) fn is_known(name: &str) -> bool {
    entries().any(|entry| entry.name == name)
        || rows::is_known(name)
        || acl::is_known(name)
        || crate::functions::is_known(name)
}

/// Whether a function of this name answers with one value.
pub fn is_scalar(name: &str) -> bool {
    entries().any(|entry| entry.name == name)
}

/// Whether it does something, or answers anew each time.
pub fn is_acting(name: &str) -> bool {
    ACTING.contains(&name)
}

/// A session-bound function by name.
pub fn scalar(name: &str, scope: &Arc<Scope>) -> Option<Arc<ScalarUDF>> {
    let special = registered::scalar(name, scope).or_else(|| acl::scalar(name, scope));
    if let Some(function) = special {
        return Some(function);
    }
    let entry = entries().find(|entry| entry.name == name)?;
    let (least, most) = entry.arguments;
    let any = (least..=most)
        .map(|n| match n {
            0 => datafusion::logical_expr::TypeSignature::Nullary,
            n => datafusion::logical_expr::TypeSignature::Any(n),
        })
        .collect();
    // What acts is not worked out while planning.
    let acts = ACTING.contains(&entry.name);
    let volatility = if acts { Volatility::Volatile } else { Volatility::Stable };
    let signature = Signature::one_of(any, volatility);
    let function = Bound { entry, scope: Arc::clone(scope), signature };
    Some(Arc::new(ScalarUDF::from(function)))
}

/// Functions that do something, or answer anew each time.
const ACTING: &[&str] = &[
    "current_setting",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_unlock_all",
    "pg_advisory_unlock_shared",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_cancel_backend",
    "pg_notification_queue_usage",
    "pg_notify",
    "pg_terminate_backend",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared",
    "set_config",
];

/// Functions that are called for NULL too.
const NOT_STRICT: &[&str] = &["format_type", "pg_notify", "quote_nullable", "set_config"];

fn external(e: Error) -> DataFusionError {
    DataFusionError::External(Box::new(e))
}

/// An entry with the scope it answers from.
struct Bound {
    entry: &'static Entry,
    scope: Arc<Scope>,
    signature: Signature,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry.name)
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Bound) -> bool {
        self.entry.name == other.entry.name && Arc::ptr_eq(&self.scope, &other.scope)
    }
}

impl Eq for Bound {}

impl Hash for Bound {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entry.name.hash(state);
    }
}

impl ScalarUDFImpl for Bound {
    fn name(&self) -> &str {
        self.entry.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.entry.returns.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> DfResult<FieldRef> {
        Ok(self.entry.returns.sql_type().field(self.entry.name, true))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let columns =
            args.args.iter().map(|a| a.to_array(rows)).collect::<DfResult<Vec<ArrayRef>>>()?;
        let mut results = Vec::with_capacity(rows);
        for row in 0..rows {
            let values = columns.iter().map(|c| value(c, row)).collect::<DfResult<Vec<_>>>()?;
            let strict = !NOT_STRICT.contains(&self.entry.name);
            let result = match strict && values.iter().any(|v| matches!(v, Value::Null)) {
                true => Value::Null,
                false => (self.entry.body)(&self.scope, &values).map_err(external)?,
            };
            results.push(scalar_value(result, self.entry.returns)?);
        }
        match scalars {
            true => Ok(ColumnarValue::Scalar(results.remove(0))),
            false if results.is_empty() => {
                Ok(ColumnarValue::Array(arrow::array::new_empty_array(&self.entry.returns.arrow())))
            }
            false => Ok(ColumnarValue::Array(ScalarValue::iter_to_array(results)?)),
        }
    }
}

fn value(column: &ArrayRef, row: usize) -> DfResult<Value> {
    let scalar = ScalarValue::try_from_array(column, row)?;
    if scalar.is_null() {
        return Ok(Value::Null);
    }
    Ok(match &scalar {
        ScalarValue::Boolean(Some(v)) => Value::Bool(*v),
        ScalarValue::Utf8(Some(v))
        | ScalarValue::Utf8View(Some(v))
        | ScalarValue::LargeUtf8(Some(v)) => Value::Text(v.clone()),
        ScalarValue::Float32(Some(v)) => Value::Float((*v).into()),
        ScalarValue::Float64(Some(v)) => Value::Float(*v),
        ScalarValue::Null => Value::Null,
        ScalarValue::List(list) => {
            let items = arrow::compute::cast(&list.value(0), &DataType::Utf8)?;
            let items = items.as_string::<i32>();
            Value::Texts(items.iter().flatten().map(str::to_owned).collect())
        }
        ScalarValue::Int16(Some(v)) => Value::Int((*v).into()),
        ScalarValue::Int32(Some(v)) => Value::Int((*v).into()),
        ScalarValue::Int64(Some(v)) => Value::Int(*v),
        other => match other.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(Some(v))) => Value::Int(v),
            _ => Value::Text(other.to_string()),
        },
    })
}

fn scalar_value(value: Value, returns: Returns) -> DfResult<ScalarValue> {
    let to = returns.arrow();
    match value {
        Value::Null => ScalarValue::try_new_null(&to),
        Value::Text(v) => ScalarValue::Utf8View(Some(v)).cast_to(&to),
        Value::Float(v) => Ok(ScalarValue::Float64(Some(v))),
        Value::Ints(all) => {
            let items: ArrayRef = Arc::new(Int64Array::from(all));
            list(&items, &to)
        }
        Value::Int(v) => match returns {
            Returns::Timestamp => {
                Ok(ScalarValue::TimestampMicrosecond(Some(v), Some("UTC".into())))
            }
            _ => ScalarValue::Int64(Some(v)).cast_to(&to),
        },
        Value::Bool(v) => Ok(ScalarValue::Boolean(Some(v))),
        Value::Texts(all) => {
            let items: ArrayRef = Arc::new(StringViewArray::from_iter_values(all));
            list(&items, &to)
        }
    }
}

/// One list of these items; its type's field says what they are.
fn list(items: &ArrayRef, of: &DataType) -> DfResult<ScalarValue> {
    let DataType::List(field) = of else {
        return Err(external(Error::internal("a list where none is returned")));
    };
    let items = arrow::compute::cast(items, field.data_type())?;
    let offsets = OffsetBuffer::from_lengths([items.len()]);
    Ok(ScalarValue::List(Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, None)?)))
}

/// The OID of the relation of this name, as a FROM clause would find it.
/// The stored relation that a text names, as `regclass` reads it.
pub(super) fn relation_oid(scope: &Scope, name: &str) -> Result<RelationId> {
    let found = scalar_class(scope, name).map(RelationId);
    found.ok_or_else(|| {
        Error::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
    })
}

fn scalar_class(scope: &Scope, name: &str) -> Option<u32> {
    names::find_class(scope, name).and_then(|oid| u32::try_from(oid).ok())
}
