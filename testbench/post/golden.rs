//! The golden model against what runtimes returned.

use crate::vectors::vectors;
use ferrogrid::reference::{fixed_point, float_scale, quantize_multiplier};

#[test]
fn values_are_those_of_the_runtimes() {
    for row in vectors().unwrap_or_default() {
        let (accumulator, zero_point) = (row.accumulator, row.zero_point);
        let by_float = float_scale(accumulator, row.scale, zero_point, row.low, row.high);
        assert_eq!(by_float, row.by_float, "{row:?}");
        let (multiplier, shift) = (row.multiplier, row.shift);
        let fixed = fixed_point(
            accumulator,
            multiplier,
            shift,
            zero_point,
            row.low,
            row.high,
        );
        assert_eq!(fixed, row.by_fixed_point, "{row:?}");
    }
}

#[test]
fn multipliers_are_those_of_the_runtimes() {
    for row in vectors().unwrap_or_default() {
        let expected = (row.multiplier, row.shift);
        assert_eq!(quantize_multiplier(row.real), Some(expected), "{row:?}");
    }
}
