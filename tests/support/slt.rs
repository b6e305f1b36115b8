//! SQL scripts over the wire: what a record means here, and how a script is run or rewritten.
//!
//! A script starts as the superuser. `connection alice` runs the next record in alice's own session;
//! `connection alice/2` is a second session of hers. A role's password is its name. `$lake` and `$data`
//! stand for the lake's location and the repository's data folder. An error reads
//! `42501: permission denied for table emp`, so both `statement error (42501)` and a regular expression
//! over the message can be asked for. NULL prints as `NULL`, an empty string as `(empty)`.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use sqllogictest::{
    AsyncDB, ColumnType, Connection, DBOutput, MakeConnection, Record, RecordOutput, Runner,
    StatementExpect, TestError,
};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// How to reach the server under test.
#[derive(Clone, Debug)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub superuser: String,
    pub password: String,
    /// `lakewire` or `postgres`, for `onlyif` and `skipif`.
    pub engine: String,
    pub variables: Vec<(String, String)>,
}

impl Target {
    fn config(&self, role: Option<&str>) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host(&self.host).port(self.port).dbname(&self.database);
        config.connect_timeout(Duration::from_secs(20));
        match role {
            Some(role) => config.user(role).password(role),
            None => config.user(&self.superuser).password(&self.password),
        };
        config
    }

    /// A session of this role; of the superuser, if none is named.
    pub async fn connect(&self, role: Option<&str>) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config(role).connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// What a script may expect of a column: one letter for a family of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    Bool,
    Integer,
    Number,
    Text,
    Date,
    Timestamp,
    Any,
}

const LETTERS: [(char, Letter); 7] = [
    ('B', Letter::Bool),
    ('I', Letter::Integer),
    ('R', Letter::Number),
    ('T', Letter::Text),
    ('D', Letter::Date),
    ('P', Letter::Timestamp),
    ('?', Letter::Any),
];

impl ColumnType for Letter {
    fn from_char(value: char) -> Option<Self> {
        LETTERS.iter().find(|(letter, _)| *letter == value).map(|(_, family)| *family)
    }

    fn to_char(&self) -> char {
        LETTERS.iter().find(|(_, family)| family == self).map_or('?', |(letter, _)| *letter)
    }
}

impl From<&Type> for Letter {
    fn from(of: &Type) -> Letter {
        match *of {
            Type::BOOL => Letter::Bool,
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => Letter::Integer,
            Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => Letter::Number,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Letter::Text,
            Type::DATE => Letter::Date,
            Type::TIMESTAMP | Type::TIMESTAMPTZ => Letter::Timestamp,
            _ => Letter::Any,
        }
    }
}

/// An error as scripts see it: state and message, or what broke the connection.
#[derive(Debug)]
pub struct Failure(tokio_postgres::Error);

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_db_error() {
            Some(error) => write!(f, "{}: {}", error.code().code(), error.message()),
            None => write!(f, "connection: {:?}", self.0),
        }
    }
}

/// One session under test.
pub struct Session {
    client: Client,
    engine: String,
}

impl Session {
    /// The simple protocol names no types, so the statement is described once more: a check of its own
    /// that describing works. A string with several statements cannot be described.
    async fn letters(&self, sql: &str, columns: usize) -> Vec<Letter> {
        match self.client.prepare(sql).await {
            Ok(statement) if statement.columns().len() == columns => {
                statement.columns().iter().map(|column| column.type_().into()).collect()
            }
            _ => vec![Letter::Any; columns],
        }
    }
}

#[async_trait::async_trait]
impl AsyncDB for Session {
    type Error = Failure;
    type ColumnType = Letter;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Letter>, Failure> {
        let messages = self.client.simple_query(sql).await.map_err(Failure)?;
        let mut columns = None;
        let mut rows = Vec::new();
        let mut count = 0;
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(described) => {
                    columns = Some(described.len());
                    rows.clear();
                }
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|i| cell(row.get(i))).collect());
                }
                SimpleQueryMessage::CommandComplete(n) => count = n,
                _ => {}
            }
        }
        let Some(columns) = columns else { return Ok(DBOutput::StatementComplete(count)) };
        Ok(DBOutput::Rows { types: self.letters(sql, columns).await, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &str {
        &self.engine
    }

    async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn error_sql_state(error: &Failure) -> Option<String> {
        error.0.code().map(|state| state.code().to_owned())
    }
}

fn cell(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(text) => text.to_owned(),
    }
}

