//! Statements on schemas, tables, foreign tables and views.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::ast;
use super::classify::query;
use super::reader::Reader;
use super::statement::{
    Alter, AlterAction, ColumnSpec, CreateForeign, CreateSchema, CreateView, Drop, Ident, Kind,
    Name, ObjectKind, Setting, Target,
};
use super::tables::{self, column_list};
use crate::error::{Error, Result};

/// `TABLE`, `FOREIGN TABLE`, `VIEW` or `SCHEMA`, if one of them comes next.
pub(super) fn object_kind(reader: &mut Reader) -> Option<ObjectKind> {
    [
        (&["TABLE"][..], ObjectKind::Table),
        (&["FOREIGN", "TABLE"], ObjectKind::Foreign),
        (&["EXTERNAL", "TABLE"], ObjectKind::Foreign),
        (&["VIEW"], ObjectKind::View),
        (&["SCHEMA"], ObjectKind::Schema),
        (&["INDEX"], ObjectKind::Index),
    ]
    .into_iter()
    .find(|(words, _)| reader.take(words))
    .map(|(_, kind)| kind)
}

pub(super) fn create_schema(reader: &mut Reader) -> Result<Kind> {
    let if_not_exists = reader.if_not_exists();
    let mut owner = None;
    let name = match reader.word("AUTHORIZATION") {
        // CREATE SCHEMA AUTHORIZATION role: the schema takes the role's name.
        true => {
            let name = reader.ident()?;
            owner = Some(super::statement::RoleRef::Named(name.clone()));
            name
        }
        false => reader.ident()?,
    };
    if owner.is_none() && reader.word("AUTHORIZATION") {
        owner = Some(reader.role()?);
    }
    let options = with_options(reader)?;
    if !reader.at_end() {
        return match reader.next_word().as_deref() {
            Some("CREATE" | "GRANT") => Err(Error::unsupported("elements in CREATE SCHEMA")),
            _ => Err(reader.unexpected()),
        };
    }
    Ok(Kind::CreateSchema(CreateSchema { name, if_not_exists, owner, options }))
}

pub(super) fn create_view(reader: &mut Reader, or_replace: bool, temporary: bool) -> Result<Kind> {
    let name = reader.name()?;
    let names = match reader.parser.peek_token_ref().token {
        Token::LParen => reader.parenthesized(Reader::ident)?,
        _ => Vec::new(),
    };
    let options = with_options(reader)?;
    reader.expect(&["AS"])?;
    let start = reader.position().unwrap_or(1);
    let query = query(reader)?;
    let end = match reader.at_end() {
        true if reader.parser.peek_token_ref().token == Token::EOF => usize::MAX,
        _ => reader.position().unwrap_or(usize::MAX),
    };
    let text: String =
        reader.source.chars().skip(start - 1).take(end.saturating_sub(start)).collect();
    if reader.sees(&["WITH"]) {
        return Err(Error::unsupported("WITH CHECK OPTION"));
    }
    let text = text.trim_end().to_owned();
    Ok(Kind::CreateView(CreateView { name, or_replace, temporary, names, query, text, options }))
}

/// `CREATE FOREIGN TABLE name (columns) SERVER server OPTIONS (name 'value', …)`
pub(super) fn create_foreign(reader: &mut Reader) -> Result<Kind> {
    let if_not_exists = reader.if_not_exists();
    let name = reader.name()?;
    let columns = foreign_columns(reader)?;
    reader.expect(&["SERVER"])?;
    let server = Some(reader.ident()?);
    let options = match reader.word("OPTIONS") {
        true => reader.parenthesized(|r| {
            let Ident { name, position } = r.ident()?;
            Ok(Setting { name, values: vec![r.string()?], position })
        })?,
        false => Vec::new(),
    };
    let partition_by = Vec::new();
    let foreign = CreateForeign { name, if_not_exists, columns, server, options, partition_by };
    Ok(Kind::CreateForeign(foreign))
}

fn foreign_columns(reader: &mut Reader) -> Result<Vec<ColumnSpec>> {
    if reader.parser.peek_token_ref().token != Token::LParen {
        return Ok(Vec::new());
    }
    let list = column_list(reader)?;
    match () {
        () if !list.checks.is_empty() => Err(Error::unsupported("CHECK on a foreign table")),
        () if !list.keys.is_empty() => {
            // PostgreSQL has no keys on them either.
            Err(Error::unsupported("a key of a foreign table"))
        }
        () if !list.likes.is_empty() => Err(Error::unsupported("LIKE for a foreign table")),
        () if list.columns.iter().any(|c| c.default.is_some()) => {
            Err(Error::unsupported("DEFAULT on a foreign table"))
        }
        () => Ok(list.columns),
    }
}

