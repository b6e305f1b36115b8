//! CREATE TABLE in all its forms, and the actions of ALTER TABLE on columns and constraints.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::ast;
use super::classify::query;
use super::reader::{Reader, fold_ident};
use super::relations::with_options;
use super::statement::{
    AlterAction, CheckSpec, ColumnSpec, CreateTable, Ident, KeyKind, KeySpec, Kind, Like, Name,
    OnCommit, ReferentialAction, TableAction,
};
use crate::error::{Error, Result};

pub(super) fn create_table(reader: &mut Reader, temporary: bool) -> Result<Kind> {
    let if_not_exists = reader.if_not_exists();
    let name = reader.name()?;
    if reader.sees(&["PARTITION", "OF"]) {
        return Err(Error::unsupported("PARTITION OF"));
    }
    if reader.sees(&["OF"]) {
        return Err(Error::unsupported("CREATE TABLE … OF"));
    }
    let names = bare_names(reader)?;
    let list = match reader.parser.peek_token_ref().token {
        Token::LParen if names.is_empty() => Some(column_list(reader)?),
        _ => None,
    };
    if reader.sees(&["INHERITS"]) {
        return Err(Error::unsupported("INHERITS"));
    }
    if reader.sees(&["PARTITION", "BY"]) {
        return Err(Error::unsupported("PARTITION BY")
            .hint("Name the partition columns in WITH (partition_by = 'column')."));
    }
    if reader.word("USING") {
        access_method(reader)?;
    }
    let options = with_options(reader)?;
    let on_commit = on_commit(reader)?;
    if reader.word("TABLESPACE") {
        tablespace(reader)?;
    }
    let mut create = CreateTable {
        name,
        temporary,
        on_commit,
        if_not_exists,
        options,
        names,
        with_data: true,
        ..CreateTable::default()
    };
    let lists_nothing = list.is_none();
    if let Some(list) = list {
        if reader.sees(&["AS"]) {
            return Err(reader.unexpected());
        }
        create.columns = list.columns;
        create.checks = list.checks;
        create.keys = list.keys;
        create.likes = list.likes;
    }
    if lists_nothing {
        reader.expect(&["AS"])?;
        match reader.word("EXECUTE") {
            true => create.execute = Some(executed(reader)?),
            false => create.query = Some(query(reader)?),
        }
        create.with_data = with_data(reader)?;
    }
    Ok(Kind::CreateTable(create))
}

/// `name (arguments)` behind EXECUTE.
fn executed(reader: &mut Reader) -> Result<(String, Vec<ast::Expr>)> {
    let name = reader.ident()?.name;
    let arguments = match reader.parser.peek_token_ref().token {
        Token::LParen => reader.parenthesized(|r| r.parse(|p| p.parse_expr()))?,
        _ => Vec::new(),
    };
    Ok((name, arguments))
}

/// There is one way to keep rows; that PostgreSQL's usual one is asked for by name is no reason to refuse.
fn access_method(reader: &mut Reader) -> Result<()> {
    match reader.ident()?.name.as_str() {
        "heap" | "delta" => Ok(()),
        other => Err(Error::unsupported(format!("the table access method \"{other}\""))),
    }
}

fn tablespace(reader: &mut Reader) -> Result<()> {
    match reader.ident()?.name.as_str() {
        "pg_default" => Ok(()),
        _ => Err(Error::unsupported("TABLESPACE in CREATE TABLE")),
    }
}

fn on_commit(reader: &mut Reader) -> Result<Option<OnCommit>> {
    if !reader.take(&["ON", "COMMIT"]) {
        return Ok(None);
    }
    Ok(Some(match () {
        () if reader.take(&["PRESERVE", "ROWS"]) => OnCommit::PreserveRows,
        () if reader.take(&["DELETE", "ROWS"]) => OnCommit::DeleteRows,
        () if reader.word("DROP") => OnCommit::Drop,
        () => return Err(reader.unexpected()),
    }))
}

fn with_data(reader: &mut Reader) -> Result<bool> {
    if reader.take(&["WITH", "NO", "DATA"]) {
        return Ok(false);
    }
    reader.take(&["WITH", "DATA"]);
    Ok(true)
}

