//! Numbers at the ends of what their types hold.

use rand::{Rng, RngExt};

/// A number that something may not expect where `number` stands.
pub(super) fn integer(number: i64, rng: &mut impl Rng) -> i64 {
    let bit = rng.random_range(0..64);
    match rng.random_range(0..12) {
        0 => 0,
        1 => -1,
        2 => rng.random_range(1..=9),
        3 => number.wrapping_add(1),
        4 => number.wrapping_sub(1),
        5 => number.wrapping_mul(2),
        6 => number.wrapping_neg(),
        7 => 1_i64 << bit,
        8 => (1_i64 << bit).wrapping_sub(1),
        9 => -(1_i64 << (bit % 63)),
        10 => {
            [i64::from(i32::MAX), i64::from(i32::MIN), i64::MAX, i64::MIN][rng.random_range(0..4)]
        }
        _ => number ^ (1 << bit),
    }
}

/// A real number that scales hardly are.
pub(super) fn real(rng: &mut impl Rng) -> f32 {
    const REALS: [f32; 12] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN_POSITIVE,
        1e-45,
        1e-6,
        4e6,
    ];
    match rng.random_range(0..3) {
        0 => f32::from_bits(rng.random()),
        _ => REALS[rng.random_range(0..REALS.len())],
    }
}
