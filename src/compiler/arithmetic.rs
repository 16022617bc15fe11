//! The integer arithmetic of TFLite, for constants and tables.

/// A real factor as a 31-bit multiplier and a shift to the left, as TFLite forms them: the mantissa is
/// rounded, and what is below 2^-32 is 0.
pub(crate) fn fixed(real: f64) -> Option<(u32, i32)> {
    if !real.is_finite() || real < 0.0 {
        return None;
    }
    if real == 0.0 {
        return Some((0, 0));
    }
    let mut shift = real.log2().floor() as i32 + 1;
    let mut mantissa = (real * 2_f64.powi(31 - shift)).round();
    // The logarithm is rounded: the mantissa decides.
    if mantissa >= 2_f64.powi(31) {
        shift += 1;
        mantissa = (real * 2_f64.powi(31 - shift)).round();
    }
    if mantissa < 2_f64.powi(30) {
        shift -= 1;
        mantissa = (real * 2_f64.powi(31 - shift)).round();
        if mantissa >= 2_f64.powi(31) {
            (mantissa, shift) = (2_f64.powi(30), shift + 1);
        }
    }
    match shift {
        ..-31 => Some((0, 0)),
        -31..=30 => Some((mantissa as u32, shift)),
        _ => None,
    }
}

/// `value * multiplier * 2^(shift - 31)`, rounded to the high half of the product, halves up, and then by
/// a shift to the right, halves away from zero.
pub(crate) fn scaled(value: i32, (multiplier, shift): (u32, i32)) -> i64 {
    let shifted = i64::from(value.wrapping_shl(shift.max(0) as u32));
    let product = (shifted * i64::from(multiplier) + (1 << 30)) >> 31;
    let right = (-shift).max(0);
    let half = if right == 0 { 0 } else { 1_i64 << (right - 1) };
    match product < 0 {
        true => -((-product + half) >> right),
        false => (product + half) >> right,
    }
}
