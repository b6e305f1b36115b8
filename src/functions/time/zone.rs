//! Time zones: by name, by abbreviation, by distance; how far from UTC each is at an instant.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{OffsetComponents, OffsetName, TZ_VARIANTS, Tz};

use super::abbreviations::ABBREVIATIONS;
use super::calendar::{civil, days};

/// A zone by name, or a fixed distance from UTC in seconds, positive to the east.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Named(Tz),
    Fixed(i32),
}

const DAY: i64 = 86_400;

impl Zone {
    pub const UTC: Zone = Zone::Fixed(0);

    /// As `SET TimeZone` takes it: an IANA name in any case, or hours to the east (`+05:30`, `-3`), or
    /// POSIX's `<+0530>-05:30`, which counts to the west.
    pub fn parse(text: &str) -> Option<Zone> {
        let text = text.trim();
        if ["utc", "gmt", "z", "zulu", "etc/utc"].iter().any(|utc| utc.eq_ignore_ascii_case(text)) {
            return Some(Zone::UTC);
        }
        if let Some((_, west)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            return Some(Zone::Fixed(-parse_offset(west)?));
        }
        if text.starts_with(['+', '-']) || text.starts_with(|c: char| c.is_ascii_digit()) {
            return parse_offset(text).map(Zone::Fixed);
        }
        by_name(text).map(Zone::Named)
    }

    /// As `AT TIME ZONE` and texts with a zone in them take it: an abbreviation, an IANA name in any case, or POSIX's
    /// `FOO+3`, which counts to the west.
    pub fn named(text: &str) -> Option<Zone> {
        abbreviated(text).or_else(|| Zone::full(text))
    }

    /// The same without the abbreviations.
    pub fn full(text: &str) -> Option<Zone> {
        by_name(text).map(Zone::Named).or_else(|| posix(text))
    }

    /// `CET` or `CEST`, `+03` where the zone has only numbers; none for a bare distance.
    pub fn abbreviation(self, instant: i64) -> Option<String> {
        match self {
            Zone::Fixed(0) => Some("UTC".to_owned()),
            Zone::Fixed(_) => None,
            Zone::Named(tz) => {
                let instant = DateTime::from_timestamp(instant, 0)?;
                let offset = tz.offset_from_utc_datetime(&instant.naive_utc());
                offset.abbreviation().map(str::to_owned)
            }
        }
    }

    /// Whether it is summer time.
    pub fn is_summer(self, instant: i64) -> bool {
        let Zone::Named(tz) = self else { return false };
        DateTime::from_timestamp(instant, 0).is_some_and(|instant| {
            !tz.offset_from_utc_datetime(&instant.naive_utc()).dst_offset().is_zero()
        })
    }

    /// The instant in microseconds at which clocks in this zone show `local`; infinity stays.
    pub fn to_instant(self, local: i64) -> Option<i64> {
        if local == i64::MAX || local == i64::MIN {
            return Some(local);
        }
        let seconds = local.div_euclid(1_000_000);
        local.checked_add((self.instant(seconds) - seconds) * 1_000_000)
    }

    /// What clocks in this zone show at an instant, both in microseconds.
    pub fn to_local(self, instant: i64) -> Option<i64> {
        if instant == i64::MAX || instant == i64::MIN {
            return Some(instant);
        }
        let offset = self.offset(instant.div_euclid(1_000_000));
        instant.checked_add(i64::from(offset) * 1_000_000)
    }

    /// Seconds to the east of UTC at this instant (seconds since 1970).
    pub fn offset(self, instant: i64) -> i32 {
        match self {
            Zone::Fixed(seconds) => seconds,
            Zone::Named(tz) => named_offset(tz, instant),
        }
    }

    /// The instant at which clocks in this zone show `local` (seconds since 1970 as if in UTC). In a
    /// gap the clock is read as before the gap, in an overlap as standard time; so does PostgreSQL.
    pub fn instant(self, local: i64) -> i64 {
        let before = self.offset(local - DAY);
        let after = self.offset(local + DAY);
        let by = |offset: i32| local - i64::from(offset);
        let fits = |offset: i32| self.offset(by(offset)) == offset;
        match (fits(before), fits(after)) {
            (true, false) => by(before),
            (false, true) => by(after),
            (true, true) => by(after),
            (false, false) => by(before),
        }
    }
}

fn by_name(text: &str) -> Option<Tz> {
    let exact = text.parse::<Tz>().ok();
    exact.or_else(|| TZ_VARIANTS.iter().copied().find(|tz| tz.name().eq_ignore_ascii_case(text)))
}

/// `est`, `CEST`, `z`.
pub fn abbreviated(text: &str) -> Option<Zone> {
    abbreviation_of(text).map(|(offset, _)| Zone::Fixed(offset))
}

