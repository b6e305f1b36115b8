//! NaN and the infinities of `numeric`, and the one Arrow type that may carry them.
//!
//! Arrow's decimals are all finite. A numeric that may be special therefore lies in `Decimal256` of 76 digits, where
//! three whole numbers beyond all that 76 digits can say stand for the three: they compare, sort, hash and group among
//! the finite ones as PostgreSQL orders them (NaN is equal to itself and above all), so the engine's own kernels are
//! right. What reckons with a value of that type, or casts it, must know them: a special is never scaled. Ordinary
//! numerics stay what they were and are never looked at for specials: the type alone tells.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DECIMAL256_MAX_PRECISION, DataType, Decimal256Type, i256};
use datafusion::common::{Result, ScalarValue};

/// In PostgreSQL's order; finite numbers stand between the infinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Special {
    NegativeInfinity,
    Infinity,
    NaN,
}

const NAN: i256 = i256::MAX;
const INFINITY: i256 = i256::from_parts(u128::MAX - 1, i128::MAX);
const NEGATIVE_INFINITY: i256 = i256::from_parts(2, i128::MIN);

impl Special {
    pub const ALL: [Special; 3] = [Special::NegativeInfinity, Special::Infinity, Special::NaN];

    /// What a whole number of the carrying type stands for.
    pub fn of(value: i256) -> Option<Special> {
        match value {
            NAN => Some(Special::NaN),
            INFINITY => Some(Special::Infinity),
            NEGATIVE_INFINITY => Some(Special::NegativeInfinity),
            _ => None,
        }
    }

    pub fn code(self) -> i256 {
        match self {
            Special::NaN => NAN,
            Special::Infinity => INFINITY,
            Special::NegativeInfinity => NEGATIVE_INFINITY,
        }
    }

    /// As PostgreSQL writes it.
    pub fn word(self) -> &'static str {
        match self {
            Special::NaN => "NaN",
            Special::Infinity => "Infinity",
            Special::NegativeInfinity => "-Infinity",
        }
    }

    /// As it may be written, without blanks around: an infinity has a sign, NaN has none.
    pub fn read(text: &str) -> Option<Special> {
        if text.eq_ignore_ascii_case("nan") {
            return Some(Special::NaN);
        }
        let (special, name) = match text.strip_prefix('-') {
            Some(name) => (Special::NegativeInfinity, name),
            None => (Special::Infinity, text.strip_prefix('+').unwrap_or(text)),
        };
        let names = ["inf", "infinity"];
        names.iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(special)
    }

    pub fn of_double(value: f64) -> Option<Special> {
        match value {
            v if v.is_nan() => Some(Special::NaN),
            f64::INFINITY => Some(Special::Infinity),
            f64::NEG_INFINITY => Some(Special::NegativeInfinity),
            _ => None,
        }
    }

    pub fn double(self) -> f64 {
        match self {
            Special::NaN => f64::NAN,
            Special::Infinity => f64::INFINITY,
            Special::NegativeInfinity => f64::NEG_INFINITY,
        }
    }

    /// A constant of the plan.
    pub fn literal(self) -> ScalarValue {
        ScalarValue::Decimal256(Some(self.code()), DECIMAL256_MAX_PRECISION, 0)
    }

    pub fn in_constant(value: &ScalarValue) -> Option<Special> {
        match value {
            ScalarValue::Decimal256(Some(v), DECIMAL256_MAX_PRECISION, _) => Special::of(*v),
            _ => None,
        }
    }

    /// The sign word, and the digits behind the point, of the binary format.
    pub fn wire(self) -> (u16, u16) {
        match self {
            Special::NaN => (0xC000, 0),
            Special::Infinity => (0xD000, 0x20),
            Special::NegativeInfinity => (0xF000, 0x20),
        }
    }

    pub fn of_wire(sign: u16) -> Option<Special> {
        Special::ALL.into_iter().find(|special| special.wire().0 == sign)
    }

    /// -1, 0 for NaN, or 1.
    pub fn sign(self) -> i32 {
        match self {
            Special::NaN => 0,
            Special::Infinity => 1,
            Special::NegativeInfinity => -1,
        }
    }

    pub fn negative(self) -> Special {
        match self {
            Special::NaN => Special::NaN,
            Special::Infinity => Special::NegativeInfinity,
            Special::NegativeInfinity => Special::Infinity,
        }
    }
}

