//! `regclass` and its kin: OIDs that are written and shown as the names of what they stand for.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewBuilder, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::type_names::{self, type_name};
use super::{Value, names};
use crate::catalog::name::{RelationId, RoleId, SchemaId, quote_ident};
use crate::catalog::types::{SqlType, TYPE_KEY};
use crate::error::{Error, Result, SqlState};
use crate::system::facts::{self, Operator, Proc};
use crate::system::scope::Scope;
use crate::system::tables;

/// What a text or number means as one of these types: `__regclass('t')`.
pub fn reader(of: &SqlType) -> String {
    format!("__{}", of.catalog_name())
}

/// The name as text.
pub fn namer(of: &SqlType) -> String {
    format!("__{}_out", of.catalog_name())
}

/// OID and name, as they go to a client.
pub fn shown(of: &SqlType) -> String {
    format!("__{}_shown", of.catalog_name())
}

/// The OID that `value` means; NULL where there is nothing of the name and `strict` does not ask for it.
pub(super) fn read(scope: &Scope, of: &SqlType, value: &Value, strict: bool) -> Result<Value> {
    if let Some(oid) = value.int() {
        return Ok(oid.into());
    }
    let text = value.text().trim();
    if text == "-" && strict {
        return Ok(0.into());
    }
    let found = find(scope, of, text);
    match found {
        Ok(Some(oid)) => Ok(oid.into()),
        Ok(None) if strict => Err(nothing(scope, of, text)),
        // What is no name at all is no question after one.
        Err(e) if strict || e.state == SqlState::INVALID_NAME => Err(e),
        Ok(None) | Err(_) => Ok(Value::Null),
    }
}

fn find(scope: &Scope, of: &SqlType, text: &str) -> Result<Option<i64>> {
    let parts = match of {
        SqlType::Regclass => relation_parts(scope, text)?,
        SqlType::Regproc | SqlType::Regcollation => names::split(text)?,
        SqlType::Regrole | SqlType::Regnamespace => match names::split(text)? {
            parts if parts.len() == 1 => parts,
            _ => return Err(Error::new(SqlState::INVALID_NAME, "invalid name syntax")),
        },
        _ => names::parts(text),
    };
    let last = parts.last().map_or("", String::as_str);
    // What PostgreSQL has built in is in pg_catalog alone.
    let builtin = parts.len() == 1 || (parts.len() == 2 && parts[0] == "pg_catalog");
    Ok(match of {
        SqlType::Regclass => names::find_class(scope, text),
        SqlType::Regtype => type_names::oid(text).map(i64::from),
        SqlType::Regrole => scope.snapshot.role_named(last).map(|r| r.id.0.into()),
        SqlType::Regnamespace => scope.snapshot.schema_named(last).map(|s| s.id.0.into()),
        SqlType::Regcollation => COLLATIONS.iter().find(|c| c.1 == last).map(|c| c.0.into()),
        SqlType::Regproc if builtin => one(text, "function", procs_named(last).map(|p| p.oid))?,
        SqlType::Regoper => {
            let found = facts::operators().iter().filter(|o| o.name == bare(text));
            one(text, "operator", found.map(|o| o.oid))?
        }
        SqlType::Regprocedure => {
            let Some((name, arguments)) = signature(text) else { return Ok(None) };
            procs_named(bare(name)).find(|p| p.arguments == arguments).map(|p| p.oid.into())
        }
        SqlType::Regoperator => {
            let Some((name, arguments)) = signature(text) else { return Ok(None) };
            let of_types = |o: &&Operator| [o.left, o.right] == arguments[..];
            let mut named = facts::operators().iter().filter(|o| o.name == bare(name));
            named.find(of_types).map(|o| o.oid.into())
        }
        _ => None,
    })
}

/// A relation may be named with its database, if that is the one the session is in.
fn relation_parts(scope: &Scope, text: &str) -> Result<Vec<String>> {
    let parts = names::split(text)?;
    match parts.as_slice() {
        [database, ..] if parts.len() == 3 && **database != *scope.database => {
            let message =
                format!("cross-database references are not implemented: \"{}\"", parts.join("."));
            Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message))
        }
        all if all.len() > 3 => {
            let message =
                format!("improper relation name (too many dotted names): {}", parts.join("."));
            Err(Error::syntax(message))
        }
        _ => Ok(parts),
    }
}

/// Oid and name of the collations there are.
const COLLATIONS: &[(u32, &str)] =
    &[(100, "default"), (950, "C"), (951, "POSIX"), (12_340, "ucs_basic")];

fn procs_named(name: &str) -> impl Iterator<Item = &'static Proc> + use<'_> {
    facts::procs().iter().filter(move |p| p.name == name)
}

fn bare(name: &str) -> &str {
    let name = name.trim();
    name.strip_prefix("pg_catalog.").unwrap_or(name)
}

/// The only one of the name.
fn one(text: &str, what: &str, mut found: impl Iterator<Item = u32>) -> Result<Option<i64>> {
    let first = found.next();
    match found.next() {
        Some(_) => Err(Error::new(
            SqlState::AMBIGUOUS_FUNCTION,
            match what {
                "operator" => format!("more than one operator named {text}"),
                _ => format!("more than one {what} named \"{text}\""),
            },
        )),
        None => Ok(first.map(i64::from)),
    }
}

