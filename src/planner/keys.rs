//! PRIMARY KEY, UNIQUE, FOREIGN KEY and indexes as they are to be held: named as PostgreSQL names them, and said
//! to be enforced by nobody.

use super::names;
use super::query::Binder;
use super::write::castable;
use crate::catalog::keys::{Action, Constraint, ForeignKey, Index, IndexEntry, IndexOf};
use crate::catalog::name::{NAME_BYTES_MAX, RelationId, SchemaId, truncate};
use crate::catalog::relation::{Column, Relation, RelationKind};
use crate::error::{Error, Result, SqlState};
use crate::parser::statement::{Ident, KeyKind, KeySpec, ReferentialAction};
use crate::system::scope::Scope;

/// The detail of every notice about a constraint.
const NOT_ENFORCED: &str =
    "It is shown to tools that look for keys; rows are not checked against it.";

/// Keys of one table, old and new. What is new has no OID yet: the engine gives it one.
pub(super) struct Keys<'a> {
    scope: &'a Scope,
    schema: SchemaId,
    table: String,
    columns: Vec<Column>,
    /// Names of constraints that the table has anyway.
    pub taken: Vec<String>,
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Columns of the primary key.
    pub not_null: Vec<i16>,
    pub notices: Vec<(String, Option<String>)>,
}

