//! Which statement is it? Refuses by name (0A000) what PostgreSQL has and lakewire does not.

use std::sync::Arc;

use datafusion::sql::sqlparser::tokenizer::Token;

use super::reader::Reader;
use super::statement::{Insert, Kind, Maintenance, Name, ProtectionKind, Statement};
use super::{
    ast, copy, cursors, depth, explain, indexes, locks, protection, relations, roles, settings,
    tables, transactions,
};
use crate::error::{Error, Result};

/// The statements of one text, all of them or an error: as in PostgreSQL, a syntax error anywhere means
/// that nothing of the text runs.
pub fn parse(sql: &str) -> Result<Vec<Statement>> {
    let source: Arc<str> = Arc::from(sql);
    let mut reader = Reader::new(&source)?;
    let mut statements = Vec::new();
    loop {
        while reader.token(&Token::SemiColon) {}
        if reader.at_end() {
            return Ok(statements);
        }
        statements.push(statement(&mut reader)?);
        if !reader.at_end() {
            return Err(reader.unexpected());
        }
    }
}

pub(super) fn statement(reader: &mut Reader) -> Result<Statement> {
    let start = reader.position().unwrap_or(1);
    let kind = kind(reader)?;
    let end = match reader.parser.peek_token_ref().token {
        Token::EOF => usize::MAX,
        _ => reader.position().unwrap_or(usize::MAX),
    };
    let length = end.saturating_sub(start);
    let text: String = reader.source.chars().skip(start - 1).take(length).collect();
    Ok(Statement { kind, source: Arc::clone(&reader.source), text: Arc::from(text.trim_end()) })
}

/// A statement from its first word. `PREPARE` and `EXPLAIN` call it again for what they hold.
pub(super) fn kind(reader: &mut Reader) -> Result<Kind> {
    let Some(word) = reader.next_word() else {
        return match reader.parser.peek_token_ref().token {
            Token::LParen => query(reader).map(Kind::Query),
            _ => Err(reader.unexpected()),
        };
    };
    match word.as_str() {
        "SELECT" | "WITH" | "VALUES" | "TABLE" => {
            let mut query = query(reader)?;
            Ok(match tables::select_into(&mut query)? {
                Some(create) => Kind::CreateTable(create),
                None => Kind::Query(query),
            })
        }
        "INSERT" => insert(reader).map(Kind::Insert),
        "EXPLAIN" => explain::explain(reader),
        "CREATE" => create(reader),
        "ALTER" => alter(reader),
        "DROP" => drop(reader),
        "ANALYZE" | "ANALYSE" => indexes::maintain(reader, Maintenance::Analyze),
        "VACUUM" => indexes::maintain(reader, Maintenance::Vacuum),
        "CHECKPOINT" => indexes::maintain(reader, Maintenance::Checkpoint),
        "REINDEX" => indexes::reindex(reader),
        "TRUNCATE" => relations::truncate(reader),
        "COMMENT" => relations::comment(reader),
        "GRANT" | "REVOKE" => roles::grant(reader),
        "REASSIGN" => roles::reassign(reader),
        "DENY" => roles::deny(reader),
        "SECURITY" => protection::security_label(reader),
        "SET" => settings::set(reader),
        "SHOW" => settings::show(reader),
        "RESET" => settings::reset(reader),
        "BEGIN" | "START" => transactions::begin(reader),
        "COMMIT" | "END" => transactions::commit(reader),
        "ROLLBACK" | "ABORT" => transactions::roll_back(reader),
        "SAVEPOINT" => transactions::savepoint(reader),
        "RELEASE" => transactions::release(reader),
        "DISCARD" => settings::discard(reader),
        "COPY" => copy::copy(reader),
        "LOCK" => locks::lock(reader),
        "LISTEN" => locks::listen(reader),
        "UNLISTEN" => locks::unlisten(reader),
        "NOTIFY" => locks::notify(reader),
        "DECLARE" => cursors::declare(reader),
        "FETCH" | "MOVE" => cursors::fetch(reader),
        "CLOSE" => cursors::close(reader),
        "PREPARE" if reader.sees(&["PREPARE", "TRANSACTION"]) => transactions::prepare(reader),
        "PREPARE" => prepare(reader),
        "EXECUTE" => execute(reader),
        "DEALLOCATE" => deallocate(reader),
        known if STATEMENTS.contains(&known) => Err(Error::unsupported(known)),
        _ => Err(reader.unexpected()),
    }
}