/// `SELECT … INTO [TEMP] t …` is `CREATE TABLE t AS SELECT …`; None for a query that is one.
pub(super) fn select_into(query: &mut ast::Query) -> Result<Option<CreateTable>> {
    let mut body = &mut *query.body;
    // Of several SELECTs the first may say it (`transformSetOperationStmt`).
    while let ast::SetExpr::SetOperation { left, .. } = body {
        body = left;
    }
    let ast::SetExpr::Select(select) = body else { return Ok(None) };
    let Some(into) = select.into.take() else { return Ok(None) };
    if into.unlogged {
        return Err(Error::unsupported("SELECT INTO UNLOGGED"));
    }
    let mut parts: Vec<String> =
        into.name.0.iter().filter_map(|part| part.as_ident()).map(fold_ident).collect();
    let name = parts.pop().ok_or_else(|| Error::syntax("SELECT INTO names no table"))?;
    let name = Name { schema: parts.pop(), name, position: None };
    Ok(Some(CreateTable {
        name,
        temporary: into.temporary,
        query: Some(Box::new(query.clone())),
        with_data: true,
        into: true,
        ..CreateTable::default()
    }))
}

/// `(a, b)` as in `CREATE TABLE t (a, b) AS …`; nothing is taken if it is not that.
fn bare_names(reader: &mut Reader) -> Result<Vec<Ident>> {
    let token = |n: usize| &reader.parser.peek_nth_token_ref(n).token;
    if *token(0) != Token::LParen {
        return Ok(Vec::new());
    }
    // A name and a comma or the end, again and again; a column has its type behind its name.
    let bare = (1..).step_by(2).find_map(|n| match (token(n), token(n + 1)) {
        (Token::Word(_), Token::Comma) => None,
        (Token::Word(_), Token::RParen) => Some(true),
        _ => Some(false),
    });
    if bare == Some(true) { reader.parenthesized(Reader::ident) } else { Ok(Vec::new()) }
}

/// What stands between the parentheses of CREATE TABLE.
#[derive(Default)]
pub(super) struct List {
    pub columns: Vec<ColumnSpec>,
    pub checks: Vec<CheckSpec>,
    pub keys: Vec<KeySpec>,
    pub likes: Vec<Like>,
}

pub(super) fn column_list(reader: &mut Reader) -> Result<List> {
    let mut list = List::default();
    reader.expect_token(&Token::LParen)?;
    if reader.token(&Token::RParen) {
        return Ok(list);
    }
    loop {
        if !table_constraint(reader, &mut list)? {
            match reader.word("LIKE") {
                true => {
                    let like = like(reader, list.columns.len())?;
                    list.likes.push(like);
                }
                false => {
                    let column = column(reader, &mut list)?;
                    list.columns.push(column);
                }
            }
        }
        if !reader.comma() {
            break;
        }
    }
    reader.expect_token(&Token::RParen)?;
    Ok(list)
}

/// `LIKE other INCLUDING ALL EXCLUDING INDEXES`.
fn like(reader: &mut Reader, before: usize) -> Result<Like> {
    let table = reader.name()?;
    let mut like = Like { table, before, ..Like::default() };
    loop {
        let on = match () {
            () if reader.word("INCLUDING") => true,
            () if reader.word("EXCLUDING") => false,
            () => return Ok(like),
        };
        match reader.next_word().as_deref() {
            Some("COMMENTS") => like.comments = on,
            Some("CONSTRAINTS") => like.constraints = on,
            Some("DEFAULTS") => like.defaults = on,
            Some("INDEXES") => like.indexes = on,
            // Of these a table here has none.
            Some("COMPRESSION" | "GENERATED" | "IDENTITY" | "STATISTICS" | "STORAGE") => {}
            Some("ALL") => {
                (like.comments, like.constraints) = (on, on);
                (like.defaults, like.indexes) = (on, on);
            }
            _ => return Err(reader.unexpected()),
        }
        reader.parser.advance_token();
    }
}

