//! Sums of products.

use super::scale::Factor;
use super::{Meaning, Task};
use crate::graph::{Convolution, Family, Operator, Quantization};

impl Task<'_> {
    pub(super) fn convolution(&self, convolution: &Convolution) -> Result<Vec<i32>, String> {
        let Convolution {
            strides,
            dilations,
            padding,
            groups,
        } = *convolution;
        let (image, kernel) = (&self.tensor(0).shape, &self.tensor(1).shape);
        let (result, channels) = (&self.output().shape, image[2]);
        let layer = self.layer()?;
        let input = self.centred(0)?;
        let per_group = kernel[3];
        let taps = kernel[1] * kernel[2];
        // For each tap the first element of a row of channels; none outside of the image.
        let pixel = |y: usize, x: usize, tap: usize| {
            let row = y * strides[0] + tap / kernel[2] * dilations[0];
            let column = x * strides[1] + tap % kernel[2] * dilations[1];
            let row = row.checked_sub(padding.top).filter(|row| *row < image[0])?;
            let column = column
                .checked_sub(padding.left)
                .filter(|at| *at < image[1])?;
            Some((row * image[1] + column) * channels)
        };
        let mut integers = Vec::with_capacity(self.output().len());
        for y in 0..result[0] {
            for x in 0..result[1] {
                let inside = (0..taps).filter_map(|tap| Some((tap, pixel(y, x, tap)?)));
                let inside = Vec::from_iter(inside);
                for output in 0..kernel[0] {
                    let first = output / (kernel[0] / groups) * per_group;
                    let mut sum = layer.bias[output];
                    for (tap, at) in &inside {
                        let weights = (output * taps + tap) * per_group;
                        sum += dot(
                            &input[at + first..at + first + per_group],
                            &layer.weights[weights..weights + per_group],
                        );
                    }
                    integers.push(self.rescaled(sum, layer.factors[output])?);
                }
            }
        }
        Ok(integers)
    }

    pub(super) fn fully_connected(&self) -> Result<Vec<i32>, String> {
        let features = self.tensor(1).shape[1];
        let layer = self.layer()?;
        let mut integers = Vec::with_capacity(self.output().len());
        for row in self.centred(0)?.chunks(features) {
            for (output, weights) in layer.weights.chunks(features).enumerate() {
                let sum = layer.bias[output] + dot(row, weights);
                integers.push(self.rescaled(sum, layer.factors[output])?);
            }
        }
        Ok(integers)
    }

    pub(super) fn multiplied(&self) -> Result<Vec<i32>, String> {
        let &[.., inner, columns] = &self.tensor(1).shape[..] else {
            return Err("it takes no matrices".into());
        };
        let rows = self.output().shape[self.output().shape.len() - 2];
        let [x, w] = [self.meaning(0), self.meaning(1)];
        let y = Meaning::of(self.output());
        let product = x.scale * w.scale;
        let double = f64::from(product) / f64::from(y.scale);
        // LiteRT rounds these as TFLite Micro does.
        let factor = match self.graph.family {
            Family::TfLite => Factor::fixed(double)?,
            Family::Onnx => self.factor(product / y.scale, double)?,
        };
        let (left, right) = (self.centred(0)?, self.centred(1)?);
        let matrices = left.chunks(rows * inner).zip(right.chunks(inner * columns));
        let mut integers = Vec::with_capacity(self.output().len());
        for (left, right) in matrices {
            for row in left.chunks(inner) {
                let mut sums = vec![0_i64; columns];
                for (value, of_columns) in row.iter().zip(right.chunks(columns)) {
                    for (sum, of_column) in sums.iter_mut().zip(of_columns) {
                        *sum += i64::from(value * of_column);
                    }
                }
                for sum in sums {
                    integers.push(self.rescaled(sum, factor)?);
                }
            }
        }
        Ok(integers)
    }

    fn layer(&self) -> Result<Layer, String> {
        let weights = self.tensor(1);
        let outputs = weights.shape[0];
        let one = Quantization::per_tensor(1.0, 0);
        let meaning = weights.quantization.as_ref().unwrap_or(&one);
        let each = weights.len() / outputs;
        let values = self.integers(1)?;
        let values = values
            .chunks(each)
            .enumerate()
            .flat_map(|(output, values)| {
                let zero_point = meaning.zero_point(output);
                values.iter().map(move |value| value - zero_point)
            });
        let [x, y] = [self.meaning(0).scale, Meaning::of(self.output()).scale];
        let is_single = self.node.operator == Operator::FullyConnected && meaning.scales.len() == 1;
        let factor = |output: usize| {
            let w = meaning.scale(output);
            let product = match is_single {
                true => f64::from(x * w),
                false => f64::from(x) * f64::from(w),
            };
            self.factor(x * w / y, product / f64::from(y))
        };
        let bias = match self.node.inputs.len() {
            3 => self.integers(2)?.into_iter().map(i64::from).collect(),
            _ => vec![0; outputs],
        };
        Ok(Layer {
            weights: values.collect(),
            bias,
            factors: (0..outputs).map(factor).collect::<Result<_, _>>()?,
        })
    }
}

/// The parameters of a layer.
struct Layer {
    /// Less their zero points.
    weights: Vec<i32>,
    /// Per output channel.
    bias: Vec<i64>,
    factors: Vec<Factor>,
}

fn dot(left: &[i32], right: &[i32]) -> i64 {
    let products = left.iter().zip(right);
    products.map(|(left, right)| i64::from(left * right)).sum()
}
