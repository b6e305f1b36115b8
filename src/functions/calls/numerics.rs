//! Functions of numerics, in whole numbers of any size on the way (`numeric.c`).
//!
//! PostgreSQL keeps a number of digits per value and a column here has one for all: where the arguments are constants
//! the digits are PostgreSQL's, elsewhere those of a value between 1 and 10000.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, i256};
use datafusion::common::{Result, ScalarValue};
use num_bigint::{BigInt, Sign};

use super::given::{Arguments, invalid, refuse};
use super::series::{exponential, logarithm, root};
use super::specials;
use super::tables::{Row, exact, run};
use crate::error::SqlState;
use crate::functions::special::{self, Special};

/// `NUMERIC_MIN_SIG_DIGITS`
pub(crate) const SIGNIFICANT: i32 = 16;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        run("abs", "numeric", "=0", |a| one(a, specials::abs, |x| Ok(x.abs()))),
        run("__abs", "numeric", "=0", |a| one(a, specials::abs, |x| Ok(x.abs()))),
        exact(
            "sign",
            "numeric",
            |_, _| (1, 0),
            |a| one(a, specials::sign, |x| Ok(Exact { digits: BigInt::from(x.sign()), scale: 0 })),
        ),
        exact("ceil", "numeric", whole, |a| one(a, specials::same, |x| Ok(x.stepped(true)))),
        exact("ceiling", "numeric", whole, |a| one(a, specials::same, |x| Ok(x.stepped(true)))),
        exact("floor", "numeric", whole, |a| one(a, specials::same, |x| Ok(x.stepped(false)))),
        exact("round", "numeric", whole, |a| one(a, specials::same, |x| Ok(x.rounded(0)))),
        exact("round", "numeric,int4", to_digits, |a| {
            two(a, |a, r, x| x.rounded(a.int(1).value(r).clamp(-100, 100)))
        }),
        exact("trunc", "numeric", whole, |a| one(a, specials::same, |x| Ok(x.cut(0)))),
        exact("trunc", "numeric,int4", to_digits, |a| {
            two(a, |a, r, x| x.cut(a.int(1).value(r).clamp(-100, 100)))
        }),
        exact("mod", "numeric,numeric", widest, |a| pair(a, specials::remainder, remainder)),
        exact("div", "numeric,numeric", whole, |a| {
            pair(a, specials::quotient, |x, y| match y.is_zero() {
                true => by_zero(),
                false => Ok(x.divided(&y, 0, false)),
            })
        }),
        exact("__quotient", "numeric,numeric", quotient_digits, |a| {
            pair(a, specials::quotient, |x, y| match y.is_zero() {
                true => by_zero(),
                false => Ok(x.divided(&y, scale_of(&a.result), true)),
            })
        }),
        exact("sqrt", "numeric", sqrt_digits, |a| one(a, specials::root, |x| rooted(a, &x))),
        exact("exp", "numeric", exp_digits, |a| {
            one(a, specials::exponential, |x| {
                exponential(&x, scale_of(&a.result)).map_or_else(overflow, Ok)
            })
        }),
        exact("ln", "numeric", ln_digits, |a| {
            one(a, specials::logarithm, |x| Ok(logarithm(positive(&x)?, scale_of(&a.result))))
        }),
        exact("log", "numeric", log_digits, |a| {
            one(a, specials::logarithm, |x| based(&Exact::from(10), &x, scale_of(&a.result)))
        }),
        exact("log10", "numeric", log_digits, |a| {
            one(a, specials::logarithm, |x| based(&Exact::from(10), &x, scale_of(&a.result)))
        }),
        exact("log", "numeric,numeric", log_digits, |a| {
            pair(a, specials::based, |base, x| based(&base, &x, scale_of(&a.result)))
        }),
        exact("gcd", "numeric,numeric", widest, |a| {
            pair(a, specials::unknown, |x, y| Ok(gcd(x, y)))
        }),
        exact("lcm", "numeric,numeric", widest, |a| {
            pair(a, specials::unknown, |x, y| {
                if x.is_zero() || y.is_zero() {
                    return Ok(Exact::from(0));
                }
                let by = gcd(x.clone(), y.clone());
                let parts = x.divided(&by, 0, false);
                Ok(parts.times(&y).abs())
            })
        }),
        exact("factorial", "int8", |_, _| (76, 0), factorial),
        run("scale", "numeric", "int4", |a| {
            let scale = scale_of(a.arrays[0].data_type());
            a.ints(|r| Ok(special::at(&a.arrays[0], r).is_none().then_some(scale)))
        }),
        run("min_scale", "numeric", "int4", |a| {
            let values = numbers(&a.arrays[0])?;
            a.ints(|r| match &values[r] {
                Some(Number::Finite(x)) => Ok(Some(x.trimmed().scale.max(0))),
                _ => Ok(None),
            })
        }),
        exact("trim_scale", "numeric", trimmed_digits, |a| {
            one(a, specials::same, |x| Ok(x.trimmed()))
        }),
        exact("numeric_inc", "numeric", widest, |a| {
            one(a, specials::same, |x| Ok(x.plus(&Exact::from(1))))
        }),
        run("width_bucket", "numeric,numeric,numeric,int4", "int4", bucket),
        run("__numeric_variance", "numeric,numeric,int8,bool", "numeric(38,16)", |a| {
            variance(a, false)
        }),
        run("__numeric_deviation", "numeric,numeric,int8,bool", "numeric(38,16)", |a| {
            variance(a, true)
        }),
        // What the engine reckons itself but where a number may be special.
        exact("__numeric_plus", "numeric,numeric", widest, |a| {
            pair(a, specials::sum, |x, y| Ok(x.plus(&y)))
        }),
        exact("__numeric_minus", "numeric,numeric", widest, |a| {
            pair(a, specials::difference, |x, y| Ok(x.plus(&y.negative())))
        }),
        exact("__numeric_times", "numeric,numeric", product_digits, |a| {
            pair(a, specials::product, |x, y| Ok(x.times(&y)))
        }),
        exact("__numeric_negative", "numeric", widest, |a| {
            one(a, specials::negative, |x| Ok(x.negative()))
        }),
    ];
    for name in ["power", "pow", "__power"] {
        rows.push(exact(name, "numeric,numeric", power_digits, |a| {
            pair(a, specials::power, |x, y| power(&x, &y, scale_of(&a.result)))
        }));
    }
    rows
}

