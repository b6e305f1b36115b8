//! Functions that answer from a scope: who asks, what is visible, who may do what. Made anew for each statement.

mod describe;
mod identity;
mod names;
mod privileges;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::scope::Scope;
use crate::catalog::name::RelationId;
use crate::error::{Error, Result, SqlState};

/// One argument of one call: NULL never comes here unless the function asks for it.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    Int(i64),
    Bool(bool),
    Texts(Vec<String>),
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
            Value::Null | Value::Bool(_) | Value::Texts(_) => None,
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

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Returns {
    Text,
    Int4,
    Int8,
    Bool,
    Texts,
    Timestamp,
}

impl Returns {
    fn arrow(self) -> DataType {
        use crate::catalog::types::SqlType;
        match self {
            Returns::Text => SqlType::Text,
            Returns::Int4 => SqlType::Int4,
            Returns::Int8 => SqlType::Int8,
            Returns::Bool => SqlType::Bool,
            Returns::Texts => SqlType::array(SqlType::Text),
            Returns::Timestamp => SqlType::Timestamptz,
        }
        .arrow()
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

/// A session-bound function by name.
pub fn scalar(name: &str, scope: &Arc<Scope>) -> Option<Arc<ScalarUDF>> {
    let entry = [identity::ALL, privileges::ALL, describe::ALL, names::ALL]
        .into_iter()
        .flatten()
        .find(|entry| entry.name == name)?;
    let (least, most) = entry.arguments;
    let any = (least..=most)
        .map(|n| match n {
            0 => datafusion::logical_expr::TypeSignature::Nullary,
            n => datafusion::logical_expr::TypeSignature::Any(n),
        })
        .collect();
    let signature = Signature::one_of(any, Volatility::Stable);
    let function = Bound { entry, scope: Arc::clone(scope), signature };
    Some(Arc::new(ScalarUDF::from(function)))
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

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let scalars = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if scalars { 1 } else { args.number_rows };
        let columns =
            args.args.iter().map(|a| a.to_array(rows)).collect::<DfResult<Vec<ArrayRef>>>()?;
        let mut results = Vec::with_capacity(rows);
        for row in 0..rows {
            let values = columns.iter().map(|c| value(c, row)).collect::<DfResult<Vec<_>>>()?;
            // All are strict but this one, whose modifier may be unknown.
            let strict = if self.entry.name == "format_type" { 1 } else { values.len() };
            let result = match values[..strict].iter().any(|v| matches!(v, Value::Null)) {
                true => Value::Null,
                false => (self.entry.body)(&self.scope, &values)
                    .map_err(|e| DataFusionError::External(Box::new(e)))?,
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
        ScalarValue::List(list) => {
            let items = arrow::compute::cast(&list.value(0), &DataType::Utf8)?;
            let items = items.as_string::<i32>();
            Value::Texts(items.iter().flatten().map(str::to_owned).collect())
        }
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
        Value::Int(v) => match returns {
            Returns::Timestamp => {
                Ok(ScalarValue::TimestampMicrosecond(Some(v), Some("UTC".into())))
            }
            _ => ScalarValue::Int64(Some(v)).cast_to(&to),
        },
        Value::Bool(v) => Ok(ScalarValue::Boolean(Some(v))),
        Value::Texts(all) => {
            let values: Vec<ScalarValue> =
                all.into_iter().map(|v| ScalarValue::Utf8View(Some(v))).collect();
            Ok(ScalarValue::List(ScalarValue::new_list(&values, &DataType::Utf8View, true)))
        }
    }
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

fn undefined(kind: &str, name: &str) -> Error {
    Error::new(SqlState::UNDEFINED_OBJECT, format!("{kind} \"{name}\" does not exist"))
}
