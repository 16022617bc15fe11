//! From 32-bit sums to 8-bit values, in the two arithmetics of existing runtimes.
//!
//! A value stands for `scale * (value - zero_point)`. The sum of a layer's products, with its bias,
//! becomes an output value by the real factor `input scale * weight scale / output scale`; the
//! runtimes differ in how they round on the way, and so in their results, by 1 at most.

/// Half of what a high product drops, gemmlowp's `nudge`.
const HALF: i64 = 1 << 30;

/// The largest left shift of a [`fixed_point`] multiplier: TFLite shifts a 32-bit one by it.
const MAX_SHIFT: i32 = 30;

/// `accumulator * scale` in single precision, limited to `low..=high` and rounded to the nearest
/// integer, halves to the even one.
///
/// So do ONNX Runtime's QLinearConv and QLinearMatMul, and LiteRT's XNNPACK kernels. `scale` is
/// positive and finite; a product beyond the largest float is infinite and so at a limit.
///
/// # Panics
/// When `low > high`, or `scale` is not a number.
///
/// ```
/// use ferrogrid::reference::float_scale;
///
/// assert_eq!(float_scale(5, 0.5, 0, -128, 127), 2); // 2.5 to even
/// assert_eq!(float_scale(7, 0.5, -100, -128, 127), -96); // 3.5 to even
/// ```
pub fn float_scale(accumulator: i32, scale: f32, zero_point: i32, low: i32, high: i32) -> i32 {
    let scaled = accumulator as f32 * scale;
    let limited = scaled.clamp((low - zero_point) as f32, (high - zero_point) as f32);
    limited.round_ties_even() as i32 + zero_point
}

/// `accumulator * multiplier * 2^(shift - 31)`, rounded twice as gemmlowp does: to the high half of
/// the product, halves up, then by a right shift, halves away from zero.
///
/// So do TFLite Micro and TFLite's reference kernels; [`quantize_multiplier`] gives `multiplier` and
/// `shift` (-31 to 30, positive to the left). Where TFLite leaves the result to the compiler, it is
/// defined here: a left shift keeps the lower 32 bits, and the zero point is added without overflow.
///
/// # Panics
/// When `low > high`.
///
/// ```
/// use ferrogrid::reference::fixed_point;
///
/// let half = 1 << 30;
/// assert_eq!(fixed_point(5, half, 0, 0, -128, 127), 3); // 2.5 goes up
/// assert_eq!(fixed_point(-5, half, 0, 0, -128, 127), -2); // so does -2.5,
/// assert_eq!(fixed_point(-10, half, -1, 0, -128, 127), -3); // but not here
/// ```
pub fn fixed_point(
    accumulator: i32,
    multiplier: i32,
    shift: i32,
    zero_point: i32,
    low: i32,
    high: i32,
) -> i32 {
    let shifted = accumulator.wrapping_shl(shift.max(0) as u32);
    let product = saturating_rounding_doubling_high_mul(shifted, multiplier);
    let quotient = rounding_divide_by_power_of_two(product, (-shift).max(0) as u32);
    quotient.saturating_add(zero_point).clamp(low, high)
}

/// gemmlowp's `SaturatingRoundingDoublingHighMul`: `a * b / 2^31`, halves up. Only the square of
/// -2^31 saturates.
pub fn saturating_rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    let product = i64::from(a) * i64::from(b);
    let nudge = if product >= 0 { HALF } else { 1 - HALF };
    let high = (product + nudge) / (1 << 31);
    high.min(i32::MAX.into()) as i32
}

/// gemmlowp's `RoundingDivideByPOT`: `value / 2^exponent`, halves away from zero, for exponents
/// up to 31.
pub fn rounding_divide_by_power_of_two(value: i32, exponent: u32) -> i32 {
    let divisor = 1_i64 << exponent;
    let magnitude = (i64::from(value).abs() + divisor / 2) / divisor;
    (magnitude * i64::from(value.signum())) as i32
}

/// The `multiplier`, 0 or 2^30 to 2^31 - 1, and `shift` with which [`fixed_point`] scales by `real`.
///
/// TFLite's `QuantizeMultiplier`: 31 significant bits, rounded half up; below 2^-32 the multiplier
/// is 0. `None` if `real` is negative, not finite, or needs a shift of more than 30.
///
/// ```
/// use ferrogrid::reference::quantize_multiplier;
///
/// assert_eq!(quantize_multiplier(0.75), Some((3 << 29, 0)));
/// assert_eq!(quantize_multiplier(3.0), Some((3 << 29, 2)));
/// assert_eq!(quantize_multiplier(1e-10), Some((0, 0)));
/// assert_eq!(quantize_multiplier(-1.0), None);
/// ```
pub fn quantize_multiplier(real: f64) -> Option<(i32, i32)> {
    // f64 of the form 1.f * 2^e: the exponent stands above 52 bits of the fraction, biased by 1023.
    const FRACTION: u32 = 52;
    const ONE_HALF: i32 = 1022;
    if !real.is_finite() || real < 0.0 {
        return None;
    }
    let exponent = (real.to_bits() >> FRACTION) as i32;
    if exponent == 0 {
        return Some((0, 0)); // zero, and what is far too small
    }
    let mut shift = exponent - ONE_HALF;
    let fraction = real.to_bits() & ((1 << FRACTION) - 1);
    let half_to_one = f64::from_bits(fraction | (ONE_HALF as u64) << FRACTION);
    let mut multiplier = (half_to_one * (1_u64 << 31) as f64).round() as i64;
    if multiplier == 1 << 31 {
        multiplier /= 2;
        shift += 1;
    }
    if shift < -31 {
        return Some((0, 0));
    }
    (shift <= MAX_SHIFT).then_some((multiplier as i32, shift))
}