/// A numeric's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Finite(Exact),
    Special(Special),
}

/// `digits / 10^scale`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exact {
    pub(crate) digits: BigInt,
    pub(crate) scale: i32,
}

impl From<i64> for Exact {
    fn from(n: i64) -> Exact {
        Exact { digits: BigInt::from(n), scale: 0 }
    }
}

pub(crate) fn ten(power: i32) -> BigInt {
    BigInt::from(10).pow(u32::try_from(power).unwrap_or(0))
}

impl Exact {
    pub(crate) fn sign(&self) -> i32 {
        match self.digits.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.sign() == 0
    }

    pub(crate) fn negative(mut self) -> Exact {
        self.digits = -self.digits;
        self
    }

    fn abs(mut self) -> Exact {
        if self.sign() < 0 {
            self.digits = -self.digits;
        }
        self
    }

    /// At this scale, digits behind it rounded half away from zero.
    pub(crate) fn at(&self, scale: i32) -> Exact {
        let digits = match scale - self.scale {
            0 => self.digits.clone(),
            more if more > 0 => &self.digits * ten(more),
            fewer => {
                let by = ten(-fewer);
                let half = &by / 2 * self.sign();
                (&self.digits + half) / by
            }
        };
        Exact { digits, scale }
    }

    /// Rounded to a number of digits behind the point, or before it.
    pub(crate) fn rounded(self, digits: i32) -> Exact {
        if digits >= self.scale { self } else { self.at(digits).at(digits.max(0)) }
    }