/// The type of a numeric that may be special, with so many digits behind the point.
pub fn carrier(scale: i8) -> DataType {
    DataType::Decimal256(DECIMAL256_MAX_PRECISION, scale)
}

/// Whether values of the type may be special.
pub fn carries(of: &DataType) -> bool {
    matches!(of, DataType::Decimal256(DECIMAL256_MAX_PRECISION, _))
}

/// The same of a type, its elements or its fields.
pub fn carries_within(of: &DataType) -> bool {
    match of {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => carries_within(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|f| carries_within(f.data_type())),
        DataType::Dictionary(_, value) => carries_within(value),
        other => carries(other),
    }
}

/// The special value in a row.
pub(crate) fn at(array: &dyn Array, row: usize) -> Option<Special> {
    if !carries(array.data_type()) || array.is_null(row) {
        return None;
    }
    Special::of(array.as_primitive::<Decimal256Type>().value(row))
}

/// Values as text: what Arrow would write, but for the specials.
pub(crate) fn texts(values: &ArrayRef) -> Result<ArrayRef> {
    let made = cast(values, &DataType::Utf8View)?;
    if !carries(values.data_type()) || !(0..values.len()).any(|row| at(values, row).is_some()) {
        return Ok(made);
    }
    let plain = made.as_string_view().iter().enumerate();
    let texts = plain.map(|(row, text)| at(values, row).map(Special::word).or(text));
    Ok(Arc::new(texts.collect::<StringViewArray>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Decimal256Array;

    #[test]
    fn specials_stand_around_all_that_is_finite() {
        let most = i256::from_string(&"9".repeat(76)).unwrap();
        let least = most.wrapping_neg();
        let [negative, infinity, nan] = Special::ALL.map(Special::code);
        assert!(negative < least && most < infinity && infinity < nan);
        assert_eq!(infinity.wrapping_neg(), negative);
        for special in Special::ALL {
            assert_eq!(Special::of(special.code()), Some(special));
            assert_eq!(Special::in_constant(&special.literal()), Some(special));
            assert_eq!(Special::read(special.word()), Some(special));
            assert_eq!(Special::of_wire(special.wire().0), Some(special));
            assert_eq!(Special::of_double(special.double()), Some(special));
        }
        assert!([most, least, i256::ZERO].iter().all(|v| Special::of(*v).is_none()));
    }

    #[test]
    fn words_are_read_in_any_case() {
        for (text, wanted) in [
            ("nAn", Some(Special::NaN)),
            ("+inf", Some(Special::Infinity)),
            ("INFINITY", Some(Special::Infinity)),
            ("-Inf", Some(Special::NegativeInfinity)),
            ("-nan", None),
            ("+nan", None),
            ("--inf", None),
            ("infinit", None),
        ] {
            assert_eq!(Special::read(text), wanted, "{text}");
        }
    }

    #[test]
    fn only_the_widest_type_carries() {
        assert!(carries(&carrier(5)));
        assert!(!carries(&DataType::Decimal256(75, 5)) && !carries(&DataType::Decimal128(38, 5)));
        assert!(carries_within(&DataType::new_list(carrier(0), true)));
    }

    #[test]
    fn texts_say_what_is_meant() {
        let values: Decimal256Array =
            [Some(i256::from_i128(150)), None, Some(NAN), Some(NEGATIVE_INFINITY)]
                .into_iter()
                .collect();
        let values: ArrayRef = Arc::new(values.with_data_type(carrier(2)));
        let made = texts(&values).unwrap();
        let made: Vec<_> = made.as_string_view().iter().collect();
        assert_eq!(made, [Some("1.50"), None, Some("NaN"), Some("-Infinity")]);
    }
}