/// First words of PostgreSQL statements that lakewire does not have (yet).
const STATEMENTS: &[&str] =
    &["CALL", "CLUSTER", "DELETE", "DO", "IMPORT", "LOAD", "MERGE", "REFRESH", "UPDATE"];

/// What may stand behind CREATE, ALTER or DROP in PostgreSQL and is not ours.
const OBJECTS: &[&str] = &[
    "ACCESS",
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "CONVERSION",
    "DATABASE",
    "DOMAIN",
    "EVENT",
    "EXTENSION",
    "FUNCTION",
    "LANGUAGE",
    "LARGE",
    "MATERIALIZED",
    "OPERATOR",
    "PROCEDURE",
    "PUBLICATION",
    "ROUTINE",
    "RULE",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "SYSTEM",
    "TABLESPACE",
    "TEXT",
    "TRANSFORM",
    "TRIGGER",
    "TYPE",
];

fn refuse_object(reader: &Reader, verb: &str) -> Error {
    match reader.next_word() {
        Some(word) if OBJECTS.contains(&word.as_str()) => {
            let more = if word == "MATERIALIZED" { " VIEW" } else { "" };
            Error::unsupported(format!("{verb} {word}{more}"))
        }
        _ => reader.unexpected(),
    }
}

fn create(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["CREATE"])?;
    let or_replace = reader.take(&["OR", "REPLACE"]);
    let temporary = temporary(reader);
    if reader.word("UNLOGGED") {
        return Err(Error::unsupported("CREATE UNLOGGED TABLE"));
    }
    if reader.sees(&["RECURSIVE"]) {
        return Err(Error::unsupported("CREATE RECURSIVE VIEW"));
    }
    if reader.word("VIEW") {
        return relations::create_view(reader, or_replace, temporary);
    }
    if or_replace {
        return Err(refuse_object(reader, "CREATE OR REPLACE"));
    }
    if temporary {
        return match reader.word("TABLE") {
            true => tables::create_table(reader, true),
            false => Err(refuse_object(reader, "CREATE TEMPORARY")),
        };
    }
    if reader.take(&["UNIQUE", "INDEX"]) {
        return indexes::create(reader, true);
    }
    match () {
        () if reader.word("TABLE") => tables::create_table(reader, false),
        () if reader.word("INDEX") => indexes::create(reader, false),
        () if reader.word("SCHEMA") => relations::create_schema(reader),
        () if reader.take(&["FOREIGN", "TABLE"]) => relations::create_foreign(reader),
        () if reader.take(&["FOREIGN", "DATA"]) => {
            Err(Error::unsupported("CREATE FOREIGN DATA WRAPPER"))
        }
        () if reader.take(&["EXTERNAL", "TABLE"]) => relations::create_external(reader),
        () if reader.word("POLICY") => protection::create_policy(reader),
        () if reader.word("MASK") => protection::create_mask(reader),
        () if reader.word("ROLE") => roles::create(reader, false),
        () if reader.take(&["USER", "MAPPING"]) => Err(Error::unsupported("CREATE USER MAPPING")),
        () if reader.word("USER") => roles::create(reader, true),
        () if reader.word("GROUP") => roles::create(reader, false),
        () => Err(refuse_object(reader, "CREATE")),
    }
}

/// `TEMP` or `TEMPORARY`, with LOCAL or GLOBAL before it, which PostgreSQL makes no difference of.
fn temporary(reader: &mut Reader) -> bool {
    [
        &["TEMP"][..],
        &["TEMPORARY"],
        &["LOCAL", "TEMP"],
        &["LOCAL", "TEMPORARY"],
        &["GLOBAL", "TEMP"],
        &["GLOBAL", "TEMPORARY"],
    ]
    .into_iter()
    .any(|words| reader.take(words))
}

fn alter(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["ALTER"])?;
    match () {
        () if reader.take(&["DEFAULT", "PRIVILEGES"]) => roles::default_privileges(reader),
        () if reader.word("ROLE") || reader.word("USER") || reader.word("GROUP") => {
            roles::alter(reader)
        }
        () if reader.word("DATABASE") => {
            let name = reader.ident()?;
            let sets = reader.sees(&["SET"]) && !reader.sees(&["SET", "TABLESPACE"]);
            match sets || reader.sees(&["RESET"]) {
                true => settings::alter_database(reader, name),
                false => Err(Error::unsupported("ALTER DATABASE")),
            }
        }
        () if reader.word("POLICY") => protection::alter_policy(reader),
        () => match relations::object_kind(reader) {
            Some(kind) => relations::alter(reader, kind),
            None => Err(refuse_object(reader, "ALTER")),
        },
    }
}

