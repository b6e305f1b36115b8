//! `json_to_record(…) AS x(a int, b text)` and its like: columns that a definition list reads out of documents.

use super::syntax::call;
use super::tables::{self, Called, constant, item, select};
use crate::catalog::types::SqlType;
use crate::error::{Error, Result};
use crate::parser::ast::{self, Expr, Ident, SetExpr, TableAlias, TableFactor};
use crate::parser::folded;

/// The query that reads the columns; None for any other function.
pub(super) fn derived(called: &Called) -> Result<Option<TableFactor>> {
    let [function] = called.functions.as_slice() else { return Ok(None) };
    let name = folded(&function.name);
    let list = match name.as_str() {
        "json_to_record" | "jsonb_to_record" => None,
        "json_to_recordset" => Some("__json_elements"),
        "jsonb_to_recordset" => Some("__jsonb_elements"),
        _ => return Ok(None),
    };
    let columns = called.alias.as_ref().map(|alias| alias.columns.as_slice()).unwrap_or_default();
    if columns.is_empty() || columns.iter().any(|column| column.data_type.is_none()) {
        let message = "a column definition list is required for functions returning \"record\"";
        return Err(Error::syntax(message));
    }
    let ([document], Some(alias)) = (function.args.as_slice(), &called.alias) else {
        return Err(crate::functions::undefined(&name, &[]));
    };
    let source = match list {
        Some(list) => call("unnest", vec![call(list, vec![document.clone()])]),
        None => document.clone(),
    };
    let typed = if name.starts_with("jsonb") { "__as_jsonb" } else { "__as_json" };
    let place = Ident::with_quote('"', "__document");
    let inner = select(vec![item(call(typed, vec![source]), place.clone())]);
    let read = columns.iter().filter_map(|column| {
        let data_type = column.data_type.clone()?;
        let json = matches!(data_type, ast::DataType::JSON | ast::DataType::JSONB);
        let key = Expr::Value(ast::Value::SingleQuotedString(folded(&column.name)).into());
        let array = matches!(super::sql_type(&data_type), Ok(SqlType::Array(_)));
        let get = if json || array { "__json_get" } else { "__json_get_text" };
        let value = call(get, vec![Expr::Identifier(place.clone()), key]);
        let value = if array { call("__json_items", vec![value]) } else { value };
        let kind = ast::CastKind::DoubleColon;
        let expr = Box::new(value);
        let value = Expr::Cast { kind, expr, data_type, array: false, format: None };
        Some(item(value, column.name.clone()))
    });
    let mut outer = select(read.collect());
    if let SetExpr::Select(select) = &mut *outer.body {
        select.from = vec![tables::derived("__documents", inner)];
    }
    Ok(Some(TableFactor::Derived {
        lateral: !constant(document),
        subquery: Box::new(outer),
        alias: Some(TableAlias { columns: Vec::new(), ..alias.clone() }),
        sample: None,
    }))
}
