//! Convolutions and fully connected layers.

use super::scale::Factor;
use super::{RunError, Step};
use crate::graph::{Convolution, Operator, Quantization};

impl Step<'_> {
    /// `[h, w, c]` by `[out, row, column, c / groups]`, as `[h, w, out]`.
    pub(super) fn convolution(&self, convolution: &Convolution) -> Result<Vec<i32>, RunError> {
        let &[height, width, channels] = self.input_tensor(0).shape.as_slice() else {
            return Ok(Vec::new());
        };
        let &[outputs, rows, columns, inputs] = self.input_tensor(1).shape.as_slice() else {
            return Ok(Vec::new());
        };
        let &[out_height, out_width, _] = self.output().shape.as_slice() else {
            return Ok(Vec::new());
        };
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
                            sum += layer.products(from, weights, inputs, output);
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
        let &[outputs, features] = self.input_tensor(1).shape.as_slice() else {
            return Ok(Vec::new());
        };
        let layer = self.layer()?;
        let mut result = Vec::new();
        for row in 0..self.input_tensor(0).len() / features {
            for output in 0..outputs {
                let (from, weights) = (row * features, output * features);
                let products = layer.products(from, weights, features, output);
                let sum = layer.bias(output) + products;
                result.push(self.scaled(sum, layer.factors[output])?);
            }
        }
        Ok(result)
    }

    fn layer(&self) -> Result<Layer, RunError> {
        let input = self.input_meaning(0);
        let weights = self.input_tensor(1);
        let one = Quantization::per_tensor(1.0, 0);
        let meaning = weights.quantization.as_ref().unwrap_or(&one);
        let channels = 0..weights.shape[0];
        let factor = |channel| {
            let scales = [
                input.scale,
                meaning.scale(channel),
                self.output_meaning().scale,
            ];
            self.layer_factor(scales, meaning.scales.len() > 1)
        };
        Ok(Layer {
            input: self.integers(0),
            zero_point: input.zero_point,
            weights: self.integers(1),
            zero_points: channels
                .clone()
                .map(|channel| meaning.zero_point(channel))
                .collect(),
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

/// The parameters of a layer, and its input.
struct Layer {
    input: Vec<i32>,
    zero_point: i32,
    weights: Vec<i32>,
    /// Of the weights, per output channel.
    zero_points: Vec<i32>,
    bias: Option<Vec<i32>>,
    /// Per output channel.
    factors: Vec<Factor>,
}

impl Layer {
    fn bias(&self, output: usize) -> i64 {
        self.bias.as_ref().map_or(0, |bias| bias[output].into())
    }

    /// The sum of `count` products from a place of the input and a place of the weights on.
    fn products(&self, from: usize, weights: usize, count: usize, output: usize) -> i64 {
        let (zero, zero_of_weights) = (self.zero_point, self.zero_points[output]);
        let input = &self.input[from..from + count];
        let pairs = input.iter().zip(&self.weights[weights..weights + count]);
        pairs
            .map(|(x, w)| i64::from((x - zero) * (w - zero_of_weights)))
            .sum()
    }
}
