//! Accumulators with scales and limits, and the values that existing runtimes make of them.

use crate::models::Arrays;

/// A row of `requant_vectors.npz`.
#[derive(Clone, Copy, Debug)]
pub struct Vector {
    pub accumulator: i32,
    /// Of single precision.
    pub scale: f32,
    /// Of fixed point, with `shift`; both stand for `real`.
    pub multiplier: i32,
    pub shift: i32,
    pub real: f64,
    pub zero_point: i32,
    pub low: i32,
    pub high: i32,
    /// What ONNX Runtime and LiteRT's XNNPACK kernels return.
    pub by_float: i32,
    /// What TFLite Micro returns.
    pub by_fixed_point: i32,
}

/// Every row; `None` without the file.
pub fn vectors() -> Option<Vec<Vector>> {
    let mut arrays = Arrays::open("requant_vectors.npz")?;
    let accumulators = arrays.elements::<i32>("acc");
    let scales = arrays.elements::<f32>("scale");
    let multipliers = arrays.elements::<i32>("m0");
    let shifts = arrays.elements::<i8>("shift");
    let reals = arrays.elements::<f64>("r64");
    let mut words = |name| arrays.elements::<i16>(name);
    let (zero_points, lows, highs) = (words("zp"), words("lo"), words("hi"));
    let (by_float, by_fixed_point) = (words("out_a"), words("out_b"));
    let row = |i: usize| Vector {
        accumulator: accumulators[i],
        scale: scales[i],
        multiplier: multipliers[i],
        shift: shifts[i].into(),
        real: reals[i],
        zero_point: zero_points[i].into(),
        low: lows[i].into(),
        high: highs[i].into(),
        by_float: by_float[i].into(),
        by_fixed_point: by_fixed_point[i].into(),
    };
    Some((0..accumulators.len()).map(row).collect())
}
