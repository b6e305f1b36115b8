//! Every failure a client can meet: an SQLSTATE, a message for the person at psql, and what helps next.
//!
//! Messages follow PostgreSQL's style guide (manual, section 56.3): primary message lower case and without
//! a full stop, detail and hint as sentences. One constructor per situation, so that a state is
//! chosen once. Foreign errors are turned into these at the border where they arise.

#![deny(clippy::wildcard_enum_match_arm)]

use std::fmt;

/// The result of anything that can fail for a client.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A five-character condition code (PostgreSQL manual, appendix A).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(&'static str);

macro_rules! states {
    ($($name:ident = $code:literal;)*) => {
        impl SqlState {
            $(pub const $name: SqlState = SqlState($code);)*
            /// The state with this code, if it is one that lakewire can answer with.
            pub fn from_code(code: &str) -> Option<SqlState> {
                match code { $($code => Some(SqlState::$name),)* _ => None }
            }
        }
    };
}

states! {
    SUCCESSFUL_COMPLETION = "00000";
    WARNING = "01000";
    PRIVILEGE_NOT_REVOKED = "01006";
    PRIVILEGE_NOT_GRANTED = "01007";
    CONNECTION_FAILURE = "08006";
    PROTOCOL_VIOLATION = "08P01";
    FEATURE_NOT_SUPPORTED = "0A000";
    INVALID_GRANTOR = "0L000";
    INVALID_GRANT_OPERATION = "0LP01";
    CARDINALITY_VIOLATION = "21000";
    DATA_EXCEPTION = "22000";
    STRING_TOO_LONG = "22001";
    NULL_VALUE_NOT_ALLOWED = "22004";
    NUMERIC_OUT_OF_RANGE = "22003";
    INVALID_DATETIME_FORMAT = "22007";
    DATETIME_OVERFLOW = "22008";
    INVALID_TIME_ZONE_DISPLACEMENT = "22009";
    DIVISION_BY_ZERO = "22012";
    SUBSTRING_ERROR = "22011";
    INVALID_ARGUMENT_FOR_LOG = "2201E";
    INVALID_ARGUMENT_FOR_POWER = "2201F";
    INVALID_ARGUMENT_FOR_WIDTH_BUCKET = "2201G";
    INVALID_REGULAR_EXPRESSION = "2201B";
    INVALID_LIMIT = "2201W";
    INVALID_OFFSET = "2201X";
    INVALID_TABLESAMPLE_ARGUMENT = "2202H";
    CHARACTER_NOT_IN_REPERTOIRE = "22021";
    INTERVAL_FIELD_OVERFLOW = "22015";
    INVALID_ESCAPE_SEQUENCE = "22025";
    INVALID_USE_OF_ESCAPE = "2200C";
    ARRAY_SUBSCRIPT_ERROR = "2202E";
    UNTRANSLATABLE_CHARACTER = "22P05";
    INVALID_FRAME_SIZE = "22013";
    INVALID_NTILE = "22014";
    INVALID_NTH_VALUE = "22016";
    INVALID_PARAMETER_VALUE = "22023";
    INVALID_TEXT = "22P02";
    INVALID_BINARY = "22P03";
    BAD_COPY_FORMAT = "22P04";
    NOT_NULL_VIOLATION = "23502";
    CHECK_VIOLATION = "23514";
    INVALID_CURSOR_STATE = "24000";
    ACTIVE_TRANSACTION = "25001";
    READ_ONLY_TRANSACTION = "25006";
    NO_ACTIVE_TRANSACTION = "25P01";
    IN_FAILED_TRANSACTION = "25P02";
    IDLE_IN_TRANSACTION_TIMEOUT = "25P03";
    INVALID_STATEMENT_NAME = "26000";
    INVALID_AUTHORIZATION = "28000";
    INVALID_PASSWORD = "28P01";
    DEPENDENT_PRIVILEGES_EXIST = "2B000";
    DEPENDENT_OBJECTS_EXIST = "2BP01";
    INVALID_CURSOR_NAME = "34000";
    INVALID_CATALOG_NAME = "3D000";
    INVALID_SCHEMA_NAME = "3F000";
    INVALID_SAVEPOINT = "3B001";
    TRANSACTION_ROLLBACK = "40000";
    SERIALIZATION_FAILURE = "40001";
    SYNTAX_ERROR = "42601";
    INSUFFICIENT_PRIVILEGE = "42501";
    INVALID_NAME = "42602";
    NAME_TOO_LONG = "42622";
    RESERVED_NAME = "42939";
    DUPLICATE_COLUMN = "42701";
    AMBIGUOUS_COLUMN = "42702";
    UNDEFINED_COLUMN = "42703";
    UNDEFINED_OBJECT = "42704";
    DUPLICATE_OBJECT = "42710";
    DUPLICATE_ALIAS = "42712";
    AMBIGUOUS_FUNCTION = "42725";
    GROUPING_ERROR = "42803";
    DATATYPE_MISMATCH = "42804";
    WRONG_OBJECT_TYPE = "42809";
    CANNOT_COERCE = "42846";
    UNDEFINED_FUNCTION = "42883";
    INVALID_COLUMN_REFERENCE = "42P10";
    INVALID_COLUMN_DEFINITION = "42611";
    INVALID_CURSOR_DEFINITION = "42P11";
    UNDEFINED_TABLE = "42P01";
    UNDEFINED_PARAMETER = "42P02";
    DUPLICATE_CURSOR = "42P03";
    DUPLICATE_DATABASE = "42P04";
    DUPLICATE_PREPARED_STATEMENT = "42P05";
    DUPLICATE_SCHEMA = "42P06";
    DUPLICATE_TABLE = "42P07";
    AMBIGUOUS_PARAMETER = "42P08";
    INVALID_OBJECT_DEFINITION = "42P17";
    WINDOWING_ERROR = "42P20";
    INDETERMINATE_DATATYPE = "42P18";
    UNDEFINED_FILE = "58P01";
    INVALID_TABLE_DEFINITION = "42P16";
    INVALID_FOREIGN_KEY = "42830";
    CHECK_OPTION_VIOLATION = "44000";
    INSUFFICIENT_RESOURCES = "53000";
    DISK_FULL = "53100";
    OUT_OF_MEMORY = "53200";
    TOO_MANY_CONNECTIONS = "53300";
    CONFIGURATION_LIMIT_EXCEEDED = "53400";
    PROGRAM_LIMIT_EXCEEDED = "54000";
    STATEMENT_TOO_COMPLEX = "54001";
    OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
    OBJECT_IN_USE = "55006";
    CANT_CHANGE_RUNTIME_PARAM = "55P02";
    LOCK_NOT_AVAILABLE = "55P03";
    QUERY_CANCELED = "57014";
    ADMIN_SHUTDOWN = "57P01";
    CANNOT_CONNECT_NOW = "57P03";
    IDLE_SESSION_TIMEOUT = "57P05";
    IO_ERROR = "58030";
    SNAPSHOT_TOO_OLD = "72000";
    CONFIG_FILE_ERROR = "F0000";
    FOREIGN_DATA_ERROR = "HV000";
    FDW_INVALID_OPTION_NAME = "HV00D";
    FDW_INVALID_ATTRIBUTE_VALUE = "HV024";
    INTERNAL_ERROR = "XX000";
    DATA_CORRUPTED = "XX001";
}

