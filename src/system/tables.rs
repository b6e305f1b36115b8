//! Base system relations.
use arrow::datatypes::SchemaRef;
use arrow::array::RecordBatch;
use crate::error::{Error, Result};
use super::scope::Scope;
#[derive(Clone)]
pub struct SystemTable;
pub fn table(_schema: &str, _name: &str) -> Option<SystemTable> { None }
impl SystemTable {
    pub fn name(&self) -> &'static str { "" }
    pub fn arrow_schema(&self) -> SchemaRef { arrow::datatypes::Schema::empty().into() }
    pub fn batch(&self, _scope: &Scope) -> Result<RecordBatch> { Err(Error::internal("")) }
}
