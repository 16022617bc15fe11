//! Softmax.

use super::Step;
use crate::graph::Family;

impl Step<'_> {
    /// The exact value along the last axis, rounded to the nearest integer, halves away from zero.
    ///
    /// Runtimes compute it from tables of their own; they return the same integers.
    pub(super) fn softmax(&self, beta: f32) -> Vec<i32> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let steps = match self.graph.family {
            Family::TfLite => 1.0 / f64::from(y.scale),
            // QLinearSoftmax has a whole number of steps for 1.
            Family::Onnx => (1.0 / y.scale).floor().into(),
        };
        let factor = f64::from(beta) * f64::from(x.scale);
        let values = self.integers(0);
        let length = self.output().shape.last().copied().unwrap_or(1);
        let row = |row: &[i32]| {
            let largest = row.iter().copied().max().unwrap_or(0);
            let powers = row
                .iter()
                .map(|value| (f64::from(value - largest) * factor).exp());
            let powers: Vec<f64> = powers.collect();
            let sum: f64 = powers.iter().sum();
            let integer = |power: &f64| (power / sum * steps).round() as i32;
            let integers = powers.iter().map(integer);
            let moved = integers.map(|value| self.limited(value.saturating_add(y.zero_point)));
            moved.collect::<Vec<_>>()
        };
        values.chunks(length).flat_map(row).collect()
    }
}