    fn cut(self, digits: i32) -> Exact {
        if digits >= self.scale {
            return self;
        }
        let kept = Exact { digits: &self.digits / ten(self.scale - digits), scale: digits };
        kept.at(digits.max(0))
    }

    fn stepped(self, up: bool) -> Exact {
        let (sign, whole) = (self.sign(), self.clone().cut(0));
        let exact = whole.at(self.scale.max(0)) == self;
        match (exact, up, sign) {
            (false, true, 1) => Exact { digits: whole.digits + 1, scale: 0 },
            (false, false, -1) => Exact { digits: whole.digits - 1, scale: 0 },
            _ => whole,
        }
    }

    pub(crate) fn trimmed(&self) -> Exact {
        let mut trimmed = self.clone();
        while trimmed.scale > 0 && (&trimmed.digits % 10u8) == BigInt::ZERO {
            trimmed.digits /= 10;
            trimmed.scale -= 1;
        }
        trimmed
    }

    pub(crate) fn plus(&self, other: &Exact) -> Exact {
        let scale = self.scale.max(other.scale);
        Exact { digits: self.at(scale).digits + other.at(scale).digits, scale }
    }

    pub(crate) fn times(&self, other: &Exact) -> Exact {
        Exact { digits: &self.digits * &other.digits, scale: self.scale + other.scale }
    }

    /// A quotient of so many digits, the last rounded or cut.
    pub(crate) fn divided(&self, by: &Exact, scale: i32, round: bool) -> Exact {
        let (mut above, mut below) = (self.digits.clone(), by.digits.clone());
        match scale + by.scale - self.scale {
            shift if shift >= 0 => above *= ten(shift),
            shift => below *= ten(-shift),
        }
        if round {
            let half =
                if (above.sign() == Sign::Minus) == (below.sign() == Sign::Minus) { 1 } else { -1 };
            above = above * 2 + &below * half;
            below *= 2;
        }
        Exact { digits: above / below, scale }
    }

    fn as_f64(&self) -> f64 {
        let text = format!("{}e{}", self.digits, -self.scale);
        text.parse().unwrap_or(f64::INFINITY)
    }

    /// The place of its first digit in base 10000, and that digit.
    fn first(&self) -> (i32, i32) {
        if self.is_zero() {
            return (0, 0);
        }
        let text = self.digits.magnitude().to_string();
        let power = text.len() as i32 - 1 - self.scale;
        let weight = power.div_euclid(4);
        let wanted = (power.rem_euclid(4) + 1) as usize;
        let mut digits: String = text.chars().take(wanted).collect();
        while digits.len() < wanted {
            digits.push('0');
        }
        (weight, digits.parse().unwrap_or(0))
    }
}

/// How many digits a quotient gets (`select_div_scale`).
pub(crate) fn quotient_scale(x: &Exact, y: &Exact) -> i32 {
    let ((weight1, first1), (weight2, first2)) = (x.first(), y.first());
    let mut weight = weight1 - weight2;
    if first1 <= first2 {
        weight -= 1;
    }
    (SIGNIFICANT - weight * 4).max(x.scale).max(y.scale).max(0)
}

pub(crate) fn scale_of(data_type: &DataType) -> i32 {
    match data_type {
        DataType::Decimal128(_, s) | DataType::Decimal256(_, s) => i32::from(*s),
        _ => 0,
    }
}

fn precision_of(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Decimal128(p, _) | DataType::Decimal256(p, _) => *p,
        _ => 38,
    }
}

