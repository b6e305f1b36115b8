//! Angles in degrees, exact where they should be (`float.c`): sind(30) is a half and nothing near it.

use std::f64::consts::PI;

const DEGREE: f64 = PI / 180.0;

fn sin_to_30(x: f64) -> f64 {
    (x * DEGREE).sin() / (30.0 * DEGREE).sin() / 2.0
}

fn cos_to_60(x: f64) -> f64 {
    1.0 - (1.0 - (x * DEGREE).cos()) / (1.0 - (60.0 * DEGREE).cos()) / 2.0
}

/// The first quarter.
fn sin_quarter(x: f64) -> f64 {
    if x <= 30.0 { sin_to_30(x) } else { cos_to_60(90.0 - x) }
}

fn cos_quarter(x: f64) -> f64 {
    if x <= 60.0 { cos_to_60(x) } else { sin_to_30(90.0 - x) }
}

/// An angle brought into the first quarter, with the signs of its sine and cosine.
fn quarter(x: f64) -> (f64, f64, f64) {
    let (mut x, mut sine, mut cosine) = (x % 360.0, 1.0, 1.0);
    if x < 0.0 {
        (x, sine) = (-x, -sine);
    }
    if x > 180.0 {
        (x, sine) = (360.0 - x, -sine);
    }
    if x > 90.0 {
        (x, cosine) = (180.0 - x, -cosine);
    }
    (x, sine, cosine)
}

pub(super) fn sind(x: f64) -> f64 {
    let (x, sign, _) = quarter(x);
    sign * sin_quarter(x)
}

pub(super) fn cosd(x: f64) -> f64 {
    let (x, _, sign) = quarter(x);
    sign * cos_quarter(x)
}

pub(super) fn tand(x: f64) -> f64 {
    let (x, sine, cosine) = quarter(x);
    let at_45 = sin_quarter(45.0) / cos_quarter(45.0);
    let found = sine * cosine * (sin_quarter(x) / cos_quarter(x) / at_45);
    if found == 0.0 { 0.0 } else { found }
}

pub(super) fn cotd(x: f64) -> f64 {
    let (x, sine, cosine) = quarter(x);
    let at_45 = cos_quarter(45.0) / sin_quarter(45.0);
    let found = sine * cosine * (cos_quarter(x) / sin_quarter(x) / at_45);
    if found == 0.0 { 0.0 } else { found }
}

fn asin_quarter(x: f64) -> f64 {
    match x <= 0.5 {
        true => x.asin() / 0.5f64.asin() * 30.0,
        false => 90.0 - x.acos() / 0.5f64.acos() * 60.0,
    }
}

fn acos_quarter(x: f64) -> f64 {
    match x <= 0.5 {
        true => 90.0 - x.asin() / 0.5f64.asin() * 30.0,
        false => x.acos() / 0.5f64.acos() * 60.0,
    }
}

pub(super) fn asind(x: f64) -> f64 {
    if x >= 0.0 { asin_quarter(x) } else { -asin_quarter(-x) }
}

pub(super) fn acosd(x: f64) -> f64 {
    if x >= 0.0 { acos_quarter(x) } else { 90.0 + asin_quarter(-x) }
}

pub(super) fn atand(x: f64) -> f64 {
    x.atan() / 1f64.atan() * 45.0
}

pub(super) fn atan2d(y: f64, x: f64) -> f64 {
    y.atan2(x) / 1f64.atan() * 45.0
}