impl SqlState {
    /// The five characters as they go over the wire.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// Class 22: a value that an expression could not take.
    pub fn is_data_exception(self) -> bool {
        self.0.starts_with("22")
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// A failure with all that its reader needs. Boxed inside, so that a `Result` stays small.
pub struct Error(Box<Fields>);

/// What an error says. `source` is for the log only and never reaches a client.
#[derive(Debug)]
pub struct Fields {
    pub state: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Where in the statement's text, counted in characters from 1.
    pub position: Option<usize>,
    /// What was being worked on, such as a line of a COPY.
    pub context: Option<String>,
    pub source: Option<Source>,
}

impl std::ops::Deref for Error {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|s| &**s as _)
    }
}

/// Building an error: a state, a message, then what else is known.
impl Error {
    pub fn new(state: SqlState, message: impl Into<String>) -> Self {
        Error(Box::new(Fields {
            state,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            context: None,
            source: None,
        }))
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Points into the statement's text; characters, from 1. A position already set stays.
    pub fn at(mut self, position: Option<usize>) -> Self {
        self.0.position = self.0.position.or(position);
        self
    }

    /// Forgets the position: it would point into a text that the client did not send.
    pub fn nowhere(mut self) -> Self {
        self.0.position = None;
        self
    }

    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.0.context = Some(context.into());
        self
    }

    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// The situations.
impl Error {
    pub fn syntax(message: impl Into<String>) -> Self {
        Error::new(SqlState::SYNTAX_ERROR, message)
    }

