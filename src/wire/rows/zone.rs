//! The offset of the session's zone, remembered for the rows of a column.

use std::cell::Cell;

pub use crate::functions::time::Zone;

const DAY: i64 = 86_400;

/// Remembers offsets by day, since looking one up takes longer than writing a timestamp.
pub(super) struct OffsetCache {
    zone: Zone,
    /// (day, offset), found by the low bits of the day.
    slots: Box<[Cell<(i64, i32)>]>,
}

const SLOTS: usize = 1024;

impl OffsetCache {
    pub(super) fn new(zone: Zone) -> Self {
        let slots = match zone {
            Zone::Fixed(_) => 0,
            Zone::Named(_) => SLOTS,
        };
        OffsetCache { zone, slots: vec![Cell::new((i64::MIN, 0)); slots].into() }
    }

    #[inline]
    pub(super) fn offset(&self, instant: i64) -> i32 {
        if let Zone::Fixed(offset) = self.zone {
            return offset;
        }
        let day = instant.div_euclid(DAY);
        let slot = &self.slots[day as usize % SLOTS];
        let (known, offset) = slot.get();
        if known == day {
            return offset;
        }
        let (first, last) = (self.zone.offset(day * DAY), self.zone.offset(day * DAY + DAY - 1));
        if first != last {
            return self.zone.offset(instant);
        }
        slot.set((day, first));
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_agrees_with_the_zone() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let cache = OffsetCache::new(zone);
        for step in 0..40_000 {
            let instant = 1_600_000_000 + step * 1_777;
            assert_eq!(cache.offset(instant), zone.offset(instant));
        }
    }
}