impl<'a> Keys<'a> {
    pub fn new(scope: &'a Scope, schema: SchemaId, table: &str, columns: &[Column]) -> Keys<'a> {
        Keys {
            scope,
            schema,
            table: table.to_owned(),
            columns: columns.to_vec(),
            taken: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            not_null: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Those of a table that is there.
    pub fn of(scope: &'a Scope, relation: &Relation) -> Keys<'a> {
        let mut keys = Keys::new(scope, relation.schema, &relation.name, &relation.columns);
        keys.indexes.clone_from(&relation.indexes);
        keys.foreign_keys.clone_from(&relation.foreign_keys);
        if let RelationKind::Table { checks, .. } = &relation.kind {
            keys.taken = checks.iter().map(|c| c.name.clone()).collect();
        }
        keys
    }

    /// A key as it is written; `own` is the table's id where it is there already.
    pub fn add(
        &mut self,
        binder: &Binder<'_>,
        spec: &KeySpec,
        own: Option<RelationId>,
    ) -> Result<()> {
        match &spec.kind {
            KeyKind::Primary => self.add_unique(spec, true),
            KeyKind::Unique => self.add_unique(spec, false),
            KeyKind::Foreign { .. } => self.add_foreign(binder, spec, own),
        }
    }

    fn add_unique(&mut self, spec: &KeySpec, primary: bool) -> Result<()> {
        if primary && self.indexes.iter().any(Index::is_primary) {
            return Err(Error::new(
                SqlState::INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table \"{}\" are not allowed", self.table),
            )
            .at(spec.position));
        }
        let missing = |ident: &Ident| {
            let message = format!("column \"{}\" named in key does not exist", ident.name);
            Error::new(SqlState::UNDEFINED_COLUMN, message).at(spec.position)
        };
        let columns = self.numbers(&spec.columns, missing)?;
        let included = self.numbers(&spec.included, missing)?;
        let kind = if primary { "primary key" } else { "unique" };
        for (i, ident) in spec.columns.iter().enumerate() {
            if spec.columns[..i].iter().any(|other| other.name == ident.name) {
                return Err(Error::new(
                    SqlState::DUPLICATE_COLUMN,
                    format!("column \"{}\" appears twice in {kind} constraint", ident.name),
                )
                .at(ident.position));
            }
        }
        let name = match &spec.name {
            Some(name) => self.free(name)?,
            None if primary => self.choose("", "pkey"),
            None => self.choose(&joined(&spec.columns), "key"),
        };
        if primary {
            self.not_null.extend(&columns);
        }
        let words = if primary { "PRIMARY KEY" } else { "UNIQUE" };
        self.tell(words, &name);
        self.indexes.push(Index {
            oid: 0,
            name,
            method: "btree".to_owned(),
            unique: true,
            entries: columns.into_iter().map(entry).collect(),
            included,
            predicate: None,
            constraint: Some(Constraint { oid: 0, primary }),
        });
        Ok(())
    }

    fn add_foreign(
        &mut self,
        binder: &Binder<'_>,
        spec: &KeySpec,
        own: Option<RelationId>,
    ) -> Result<()> {
        let KeyKind::Foreign { table, columns: named, on_delete, on_update } = &spec.kind else {
            return Err(Error::internal("no foreign key"));
        };
        let missing = |ident: &Ident| {
            let name = &ident.name;
            let message =
                format!("column \"{name}\" referenced in foreign key constraint does not exist");
            Error::new(SqlState::UNDEFINED_COLUMN, message)
        };
        let columns = self.numbers(&spec.columns, missing)?;
        // A table may refer to itself, also before it is there.
        let found = names::find(binder.scope, table)?;
        let itself = match &found {
            Some(names::Found::Relation(other)) => own == Some(other.id),
            _ => own.is_none() && table.name == self.table,
        };
        let (id, other_columns, other_indexes) = match itself {
            true => (own.unwrap_or(RelationId(0)), self.columns.clone(), self.indexes.clone()),
            false => {
                let other = names::stored(binder.scope, table).map_err(Error::nowhere)?;
                if !matches!(other.kind, RelationKind::Table { .. }) {
                    return Err(Error::new(
                        SqlState::WRONG_OBJECT_TYPE,
                        format!("referenced relation \"{}\" is not a table", other.name),
                    ));
                }
                self.same_life(&other)?;
                (other.id, other.columns.clone(), other.indexes.clone())
            }
        };
        let referenced = match named.is_empty() {
            true => primary_key(&other_indexes, &table.name)?,
            false => numbers(&other_columns, named, missing)?,
        };
        if columns.len() != referenced.len() {
            return Err(Error::new(
                SqlState::INVALID_FOREIGN_KEY,
                "number of referencing and referenced columns for foreign key disagree",
            ));
        }
        if !named.is_empty() {
            unique_over(&other_indexes, &referenced, &table.name)?;
        }
        let name = match &spec.name {
            Some(name) => self.free(name)?,
            None => self.choose(&joined(&spec.columns), "fkey"),
        };
        self.same_types(&columns, &referenced, &other_columns, &name)?;
        self.tell("FOREIGN KEY", &name);
        self.foreign_keys.push(ForeignKey {
            oid: 0,
            name,
            columns,
            references: id,
            referenced,
            on_update: action(*on_update),
            on_delete: action(*on_delete),
        });
        Ok(())
    }

    /// What stays must not lean on what goes with a session, nor the other way round.
    fn same_life(&self, other: &Relation) -> Result<()> {
        let own = self.schema == crate::catalog::name::TEMPORARY_SCHEMA;
        let (which, needs) = match (own, other.is_temporary()) {
            (false, true) => ("permanent", "permanent"),
            (true, false) => ("temporary", "temporary"),
            _ => return Ok(()),
        };
        Err(Error::new(
            SqlState::INVALID_TABLE_DEFINITION,
            format!("constraints on {which} tables may reference only {needs} tables"),
        ))
    }

    fn same_types(
        &self,
        columns: &[i16],
        referenced: &[i16],
        others: &[Column],
        name: &str,
    ) -> Result<()> {
        let of = |all: &[Column], n: i16| all.iter().find(|c| c.number == n).cloned();
        for (own, other) in columns.iter().zip(referenced) {
            let (Some(own), Some(other)) = (of(&self.columns, *own), of(others, *other)) else {
                continue;
            };
            let text = |c: &Column| castable_to_text_only(c);
            if own.sql_type.oid() != other.sql_type.oid()
                && (!castable(&own.sql_type, &other.sql_type) || text(&own) != text(&other))
            {
                return Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    format!("foreign key constraint \"{name}\" cannot be implemented"),
                )
                .detail(format!(
                    "Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
                    own.name, other.name, own.sql_type, other.sql_type
                )));
            }
        }
        Ok(())
    }

    /// One of another table, as LIKE copies it: under a name of its own, over the columns of the same names.
    pub fn add_copy(&mut self, source: &Relation, index: &Index) -> Result<()> {
        let here = |number: i16| {
            let name = source.column_by_number(number).map(|c| c.name.as_str());
            self.columns.iter().find(|c| Some(c.name.as_str()) == name).map_or(0, |c| c.number)
        };
        let entries: Vec<IndexEntry> = index
            .entries
            .iter()
            .map(|entry| match entry.of {
                IndexOf::Column(n) => IndexEntry { of: IndexOf::Column(here(n)), ..entry.clone() },
                IndexOf::Expression(_) => entry.clone(),
            })
            .collect();
        let included = index.included.iter().map(|n| here(*n)).collect();
        let middle = self.middle(&entries);
        let constraint = index.constraint.map(|c| Constraint { oid: 0, ..c });
        let name = match constraint {
            Some(Constraint { primary: true, .. }) => self.choose("", "pkey"),
            Some(_) => self.choose(&middle, "key"),
            None => self.choose(&middle, "idx"),
        };
        if index.is_primary() {
            let columns = entries.iter().filter_map(|entry| match entry.of {
                IndexOf::Column(n) => Some(n),
                IndexOf::Expression(_) => None,
            });
            self.not_null.extend(columns);
        }
        match constraint {
            Some(Constraint { primary, .. }) => {
                self.tell(if primary { "PRIMARY KEY" } else { "UNIQUE" }, &name);
            }
            None => self.tell_index(&name, index.unique),
        }
        self.indexes.push(Index { oid: 0, name, entries, included, constraint, ..index.clone() });
        Ok(())
    }

    /// The columns of an index as its name tells them (`ChooseIndexNameAddition`).
    pub fn middle(&self, entries: &[IndexEntry]) -> String {
        let part = |entry: &IndexEntry| match &entry.of {
            IndexOf::Column(n) => {
                let column = self.columns.iter().find(|c| c.number == *n);
                column.map_or_else(String::new, |c| c.name.clone())
            }
            IndexOf::Expression(text) => {
                let name: String =
                    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let call = text[name.len()..].starts_with('(') && !name.is_empty();
                if call { name } else { "expr".to_owned() }
            }
        };
        entries.iter().map(part).collect::<Vec<_>>().join("_")
    }

    pub fn tell_index(&mut self, name: &str, unique: bool) {
        let detail = match unique {
            true => {
                "Tables are pruned by the statistics of their files: no index is built, and uniqueness is NOT ENFORCED."
            }
            false => "Tables are pruned by the statistics of their files: no index is built.",
        };
        let message = format!("index \"{name}\" is kept in the catalog and not used");
        self.notices.push((message, Some(detail.to_owned())));
    }

    fn tell(&mut self, what: &str, name: &str) {
        let message = format!("{what} constraint \"{name}\" is NOT ENFORCED");
        self.notices.push((message, Some(NOT_ENFORCED.to_owned())));
    }

    fn numbers(&self, named: &[Ident], missing: impl Fn(&Ident) -> Error) -> Result<Vec<i16>> {
        numbers(&self.columns, named, missing)
    }

    fn is_taken(&self, name: &str) -> bool {
        self.taken.iter().any(|taken| taken == name)
            || self.indexes.iter().any(|index| index.name == name)
            || self.foreign_keys.iter().any(|key| key.name == name)
            || self.scope.snapshot.is_taken(self.schema, name)
            || name == self.table
    }

    /// A name that was given.
    fn free(&self, name: &Ident) -> Result<String> {
        let own = self.taken.contains(&name.name)
            || self.indexes.iter().any(|i| i.name == name.name && i.constraint.is_some())
            || self.foreign_keys.iter().any(|key| key.name == name.name);
        match own {
            true => Err(Error::new(
                SqlState::DUPLICATE_OBJECT,
                format!(
                    "constraint \"{}\" for relation \"{}\" already exists",
                    name.name, self.table
                ),
            )),
            false => Ok(name.name.clone()),
        }
    }

    /// `table_columns_label`, with a number where that is taken (`ChooseRelationName`).
    pub fn choose(&self, columns: &str, label: &str) -> String {
        let names = (0..).map(|n| {
            let label = if n == 0 { label.to_owned() } else { format!("{label}{n}") };
            made_name(&self.table, columns, &label)
        });
        names.into_iter().find(|name| !self.is_taken(name)).unwrap_or_default()
    }
}

/// Of a text's kind, which compares with nothing else.
fn castable_to_text_only(column: &Column) -> bool {
    use crate::catalog::types::SqlType::{Bpchar, Name, Text, Varchar};
    matches!(column.sql_type, Text | Varchar(_) | Bpchar(_) | Name)
}

fn entry(number: i16) -> IndexEntry {
    IndexEntry { of: IndexOf::Column(number), descending: false, nulls_first: false }
}

fn action(action: ReferentialAction) -> Action {
    match action {
        ReferentialAction::NoAction => Action::NoAction,
        ReferentialAction::Restrict => Action::Restrict,
        ReferentialAction::Cascade => Action::Cascade,
        ReferentialAction::SetNull => Action::SetNull,
        ReferentialAction::SetDefault => Action::SetDefault,
    }
}

fn joined(columns: &[Ident]) -> String {
    columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join("_")
}

fn numbers(
    columns: &[Column],
    named: &[Ident],
    missing: impl Fn(&Ident) -> Error,
) -> Result<Vec<i16>> {
    let number = |ident: &Ident| {
        let found = columns.iter().find(|c| c.name == ident.name);
        found.map(|c| c.number).ok_or_else(|| missing(ident))
    };
    named.iter().map(number).collect()
}

fn primary_key(indexes: &[Index], table: &str) -> Result<Vec<i16>> {
    let key = indexes.iter().find(|index| index.is_primary());
    key.map(|key| key.columns().collect()).ok_or_else(|| {
        Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("there is no primary key for referenced table \"{table}\""),
        )
    })
}