/// `CREATE EXTERNAL TABLE name (columns) PARTITIONED BY (…) STORED AS format LOCATION '…'`, as Hive and Athena
/// have it; the clauses in any order.
pub(super) fn create_external(reader: &mut Reader) -> Result<Kind> {
    let if_not_exists = reader.if_not_exists();
    let name = reader.name()?;
    let columns = foreign_columns(reader)?;
    let (mut options, mut partition_by) = (Vec::new(), Vec::new());
    let mut put = |name: &str, value: String, position| {
        options.push(Setting { name: name.to_owned(), values: vec![value], position });
    };
    while !reader.at_end() {
        let position = reader.position();
        match () {
            () if reader.take(&["STORED", "AS"]) => {
                put("format", reader.ident()?.name, position);
            }
            () if reader.word("LOCATION") => put("location", reader.string()?, position),
            () if reader.take(&["PARTITIONED", "BY"]) => {
                partition_by = reader.parenthesized(partition_column)?;
            }
            () if reader.take(&["ROW", "FORMAT", "DELIMITED"]) => {
                if reader.take(&["FIELDS", "TERMINATED", "BY"]) {
                    put("delimiter", reader.string()?, position);
                }
            }
            () if reader.word("TBLPROPERTIES") || reader.word("OPTIONS") => {
                for (key, value) in reader.parenthesized(property)? {
                    put(&key, value, position);
                }
            }
            () => return Err(reader.unexpected()),
        }
    }
    let server = None;
    let foreign = CreateForeign { name, if_not_exists, columns, server, options, partition_by };
    Ok(Kind::CreateForeign(foreign))
}

fn partition_column(reader: &mut Reader) -> Result<ColumnSpec> {
    let name = reader.ident()?;
    let data_type = match reader.parser.peek_token_ref().token {
        Token::Comma | Token::RParen => ast::DataType::Text,
        _ => reader.parse(|p| p.parse_data_type())?,
    };
    Ok(ColumnSpec { name, data_type, nullable: true, default: None })
}

/// `'skip.header.line.count' = '1'` or `header 'true'`.
fn property(reader: &mut Reader) -> Result<(String, String)> {
    let key = reader.scalar()?;
    reader.token(&Token::Eq);
    let value = reader.scalar()?;
    match key.as_str() {
        "skip.header.line.count" => Ok(("header".into(), (value != "0").to_string())),
        _ => Ok((key, value)),
    }
}

/// `WITH (name = value, …)`; a value may be a list: `ARRAY['a', 'b']` or `('a', 'b')`.
pub(super) fn with_options(reader: &mut Reader) -> Result<Vec<Setting>> {
    if reader.take(&["WITHOUT", "OIDS"]) || !reader.sees(&["WITH"]) {
        return Ok(Vec::new());
    }
    reader.expect(&["WITH"])?;
    option_list(reader)
}

/// `(name = value, …)`; a name alone means true.
fn option_list(reader: &mut Reader) -> Result<Vec<Setting>> {
    reader.parenthesized(|r| {
        let Ident { name, position } = r.ident()?;
        let values = match () {
            () if !r.token(&Token::Eq) => match r.parser.peek_token_ref().token {
                Token::Comma | Token::RParen => vec!["true".to_owned()],
                _ => return Err(r.unexpected()),
            },
            () if r.word("ARRAY") => {
                r.expect_token(&Token::LBracket)?;
                let values = r.list(Reader::scalar)?;
                r.expect_token(&Token::RBracket)?;
                values
            }
            () if r.parser.peek_token_ref().token == Token::LParen => {
                r.parenthesized(Reader::scalar)?
            }
            () => vec![r.scalar()?],
        };
        Ok(Setting { name, values, position })
    })
}

pub(super) fn alter(reader: &mut Reader, kind: ObjectKind) -> Result<Kind> {
    let if_exists = kind != ObjectKind::Schema && reader.if_exists();
    reader.word("ONLY");
    let name = match kind {
        ObjectKind::Schema => schema_name(reader)?,
        _ => reader.name()?,
    };
    reader.token(&Token::Mul);
    let action = match () {
        () if reader.take(&["RENAME", "TO"]) => AlterAction::Rename(reader.ident()?.name),
        () if kind != ObjectKind::Schema && renames_column(reader) => {
            let from = reader.ident()?;
            reader.expect(&["TO"])?;
            AlterAction::RenameColumn { from, to: reader.ident()?.name }
        }
        () if reader.take(&["OWNER", "TO"]) => AlterAction::Owner(reader.role()?),
        () if kind != ObjectKind::Schema && reader.take(&["SET", "SCHEMA"]) => {
            AlterAction::SetSchema(reader.ident()?)
        }
        () if kind == ObjectKind::View && reader.sees(&["SET"]) => {
            reader.expect(&["SET"])?;
            AlterAction::SetOptions(option_list(reader)?)
        }
        () if kind == ObjectKind::View && reader.sees(&["RESET"]) => {
            reader.expect(&["RESET"])?;
            let bare = |Ident { name, position }| Setting { name, values: Vec::new(), position };
            let names = reader.parenthesized(Reader::ident)?;
            AlterAction::SetOptions(names.into_iter().map(bare).collect())
        }
        () => match super::protection::row_security(reader) {
            Some(setting) => AlterAction::RowSecurity(setting),
            None if kind == ObjectKind::Table => match tables::actions(reader, &name)? {
                Some(action) => action,
                None => return Err(refuse_action(reader, kind)),
            },
            None => return Err(refuse_action(reader, kind)),
        },
    };
    Ok(Kind::Alter(Alter { kind, name, if_exists, action }))
}