fn drop(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["DROP"])?;
    if reader.word("ROLE") || reader.word("USER") || reader.word("GROUP") {
        return roles::drop(reader);
    }
    if reader.word("OWNED") {
        return roles::drop_owned(reader);
    }
    if reader.word("POLICY") {
        return protection::drop(reader, ProtectionKind::Policy);
    }
    if reader.word("MASK") {
        return protection::drop(reader, ProtectionKind::Mask);
    }
    match relations::object_kind(reader) {
        Some(kind) => relations::drop(reader, kind),
        None => Err(refuse_object(reader, "DROP")),
    }
}

pub(super) fn query(reader: &mut Reader) -> Result<Box<ast::Query>> {
    let mut query = reader.parse(|p| p.parse_query())?;
    depth::balance(&mut query);
    refuse_in_query(&query)?;
    Ok(query)
}

/// Parts of a query that sqlparser reads and nothing behind it would honour.
fn refuse_in_query(query: &ast::Query) -> Result<()> {
    let refused = match () {
        () if !query.locks.is_empty() => Some("SELECT FOR UPDATE"),
        () if query.for_clause.is_some() => Some("FOR XML, FOR JSON or FOR BROWSE"),
        () if query.settings.is_some() => Some("SETTINGS"),
        () if query.format_clause.is_some() => Some("FORMAT"),
        () if !query.pipe_operators.is_empty() => Some("the pipe operator"),
        () => match &*query.body {
            ast::SetExpr::Insert(_) => Some("INSERT in WITH"),
            ast::SetExpr::Update(_) => Some("UPDATE"),
            ast::SetExpr::Delete(_) => Some("DELETE"),
            ast::SetExpr::Merge(_) => Some("MERGE"),
            _ => None,
        },
    };
    match refused {
        Some(feature) => Err(Error::unsupported(feature)),
        None => Ok(()),
    }
}

fn insert(reader: &mut Reader) -> Result<Insert> {
    reader.expect(&["INSERT", "INTO"])?;
    let table = reader.name()?;
    if reader.word("AS") {
        return Err(Error::unsupported("an alias in INSERT"));
    }
    let columns = insert_columns(reader, &table)?;
    if reader.sees(&["OVERRIDING"]) {
        return Err(Error::unsupported("OVERRIDING in INSERT"));
    }
    let source = match reader.take(&["DEFAULT", "VALUES"]) {
        true => None,
        false => Some(query(reader)?),
    };
    if reader.sees(&["ON"]) {
        return Err(Error::unsupported("ON CONFLICT"));
    }
    if reader.sees(&["RETURNING"]) {
        return Err(Error::unsupported("RETURNING"));
    }
    Ok(Insert { table, columns, source })
}

/// `(a, b)` behind the table's name; a parenthesis may as well begin a query.
fn insert_columns(reader: &mut Reader, _table: &Name) -> Result<Vec<super::statement::Ident>> {
    let opens = reader.parser.peek_token_ref().token == Token::LParen;
    let is_query = match &reader.parser.peek_nth_token_ref(1).token {
        Token::LParen => true,
        Token::Word(w) if w.quote_style.is_none() => {
            ["select", "with", "values", "table"].iter().any(|k| w.value.eq_ignore_ascii_case(k))
        }
        _ => false,
    };
    if opens && !is_query { reader.parenthesized(Reader::ident) } else { Ok(Vec::new()) }
}

fn prepare(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["PREPARE"])?;
    let name = reader.ident()?.name;
    let types = match reader.parser.peek_token_ref().token {
        Token::LParen => reader.parenthesized(|r| r.parse(|p| p.parse_data_type()))?,
        _ => Vec::new(),
    };
    reader.expect(&["AS"])?;
    let inner = statement(reader)?;
    match inner.kind {
        Kind::Query(_) | Kind::Insert(_) => {
            Ok(Kind::Prepare { name, types, statement: Box::new(inner) })
        }
        _ => Err(reader.unexpected()),
    }
}

fn execute(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["EXECUTE"])?;
    let name = reader.ident()?.name;
    let arguments = match reader.parser.peek_token_ref().token {
        Token::LParen => reader.parenthesized(|r| r.parse(|p| p.parse_expr()))?,
        _ => Vec::new(),
    };
    Ok(Kind::Execute { name, arguments })
}

fn deallocate(reader: &mut Reader) -> Result<Kind> {
    reader.expect(&["DEALLOCATE"])?;
    reader.word("PREPARE");
    let name = if reader.word("ALL") { None } else { Some(reader.ident()?.name) };
    Ok(Kind::Deallocate { name })
}