/// A constant as a number.
pub(crate) fn constant(value: Option<&ScalarValue>) -> Option<Exact> {
    match value? {
        ScalarValue::Decimal128(Some(v), _, s) => {
            Some(Exact { digits: BigInt::from(*v), scale: i32::from(*s) })
        }
        value if Special::in_constant(value).is_some() => None,
        ScalarValue::Decimal256(Some(v), _, s) => {
            Some(Exact { digits: big(*v), scale: i32::from(*s) })
        }
        ScalarValue::Int16(Some(n)) => Some(Exact::from(i64::from(*n))),
        ScalarValue::Int32(Some(n)) => Some(Exact::from(i64::from(*n))),
        ScalarValue::Int64(Some(n)) => Some(Exact::from(*n)),
        _ => None,
    }
}

type Types<'t> = &'t [DataType];
type Constants<'t> = &'t [Option<ScalarValue>];

fn number(constants: Constants<'_>, i: usize) -> Option<Exact> {
    constant(constants.get(i)?.as_ref())
}

/// Room for so many digits behind the point and any that may stand before it.
pub(crate) fn with_scale(scale: i32) -> (u8, i8) {
    let scale = scale.clamp(0, 60) as i8;
    (if scale <= 20 { 38 } else { 76 }, scale)
}

fn whole(types: Types<'_>, _: Constants<'_>) -> (u8, i8) {
    (precision_of(&types[0]).max(if types.len() > 1 { precision_of(&types[1]) } else { 1 }), 0)
}

fn widest(types: Types<'_>, _: Constants<'_>) -> (u8, i8) {
    let scale = types.iter().map(scale_of).max().unwrap_or(0);
    let wide = types.iter().any(|t| matches!(t, DataType::Decimal256(..)));
    (if wide { 76 } else { 38 }, scale as i8)
}

fn product_digits(types: Types<'_>, _: Constants<'_>) -> (u8, i8) {
    let scale: i32 = types.iter().map(scale_of).sum();
    (76, scale.min(76) as i8)
}

fn to_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    let own = scale_of(&types[0]);
    let scale = match number(constants, 1) {
        Some(n) => i32::try_from(&n.digits).unwrap_or(own).clamp(0, 60),
        None => own,
    };
    let most = if precision_of(&types[0]) > 38 || scale > 38 { 76 } else { 38 };
    (most, scale as i8)
}

fn trimmed_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    let scale = number(constants, 0).map_or(scale_of(&types[0]), |x| x.trimmed().scale);
    (precision_of(&types[0]), scale as i8)
}

/// Beside a constant that is special all that comes of it is special, 0 or 1.
fn is_special(constants: Constants<'_>) -> bool {
    constants.iter().flatten().any(|value| Special::in_constant(value).is_some())
}

fn quotient_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    if is_special(constants) {
        return (76, 0);
    }
    let own = types.iter().map(scale_of).max().unwrap_or(0);
    let (precision, scale) = with_scale(match (number(constants, 0), number(constants, 1)) {
        (Some(x), Some(y)) if !y.is_zero() => quotient_scale(&x, &y),
        _ => SIGNIFICANT.max(own),
    });
    let constant = constants.iter().all(Option::is_some);
    let wide = !constant && types.iter().any(|t| matches!(t, DataType::Decimal256(..)));
    (if wide { 76 } else { precision }, scale)
}

fn sqrt_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    let weight = number(constants, 0).map_or(0, |x| x.first().0);
    // The weight of the root, in decimal digits.
    let weight = (weight + 1) * 4 / 2 - 1;
    with_scale((SIGNIFICANT - weight).max(scale_of(&types[0])))
}

fn exp_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    if is_special(constants) {
        return (76, 0);
    }
    let grows = number(constants, 0).map_or(0.0, |x| x.as_f64() * std::f64::consts::LOG10_E);
    with_scale((SIGNIFICANT - grows as i32).max(scale_of(&types[0])))
}

/// The decimal place of a logarithm's first digit (`estimate_ln_dweight`).
fn ln_weight(x: &Exact) -> i32 {
    if x.sign() <= 0 {
        return 0;
    }
    let value = x.as_f64();
    if (0.9..=1.1).contains(&value) {
        let rest = (value - 1.0).abs();
        return if rest == 0.0 { 0 } else { rest.log10().floor() as i32 };
    }
    (value.ln().abs()).log10() as i32
}