/// `name(type, type)`, with NONE for what a prefix operator lacks.
fn signature(text: &str) -> Option<(&str, Vec<u32>)> {
    let (name, rest) = text.split_once('(')?;
    let inside = rest.trim_end().strip_suffix(')')?;
    if inside.trim().is_empty() {
        return Some((name, Vec::new()));
    }
    let types = inside.split(',').map(|t| match t.trim() {
        none if none.eq_ignore_ascii_case("none") => Some(0),
        named => type_names::oid(named),
    });
    Some((name, types.collect::<Option<_>>()?))
}

fn nothing(scope: &Scope, of: &SqlType, text: &str) -> Error {
    let undefined = |state, what: &str| Error::new(state, format!("{what} does not exist"));
    match of {
        SqlType::Regclass => match names::parts(text).as_slice() {
            [schema, _] | [_, schema, _] if scope.snapshot.schema_named(schema).is_none() => {
                Error::undefined_schema(schema)
            }
            parts => Error::undefined_table(parts.join(".")),
        },
        SqlType::Regrole => Error::undefined_role(names::parts(text).concat()),
        SqlType::Regnamespace => Error::undefined_schema(names::parts(text).concat()),
        SqlType::Regproc | SqlType::Regprocedure => {
            undefined(SqlState::UNDEFINED_FUNCTION, &format!("function \"{text}\""))
        }
        SqlType::Regoper | SqlType::Regoperator => {
            let message = format!("operator does not exist: {text}");
            Error::new(SqlState::UNDEFINED_FUNCTION, message)
        }
        SqlType::Regcollation => undefined(
            SqlState::UNDEFINED_OBJECT,
            &format!("collation \"{text}\" for encoding \"UTF8\""),
        ),
        SqlType::Regconfig => {
            undefined(SqlState::UNDEFINED_OBJECT, &format!("text search configuration \"{text}\""))
        }
        SqlType::Regdictionary => {
            undefined(SqlState::UNDEFINED_OBJECT, &format!("text search dictionary \"{text}\""))
        }
        _ => undefined(SqlState::UNDEFINED_OBJECT, &format!("type \"{text}\"")),
    }
}

/// What an OID of this type is called; the number where there is nothing of it, a hyphen for none.
pub(super) fn name_of(scope: &Scope, of: &SqlType, oid: i64) -> String {
    let named = u32::try_from(oid).ok().filter(|oid| *oid != 0).and_then(|oid| match of {
        SqlType::Regclass => class_name(scope, oid),
        SqlType::Regtype => type_name(oid),
        SqlType::Regrole => scope.snapshot.role(RoleId(oid)).map(|r| quote_ident(&r.name)),
        SqlType::Regnamespace => scope.snapshot.schema(SchemaId(oid)).map(|s| quote_ident(&s.name)),
        SqlType::Regcollation => COLLATIONS.iter().find(|c| c.0 == oid).map(|c| quote_ident(c.1)),
        SqlType::Regproc => facts::proc(oid).map(|p| match p.is_alone() {
            true => quote_ident(p.name),
            // As PostgreSQL: a name alone would not find it again.
            false => format!("pg_catalog.{}", quote_ident(p.name)),
        }),
        SqlType::Regprocedure => facts::proc(oid)
            .map(|p| format!("{}({})", quote_ident(p.name), type_list(&p.arguments))),
        SqlType::Regoper => facts::operator(oid).map(|o| {
            let others = facts::operators().iter().filter(|other| other.name == o.name).count();
            if others == 1 { o.name.to_owned() } else { format!("pg_catalog.{}", o.name) }
        }),
        SqlType::Regoperator => facts::operator(oid).map(|o| {
            let side = |oid: u32| if oid == 0 { "NONE".into() } else { shown_type(oid) };
            format!("{}({},{})", o.name, side(o.left), side(o.right))
        }),
        _ => None,
    });
    named.unwrap_or_else(|| if oid == 0 { "-".to_owned() } else { oid.to_string() })
}

fn shown_type(oid: u32) -> String {
    type_name(oid).unwrap_or_else(|| oid.to_string())
}

fn type_list(types: &[u32]) -> String {
    types.iter().map(|oid| shown_type(*oid)).collect::<Vec<_>>().join(",")
}

/// As a query would write it: with its schema where the path does not find it.
fn class_name(scope: &Scope, oid: u32) -> Option<String> {
    if let Some(name) = names::class_name(scope, RelationId(oid)) {
        return Some(name);
    }
    let (schema, name) = match tables::by_oid(oid) {
        Some(table) => (table.schema(), table.name()),
        None => {
            let view = crate::system::views::views().find(|v| v.oid() == oid)?;
            (view.schema(), view.name())
        }
    };
    let bare = schema == "pg_catalog" || scope.search_path.iter().any(|s| s == schema);
    Some(if bare { quote_ident(name) } else { format!("{schema}.{}", quote_ident(name)) })
}

