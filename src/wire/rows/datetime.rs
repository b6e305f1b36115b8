//! Dates, times and timestamps in 64-bit civil arithmetic: before Christ, past the year 9999, infinity.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::*;

use crate::error::{Error, Result, SqlState};
use crate::functions::style::DateForm;
use crate::functions::time::show;
use crate::functions::time::values::unpack;

use super::put::{Put, put_fraction, put_integer, put_two, two};
use super::style::{Format, Style};
use super::zone::OffsetCache;

const DAY_MICROS: i64 = 86_400_000_000;
const DAY_MILLIS: i64 = 86_400_000;
/// 2000-01-01, from which PostgreSQL counts, in days since 1970-01-01.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS * DAY_MICROS;

pub(super) fn date(array: &ArrayRef, format: Format, style: &Style) -> Option<Put> {
    let style = *style;
    let days: Box<dyn Fn(usize) -> i64 + Send> = match array.data_type() {
        DataType::Date32 => {
            let values = array.as_primitive::<Date32Type>().values().clone();
            return Some(match format {
                Format::Text if style.dates != DateForm::Iso => Box::new(move |row, out| {
                    out.extend_from_slice(show::date(values[row], &style).as_bytes());
                    Ok(())
                }),
                Format::Text => Box::new(move |row, out| {
                    put_date(out, date32(values[row]));
                    Ok(())
                }),
                Format::Binary => {
                    Box::new(move |row, out| put_date_binary(out, date32(values[row])))
                }
            });
        }
        DataType::Date64 => {
            let values = array.as_primitive::<Date64Type>().values().clone();
            Box::new(move |row| match values[row] {
                edge @ (i64::MIN | i64::MAX) => edge,
                millis => millis.div_euclid(DAY_MILLIS),
            })
        }
        _ => return None,
    };
    Some(match format {
        Format::Text if style.dates != DateForm::Iso => Box::new(move |row, out| {
            let days = days(row).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
            out.extend_from_slice(show::date(days, &style).as_bytes());
            Ok(())
        }),
        Format::Text => Box::new(move |row, out| {
            put_date(out, days(row));
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out| put_date_binary(out, days(row))),
    })
}

fn date32(value: i32) -> i64 {
    match value {
        i32::MAX => i64::MAX,
        i32::MIN => i64::MIN,
        days => i64::from(days),
    }
}

fn put_date_binary(out: &mut Vec<u8>, days: i64) -> Result<()> {
    let value = match days {
        i64::MAX => i32::MAX,
        i64::MIN => i32::MIN,
        days => days
            .checked_sub(EPOCH_DAYS)
            .and_then(|days| i32::try_from(days).ok())
            .ok_or_else(|| Error::new(SqlState::DATETIME_OVERFLOW, "date out of range"))?,
    };
    out.extend_from_slice(&value.to_be_bytes());
    Ok(())
}

pub(super) fn time(array: &ArrayRef, format: Format) -> Option<Put> {
    macro_rules! from {
        ($type:ty, $micros:expr) => {{
            let values = array.as_primitive::<$type>().values().clone();
            let micros = $micros;
            match format {
                Format::Text => Box::new(move |row, out: &mut Vec<u8>| {
                    put_time(out, micros(values[row]));
                    Ok(())
                }),
                Format::Binary => Box::new(move |row, out: &mut Vec<u8>| {
                    out.extend_from_slice(&micros(values[row]).to_be_bytes());
                    Ok(())
                }),
            }
        }};
    }
    Some(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            from!(Time32SecondType, |value: i32| i64::from(value) * 1_000_000)
        }
        DataType::Time32(_) => from!(Time32MillisecondType, |value: i32| i64::from(value) * 1_000),
        DataType::Time64(TimeUnit::Nanosecond) => {
            from!(Time64NanosecondType, |value: i64| value.div_euclid(1_000))
        }
        DataType::Time64(_) => from!(Time64MicrosecondType, |value: i64| value),
        _ => return None,
    })
}