fn ln_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    let weight = number(constants, 0).map_or(0, |x| ln_weight(&x));
    with_scale((SIGNIFICANT - weight).max(scale_of(&types[0])))
}

fn log_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    if is_special(constants) {
        return (76, 0);
    }
    let own = types.iter().map(scale_of).max().unwrap_or(0);
    let (base, x) = match types.len() {
        1 => (Some(Exact::from(10)), number(constants, 0)),
        _ => (number(constants, 0), number(constants, 1)),
    };
    let weight = match (base, x) {
        (Some(base), Some(x)) => ln_weight(&x) - ln_weight(&base),
        _ => 0,
    };
    with_scale((SIGNIFICANT - weight).max(own))
}

fn power_digits(types: Types<'_>, constants: Constants<'_>) -> (u8, i8) {
    if is_special(constants) {
        return (76, 0);
    }
    let own = types.iter().map(scale_of).max().unwrap_or(0);
    let (Some(x), Some(y)) = (number(constants, 0), number(constants, 1)) else {
        return with_scale(SIGNIFICANT.max(own));
    };
    if y.trimmed().scale == 0 {
        return with_scale(SIGNIFICANT.max(scale_of(&types[0])));
    }
    let grows = y.as_f64() * x.as_f64().abs().ln() * std::f64::consts::LOG10_E;
    let grows = if grows.is_finite() { grows as i32 } else { 0 };
    with_scale((SIGNIFICANT - grows).max(own))
}

pub(crate) fn big(value: i256) -> BigInt {
    BigInt::from_signed_bytes_le(&value.to_le_bytes())
}

/// The values of a column of numerics or whole numbers, where the caller knows of specials.
pub(crate) fn numbers(array: &ArrayRef) -> Result<Vec<Option<Number>>> {
    let scale = scale_of(array.data_type());
    if !special::carries(array.data_type()) {
        return Ok(exacts(array)?.into_iter().map(|v| v.map(Number::Finite)).collect());
    }
    let number = |v: i256| match Special::of(v) {
        Some(special) => Number::Special(special),
        None => Number::Finite(Exact { digits: big(v), scale }),
    };
    Ok(array.as_primitive::<Decimal256Type>().iter().map(|v| v.map(number)).collect())
}

/// The same where it does not: it is told, rather than given a number that none has meant.
pub(crate) fn exacts(array: &ArrayRef) -> Result<Vec<Option<Exact>>> {
    let scale = scale_of(array.data_type());
    if special::carries(array.data_type())
        && let Some(special) = (0..array.len()).find_map(|row| special::at(array, row))
    {
        return Err(specials::refused(special, "here"));
    }
    Ok(match array.data_type() {
        DataType::Decimal256(..) => array
            .as_primitive::<Decimal256Type>()
            .iter()
            .map(|v| v.map(|v| Exact { digits: big(v), scale }))
            .collect(),
        DataType::Decimal128(..) => array
            .as_primitive::<Decimal128Type>()
            .iter()
            .map(|v| v.map(|v| Exact { digits: BigInt::from(v), scale }))
            .collect(),
        _ => return exacts(&cast(array, &DataType::Decimal128(38, 0))?),
    })
}

/// Numerics as whole numbers; the inner None for what is too long.
#[allow(clippy::option_option, reason = "NULL and too long are not the same")]
pub(crate) fn rounded_i128(array: &ArrayRef) -> Result<Vec<Option<Option<i128>>>> {
    if let DataType::Decimal128(_, s) = array.data_type()
        && (0..=38).contains(s)
    {
        let by = 10i128.pow(*s as u32);
        let values = array.as_primitive::<Decimal128Type>().iter();
        let round = |v: i128| {
            let (whole, rest) = (v / by, v % by);
            let up = rest.unsigned_abs() * 2 >= by.unsigned_abs() && rest != 0;
            whole + if up { v.signum() } else { 0 }
        };
        return Ok(values.map(|v| v.map(|v| Some(round(v)))).collect());
    }
    let values = exacts(array)?.into_iter();
    Ok(values.map(|v| v.map(|v| i128::try_from(v.at(0).digits).ok())).collect())
}