/// A constraint of the table, if one comes next.
fn table_constraint(reader: &mut Reader, list: &mut List) -> Result<bool> {
    let begins = ["CONSTRAINT", "CHECK", "PRIMARY", "UNIQUE", "FOREIGN", "EXCLUDE"];
    if !begins.iter().any(|word| reader.sees(&[word])) {
        return Ok(false);
    }
    // As names of columns some of these words are allowed.
    if reader.sees(&["EXCLUDE"]) {
        let behind = &reader.parser.peek_nth_token_ref(1).token;
        let constraint = *behind == Token::LParen
            || matches!(behind, Token::Word(w) if w.value.eq_ignore_ascii_case("using"));
        return if constraint { Err(Error::unsupported("EXCLUDE")) } else { Ok(false) };
    }
    let position = reader.position();
    let name = match reader.word("CONSTRAINT") {
        true => Some(reader.ident()?),
        false => None,
    };
    match () {
        () if reader.word("CHECK") => {
            let check = check(reader, name)?;
            list.checks.push(check);
        }
        () if reader.take(&["FOREIGN", "KEY"]) => {
            let columns = reader.parenthesized(Reader::ident)?;
            reader.expect(&["REFERENCES"])?;
            let key = references(reader, name, columns)?;
            list.keys.push(key);
        }
        () if reader.sees(&["EXCLUDE"]) => return Err(Error::unsupported("EXCLUDE")),
        () => {
            let kind = match () {
                () if reader.take(&["PRIMARY", "KEY"]) => KeyKind::Primary,
                () if reader.word("UNIQUE") => KeyKind::Unique,
                () => return Err(reader.unexpected()),
            };
            nulls_distinct(reader)?;
            if reader.sees(&["USING", "INDEX"]) && !reader.sees(&["USING", "INDEX", "TABLESPACE"]) {
                return Err(Error::unsupported("a constraint USING INDEX"));
            }
            let columns = reader.parenthesized(Reader::ident)?;
            let included = match reader.word("INCLUDE") {
                true => reader.parenthesized(Reader::ident)?,
                false => Vec::new(),
            };
            key_options(reader)?;
            list.keys.push(KeySpec { name, columns, included, kind, position });
        }
    }
    Ok(true)
}

fn nulls_distinct(reader: &mut Reader) -> Result<()> {
    reader.take(&["NULLS", "DISTINCT"]);
    match reader.take(&["NULLS", "NOT", "DISTINCT"]) {
        true => Err(Error::unsupported("NULLS NOT DISTINCT")),
        false => Ok(()),
    }
}

/// What may stand behind any constraint. None of it matters to a key that nothing enforces.
fn key_options(reader: &mut Reader) -> Result<()> {
    if reader.word("WITH") {
        reader.parenthesized(|r| {
            r.ident()?;
            if r.token(&Token::Eq) { r.scalar().map(drop) } else { Ok(()) }
        })?;
    }
    if reader.take(&["USING", "INDEX", "TABLESPACE"]) {
        tablespace(reader)?;
    }
    loop {
        match () {
            () if reader.sees(&["DEFERRABLE"]) || reader.sees(&["INITIALLY", "DEFERRED"]) => {
                return Err(Error::unsupported("DEFERRABLE"));
            }
            () if reader.take(&["NOT", "DEFERRABLE"])
                || reader.take(&["INITIALLY", "IMMEDIATE"])
                || reader.take(&["NOT", "ENFORCED"])
                || reader.take(&["NOT", "VALID"]) => {}
            () => return Ok(()),
        }
    }
}

fn check(reader: &mut Reader, name: Option<Ident>) -> Result<CheckSpec> {
    reader.expect_token(&Token::LParen)?;
    let expression = Box::new(reader.parse(|p| p.parse_expr())?);
    reader.expect_token(&Token::RParen)?;
    // Nothing inherits from a table here.
    reader.take(&["NO", "INHERIT"]);
    Ok(CheckSpec { name: name.map(|n| n.name), expression })
}

