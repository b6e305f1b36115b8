//! `aclexplode`: each privilege of a list of grants as a row of its own.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::external;
use crate::catalog::name::PUBLIC;
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::system::cells::{self, Cell};
use crate::system::scope::Scope;

/// The function that gives the rows as one list.
const LIST: &str = "__acl_items";

pub(super) fn is_known(name: &str) -> bool {
    name == "aclexplode"
}

pub(super) fn scalar(name: &str, scope: &Arc<Scope>) -> Option<Arc<ScalarUDF>> {
    let items =
        || Items { scope: Arc::clone(scope), signature: Signature::any(1, Volatility::Stable) };
    (name == LIST).then(|| Arc::new(ScalarUDF::from(items())))
}

const COLUMNS: [(&str, SqlType); 4] = [
    ("grantor", SqlType::Oid),
    ("grantee", SqlType::Oid),
    ("privilege_type", SqlType::Text),
    ("is_grantable", SqlType::Bool),
];

fn fields() -> Fields {
    COLUMNS.iter().map(|(name, of)| of.field(name, true)).collect()
}

fn item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Struct(fields()), true))
}

struct Items {
    scope: Arc<Scope>,
    signature: Signature,
}

impl std::fmt::Debug for Items {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(LIST)
    }
}

impl PartialEq for Items {
    fn eq(&self, other: &Items) -> bool {
        Arc::ptr_eq(&self.scope, &other.scope)
    }
}

impl Eq for Items {}

impl std::hash::Hash for Items {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        LIST.hash(state);
    }
}

impl ScalarUDFImpl for Items {
    fn name(&self) -> &str {
        LIST
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::List(item()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let scalar = matches!(args.args[0], ColumnarValue::Scalar(_));
        let rows = if scalar { 1 } else { args.number_rows };
        let lists = self.lists(&args.args[0].to_array(rows)?)?;
        Ok(match scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&lists, 0)?),
            false => ColumnarValue::Array(Arc::new(lists)),
        })
    }
}

impl Items {
    fn lists(&self, given: &ArrayRef) -> DfResult<ListArray> {
        let (mut rows, mut lengths) = (Vec::new(), Vec::new());
        for at in 0..given.len() {
            let before = rows.len();
            for text in texts(given, at)? {
                exploded(&self.scope, &text, &mut rows).map_err(external)?;
            }
            lengths.push(rows.len() - before);
        }
        let schema: SchemaRef = Arc::new(Schema::new(fields()));
        let types = COLUMNS.map(|(_, of)| of);
        let batch = cells::batch(&schema, &types, &rows).map_err(external)?;
        let values =
            StructArray::try_new_with_length(fields(), batch.columns().to_vec(), None, rows.len())?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(ListArray::try_new(item(), offsets, Arc::new(values), None)?)
    }
}

/// The grants in one value: an array of them, or the text of one.
fn texts(given: &ArrayRef, row: usize) -> DfResult<Vec<String>> {
    if given.is_null(row) {
        return Ok(Vec::new());
    }
    match given.data_type() {
        DataType::List(_) => {
            let items = cast(&given.as_list::<i32>().value(row), &DataType::Utf8)?;
            Ok(items.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
        }
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => {
            let text = cast(&given.slice(row, 1), &DataType::Utf8)?;
            let text = text.as_string::<i32>().value(0);
            let inside = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
            let Some(inside) = inside else {
                let message = format!("malformed array literal: \"{text}\"");
                return Err(external(Error::new(crate::error::SqlState::INVALID_TEXT, message)));
            };
            Ok(inside.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect())
        }
        _ => Err(external(crate::functions::undefined("aclexplode", &[]))),
    }
}

/// Each privilege of `grantee=letters/grantor` a row.
fn exploded(scope: &Scope, item: &str, rows: &mut Vec<Vec<Cell>>) -> Result<()> {
    let oid = |name: &str| -> Cell {
        let name = name.trim_matches('"').replace("\"\"", "\"");
        match name.is_empty() {
            true => PUBLIC.0.into(),
            false => scope.snapshot.role_named(&name).map_or(PUBLIC.0, |role| role.id.0).into(),
        }
    };
    let parts = item.rsplit_once('/').and_then(|(rest, grantor)| {
        rest.rsplit_once('=').map(|(grantee, letters)| (grantee, letters, grantor))
    });
    let Some((grantee, letters, grantor)) = parts else {
        return Err(Error::invalid_parameter(format!("invalid aclitem: \"{item}\"")));
    };
    let letters: Vec<char> = letters.chars().collect();
    for (i, letter) in letters.iter().enumerate().filter(|(_, letter)| **letter != '*') {
        let word = LETTERS.iter().find(|(known, _)| known == letter).map(|(_, word)| *word);
        let grantable = letters.get(i + 1) == Some(&'*');
        rows.push(vec![oid(grantor), oid(grantee), word.into(), grantable.into()]);
    }
    Ok(())
}

const LETTERS: &[(char, &str)] = &[
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];