/// RENAME COLUMN a TO b; COLUMN may be left out.
fn renames_column(reader: &mut Reader) -> bool {
    if reader.sees(&["RENAME", "CONSTRAINT"]) {
        return false;
    }
    reader.take(&["RENAME", "COLUMN"]) || reader.take(&["RENAME"])
}

fn refuse_action(reader: &Reader, kind: ObjectKind) -> Error {
    let known = [
        "ADD", "ALTER", "ATTACH", "CLUSTER", "DETACH", "DISABLE", "DROP", "ENABLE", "FORCE",
        "INHERIT", "NO", "NOT", "OF", "OPTIONS", "RENAME", "REPLICA", "RESET", "SET", "VALIDATE",
    ];
    match reader.next_word() {
        Some(word) if known.contains(&word.as_str()) => {
            Error::unsupported(format!("ALTER {} … {word}", kind.name().to_uppercase()))
        }
        _ => reader.unexpected(),
    }
}

fn schema_name(reader: &mut Reader) -> Result<Name> {
    let Ident { name, position } = reader.ident()?;
    Ok(Name { schema: None, name, position })
}

pub(super) fn drop(reader: &mut Reader, kind: ObjectKind) -> Result<Kind> {
    if kind == ObjectKind::Index {
        reader.word("CONCURRENTLY");
    }
    let if_exists = reader.if_exists();
    let names = reader.list(|r| match kind {
        ObjectKind::Schema => schema_name(r),
        _ => r.name(),
    })?;
    Ok(Kind::Drop(Drop { kind, names, if_exists, cascade: reader.cascade() }))
}

pub(super) fn truncate(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["TRUNCATE"])?;
    reader.word("TABLE");
    reader.word("ONLY");
    let tables = reader.list(Reader::name)?;
    if reader.sees(&["RESTART"]) {
        return Err(Error::unsupported("RESTART IDENTITY"));
    }
    reader.take(&["CONTINUE", "IDENTITY"]);
    // Nothing can depend on a table's rows here, so CASCADE has nothing more to do.
    reader.cascade();
    Ok(Kind::Truncate { tables })
}

pub(super) fn comment(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["COMMENT", "ON"])?;
    let on = match () {
        () if reader.word("COLUMN") => column_target(reader)?,
        () if reader.word("ROLE") => named(ObjectKind::Role, schema_name(reader)?),
        () if reader.word("DATABASE") => named(ObjectKind::Database, schema_name(reader)?),
        () => match object_kind(reader) {
            Some(ObjectKind::Schema) => named(ObjectKind::Schema, schema_name(reader)?),
            Some(ObjectKind::Index) => return Err(Error::unsupported("COMMENT ON INDEX")),
            Some(kind) => named(kind, reader.name()?),
            None => {
                return Err(match reader.next_word() {
                    Some(word) => Error::unsupported(format!("COMMENT ON {word}")),
                    None => reader.unexpected(),
                });
            }
        },
    };
    reader.expect(&["IS"])?;
    let text = if reader.word("NULL") { None } else { Some(reader.string()?) };
    Ok(Kind::Comment { on, text: text.filter(|t| !t.is_empty()) })
}

/// What a label can stand on: a table, foreign table, view or column.
pub(super) fn label_target(reader: &mut Reader) -> Result<Target> {
    if reader.word("COLUMN") {
        return column_target(reader);
    }
    match object_kind(reader) {
        Some(kind @ (ObjectKind::Schema | ObjectKind::Index)) => {
            Err(Error::unsupported(format!("SECURITY LABEL ON {}", kind.name().to_uppercase())))
        }
        Some(kind) => Ok(named(kind, reader.name()?)),
        None => Err(match reader.next_word() {
            Some(word) => Error::unsupported(format!("SECURITY LABEL ON {word}")),
            None => reader.unexpected(),
        }),
    }
}

fn named(kind: ObjectKind, name: Name) -> Target {
    Target { kind, name, column: None }
}

/// `table.column` or `schema.table.column`.
fn column_target(reader: &mut Reader) -> Result<Target> {
    let mut parts = vec![reader.ident()?];
    while reader.token(&Token::Period) {
        parts.push(reader.ident()?);
    }
    let (Some(column), Some(table)) = (parts.pop(), parts.pop()) else {
        return Err(Error::syntax("column name must be qualified").at(reader.position()));
    };
    let schema = parts.pop();
    let position = schema.as_ref().map_or(table.position, |s| s.position);
    let name = Name { schema: schema.map(|s| s.name), name: table.name, position };
    Ok(Target { kind: ObjectKind::Column, name, column: Some(column) })
}