pub(super) fn overflow<T>() -> Result<T> {
    refuse(SqlState::NUMERIC_OUT_OF_RANGE, "value overflows numeric format")
}

pub(super) fn by_zero<T>() -> Result<T> {
    refuse(SqlState::DIVISION_BY_ZERO, "division by zero")
}

/// Values as a column of the type that the call gives.
pub(crate) fn column(values: Vec<Option<Exact>>, result: &DataType) -> Result<ArrayRef> {
    filled(values.into_iter().map(|v| v.map(Number::Finite)), result)
}

/// The same of values that may be special.
pub(crate) fn filled(
    values: impl IntoIterator<Item = Option<Number>>,
    result: &DataType,
) -> Result<ArrayRef> {
    let (precision, scale) = (precision_of(result), scale_of(result));
    let limit = ten(i32::from(precision));
    let digits = |value: Exact| {
        let digits = value.at(scale).digits;
        match digits.magnitude() < limit.magnitude() {
            true => Ok(digits),
            false => overflow(),
        }
    };
    Ok(match result {
        DataType::Decimal256(..) => {
            let carries = special::carries(result);
            let made = values.into_iter().map(|value| {
                let made = value.map(|value| match value {
                    Number::Finite(x) => Ok(small(&digits(x)?)),
                    Number::Special(special) if carries => Ok(special.code()),
                    Number::Special(special) => Err(specials::refused(special, "here")),
                });
                made.transpose()
            });
            let array = made.collect::<Result<Decimal256Array>>()?;
            Arc::new(array.with_precision_and_scale(precision, scale as i8)?)
        }
        _ => {
            let made = values.into_iter().map(|value| match value {
                None => Ok(None),
                Some(Number::Finite(x)) => Ok(i128::try_from(digits(x)?).ok()),
                Some(Number::Special(special)) => Err(specials::refused(special, "here")),
            });
            let array = made.collect::<Result<Decimal128Array>>()?;
            Arc::new(array.with_precision_and_scale(precision, scale as i8)?)
        }
    })
}

/// At most 76 digits fit.
fn small(value: &BigInt) -> i256 {
    let mut bytes = [if value.sign() == Sign::Minus { 0xff } else { 0 }; 32];
    let given = value.to_signed_bytes_le();
    bytes[..given.len().min(32)].copy_from_slice(&given[..given.len().min(32)]);
    i256::from_le_bytes(bytes)
}

/// What `make` gives for a finite number, and `of_special` for another.
fn one(
    a: &Arguments,
    of_special: fn(Special) -> Result<Number>,
    make: impl Fn(Exact) -> Result<Exact>,
) -> Result<ArrayRef> {
    let made = numbers(&a.arrays[0])?.into_iter().map(|value| match value {
        None => Ok(None),
        Some(Number::Finite(x)) => make(x).map(Number::Finite).map(Some),
        Some(Number::Special(special)) => of_special(special).map(Some),
    });
    filled(made.collect::<Result<Vec<_>>>()?, &a.result)
}

/// A number and a whole number beside it; a special one stays what it is.
fn two(a: &Arguments, make: impl Fn(&Arguments, usize, Exact) -> Exact) -> Result<ArrayRef> {
    let values = numbers(&a.arrays[0])?.into_iter().enumerate();
    let made = values.map(|(r, v)| match (v, a.is_null(1, r)) {
        (_, true) => None,
        (Some(Number::Finite(x)), _) => Some(Number::Finite(make(a, r, x))),
        (value, _) => value,
    });
    filled(made, &a.result)
}

