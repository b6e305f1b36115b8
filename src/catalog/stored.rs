//! How a table's columns lie in its files: under which name, and as which Arrow type.
//!
//! PostgreSQL takes any text as a column's name and tells `a` from `A`; Delta takes neither a space nor one of
//! `,;{}()=`, and compares names without case. A column whose name cannot be stored has another one in the files, and
//! keeps that for its life, so that it can be renamed without touching them. Types that Delta lacks lie there as text.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};

use super::relation::{Column, Relation};
use super::types::SqlType;

/// Gives each column a name that files may have and no other column has there.
pub fn name_stored(columns: &mut [Column]) {
    let mut taken: HashSet<String> =
        columns.iter().filter_map(|c| c.stored.as_deref()).map(str::to_lowercase).collect();
    for column in columns.iter_mut().filter(|c| c.stored.is_none()) {
        let plain: String =
            column.name.chars().map(|c| if is_illegal(c) { '_' } else { c }).collect();
        let mut name = plain.clone();
        let mut count = 1;
        while !taken.insert(name.to_lowercase()) {
            count += 1;
            name = format!("{plain}_{count}");
        }
        if name != column.name {
            column.stored = Some(name);
        }
    }
}

fn is_illegal(c: char) -> bool {
    " ,;{}()\n\t=".contains(c)
}

impl Column {
    /// Its name in the files.
    pub fn stored_name(&self) -> &str {
        self.stored.as_deref().unwrap_or(&self.name)
    }

    /// From now on it has another name; in the files it keeps its own.
    pub fn rename(&mut self, to: &str) {
        let stored = self.stored_name().to_owned();
        to.clone_into(&mut self.name);
        self.stored = (stored != to).then_some(stored);
    }
}

impl Relation {
    /// The columns as a Delta table has them.
    pub fn stored_schema(&self) -> SchemaRef {
        let field = |c: &Column| stored_field(&c.sql_type, c.stored_name(), c.nullable);
        Arc::new(ArrowSchema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// Registered files keep their types, under their own names.
    pub fn file_schema(&self) -> SchemaRef {
        let field = |c: &Column| c.sql_type.field(c.stored_name(), c.nullable);
        Arc::new(ArrowSchema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// These columns of the relation as the files call them.
    pub fn stored_names(&self, names: &[String]) -> Vec<String> {
        let stored = |name: &String| {
            self.column(name).map_or_else(|| name.clone(), |c| c.stored_name().to_owned())
        };
        names.iter().map(stored).collect()
    }
}

fn stored_field(sql_type: &SqlType, name: &str, nullable: bool) -> Arc<Field> {
    match sql_type.arrow() {
        // Delta has no time of day, no interval and no decimal beyond 38 digits.
        DataType::Time64(_) | DataType::Interval(_) | DataType::Decimal256(..) => {
            Arc::new(Field::new(name, DataType::Utf8View, nullable))
        }
        _ => sql_type.field(name, nullable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_files_are_allowed_there_and_differ() {
        let column = |name: &str| Column::new(1, name, SqlType::Int4, true);
        let mut columns = vec![column("a b"), column("a_b"), column("A"), column("a")];
        name_stored(&mut columns);
        let stored: Vec<&str> = columns.iter().map(Column::stored_name).collect();
        assert_eq!(stored, ["a_b", "a_b_2", "A", "a_2"]);
        columns[2].rename("x");
        assert_eq!((columns[2].name.as_str(), columns[2].stored_name()), ("x", "A"));
        columns.push(column("A"));
        name_stored(&mut columns);
        assert_eq!(columns[4].stored_name(), "A_3");
    }
}
