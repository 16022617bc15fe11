//! Constants from the bytes of a file.

use crate::graph::{Quantization, Values};

/// Weights as int8: uint8 ones are moved by 128, and so are their zero points.
pub(super) fn signed_weights(values: Values, meaning: Quantization) -> (Values, Quantization) {
    match values {
        Values::Uint8(values) => {
            let moved = values.iter().map(|value| (value ^ 0x80) as i8);
            let zero_points = meaning
                .zero_points
                .iter()
                .map(|zero| zero.wrapping_sub(128));
            let zero_points = zero_points.collect();
            let scales = meaning.scales;
            let meaning = Quantization {
                scales,
                zero_points,
            };
            (Values::Int8(moved.collect()), meaning)
        }
        values => (values, meaning),
    }
}