/// What `make` gives for two finite numbers, and `of_special` where one is special.
fn pair(
    a: &Arguments,
    of_special: fn(&Number, &Number) -> Result<Number>,
    make: impl Fn(Exact, Exact) -> Result<Exact>,
) -> Result<ArrayRef> {
    let values = numbers(&a.arrays[0])?.into_iter().zip(numbers(&a.arrays[1])?);
    let made = values.map(|(x, y)| match (x, y) {
        (Some(Number::Finite(x)), Some(Number::Finite(y))) => {
            make(x, y).map(Number::Finite).map(Some)
        }
        (Some(x), Some(y)) => of_special(&x, &y).map(Some),
        _ => Ok(None),
    });
    filled(made.collect::<Result<Vec<_>>>()?, &a.result)
}

fn rooted(a: &Arguments, x: &Exact) -> Result<Exact> {
    match x.sign() < 0 {
        true => refuse(
            SqlState::INVALID_ARGUMENT_FOR_POWER,
            "cannot take square root of a negative number",
        ),
        false => Ok(root(x, scale_of(&a.result))),
    }
}

fn remainder(x: Exact, y: Exact) -> Result<Exact> {
    if y.is_zero() {
        return by_zero();
    }
    let scale = x.scale.max(y.scale);
    Ok(Exact { digits: x.at(scale).digits % y.at(scale).digits, scale })
}

fn gcd(x: Exact, y: Exact) -> Exact {
    let scale = x.scale.max(y.scale);
    let (mut a, mut b) = (x.abs().at(scale).digits, y.abs().at(scale).digits);
    while b != BigInt::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    Exact { digits: a, scale }
}

fn positive(x: &Exact) -> Result<&Exact> {
    let state = SqlState::INVALID_ARGUMENT_FOR_LOG;
    match x.sign() {
        0 => refuse(state, "cannot take logarithm of zero"),
        1 => Ok(x),
        _ => refuse(state, "cannot take logarithm of a negative number"),
    }
}

fn based(base: &Exact, x: &Exact, scale: i32) -> Result<Exact> {
    let (base, x) = (positive(base)?, positive(x)?);
    let (above, below) = (logarithm(x, scale + 24), logarithm(base, scale + 24));
    if below.is_zero() {
        return by_zero();
    }
    Ok(above.divided(&below, scale, true))
}

fn power(x: &Exact, y: &Exact, scale: i32) -> Result<Exact> {
    let state = SqlState::INVALID_ARGUMENT_FOR_POWER;
    let exponent = y.trimmed();
    if x.is_zero() {
        return match y.sign() {
            -1 => refuse(state, "zero raised to a negative power is undefined"),
            0 => Ok(Exact::from(1)),
            _ => Ok(Exact::from(0)),
        };
    }
    if exponent.scale == 0 {
        let Ok(n) = i32::try_from(&exponent.digits) else { return overflow() };
        let digits = x.as_f64().abs().log10() * f64::from(n);
        if digits > 80.0 {
            return overflow();
        }
        let times = n.unsigned_abs();
        // What is too small to be seen.
        if digits < -100.0 {
            return Ok(Exact::from(0));
        }
        if times > 5_000 {
            let sign = if x.sign() < 0 && times % 2 == 1 { -1 } else { 1 };
            let grown = logarithm(&x.clone().abs(), scale + 40).times(&exponent);
            let found = exponential(&grown, scale).map_or_else(overflow, Ok)?;
            return Ok(Exact { digits: found.digits * sign, scale });
        }
        let raised = Exact { digits: x.digits.pow(times), scale: x.scale * times as i32 };
        return Ok(match n < 0 {
            true => Exact::from(1).divided(&raised, scale, true),
            false => raised.at(scale),
        });
    }
    if x.sign() < 0 {
        return refuse(
            state,
            "a negative number raised to a non-integer power yields a complex result",
        );
    }
    exponential(&logarithm(x, scale + 40).times(y), scale).map_or_else(overflow, Ok)
}

