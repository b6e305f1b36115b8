//! Time zones by name and by abbreviation.

use chrono::{Offset, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS};

use super::{Definition, fixed, pg, row};
use crate::system::cells::Cell;
use crate::system::facts;
use crate::system::scope::Scope;

pub(super) const ALL: &[Definition] =
    &[pg("pg_timezone_names", names), fixed("pg_timezone_abbrevs", abbreviations)];

/// As they are now.
fn names(scope: &Scope) -> Vec<Vec<Cell>> {
    let now = scope.transaction_started_at.with_timezone(&Utc).naive_utc();
    TZ_VARIANTS
        .iter()
        .map(|zone| {
            let offset = zone.offset_from_utc_datetime(&now);
            let seconds = i64::from(offset.fix().local_minus_utc());
            let summer = !offset.dst_offset().is_zero();
            let shown = offset.abbreviation().map_or_else(|| offset.to_string(), str::to_owned);
            row![zone.name(), shown, seconds * 1_000_000, summer]
        })
        .collect()
}

fn abbreviations(_: &Scope) -> Vec<Vec<Cell>> {
    facts::lines(include_str!("../../../sql/system/abbreviations.tsv"))
        .map(|f| row![f[0], f[1].parse::<i64>().unwrap_or(0) * 1_000_000, f[2] == "t"])
        .collect()
}