#[cfg(test)]
mod tests {
    use super::{fixed_point, float_scale, quantize_multiplier, rounding_divide_by_power_of_two};
    use proptest::prelude::*;

    /// `value / 2^bits` to the nearest integer, halves to the even one, in integers.
    fn nearest_even(value: i128, bits: u32) -> i128 {
        let floor = value >> bits;
        let rest = value - (floor << bits);
        let half = (1_i128 << bits) / 2;
        floor + i128::from(rest > half || (bits > 0 && rest == half && floor & 1 == 1))
    }

    /// A positive number as its 24 most significant bits, halves to even, and an exponent.
    fn significant(value: i128) -> (i128, u32) {
        let bits = (128 - value.leading_zeros()).saturating_sub(24);
        (nearest_even(value, bits), bits)
    }

    fn scales() -> impl Strategy<Value = f32> {
        (1_u32..0x7f80_0000).prop_map(f32::from_bits)
    }

    proptest! {
        /// IEEE's single precision in integers: normal scales that leave 0 between them.
        #[test]
        fn floats_are_as_in_integers(accumulator: i32, fraction in 1_u32 << 23..1 << 24, right in 0_u32..60) {
            let scale = fraction as f32 * 2_f32.powi(-(right as i32));
            let (magnitude, up) = significant(i128::from(accumulator).abs());
            let (product, more) = significant(magnitude * i128::from(fraction));
            let scaled = product << (up + more);
            let integer = nearest_even(scaled, right) * i128::from(accumulator.signum());
            let expected = integer.clamp(-128 - 3, 127 - 3) + 3;
            prop_assert_eq!(i128::from(float_scale(accumulator, scale, 3, -128, 127)), expected);
        }

        #[test]
        fn results_are_within_the_limits(accumulator: i32, scale in scales(), zero_point in -128..128, low in -128..128, high in -128..128) {
            prop_assume!(low <= high);
            let value = float_scale(accumulator, scale, zero_point, low, high);
            prop_assert!((low..=high).contains(&value));
        }

        /// Two roundings by half a unit each leave at most one.
        #[test]
        fn fixed_point_is_near_the_real_product(accumulator in -1_000_000..1_000_000, real in 1e-9..100.0) {
            let (multiplier, shift) = quantize_multiplier(real).unwrap();
            let value = fixed_point(accumulator, multiplier, shift, 0, i32::MIN, i32::MAX);
            let error = f64::from(value) - f64::from(accumulator) * real;
            prop_assert!(error.abs() <= 1.0 + 1e-6, "{}", error);
        }

        #[test]
        fn multipliers_have_31_bits(real in 2.4e-10..1e9) {
            let (multiplier, shift) = quantize_multiplier(real).unwrap();
            prop_assert!(multiplier >= 1 << 30);
            let back = f64::from(multiplier) * 2_f64.powi(shift - 31);
            prop_assert!((back / real - 1.0).abs() <= 2_f64.powi(-31));
        }
    }

    #[test]
    fn extremes_end_at_the_limits() {
        assert_eq!(float_scale(i32::MIN, f32::MAX, 5, -128, 127), -128);
        assert_eq!(float_scale(1, f32::from_bits(1), -7, -128, 127), -7);
        assert_eq!(fixed_point(i32::MAX, i32::MAX, 0, 127, -128, 127), 127);
        assert_eq!(
            fixed_point(i32::MIN, i32::MIN, 0, 0, i32::MIN, i32::MAX),
            i32::MAX
        );
        assert_eq!(fixed_point(3 << 30, 1 << 30, 1, 0, -128, 127), -128);
        assert_eq!(fixed_point(1 << 30, 1 << 30, 2, 0, -128, 127), 0);
        assert_eq!(rounding_divide_by_power_of_two(i32::MIN, 31), -1);
        assert_eq!(rounding_divide_by_power_of_two(1 << 30, 31), 1);
    }

    #[test]
    fn multipliers_end_at_their_limits() {
        let smallest = 2_f64.powi(-32);
        assert_eq!(quantize_multiplier(0.0), Some((0, 0)));
        assert_eq!(quantize_multiplier(smallest), Some((1 << 30, -31)));
        assert_eq!(quantize_multiplier(smallest * 0.999), Some((0, 0)));
        // Rounds to 2^31, which is 2^30 and one more of the exponent.
        assert_eq!(quantize_multiplier(1.0_f64.next_down()), Some((1 << 30, 1)));
        assert_eq!(quantize_multiplier(2_f64.powi(30)), None);
        assert_eq!(quantize_multiplier(f64::NAN), None);
        assert_eq!(quantize_multiplier(f64::INFINITY), None);
    }
}