/// `__regclass`, `__regclass_out` or `__regclass_shown` by name.
pub(super) fn scalar(name: &str, scope: &Arc<Scope>) -> Option<Arc<ScalarUDF>> {
    let rest = name.strip_prefix("__reg")?;
    let (of, way) = match rest.split_once('_') {
        None => (rest, Way::In),
        Some((of, "out")) => (of, Way::Name),
        Some((of, "shown")) => (of, Way::Shown),
        Some(_) => return None,
    };
    let of = SqlType::from_name(&format!("reg{of}")).filter(SqlType::is_registered)?;
    let signature = Signature::any(1, Volatility::Stable);
    let function =
        Registered { name: name.to_owned(), of, way, scope: Arc::clone(scope), signature };
    Some(Arc::new(ScalarUDF::from(function)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Name,
    Shown,
}

struct Registered {
    name: String,
    of: SqlType,
    way: Way,
    scope: Arc<Scope>,
    signature: Signature,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Registered {
    fn eq(&self, other: &Registered) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.scope, &other.scope)
    }
}

impl Eq for Registered {}

impl Hash for Registered {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

fn pair() -> Fields {
    Fields::from(vec![
        Field::new("oid", DataType::Int64, true),
        Field::new("name", DataType::Utf8View, true),
    ])
}

impl Registered {
    fn output(&self, input: &DataType) -> Field {
        let tagged = |field: Field, of: &SqlType| {
            field.with_metadata(HashMap::from([(TYPE_KEY.to_owned(), of.to_string())]))
        };
        match (self.way, input) {
            (Way::In, _) => Field::clone(&self.of.field("", true)),
            (Way::Name, DataType::List(_)) => {
                let item = Field::new("item", DataType::Utf8View, true);
                Field::new("", DataType::List(Arc::new(item)), true)
            }
            (Way::Name, _) => Field::new("", DataType::Utf8View, true),
            (Way::Shown, DataType::List(_)) => {
                let item = tagged(Field::new("item", DataType::Struct(pair()), true), &self.of);
                let list = Field::new("", DataType::List(Arc::new(item)), true);
                tagged(list, &SqlType::array(self.of.clone()))
            }
            (Way::Shown, _) => tagged(Field::new("", DataType::Struct(pair()), true), &self.of),
        }
    }

    fn names(&self, oids: &ArrayRef) -> DfResult<ArrayRef> {
        let oids = cast(oids, &DataType::Int64)?;
        let mut known: HashMap<i64, String> = HashMap::new();
        let mut names = StringViewBuilder::with_capacity(oids.len());
        for oid in oids.as_primitive::<Int64Type>() {
            let Some(oid) = oid else {
                names.append_null();
                continue;
            };
            let name = known.entry(oid).or_insert_with(|| name_of(&self.scope, &self.of, oid));
            names.append_value(&*name);
        }
        Ok(Arc::new(names.finish()))
    }

    fn pairs(&self, oids: &ArrayRef) -> DfResult<ArrayRef> {
        let names = self.names(oids)?;
        let oids = cast(oids, &DataType::Int64)?;
        let nulls = oids.nulls().cloned();
        Ok(Arc::new(StructArray::try_new(pair(), vec![oids, names], nulls)?))
    }

    fn read(&self, values: &ArrayRef) -> DfResult<ArrayRef> {
        let oids = (0..values.len()).map(|row| {
            let read = match super::value(values, row)? {
                Value::Null => Value::Null,
                value => read(&self.scope, &self.of, &value, true).map_err(super::external)?,
            };
            Ok(ScalarValue::Int64(read.int()))
        });
        ScalarValue::iter_to_array(oids.collect::<DfResult<Vec<_>>>()?)
    }

    fn all(&self, values: &ArrayRef) -> DfResult<ArrayRef> {
        if values.is_empty() {
            return Ok(arrow::array::new_empty_array(self.output(values.data_type()).data_type()));
        }
        match (self.way, values.data_type()) {
            (Way::In, _) => self.read(values),
            (Way::Name | Way::Shown, DataType::List(_)) => {
                let list = values.as_list::<i32>();
                let DataType::List(item) = self.output(values.data_type()).data_type().clone()
                else {
                    return self.pairs(values);
                };
                let items = match self.way {
                    Way::Name => self.names(list.values())?,
                    _ => self.pairs(list.values())?,
                };
                let nulls = list.nulls().cloned();
                Ok(Arc::new(ListArray::try_new(item, list.offsets().clone(), items, nulls)?))
            }
            (Way::Name, _) => self.names(values),
            (Way::Shown, _) => self.pairs(values),
        }
    }
}

impl ScalarUDFImpl for Registered {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        Ok(self.output(&types[0]).data_type().clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> DfResult<FieldRef> {
        Ok(Arc::new(self.output(args.arg_fields[0].data_type()).with_name(&self.name)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        match &args.args[0] {
            ColumnarValue::Scalar(value) => {
                let one = self.all(&value.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&one, 0)?))
            }
            ColumnarValue::Array(values) => Ok(ColumnarValue::Array(self.all(values)?)),
        }
    }
}