/// `table [(columns)] [MATCH …] [ON DELETE …] [ON UPDATE …]`, behind REFERENCES.
fn references(reader: &mut Reader, name: Option<Ident>, columns: Vec<Ident>) -> Result<KeySpec> {
    let table = reader.name()?;
    let referenced = match reader.parser.peek_token_ref().token {
        Token::LParen => reader.parenthesized(Reader::ident)?,
        _ => Vec::new(),
    };
    let (mut on_delete, mut on_update) = Default::default();
    loop {
        match () {
            () if reader.take(&["MATCH", "SIMPLE"]) => {}
            () if reader.sees(&["MATCH"]) => return Err(Error::unsupported("MATCH FULL")),
            () if reader.take(&["ON", "DELETE"]) => on_delete = action(reader)?,
            () if reader.take(&["ON", "UPDATE"]) => on_update = action(reader)?,
            () => break,
        }
    }
    key_options(reader)?;
    let kind = KeyKind::Foreign { table, columns: referenced, on_delete, on_update };
    Ok(KeySpec { name, columns, included: Vec::new(), kind, position: None })
}

fn action(reader: &mut Reader) -> Result<ReferentialAction> {
    Ok(match () {
        () if reader.take(&["NO", "ACTION"]) => ReferentialAction::NoAction,
        () if reader.word("RESTRICT") => ReferentialAction::Restrict,
        () if reader.word("CASCADE") => ReferentialAction::Cascade,
        () if reader.take(&["SET", "NULL"]) => ReferentialAction::SetNull,
        () if reader.take(&["SET", "DEFAULT"]) => ReferentialAction::SetDefault,
        () => return Err(reader.unexpected()),
    })
}

/// A column; its constraints go to the list.
fn column(reader: &mut Reader, list: &mut List) -> Result<ColumnSpec> {
    let name = reader.ident()?;
    if let Some(word) = reader.next_word()
        && ["SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL2", "SERIAL4", "SERIAL8"]
            .contains(&word.as_str())
    {
        return Err(Error::unsupported(format!("the type {}", word.to_lowercase())).hint(
            "There are no sequences; use gen_random_uuid() or number the rows when they are read.",
        ));
    }
    let data_type = reader.parse(|p| p.parse_data_type())?;
    let mut column = ColumnSpec { name, data_type, nullable: true, default: None };
    while column_constraint(reader, &mut column, list)? {}
    Ok(column)
}

/// False where no more comes.
fn column_constraint(
    reader: &mut Reader,
    column: &mut ColumnSpec,
    list: &mut List,
) -> Result<bool> {
    let position = reader.position();
    let constraint = match reader.word("CONSTRAINT") {
        true => Some(reader.ident()?),
        false => None,
    };
    let mut key = |name, kind, reader: &mut Reader| {
        key_options(reader)?;
        let (columns, included) = (vec![column.name.clone()], Vec::new());
        list.keys.push(KeySpec { name, columns, included, kind, position });
        Ok(true)
    };
    match () {
        () if reader.take(&["PRIMARY", "KEY"]) => return key(constraint, KeyKind::Primary, reader),
        () if reader.word("UNIQUE") => {
            nulls_distinct(reader)?;
            return key(constraint, KeyKind::Unique, reader);
        }
        () if reader.word("REFERENCES") => {
            let columns = vec![column.name.clone()];
            let key = references(reader, constraint, columns)?;
            list.keys.push(key);
            return Ok(true);
        }
        () if reader.word("CHECK") => {
            let check = check(reader, constraint)?;
            list.checks.push(check);
            return Ok(true);
        }
        () => {}
    }
    let named = constraint.is_some();
    let Some(option) = reader.parse(|p| p.parse_optional_column_option())? else {
        return if named { Err(reader.unexpected()) } else { Ok(false) };
    };
    match option {
        ast::ColumnOption::Null => column.nullable = true,
        ast::ColumnOption::NotNull => column.nullable = false,
        ast::ColumnOption::Default(expression) => {
            if column.default.replace(Box::new(expression)).is_some() {
                return Err(Error::syntax(format!(
                    "multiple default values specified for column \"{}\" of table",
                    column.name.name
                )));
            }
        }
        other => return Err(Error::unsupported(column_option_name(&other))),
    }
    Ok(true)
}

