//! How values are written as text: what DateStyle, IntervalStyle, TimeZone, extra_float_digits and bytea_output say.

use super::charset::{Charset, Named};
use super::time::Zone;
use super::time::read::Order;

/// In which form dates and times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateForm {
    #[default]
    Iso,
    Sql,
    Postgres,
    German,
}

/// In which form intervals are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntervalForm {
    #[default]
    Postgres,
    Verbose,
    Sql,
    Iso,
}

/// The settings of a session that show in its texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub zone: Zone,
    pub dates: DateForm,
    /// Of day, month and year: written so, and read so where a text could mean either.
    pub order: Order,
    pub intervals: IntervalForm,
    pub extra_float_digits: i32,
    /// Bytes as `\ooo` where they are no letters, not as hexadecimal digits.
    pub escapes_bytes: bool,
    /// In which encoding the client has its text.
    pub charset: Charset,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            zone: Zone::UTC,
            dates: DateForm::Iso,
            order: Order::MonthFirst,
            intervals: IntervalForm::Postgres,
            extra_float_digits: 1,
            escapes_bytes: false,
            charset: Charset::Utf8,
        }
    }
}

impl Style {
    /// From the settings as SHOW prints them; None where there is no such zone.
    pub fn of<'s>(zone: &str, setting: impl Fn(&str) -> Option<&'s str>) -> Option<Style> {
        let dates = setting("datestyle").unwrap_or_default();
        let form = match dates.split(',').next().unwrap_or_default() {
            "SQL" => DateForm::Sql,
            "Postgres" => DateForm::Postgres,
            "German" => DateForm::German,
            _ => DateForm::Iso,
        };
        let order = match dates {
            _ if dates.ends_with("DMY") => Order::DayFirst,
            _ if dates.ends_with("YMD") => Order::YearFirst,
            _ => Order::MonthFirst,
        };
        let intervals = match setting("intervalstyle") {
            Some("postgres_verbose") => IntervalForm::Verbose,
            Some("sql_standard") => IntervalForm::Sql,
            Some("iso_8601") => IntervalForm::Iso,
            _ => IntervalForm::Postgres,
        };
        Some(Style {
            zone: Zone::parse(zone)?,
            dates: form,
            order,
            intervals,
            extra_float_digits: setting("extra_float_digits")
                .and_then(|digits| digits.parse().ok())
                .unwrap_or(1),
            escapes_bytes: setting("bytea_output") == Some("escape"),
            charset: match setting("client_encoding").map(Charset::named) {
                Some(Named::Known(charset)) => charset,
                _ => Charset::Utf8,
            },
        })
    }

    /// The same with dates as JSON has them, whatever the session prefers.
    pub fn for_json(self) -> Style {
        Style { dates: DateForm::Iso, ..self }
    }
}

/// Bytes as `\x0a1b`, or as letters with `\\` and `\ooo` among them.
pub fn put_bytes(value: &[u8], style: &Style, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    if style.escapes_bytes {
        for byte in value {
            match byte {
                b'\\' => out.extend_from_slice(b"\\\\"),
                b' '..=b'~' => out.push(*byte),
                other => {
                    let digit = |shift: u8| b'0' + (other >> shift & 7);
                    out.extend_from_slice(&[b'\\', digit(6), digit(3), digit(0)]);
                }
            }
        }
        return;
    }
    out.reserve(value.len() * 2 + 2);
    out.extend_from_slice(b"\\x");
    for byte in value {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}
