//! Pooling.

use super::scale::Factor;
use super::{Mode, RunError, Step};
use crate::graph::{Family, Padding, Pool};

impl Step<'_> {
    /// The largest value of each window; what lies outside the image does not count.
    pub(super) fn max_pool(&self, pool: &Pool) -> Vec<i32> {
        let window = |values: &[i32]| values.iter().copied().max().unwrap_or(i32::MIN);
        let largest = self.windows(pool, window);
        largest
            .into_iter()
            .map(|value| self.limited(value))
            .collect()
    }

    pub(super) fn average_pool(&self, pool: &Pool) -> Result<Vec<i32>, RunError> {
        let all = pool.kernel[0] * pool.kernel[1];
        let count = |inside: usize| if pool.count_padding { all } else { inside };
        let means = self.windows(pool, |values| self.mean(values, count(values.len())));
        means.into_iter().collect()
    }

    /// The mean of each channel.
    pub(super) fn global_average_pool(&self) -> Result<Vec<i32>, RunError> {
        let whole = Pool {
            kernel: [self.input_tensor(0).shape[0], self.input_tensor(0).shape[1]],
            strides: [1, 1],
            padding: Padding::default(),
            count_padding: false,
        };
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let count = whole.kernel[0] * whole.kernel[1];
        let factor = match (self.graph.family, self.mode) {
            (Family::TfLite, Mode::FixedPoint) => self.shared(count)?,
            (Family::TfLite, Mode::Float) => {
                let means = self.windows(&whole, |values| self.real_mean(values));
                return Ok(means);
            }
            (Family::Onnx, _) => {
                // QLinearGlobalAveragePool forms its factor so.
                let single = x.scale / (y.scale * count as f32);
                let double = f64::from(x.scale) / (f64::from(y.scale) * count as f64);
                self.factor(single, double)?
            }
        };
        let means = self.windows(&whole, |values| self.scaled(self.total(values), factor));
        means.into_iter().collect()
    }

    /// LiteRT: the mean of the integers themselves, in single precision.
    fn real_mean(&self, values: &[i32]) -> i32 {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let ratio = x.scale / y.scale;
        let moved = y.zero_point as f32 - x.zero_point as f32 * ratio;
        let sum: i32 = values.iter().sum();
        let mean = sum as f32 / values.len() as f32;
        self.limited((mean * ratio + moved).round_ties_even() as i32)
    }

    /// TFLite's factor of a mean: the multiplier divided by the count, which is shifted to the left as far as it goes.
    fn shared(&self, count: usize) -> Result<Factor, RunError> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        let (multiplier, shift) = self.multiplier(f64::from(x.scale) / f64::from(y.scale))?;
        let left = (count.ilog2() as i32).min(32).min(31 + shift).max(0);
        let shared = (i64::from(multiplier) << left) / count as i64;
        Ok(Factor::FixedPoint(shared as i32, shift - left))
    }

    fn total(&self, values: &[i32]) -> i64 {
        let zero_point = self.input_meaning(0).zero_point;
        values
            .iter()
            .map(|value| i64::from(value - zero_point))
            .sum()
    }

    /// The mean of values of which `count` are, the others being the zero point.
    fn mean(&self, values: &[i32], count: usize) -> Result<i32, RunError> {
        let (x, y) = (self.input_meaning(0), self.output_meaning());
        match (self.graph.family, self.mode) {
            // TFLite: the integers alone, halves away from zero.
            (Family::TfLite, _) => {
                let sum: i64 = values.iter().copied().map(i64::from).sum();
                let count = count as i64;
                let half = count / 2 * sum.signum();
                Ok(self.limited(((sum + half) / count) as i32))
            }
            // QLinearAveragePool: real numbers are summed and divided in single precision.
            (Family::Onnx, Mode::Float) => {
                let reals = values
                    .iter()
                    .map(|value| x.scale * (value - x.zero_point) as f32);
                let mean = reals.sum::<f32>() / count as f32;
                let integer = (mean / y.scale).round_ties_even() as i32;
                Ok(self.limited(integer.saturating_add(y.zero_point)))
            }
            (Family::Onnx, Mode::FixedPoint) => {
                let double = f64::from(x.scale) / (f64::from(y.scale) * count as f64);
                let factor = self.fixed_point(double)?;
                self.scaled(self.total(values), factor)
            }
        }
    }

    /// What `of` makes of the values of each window, channel by channel.
    fn windows<T>(&self, pool: &Pool, of: impl Fn(&[i32]) -> T) -> Vec<T> {
        let (input, output) = (self.integers(0), &self.output().shape);
        let image = &self.input_tensor(0).shape;
        let (height, width, channels) = (image[0], image[1], image[2]);
        let (top, left) = (pool.padding.top, pool.padding.left);
        let mut result = Vec::with_capacity(self.output().len());
        for y in 0..output[0] {
            for x in 0..output[1] {
                let rows = y * pool.strides[0]..y * pool.strides[0] + pool.kernel[0];
                let columns = x * pool.strides[1]..x * pool.strides[1] + pool.kernel[1];
                for channel in 0..channels {
                    let mut values = Vec::new();
                    for row in rows.clone().filter(|row| (top..top + height).contains(row)) {
                        for column in columns.clone() {
                            if (left..left + width).contains(&column) {
                                let pixel = (row - top) * width + column - left;
                                values.push(input[pixel * channels + channel]);
                            }
                        }
                    }
                    result.push(of(&values));
                }
            }
        }
        result
    }
}
