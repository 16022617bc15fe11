//! Batch normalization.

use super::Step;

impl Step<'_> {
    /// ONNX Runtime: in single precision between two quantizations, product and sum rounded one after the other.
    pub(super) fn normalized(&self) -> Vec<i32> {
        let x = self.input_meaning(0);
        let [factors, offsets] =
            [1, 2].map(|place| self.input(place).floats().expect("checked: real numbers"));
        let mut result = Vec::new();
        for pixel in self.integers(0).chunks(factors.len()) {
            for (channel, value) in pixel.iter().enumerate() {
                let product = x.real(*value) * factors[channel];
                result.push(self.limited(self.integer_of(product + offsets[channel])));
            }
        }
        result
    }
}