fn unique_over(indexes: &[Index], columns: &[i16], table: &str) -> Result<()> {
    let sorted = |mut all: Vec<i16>| {
        all.sort_unstable();
        all
    };
    let wanted = sorted(columns.to_vec());
    let fits = |index: &&Index| {
        index.unique && index.predicate.is_none() && sorted(index.columns().collect()) == wanted
    };
    match indexes.iter().any(|index| fits(&index)) {
        true => Ok(()),
        false => Err(Error::new(
            SqlState::INVALID_FOREIGN_KEY,
            format!(
                "there is no unique constraint matching given keys for referenced table \"{table}\""
            ),
        )),
    }
}

/// The longest of table and columns gives way first (`makeObjectName`).
fn made_name(table: &str, columns: &str, label: &str) -> String {
    let between = if columns.is_empty() { 1 } else { 2 };
    let room = NAME_BYTES_MAX.saturating_sub(label.len() + between);
    let (mut first, mut second) = (table.len(), columns.len());
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let cut = |text: &str, most: usize| {
        let end = (0..=most.min(text.len())).rev().find(|i| text.is_char_boundary(*i));
        text[..end.unwrap_or(0)].to_owned()
    };
    let (first, second) = (cut(table, first), cut(columns, second));
    let name = match second.is_empty() {
        true => format!("{first}_{label}"),
        false => format!("{first}_{second}_{label}"),
    };
    truncate(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::made_name;

    #[test]
    fn long_names_are_cut_as_postgres_cuts_them() {
        assert_eq!(made_name("t", "", "pkey"), "t_pkey");
        assert_eq!(made_name("t", "a_b", "key"), "t_a_b_key");
        let long = "x".repeat(63);
        assert_eq!(made_name(&long, "", "pkey"), format!("{}_pkey", "x".repeat(58)));
        assert_eq!(
            made_name(&long, &"y".repeat(40), "idx"),
            format!("{}_{}_idx", "x".repeat(29), "y".repeat(29))
        );
    }
}