/// A time with its zone, packed into one number.
pub(super) fn timetz(array: &ArrayRef, format: Format) -> Option<Put> {
    if *array.data_type() != DataType::Duration(TimeUnit::Second) {
        return None;
    }
    let values = array.as_primitive::<DurationSecondType>().values().clone();
    Some(match format {
        Format::Text => Box::new(move |row, out: &mut Vec<u8>| {
            let (micros, east) = unpack(values[row]);
            put_time(out, micros);
            put_offset(out, east);
            Ok(())
        }),
        Format::Binary => Box::new(move |row, out: &mut Vec<u8>| {
            let (micros, east) = unpack(values[row]);
            out.extend_from_slice(&micros.to_be_bytes());
            out.extend_from_slice(&(-east).to_be_bytes());
            Ok(())
        }),
    })
}

/// A timestamp of any unit; shown in the session's zone where the SQL type has one.
pub(super) fn timestamp(
    array: &ArrayRef,
    zoned: bool,
    format: Format,
    style: &Style,
) -> Option<Put> {
    let style = *style;
    macro_rules! from {
        ($type:ty, $micros:expr) => {{
            let values = array.as_primitive::<$type>().values().clone();
            put_timestamps(move |row| $micros(values[row]), zoned, format, style)
        }};
    }
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    Some(match unit {
        TimeUnit::Second => from!(TimestampSecondType, |v| scaled(v, 1_000_000)),
        TimeUnit::Millisecond => from!(TimestampMillisecondType, |v| scaled(v, 1_000)),
        TimeUnit::Microsecond => from!(TimestampMicrosecondType, Ok),
        TimeUnit::Nanosecond => from!(TimestampNanosecondType, nanoseconds),
    })
}

fn scaled(value: i64, micros: i64) -> Result<i64> {
    match value {
        edge @ (i64::MIN | i64::MAX) => Ok(edge),
        value => value.checked_mul(micros).ok_or_else(out_of_range),
    }
}

fn nanoseconds(value: i64) -> Result<i64> {
    match value {
        edge @ (i64::MIN | i64::MAX) => Ok(edge),
        value => Ok(value.div_euclid(1_000)),
    }
}

fn out_of_range() -> Error {
    Error::new(SqlState::DATETIME_OVERFLOW, "timestamp out of range")
}

fn put_timestamps(
    micros: impl Fn(usize) -> Result<i64> + Send + 'static,
    zoned: bool,
    format: Format,
    style: Style,
) -> Put {
    match (format, zoned) {
        (Format::Text, _) if style.dates != DateForm::Iso => Box::new(move |row, out| {
            let shown = match zoned {
                true => show::timestamptz(micros(row)?, &style),
                false => show::timestamp(micros(row)?, &style),
            };
            out.extend_from_slice(shown.as_bytes());
            Ok(())
        }),
        (Format::Binary, _) => Box::new(move |row, out| {
            let value = match micros(row)? {
                edge @ (i64::MIN | i64::MAX) => edge,
                value => value.checked_sub(EPOCH_MICROS).ok_or_else(out_of_range)?,
            };
            out.extend_from_slice(&value.to_be_bytes());
            Ok(())
        }),
        (Format::Text, false) => Box::new(move |row, out| {
            put_timestamp(out, micros(row)?, None);
            Ok(())
        }),
        (Format::Text, true) => {
            let offsets = OffsetCache::new(style.zone);
            Box::new(move |row, out| {
                let instant = micros(row)?;
                let offset = offsets.offset(instant.div_euclid(1_000_000));
                put_timestamp(out, instant, Some(offset));
                Ok(())
            })
        }
    }
}

/// Days since 1970 as `2024-02-29`.
pub(super) fn put_date(out: &mut Vec<u8>, days: i64) {
    if put_infinity(out, days) {
        return;
    }
    let (year, month, day) = civil(days);
    put_year_month_day(out, year, month, day);
    if year <= 0 {
        out.extend_from_slice(b" BC");
    }
}

#[inline]
fn put_year_month_day(out: &mut Vec<u8>, year: i64, month: u32, day: u32) {
    // There is no year 0: the year before 1 is 1 BC.
    let shown = if year <= 0 { 1 - year } else { year };
    let [m, n] = two(month);
    let [d, e] = two(day);
    if shown < 10_000 {
        let ([a, b], [x, y]) = (two(shown as u32 / 100), two(shown as u32 % 100));
        // One copy of known length is many times faster than five short ones.
        out.extend_from_slice(&[a, b, x, y, b'-', m, n, b'-', d, e]);
    } else {
        put_integer(out, shown);
        out.extend_from_slice(&[b'-', m, n, b'-', d, e]);
    }
}