fn column_option_name(option: &ast::ColumnOption) -> String {
    match option {
        ast::ColumnOption::Generated { generation_expr: None, .. }
        | ast::ColumnOption::Identity(_) => "GENERATED AS IDENTITY".into(),
        ast::ColumnOption::Generated { .. } => "GENERATED on a column".into(),
        ast::ColumnOption::Collation(_) => "COLLATE on a column".into(),
        other => format!("the column option {other}"),
    }
}

/// What ALTER TABLE does to columns and constraints; None where something else comes.
pub(super) fn actions(reader: &mut Reader, table: &Name) -> Result<Option<AlterAction>> {
    if reader.take(&["RENAME", "CONSTRAINT"]) {
        let from = reader.ident()?;
        reader.expect(&["TO"])?;
        return Ok(Some(AlterAction::RenameConstraint { from, to: reader.ident()?.name }));
    }
    if !["ADD", "ALTER", "DROP", "VALIDATE"].iter().any(|word| reader.sees(&[word])) {
        return Ok(None);
    }
    reader.list(|r| table_action(r, table)).map(|all| Some(AlterAction::Table(all)))
}

fn table_action(reader: &mut Reader, table: &Name) -> Result<TableAction> {
    match () {
        () if reader.word("ADD") => add(reader),
        () if reader.take(&["DROP", "CONSTRAINT"]) => {
            let if_exists = reader.if_exists();
            let name = reader.ident()?;
            Ok(TableAction::DropConstraint { name, if_exists, cascade: reader.cascade() })
        }
        () if reader.word("DROP") => {
            Err(Error::unsupported("ALTER TABLE … DROP COLUMN").hint(rewritten(table)))
        }
        () if reader.word("ALTER") => alter_column(reader, table),
        () => Err(reader.unexpected_action("ALTER TABLE")),
    }
}

/// What a change that must rewrite every file is done with instead.
fn rewritten(table: &Name) -> String {
    format!("Make the table anew with CREATE TABLE … AS SELECT … FROM {table}.")
}

fn add(reader: &mut Reader) -> Result<TableAction> {
    let mut list = List::default();
    if table_constraint(reader, &mut list)? {
        return Ok(match (list.checks.pop(), list.keys.pop()) {
            (Some(check), _) => TableAction::AddCheck(check),
            (None, Some(key)) => TableAction::AddKey(key),
            (None, None) => return Err(reader.unexpected()),
        });
    }
    reader.word("COLUMN");
    let if_not_exists = reader.if_not_exists();
    let column = column(reader, &mut list)?;
    let List { checks, keys, .. } = list;
    Ok(TableAction::AddColumn { column, if_not_exists, checks, keys })
}

fn alter_column(reader: &mut Reader, table: &Name) -> Result<TableAction> {
    if reader.sees(&["CONSTRAINT"]) {
        return Err(Error::unsupported("ALTER TABLE … ALTER CONSTRAINT"));
    }
    reader.word("COLUMN");
    let column = reader.ident()?;
    match () {
        () if reader.take(&["SET", "DEFAULT"]) => {
            let default = reader.parse(|p| p.parse_expr())?;
            Ok(TableAction::SetDefault { column, default: Some(Box::new(default)) })
        }
        () if reader.take(&["DROP", "DEFAULT"]) => {
            Ok(TableAction::SetDefault { column, default: None })
        }
        () if reader.take(&["SET", "NOT", "NULL"]) => {
            Ok(TableAction::SetNullable { column, nullable: false })
        }
        () if reader.take(&["DROP", "NOT", "NULL"]) => {
            Ok(TableAction::SetNullable { column, nullable: true })
        }
        () if reader.sees(&["TYPE"]) || reader.sees(&["SET", "DATA", "TYPE"]) => {
            Err(Error::unsupported("ALTER TABLE … ALTER COLUMN … TYPE").hint(rewritten(table)))
        }
        // How PostgreSQL keeps values and what it counts of them: there is nothing of the kind to set.
        () if reader.sees(&["SET", "STATISTICS"]) || reader.sees(&["SET", "STORAGE"]) => {
            Err(reader.unexpected_action("ALTER TABLE … ALTER COLUMN … SET"))
        }
        () => Err(reader.unexpected_action("ALTER TABLE … ALTER COLUMN")),
    }
}
