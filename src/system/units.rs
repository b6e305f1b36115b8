//! Numbers with units, as settings take and show them: `5s`, `90min`, `1.5MB`.

/// PostgreSQL keeps such settings in 32 bits.
pub const INTEGER_MAX: i64 = i32::MAX as i64;

/// The units of one kind of setting; without any, a plain number.
#[derive(Clone, Copy, Debug)]
pub struct Units {
    /// The unit of a number that has none.
    base: Option<&'static str>,
    /// The largest first, each with its size in base units.
    all: &'static [(&'static str, f64)],
    hint: &'static str,
}

pub const TIME: Units = Units {
    base: Some("ms"),
    all: &[
        ("d", 86_400_000.0),
        ("h", 3_600_000.0),
        ("min", 60_000.0),
        ("s", 1_000.0),
        ("ms", 1.0),
        ("us", 0.001),
    ],
    hint: "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".",
};

const MEMORY_HINT: &str =
    "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".";

pub const KILOBYTES: Units = Units {
    base: Some("kB"),
    all: &[
        ("TB", 1_073_741_824.0),
        ("GB", 1_048_576.0),
        ("MB", 1_024.0),
        ("kB", 1.0),
        ("B", 1.0 / 1_024.0),
    ],
    hint: MEMORY_HINT,
};

/// Of 8 kB each.
pub const PAGES: Units = Units {
    base: Some("8kB"),
    all: &[
        ("TB", 134_217_728.0),
        ("GB", 131_072.0),
        ("MB", 128.0),
        ("kB", 0.125),
        ("B", 1.0 / 8_192.0),
    ],
    hint: MEMORY_HINT,
};

impl Units {
    pub const NONE: Units = Units { base: None, all: &[], hint: "" };

    pub fn base(self) -> Option<&'static str> {
        self.base
    }

    /// A number of base units, rounded; else perhaps a word on what is allowed.
    pub fn read(self, text: &str) -> Result<i64, Option<&'static str>> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)));
        let (number, unit) = text.split_at(end.unwrap_or(text.len()));
        let number: f64 = number.parse().map_err(|_| None)?;
        let size = match unit.trim() {
            "" => 1.0,
            unit => {
                let found = self.all.iter().find(|(name, _)| *name == unit);
                found.ok_or(if self.all.is_empty() { None } else { Some(self.hint) })?.1
            }
        };
        let value = (number * size).round_ties_even();
        match value.abs() <= INTEGER_MAX as f64 {
            true => Ok(value as i64),
            false => Err(Some("Value exceeds integer range.")),
        }
    }

    /// In the largest unit that leaves no rest.
    pub fn shown(self, value: i64) -> String {
        let whole = |size: f64| value as f64 % size == 0.0;
        let found = self.all.iter().find(|(_, size)| value > 0 && whole(*size));
        match found {
            Some((unit, size)) => format!("{}{unit}", (value as f64 / size) as i64),
            None => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_memory_as_postgres_reads_and_shows_them() {
        let time = |text: &str| TIME.read(text).map(|ms| TIME.shown(ms));
        for (text, shown) in [
            ("0", "0"),
            ("5000", "5s"),
            ("1.5s", "1500ms"),
            ("1500us", "2ms"),
            ("2.5", "2ms"),
            ("90min", "90min"),
            (" 120 min ", "2h"),
            ("1d", "1d"),
        ] {
            assert_eq!(time(text).as_deref(), Ok(shown), "{text}");
        }
        assert_eq!(time("5 x"), Err(Some(TIME.hint)));
        assert_eq!(time("30d"), Err(Some("Value exceeds integer range.")));
        assert_eq!(time("soon"), Err(None));
        let memory = |text: &str| KILOBYTES.read(text).map(|kb| KILOBYTES.shown(kb));
        assert_eq!(memory("1.5MB").as_deref(), Ok("1536kB"));
        assert_eq!(memory("1024").as_deref(), Ok("1MB"));
        assert_eq!(memory("2GB").as_deref(), Ok("2GB"));
        assert_eq!(PAGES.read("4GB").map(|pages| PAGES.shown(pages)).as_deref(), Ok("4GB"));
        assert_eq!(PAGES.read("1").map(|pages| PAGES.shown(pages)).as_deref(), Ok("8kB"));
        assert_eq!(Units::NONE.read("1.2"), Ok(1));
        assert_eq!(Units::NONE.read("5s"), Err(None));
    }
}