/// Its distance, and whether it is one of summer.
pub fn abbreviation_of(text: &str) -> Option<(i32, bool)> {
    let name = text.to_ascii_lowercase();
    let at = ABBREVIATIONS.binary_search_by_key(&name.as_str(), |row| row.0).ok()?;
    Some((ABBREVIATIONS[at].1, ABBREVIATIONS[at].2))
}

/// `FOO+3`, `<+05>-5`, `-5:30`: a name, which says nothing, and a distance to the west.
fn posix(text: &str) -> Option<Zone> {
    let distance = match text.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?.1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    };
    parse_offset(distance).map(|east| Zone::Fixed(-east))
}

fn parse_offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = rest.split(':').map(|part| part.parse::<u16>().ok());
    let mut hours = i32::from(parts.next()??);
    let mut minutes = parts.next().map_or(Some(0), |m| m.map(i32::from))?;
    let seconds = parts.next().map_or(Some(0), |s| s.map(i32::from))?;
    if hours >= 100 && !rest.contains(':') {
        (hours, minutes) = (hours / 100, hours % 100);
    }
    let in_range = hours < 168 && minutes < 60 && seconds < 60 && parts.next().is_none();
    in_range.then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// The tables end in 2099, where PostgreSQL goes on with each zone's last rule. Where that has summer
/// time, a later year is read as one of the last 28 with the same days of the week.
fn named_offset(tz: Tz, instant: i64) -> i32 {
    const YEAR_2089: i64 = 3_755_289_600;
    const YEAR_2090: i64 = YEAR_2089 + 365 * DAY;
    if instant < YEAR_2090 || !changes(tz, YEAR_2089) {
        return table_offset(tz, instant);
    }
    let start = |year| days(year, 1, 1);
    let (year, _, _) = civil(instant.div_euclid(DAY));
    let kind = |year| (start(year).rem_euclid(7), start(year + 1) - start(year));
    let alike = (2062..2090).find(|candidate| kind(*candidate) == kind(year));
    let alike = alike.expect("28 years hold every kind of year");
    table_offset(tz, instant - (start(year) - start(alike)) * DAY)
}

fn table_offset(tz: Tz, instant: i64) -> i32 {
    // Far before the tables begin, the first entry holds for ever.
    let instant = DateTime::from_timestamp(instant.max(-8_000_000_000_000), 0);
    let Some(instant) = instant else { return 0 };
    tz.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc()
}

/// Whether the tables know of a change in the year that begins at `start`.
fn changes(tz: Tz, start: i64) -> bool {
    let january = table_offset(tz, start);
    (1..12).any(|month| table_offset(tz, start + month * 30 * DAY) != january)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_distances() {
        assert_eq!(Zone::parse("utc"), Some(Zone::UTC));
        assert_eq!(Zone::parse("europe/berlin"), Some(Zone::Named(Tz::Europe__Berlin)));
        assert_eq!(Zone::parse("+05:30"), Some(Zone::Fixed(19_800)));
        assert_eq!(Zone::parse("-3"), Some(Zone::Fixed(-10_800)));
        assert_eq!(Zone::parse("<+05>-05"), Some(Zone::Fixed(18_000)));
        assert_eq!(Zone::parse("<-03>+03"), Some(Zone::Fixed(-10_800)));
        assert_eq!(Zone::parse("Nowhere"), None);
        assert_eq!(Zone::parse("+1:2:3:4"), None);
    }

    #[test]
    fn offsets_go_on_after_the_tables_end() {
        let new_york = Zone::parse("America/New_York").unwrap();
        assert_eq!(new_york.offset(1_720_000_000), -14_400);
        assert_eq!(new_york.offset(2_855_779_200), -14_400, "July 2060");
        assert_eq!(new_york.offset(15_479_596_800), -14_400, "July 2460");
        assert_eq!(new_york.offset(15_463_872_000), -18_000, "January 2460");
        assert_eq!(new_york.offset(-60_000_000_000), -17_762, "local mean time");
        let casablanca = Zone::parse("Africa/Casablanca").unwrap();
        assert_eq!(casablanca.offset(3_702_585_600), 0, "May 2087");
        assert_eq!(casablanca.offset(4_333_737_600), 3_600, "May 2107");
    }

    #[test]
    fn a_clock_reading_becomes_an_instant() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let local = |d, h: i64, m: i64| days(2024, 3, d) * DAY + h * 3600 + m * 60;
        assert_eq!(berlin.instant(local(1, 12, 0)), local(1, 11, 0));
        assert_eq!(berlin.instant(local(31, 2, 30)), local(31, 1, 30), "in the gap");
    }
}
