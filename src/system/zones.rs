//! The setting `TimeZone`: names, hours to the east, POSIX's offsets to the west; shown as PostgreSQL shows them.

/// The value as SHOW prints it. An error may say in a sentence what is wrong.
pub(super) fn check(text: &str) -> Result<String, Option<String>> {
    let lower = text.trim().to_lowercase();
    if let Some(interval) = lower.strip_prefix("interval") {
        let interval = interval.trim().trim_matches('\'');
        if interval.contains("day") || interval.contains("mon") || interval.contains("year") {
            let what = if interval.contains("day") { "days" } else { "months" };
            return Err(Some(format!("Cannot specify {what} in time zone interval.")));
        }
        return seconds(interval).map(shown).ok_or(None);
    }
    if let Ok(hours) = lower.parse::<f64>() {
        // A week, as PostgreSQL has it.
        if !hours.is_finite() || hours.abs() >= 168.0 {
            return Err(Some("UTC timezone offset is out of range.".to_owned()));
        }
        return Ok(shown((hours * 3600.0) as i32));
    }
    if lower == "utc" {
        return Ok("UTC".to_owned());
    }
    let named = chrono_tz::TZ_VARIANTS.iter().find(|tz| tz.name().to_lowercase() == lower);
    if let Some(tz) = named {
        return Ok(tz.name().to_owned());
    }
    let upper = text.trim().to_uppercase();
    posix(&upper).map(|_| upper).ok_or(None)
}

/// `<-03>+03`: in a name of its own that says which way, and as POSIX counts, to the west.
fn shown(east: i32) -> String {
    let (sign, other) = if east < 0 { ('-', '+') } else { ('+', '-') };
    let (hours, rest) = (east.abs() / 3600, east.abs() % 3600);
    let mut offset = format!("{hours:02}");
    if rest != 0 {
        offset += &format!(":{:02}", rest / 60);
    }
    format!("<{sign}{offset}>{other}{offset}")
}

/// `FOO+3`, `<-03>+03`, `+05:30`: seconds to the east.
fn posix(text: &str) -> Option<i32> {
    let rest = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?.1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    };
    let name = text.len() - rest.len();
    if name > 0 && name < 3 || rest.is_empty() {
        return None;
    }
    seconds(rest).map(|west| -west)
}

/// `-08`, `+5:30`: hours, minutes and seconds.
fn seconds(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = rest.split(':');
    let mut part = |most: i32| match parts.next() {
        None => Some(0),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse::<i32>().ok().filter(|n| *n <= most)
        }
        Some(_) => None,
    };
    let (hours, minutes, seconds) = (part(167)?, part(59)?, part(59)?);
    parts.next().is_none().then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// The zone as the engine reads it: a name, or an offset to the east.
pub fn engine_zone(shown: &str) -> String {
    let named = chrono_tz::TZ_VARIANTS.iter().any(|tz| tz.name() == shown);
    match posix(shown) {
        Some(east) if !named => {
            let sign = if east < 0 { '-' } else { '+' };
            let minutes = east.abs() / 60;
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
        _ => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_as_they_do_in_postgres() {
        for (set, show, engine) in [
            ("europe/berlin", "Europe/Berlin", "Europe/Berlin"),
            ("utc", "UTC", "UTC"),
            ("EST5EDT", "EST5EDT", "EST5EDT"),
            ("+05:30", "+05:30", "-05:30"),
            ("INTERVAL '+05:30'", "<+05:30>-05:30", "+05:30"),
            ("interval '-08:00'", "<-08>+08", "-08:00"),
            ("INTERVAL '+00:00'", "<+00>-00", "+00:00"),
            ("-3", "<-03>+03", "-03:00"),
            ("5.5", "<+05:30>-05:30", "+05:30"),
            ("0", "<+00>-00", "+00:00"),
            ("utc+3", "UTC+3", "-03:00"),
            ("foo-2", "FOO-2", "+02:00"),
        ] {
            assert_eq!(check(set).as_deref(), Ok(show), "{set}");
            assert_eq!(engine_zone(show), engine, "{set}");
            assert_eq!(check(show).as_deref(), Ok(show), "what is shown can be set");
        }
        for wrong in ["Mars/X", "", "Z", "CEST", "25:99", "168", "+0530", "INTERVAL '1 day'"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
