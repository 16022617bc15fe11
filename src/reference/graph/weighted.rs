//! Convolutions and fully connected layers.

use super::scale::Factor;
use super::{RunError, Step};
use crate::graph::{Convolution, Family, Operator};

impl Step<'_> {
    /// `[h, w, c]` by `[out, row, column, c / groups]`, as `[h, w, out]`.
    pub(super) fn convolution(&self, convolution: &Convolution) -> Result<Vec<i32>, RunError> {
        let (image, weights) = (&self.input_tensor(0).shape, &self.input_tensor(1).shape);
        let (height, width, channels) = (image[0], image[1], image[2]);
        let (outputs, rows, columns, inputs) = (weights[0], weights[1], weights[2], weights[3]);
        let (out_height, out_width) = (self.output().shape[0], self.output().shape[1]);
        let layer = self.layer()?;
        let [down, right] = convolution.strides;
        let [row_step, column_step] = convolution.dilations;
        let (top, left) = (convolution.padding.top, convolution.padding.left);
        let outputs_per_group = outputs / convolution.groups;
        let mut result = Vec::with_capacity(out_height * out_width * outputs);
        for y in 0..out_height {
            for x in 0..out_width {
                for output in 0..outputs {
                    let first = output / outputs_per_group * inputs;
                    let mut sum = layer.bias(output);
                    for row in 0..rows {
                        // What lies outside the image is the zero point and adds nothing.
                        let image_row = y * down + row * row_step;
                        if image_row < top || image_row - top >= height {
                            continue;
                        }
                        for column in 0..columns {
                            let image_column = x * right + column * column_step;
                            if image_column < left || image_column - left >= width {
                                continue;
                            }
                            let pixel = (image_row - top) * width + image_column - left;
                            let from = pixel * channels + first;
                            let weights = ((output * rows + row) * columns + column) * inputs;
                            sum += layer.products(from, weights, inputs);
                        }
                    }
                    result.push(self.scaled(sum, layer.factors[output])?);
                }
            }
        }
        Ok(result)
    }

    /// `[.., features]` by `[out, features]`, as `[.., out]`.
    pub(super) fn fully_connected(&self) -> Result<Vec<i32>, RunError> {
        let weights = &self.input_tensor(1).shape;
        let (outputs, features) = (weights[0], weights[1]);
        let layer = self.layer()?;
        let mut result = Vec::new();
        for row in 0..self.input_tensor(0).len() / features {
            for output in 0..outputs {
                let (from, weights) = (row * features, output * features);
                let products = layer.products(from, weights, features);
                let sum = layer.bias(output) + products;
                result.push(self.scaled(sum, layer.factors[output])?);
            }
        }
        Ok(result)
    }

    /// `[.., rows, inner]` by `[.., inner, columns]`, as `[.., rows, columns]`.
    pub(super) fn multiplied(&self) -> Result<Vec<i32>, RunError> {
        let (a, b) = (&self.input_tensor(0).shape, &self.input_tensor(1).shape);
        let (rows, inner) = (a[a.len() - 2], a[a.len() - 1]);
        let columns = b[b.len() - 1];
        let (x, w, y) = (
            self.input_meaning(0),
            self.input_meaning(1),
            self.output_meaning(),
        );
        let double = f64::from(x.scale * w.scale) / f64::from(y.scale);
        let factor = match self.graph.family {
            // LiteRT has no other kernel for it.
            Family::TfLite => self.fixed_point(double)?,
            Family::Onnx => self.factor(x.scale * w.scale / y.scale, double)?,
        };
        let (a, b) = (self.integers(0), self.integers(1));
        let mut result = Vec::with_capacity(self.output().len());
        for product in 0..a.len() / (rows * inner) {
            for row in 0..rows {
                for column in 0..columns {
                    let term = |at: usize| {
                        let left = a[(product * rows + row) * inner + at] - x.zero_point;
                        let right = b[(product * inner + at) * columns + column] - w.zero_point;
                        i64::from(left * right)
                    };
                    result.push(self.scaled((0..inner).map(term).sum(), factor)?);
                }
            }
        }
        Ok(result)
    }

    fn layer(&self) -> Result<Layer, RunError> {
        let input = self.input_meaning(0);
        let weights = self.input_tensor(1);
        let meaning = weights.quantization.as_ref().expect("checked: quantized");
        let channels = 0..weights.shape[0];
        let factor = |channel| {
            let scales = [
                input.scale,
                meaning.scale(channel),
                self.output_meaning().scale,
            ];
            self.layer_factor(scales, meaning.scales.len() > 1)
        };
        let per_channel = weights.len() / weights.shape[0];
        let weight = |(place, weight)| weight - meaning.zero_point(place / per_channel);
        let weights = self.integers(1).into_iter().enumerate().map(weight);
        let input = self.integers(0).into_iter().map(|x| x - input.zero_point);
        Ok(Layer {
            input: input.collect(),
            weights: weights.collect(),
            bias: (self.node.inputs.len() == 3).then(|| self.integers(2)),
            factors: channels.map(factor).collect::<Result<_, _>>()?,
        })
    }

    /// The factor of a channel from the scales of input, weights and output.
    fn layer_factor(&self, [x, w, y]: [f32; 3], per_channel: bool) -> Result<Factor, RunError> {
        let [wide_x, wide_w, wide_y] = [x, w, y].map(f64::from);
        // TFLite Micro multiplies the scales of a fully connected layer in single precision.
        let double = match self.node.operator {
            Operator::FullyConnected if !per_channel => f64::from(x * w) / wide_y,
            _ => wide_x * wide_w / wide_y,
        };
        self.factor(x * w / y, double)
    }
}

/// The input and the parameters of a layer.
struct Layer {
    /// Less the zero point, as are the weights.
    input: Vec<i32>,
    weights: Vec<i32>,
    bias: Option<Vec<i32>>,
    /// Per output channel.
    factors: Vec<Factor>,
}

impl Layer {
    fn bias(&self, output: usize) -> i64 {
        self.bias.as_ref().map_or(0, |bias| bias[output].into())
    }

    /// The sum of `count` products from a place of the input and a place of the weights on.
    fn products(&self, from: usize, weights: usize, count: usize) -> i64 {
        let input = &self.input[from..from + count];
        let mut sum = 0;
        for (x, w) in input.iter().zip(&self.weights[weights..weights + count]) {
            sum += i64::from(x * w);
        }
        sum
    }
}