    /// A feature we know by name and do not have. `feature` reads like `UPDATE` or `recursive views`.
    pub fn unsupported(feature: impl fmt::Display) -> Self {
        Error::new(SqlState::FEATURE_NOT_SUPPORTED, format!("{feature} is not supported"))
    }

    /// A bug of ours. The client sees a short id; the cause goes to the log under the same id.
    pub fn internal(what: impl fmt::Display) -> Self {
        Error::new(SqlState::INTERNAL_ERROR, format!("internal error: {what}"))
    }

    /// `kind` is `table`, `view`, `schema`, `column`...
    pub fn denied(kind: &str, name: impl fmt::Display) -> Self {
        Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for {kind} {name}"))
    }

    pub fn must_be_owner(kind: &str, name: impl fmt::Display) -> Self {
        Error::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("must be owner of {kind} {name}"))
    }

    pub fn not_allowed(message: impl Into<String>) -> Self {
        Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message)
    }

    pub fn undefined_table(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"))
    }

    pub fn undefined_schema(name: impl fmt::Display) -> Self {
        Error::new(SqlState::INVALID_SCHEMA_NAME, format!("schema \"{name}\" does not exist"))
    }

    pub fn undefined_role(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
    }

    pub fn duplicate_role(name: impl fmt::Display) -> Self {
        Error::new(SqlState::DUPLICATE_OBJECT, format!("role \"{name}\" already exists"))
    }

    pub fn reserved_role(name: &str) -> Self {
        let error =
            Error::new(SqlState::RESERVED_NAME, format!("role name \"{name}\" is reserved"));
        match name.starts_with("pg_") {
            true => error.detail("Role names starting with \"pg_\" are reserved."),
            false => error,
        }
    }

    /// What depends on it, a line each, in DETAIL.
    pub fn depended_upon(message: impl Into<String>, lines: impl Into<String>) -> Self {
        Error::new(SqlState::DEPENDENT_OBJECTS_EXIST, message).detail(lines)
    }

    pub fn undefined_column(name: impl fmt::Display) -> Self {
        Error::new(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"))
    }

    pub fn duplicate_table(name: impl fmt::Display) -> Self {
        Error::new(SqlState::DUPLICATE_TABLE, format!("relation \"{name}\" already exists"))
    }

    /// Somebody else altered the same thing first; the statement may be run again.
    pub fn serialization(message: impl Into<String>) -> Self {
        Error::new(SqlState::SERIALIZATION_FAILURE, message).hint("The statement can be retried.")
    }

    /// A table holds what the transaction's snapshot does not know; whoever has read nothing yet begins anew.
    pub fn snapshot_too_old() -> Self {
        Error::new(SqlState::SNAPSHOT_TOO_OLD, "snapshot too old")
    }

    /// The store behind a location did not do what was asked.
    pub fn storage(message: impl Into<String>) -> Self {
        Error::new(SqlState::IO_ERROR, message)
    }

    pub fn canceled(message: impl Into<String>) -> Self {
        Error::new(SqlState::QUERY_CANCELED, message)
    }

    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
    }

    pub fn protocol(message: impl Into<String>) -> Self {
        Error::new(SqlState::PROTOCOL_VIOLATION, message)
    }

    pub fn config(message: impl Into<String>) -> Self {
        Error::new(SqlState::CONFIG_FILE_ERROR, message)
    }

    /// Whether the same statement may succeed if it is simply run again.
    pub fn retryable(&self) -> bool {
        self.state == SqlState::SERIALIZATION_FAILURE
    }
}
