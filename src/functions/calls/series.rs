//! Roots, exponentials and logarithms to any number of digits.

use num_bigint::BigInt;

use super::numerics::{Exact, ten};

/// Digits more than asked for, so that the last one is right.
const GUARD: i32 = 20;

pub(crate) fn root(x: &Exact, scale: i32) -> Exact {
    // The root of digits * 10^2n is the root of the digits, times 10^n.
    let wide = x.at((scale + GUARD) * 2);
    Exact { digits: wide.digits.sqrt(), scale: scale + GUARD }.at(scale)
}

/// e to the x; None if that has more digits than a numeric can keep here.
pub(crate) fn exponential(x: &Exact, scale: i32) -> Option<Exact> {
    let precision = scale + GUARD + 100;
    let x = x.at(precision);
    let unit = ten(precision);
    let ln2 = ln_two(precision);
    // x = k ln 2 + r
    let k = &x.digits / &ln2;
    let r = &x.digits - &k * &ln2;
    let k = i32::try_from(k).ok().filter(|k| k.abs() < 100_000)?;
    if k > 280 {
        return None;
    }
    let (mut term, mut sum, mut n) = (unit.clone(), unit.clone(), 1);
    while term != BigInt::ZERO {
        term = &term * &r / &unit / n;
        sum += &term;
        n += 1;
    }
    let digits = if k >= 0 { sum << k.unsigned_abs() } else { sum >> k.unsigned_abs() };
    Some(Exact { digits, scale: precision }.at(scale))
}

/// The natural logarithm of what is greater than zero.
pub(crate) fn logarithm(x: &Exact, scale: i32) -> Exact {
    let precision = scale + GUARD + 20;
    let unit = ten(precision);
    // Behind the point as many digits as the number itself has, that small ones are not lost.
    let extra = x.scale.max(0);
    let mut m = x.at(precision + extra).digits;
    let wide_unit = ten(precision + extra);
    let mut k = 0i64;
    while m > &wide_unit * 3 / 2 {
        m = (m + 1) >> 1;
        k += 1;
    }
    while m < &wide_unit * 3 / 4 {
        m <<= 1;
        k -= 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1))
    let y = (&m - &wide_unit) * &unit / (&m + &wide_unit);
    let digits = artanh(&y, &unit) * 2 + ln_two(precision) * k;
    Exact { digits, scale: precision }.at(scale)
}

fn artanh(y: &BigInt, unit: &BigInt) -> BigInt {
    let square = y * y / unit;
    let (mut power, mut sum, mut n) = (y.clone(), BigInt::ZERO, 1);
    while power != BigInt::ZERO {
        sum += &power / n;
        power = power * &square / unit;
        n += 2;
    }
    sum
}

fn ln_two(precision: i32) -> BigInt {
    let unit = ten(precision);
    artanh(&(&unit / 3), &unit) * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: Exact, digits: &str) {
        assert_eq!(found.digits.to_string(), digits);
    }

    #[test]
    fn digits_are_right() {
        let two = Exact::from(2);
        check(root(&two, 15), "1414213562373095");
        check(logarithm(&two, 16), "6931471805599453");
        check(logarithm(&Exact { digits: 5.into(), scale: 1 }, 16), "-6931471805599453");
        check(exponential(&Exact::from(1), 16).unwrap(), "27182818284590452");
        check(exponential(&Exact::from(-1), 16).unwrap(), "3678794411714423");
        check(exponential(&Exact::from(10), 12).unwrap(), "22026465794806717");
        assert!(exponential(&Exact::from(1000), 12).is_none());
    }
}
