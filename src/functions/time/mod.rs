//! Dates, times and intervals by PostgreSQL's rules: read, shown, taken apart, added up.
//!
//! `calendar` to `show_pattern` are pure; `function` puts them behind names over Arrow arrays, for each list of argument
//! types that PostgreSQL has (`operators`, `casts`, `calls`, `clocks`).

mod abbreviations;
pub mod aggregates;
pub mod calendar;
mod calls;
pub mod casts;
mod clocks;
mod digits;
mod function;
pub mod kinds;
pub mod number_pattern;
mod operators;
pub mod parts;
mod pattern;
pub mod read;
pub mod read_number;
pub mod read_pattern;
pub mod read_span;
pub mod series;
pub mod show;
mod show_number;
pub mod show_pattern;
mod sleep;
pub mod span;
pub mod values;
pub mod words;
pub mod zone;

pub use zone::Zone;

use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::ScalarUDF;

static ALL: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let operators: [&'static function::Function; 5] =
        [&operators::PLUS, &operators::MINUS, &operators::TIMES, &operators::OVER, &operators::KEY];
    let casts: [&'static function::Function; 10] = [
        &casts::TO_DATE,
        &casts::TO_TIME,
        &casts::TO_TIMETZ,
        &casts::TO_TIMESTAMP,
        &casts::TO_TIMESTAMPTZ,
        &casts::TO_INTERVAL,
        &casts::AS_TEXT,
        &casts::AS_DATE,
        &casts::AS_TIMETZ,
        &casts::AS_TIMESTAMPTZ,
    ];
    let named = calls::FUNCTIONS.iter().chain(clocks::CLOCKS).chain(&casts::NEAR);
    operators.into_iter().chain(casts).chain(named).map(|f| f.udf()).collect()
});

/// Whether this area has a function of this name.
pub fn is_ours(name: &str) -> bool {
    function(name).is_some()
}

pub(super) fn function(name: &str) -> Option<Arc<ScalarUDF>> {
    ALL.iter().find(|f| f.name() == name).map(Arc::clone).or_else(|| sleep::function(name))
}