/// Makes sessions for the connection that the script named last; sqllogictest itself does not say which.
struct Sessions {
    target: Target,
    named: Rc<RefCell<Connection>>,
}

impl MakeConnection for Sessions {
    type Conn = Session;
    type MakeFuture = std::pin::Pin<Box<dyn Future<Output = Result<Session, Failure>>>>;

    fn make(&mut self) -> Self::MakeFuture {
        let target = self.target.clone();
        let role = match &*self.named.borrow() {
            Connection::Default => None,
            Connection::Named(name) => Some(name.split('/').next().unwrap_or(name).to_owned()),
        };
        Box::pin(async move {
            let client = target.connect(role.as_deref()).await.map_err(Failure)?;
            Ok(Session { client, engine: target.engine })
        })
    }
}

/// Runs a script to its end or, unless it is to go on, to its first difference; the error names the file
/// and the line.
pub async fn run(target: &Target, script: &Path, go_on: bool) -> Result<(), String> {
    let (mut runner, named) = runner(target);
    let mut differences = Vec::new();
    for record in read(script)? {
        remember(&record, &named);
        if matches!(record, Record::Halt { .. }) {
            break;
        }
        let outcome: Result<_, TestError> = runner.run_async(record).await;
        if let Err(difference) = outcome {
            differences.push(difference.to_string());
            if !go_on {
                break;
            }
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}

/// Runs a script and writes what came back into it. The difference is what gets reviewed.
pub async fn rewrite(target: &Target, script: &Path) -> Result<(), String> {
    let (mut runner, named) = runner(target);
    let mut text = String::new();
    for record in read(script)? {
        remember(&record, &named);
        let output = runner.apply_record(record.clone()).await;
        let updated = if as_expected(&record, &output) {
            None
        } else {
            sqllogictest::update_record_with_output(
                &record,
                &output,
                " ",
                sqllogictest::default_validator,
                sqllogictest::default_normalizer,
                columns_agree,
            )
        };
        text.push_str(&format!("{}\n", updated.unwrap_or(record)));
    }
    std::fs::write(script, format!("{}\n", text.trim_end())).map_err(|e| e.to_string())
}

fn runner(target: &Target) -> (Runner<Session, Sessions>, Rc<RefCell<Connection>>) {
    let named = Rc::new(RefCell::new(Connection::Default));
    let sessions = Sessions { target: target.clone(), named: Rc::clone(&named) };
    let mut runner = Runner::new(sessions);
    runner.with_column_validator(columns_agree);
    for (name, value) in &target.variables {
        runner.set_var(name.clone(), value.clone());
    }
    (runner, named)
}

fn read(script: &Path) -> Result<Vec<Record<Letter>>, String> {
    let records = sqllogictest::parse_file(script).map_err(|e| e.to_string())?;
    let records: Vec<_> =
        records.into_iter().filter(|r| !matches!(r, Record::Injected(_))).collect();
    let asks = |r: &Record<Letter>| matches!(r, Record::Statement { .. } | Record::Query { .. });
    if records.iter().any(asks) {
        Ok(records)
    } else {
        Err(format!("{} asks nothing", script.display()))
    }
}

/// The connection that this record runs in, for `Sessions::make`.
fn remember(record: &Record<Letter>, named: &RefCell<Connection>) {
    if let Record::Statement { connection, .. }
    | Record::Query { connection, .. }
    | Record::Let { connection, .. } = record
    {
        *named.borrow_mut() = connection.clone();
    }
}

/// `update_record_with_output` does not know states, so an error met by its state is kept here.
fn as_expected(record: &Record<Letter>, output: &RecordOutput<Letter>) -> bool {
    let expected = match record {
        Record::Statement { expected: StatementExpect::Error(expected), .. } => expected,
        Record::Query { expected: sqllogictest::QueryExpect::Error(expected), .. } => expected,
        _ => return false,
    };
    let (RecordOutput::Statement { error: Some(error), .. }
    | RecordOutput::Query { error: Some(error), .. }) = output
    else {
        return false;
    };
    let state = error.downcast_ref::<Failure>().and_then(Session::error_sql_state);
    expected.is_match(&error.to_string(), state.as_deref())
}

#[expect(clippy::ptr_arg, reason = "the runner wants a function of this type")]
fn columns_agree(actual: &Vec<Letter>, expected: &Vec<Letter>) -> bool {
    let agrees = |(a, e): (&Letter, &Letter)| a == e || *a == Letter::Any || *e == Letter::Any;
    actual.len() == expected.len() && actual.iter().zip(expected).all(agrees)
}
