//! Two activations, element by element.

use super::super::float_scale;
use super::{Mode, RunError, Step};
use crate::graph::{Binary, Family};

impl Step<'_> {
    pub(super) fn binary(&self, binary: Binary) -> Result<Vec<i32>, RunError> {
        match binary {
            Binary::Add => self.sum(1),
            Binary::Sub => self.sum(-1),
            Binary::Mul => self.product(),
            Binary::Maximum => Ok(self.chosen(i32::max, f32::max)),
            Binary::Minimum => Ok(self.chosen(i32::min, f32::min)),
        }
    }

    /// The elements of both inputs; the second one is repeated where it is smaller.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (i32, i32)> {
        let (a, b) = (self.integers(0), self.integers(1));
        let count = b.len();
        a.into_iter()
            .enumerate()
            .map(move |(place, a)| (a, b[place % count]))
    }

    fn product(&self) -> Result<Vec<i32>, RunError> {
        let (a, b, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let products = self
            .pairs()
            .map(|(left, right)| (left - a.zero_point) * (right - b.zero_point));
        let single = a.scale * b.scale / y.scale;
        match (self.mode, self.graph.family) {
            (Mode::FixedPoint, _) => {
                let [a, b, y] = [a, b, y].map(|meaning| f64::from(meaning.scale));
                let factor = self.fixed_point(a * b / y)?;
                products
                    .map(|product| self.scaled(product.into(), factor))
                    .collect()
            }
            (Mode::Float, Family::TfLite) => {
                let (low, high) = (self.node.limits.low, self.node.limits.high);
                let scaled = |product| float_scale(product, single, y.zero_point, low, high);
                Ok(products.map(scaled).collect())
            }
            // QLinearMul adds the zero point before it rounds.
            (Mode::Float, Family::Onnx) => {
                let scaled = |product: i32| {
                    let real = product as f32 * single + y.zero_point as f32;
                    self.limited(real.round_ties_even() as i32)
                };
                Ok(products.map(scaled).collect())
            }
        }
    }

    /// One of both: TFLite compares integers that mean the same, ONNX Runtime real numbers.
    fn chosen(&self, integer: fn(i32, i32) -> i32, real: fn(f32, f32) -> f32) -> Vec<i32> {
        let (a, b) = (self.input_meaning(0), self.input_meaning(1));
        let choose = |(left, right): (i32, i32)| match self.graph.family {
            Family::TfLite => self.limited(integer(left, right)),
            Family::Onnx => self.limited(self.integer_of(real(a.real(left), b.real(right)))),
        };
        self.pairs().map(choose).collect()
    }
}