fn put_infinity(out: &mut Vec<u8>, value: i64) -> bool {
    match value {
        i64::MAX => out.extend_from_slice(b"infinity"),
        i64::MIN => out.extend_from_slice(b"-infinity"),
        _ => return false,
    }
    true
}

/// Microseconds since midnight; 24:00:00 is a time of its own.
pub(super) fn put_time(out: &mut Vec<u8>, micros: i64) {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let seconds = seconds as u32;
    let ([h, i], [m, n]) = (two(seconds / 3600), two(seconds / 60 % 60));
    let [s, t] = two(seconds % 60);
    out.extend_from_slice(&[h, i, b':', m, n, b':', s, t]);
    put_fraction(out, fraction as u32);
}

/// Microseconds since 1970, shown on a clock `offset` seconds to the east.
pub(super) fn put_timestamp(out: &mut Vec<u8>, micros: i64, offset: Option<i32>) {
    if put_infinity(out, micros) {
        return;
    }
    // The shift goes to the seconds of the day, so that the last microseconds of time do not overflow.
    let mut days = micros.div_euclid(DAY_MICROS);
    let of_day = micros.rem_euclid(DAY_MICROS) + i64::from(offset.unwrap_or(0)) * 1_000_000;
    days += of_day.div_euclid(DAY_MICROS);
    let (year, month, day) = civil(days);
    put_year_month_day(out, year, month, day);
    out.push(b' ');
    put_time(out, of_day.rem_euclid(DAY_MICROS));
    if let Some(offset) = offset {
        put_offset(out, offset);
    }
    if year <= 0 {
        out.extend_from_slice(b" BC");
    }
}

/// `+02`, `+05:30`, `-04:56:02`.
fn put_offset(out: &mut Vec<u8>, offset: i32) {
    out.push(if offset < 0 { b'-' } else { b'+' });
    let offset = offset.unsigned_abs();
    put_two(out, offset / 3600);
    let (minutes, seconds) = (offset / 60 % 60, offset % 60);
    if minutes != 0 || seconds != 0 {
        out.push(b':');
        put_two(out, minutes);
    }
    if seconds != 0 {
        out.push(b':');
        put_two(out, seconds);
    }
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`).
#[inline]
pub(super) fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    if let Ok(shifted @ 0..=2_000_000_000) = u32::try_from(shifted) {
        return civil_of_small(shifted);
    }
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The same for the days that matter, in half as many bits.
#[inline]
fn civil_of_small(shifted: u32) -> (i64, u32, u32) {
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (i64::from(year_of_era + era * 400 + u32::from(month <= 2)), month, day)
}

/// The inverse of [`civil`].
#[cfg(test)]
pub(super) fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (i64::from(month) + 9) % 12;
    let of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(micros: i64, offset: Option<i32>) -> String {
        let mut out = Vec::new();
        put_timestamp(&mut out, micros, offset);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn timestamps_at_the_edges() {
        assert_eq!(shown(0, None), "1970-01-01 00:00:00");
        assert_eq!(shown(100_000, Some(0)), "1970-01-01 00:00:00.1+00");
        assert_eq!(shown(-1, None), "1969-12-31 23:59:59.999999");
        assert_eq!(shown(0, Some(19_800)), "1970-01-01 05:30:00+05:30");
        assert_eq!(shown(days(-43, 1, 1) * DAY_MICROS, None), "0044-01-01 00:00:00 BC");
        assert_eq!(shown(days(12_345, 1, 1) * DAY_MICROS, None), "12345-01-01 00:00:00");
        assert_eq!(shown(i64::MAX, Some(0)), "infinity");
        assert_eq!(shown(i64::MIN, None), "-infinity");
        assert_eq!(shown(0, Some(-17_762)), "1969-12-31 19:03:58-04:56:02");
        shown(i64::MAX - 1, Some(50_400));
        shown(i64::MIN + 1, Some(-50_400));
    }

    proptest! {
        #[test]
        fn civil_dates_come_back(day in -2_000_000_000i64..2_000_000_000) {
            let (year, month, of_month) = civil(day);
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&of_month));
            prop_assert_eq!(days(year, month, of_month), day);
        }
    }
}