fn factorial(a: &Arguments) -> Result<ArrayRef> {
    let made = (0..a.rows).map(|r| {
        if a.is_null(0, r) {
            return Ok(None);
        }
        match a.long(0).value(r) {
            n if n < 0 => refuse(
                SqlState::NUMERIC_OUT_OF_RANGE,
                "factorial of a negative number is undefined",
            ),
            n if n > 57 => overflow(),
            n => Ok(Some(Exact { digits: (1..=n).map(BigInt::from).product(), scale: 0 })),
        }
    });
    column(made.collect::<Result<_>>()?, &a.result)
}

fn bucket(a: &Arguments) -> Result<ArrayRef> {
    let [xs, lows, highs] = [0, 1, 2].map(|i| numbers(&a.arrays[i]));
    let (xs, lows, highs) = (xs?, lows?, highs?);
    a.ints(|r| {
        let (Some(x), Some(low), Some(high)) = (&xs[r], &lows[r], &highs[r]) else {
            return Ok(None);
        };
        let count = a.int(3).value(r);
        let state = SqlState::INVALID_ARGUMENT_FOR_WIDTH_BUCKET;
        if count <= 0 {
            return refuse(state, "count must be greater than zero");
        }
        if [x, low, high].contains(&&Number::Special(Special::NaN)) {
            return refuse(state, "operand, lower bound, and upper bound cannot be NaN");
        }
        let (Number::Finite(low), Number::Finite(high)) = (low, high) else {
            return refuse(state, "lower and upper bounds must be finite");
        };
        let minus =
            |a: &Exact, b: &Exact| a.plus(&Exact { digits: -b.digits.clone(), scale: b.scale });
        let width = minus(high, low);
        if width.is_zero() {
            return refuse(state, "lower bound cannot equal upper bound");
        }
        let x = match x {
            Number::Finite(x) => x,
            Number::Special(special) => {
                let beyond = special.sign() == width.sign();
                return Ok(Some(if beyond { count.saturating_add(1) } else { 0 }));
            }
        };
        let (into, width) = match width.sign() > 0 {
            true => (minus(x, low), width),
            false => (minus(low, x), minus(low, high)),
        };
        if into.sign() < 0 {
            return Ok(Some(0));
        }
        if minus(&width, &into).sign() <= 0 {
            return Ok(Some(count.saturating_add(1)));
        }
        let found = into.times(&Exact::from(i64::from(count))).divided(&width, 0, false);
        match i32::try_from(&found.digits) {
            Ok(n) => Ok(Some(n + 1)),
            Err(_) => invalid("integer out of range"),
        }
    })
}

/// From a sum, a sum of squares and a count: of a sample or of all.
fn variance(a: &Arguments, deviation: bool) -> Result<ArrayRef> {
    let (sums, squares) = (exacts(&a.arrays[0])?, exacts(&a.arrays[1])?);
    let scale = scale_of(&a.result);
    let made = (0..a.rows).map(|r| {
        let (Some(sum), Some(squares)) = (&sums[r], &squares[r]) else { return None };
        spread(sum, squares, a.long(2).value(r), a.truth(3).value(r), deviation, scale)
    });
    column(made.collect(), &a.result)
}

/// A variance or its root; none of too few values.
pub(crate) fn spread(
    sum: &Exact,
    squares: &Exact,
    count: i64,
    sample: bool,
    deviation: bool,
    scale: i32,
) -> Option<Exact> {
    if count == 0 || (sample && count == 1) {
        return None;
    }
    let n = Exact::from(count);
    let above = n.times(squares).plus(&sum.times(sum).negative());
    if above.sign() <= 0 {
        return Some(Exact::from(0));
    }
    let below = n.times(&Exact::from(if sample { count - 1 } else { count }));
    let found = above.divided(&below, scale + if deviation { 16 } else { 0 }, true);
    Some(if deviation { root(&found, scale) } else { found })
}
