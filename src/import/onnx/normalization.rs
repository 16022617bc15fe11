//! BatchNormalization: part of the layer in front, or a node of its own between two quantizations.

use super::constant::size;
use super::float::ALL;
use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::{ImportError, Importer};
use crate::graph::{Limits, Operator, Output, Quantization, TensorId, Values};

/// What is said where it is neither.
pub(super) const NOT_QUANTIZED: &str = "is floating point in ONNX Runtime here: QuantizeLinear and DequantizeLinear must be \
     between it and the node in front, and behind it; or `python -m onnxruntime.quantization.preprocess` makes it part \
     of a convolution in front before the model is quantized";

/// What becomes of the sums of products of a layer, in real numbers: `factor * sum + offset` for each output channel.
#[derive(Clone)]
pub(super) struct Affine {
    factors: Vec<f64>,
    /// The bias, and what batch normalizations make of it.
    offsets: Vec<f64>,
    /// The last batch normalization, where there is one.
    node: Option<String>,
}

/// The constants of a node, a value for each channel.
struct Statistics {
    scale: Vec<f32>,
    bias: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
    epsilon: f32,
}

impl Importer<'_> {
    pub(super) fn batch_normalization(&mut self, site: &Site) -> Result<Value, ImportError> {
        let mut others = site.proto.output.iter().skip(1);
        if site.int("training_mode", 0) != 0 || others.any(|name| !name.is_empty()) {
            let reason =
                "is in training mode: export the model for inference, after `model.eval()`";
            return Err(site.fail(reason));
        }
        site.only("spatial", 1)?;
        match self.value(site, 0)? {
            Value::Pending(mut pending) => match &mut pending.affine {
                Some(affine) if pending.limits == ALL && has_channels_last(&pending.axes) => {
                    affine.normalize(site, &self.statistics(site, affine.factors.len())?)?;
                    Ok(Value::Pending(pending))
                }
                _ => Err(site.fail(NOT_QUANTIZED)),
            },
            Value::Activation(x) if x.real => self.normalized(site, &x),
            _ => Err(site.fail(NOT_QUANTIZED)),
        }
    }

    fn statistics(&mut self, site: &Site, channels: usize) -> Result<Statistics, ImportError> {
        let mut of = |place| -> Result<Vec<f32>, ImportError> {
            let constant = self.constant(site, place)?;
            self.take(size(&constant))?;
            match constant.floats()? {
                values if values.len() == channels => Ok(values.to_vec()),
                values => Err(constant.fail(format!(
                    "has {} values for {channels} channels",
                    values.len()
                ))),
            }
        };
        Ok(Statistics {
            scale: of(1)?,
            bias: of(2)?,
            mean: of(3)?,
            variance: of(4)?,
            epsilon: site.real("epsilon", 1e-5),
        })
    }

    /// A node of its own. ONNX Runtime has for each channel one factor and one offset in single precision.
    fn normalized(&mut self, site: &Site, x: &Activation) -> Result<Value, ImportError> {
        if x.axes.rank() < 2 {
            return Err(site.fail("takes a tensor with an axis of channels behind the batch"));
        }
        // Of a flattened image, which lies pixel by pixel, the constants are brought into its order.
        let (x, place): (_, Box<dyn Fn(usize) -> usize>) = match x.axes.flattened {
            Some([height, width, channels]) => (
                x.clone(),
                Box::new(move |at| at % channels * height * width + at / channels),
            ),
            None => {
                let x = self.arranged(site, x, channels_last(&x.axes))?;
                (x, Box::new(|at| at))
            }
        };
        let id = self.reshaped(site, x.id, x.axes.shape())?;
        let channels = x.axes.sizes[1];
        let Statistics {
            scale,
            bias,
            mean,
            variance,
            epsilon,
        } = self.statistics(site, channels)?;
        let (mut factors, mut offsets) = (Vec::new(), Vec::new());
        for channel in (0..channels).map(place) {
            let factor = 1.0 / (variance[channel] + epsilon).sqrt() * scale[channel];
            let offset = bias[channel] - mean[channel] * factor;
            finite(site, channel, [factor.into(), offset.into()])?;
            factors.push(factor);
            offsets.push(offset);
        }
        let mut constant = |kind: &str, values| {
            let name = format!("{}_{kind}", site.name);
            (self.graph).constant(name, [channels], Values::Float32(values), None)
        };
        let inputs = vec![id, constant("factor", factors), constant("offset", offsets)];
        Ok(self.pending(site, Operator::BatchNormalization, inputs, x.axes))
    }

    /// What becomes of the sums of a layer with these inputs, by its bias in the file alone.
    pub(super) fn with_bias(
        &mut self,
        site: &Site,
        place: Option<usize>,
        inputs: &[TensorId],
    ) -> Result<Affine, ImportError> {
        let channels = self.graph[inputs[1]].shape[0];
        let mut offsets = vec![0.0; channels];
        if let Some(place) = place.filter(|place| site.input(*place).is_some()) {
            let constant = self.constant(site, place)?;
            self.take(size(&constant))?;
            offsets = match (constant.values()?.floats(), &constant.meaning) {
                (Some(reals), _) => reals.iter().map(|real| f64::from(*real)).collect(),
                (None, Some((meaning, _))) => {
                    let scales = meaning.scales.iter().cycle().map(|scale| f64::from(*scale));
                    let integers = constant.integers()?.into_iter().map(f64::from);
                    integers.zip(scales).map(|(of, scale)| of * scale).collect()
                }
                (None, None) => return Err(constant.fail("is a bias of integers without a scale")),
            };
        }
        Ok(Affine {
            factors: vec![1.0; channels],
            offsets,
            node: None,
        })
    }

    /// The inputs of a layer with its batch normalizations in weights and bias.
    pub(super) fn folded(
        &mut self,
        inputs: Vec<TensorId>,
        affine: &Affine,
        output: &Output,
    ) -> Result<Vec<TensorId>, ImportError> {
        let (x, weights) = (&self.graph[inputs[0]], self.graph[inputs[1]].clone());
        let values = weights.values.as_ref().and_then(Values::integers);
        let (Some(node), Some(y), Some(of_x), Some(meaning), Some(values), true) = (
            &affine.node,
            &output.quantization,
            &x.quantization,
            &weights.quantization,
            values,
            weights.element.is_byte(),
        ) else {
            // There is none, or these are no weights, as the node will say.
            return Ok(inputs);
        };
        let (low, high) = x.element.range();
        let zero = i64::from(of_x.zero_point(0));
        let layer = Layer {
            x_scale: of_x.scale(0),
            largest: (i64::from(high) - zero).max(zero - i64::from(low)),
            y_scale: y.scale(0),
            y_zero: y.zero_point(0),
            limits: output.limits,
        };
        self.take(8 * values.len())?;
        let channels = affine.factors.len();
        let each = (values.len() / channels.max(1)).max(1);
        let (mut integers, mut bias) = (Vec::with_capacity(values.len()), Vec::new());
        let (mut scales, mut zero_points) = (Vec::new(), Vec::new());
        for (number, values) in values.chunks(each).enumerate() {
            let channel = Channel {
                weights: values.to_vec(),
                zero_point: meaning.zero_point(number),
                scale: meaning.scale(number),
                bias: 0,
            };
            let (factor, offset) = (affine.factors[number], affine.offsets[number]);
            let channel = layer.normalized(channel, factor, offset);
            let channel = channel.ok_or_else(|| ImportError::Node {
                node: node.clone(),
                operator: "BatchNormalization".into(),
                reason: format!(
                    "makes the weights of channel {number} {factor} times as large and its bias {offset}, which has no \
                     32 bits in units of their scales: quantize the result of the layer in front, or leave the channel \
                     out"
                ),
            })?;
            integers.extend(channel.weights);
            zero_points.push(channel.zero_point);
            scales.push(channel.scale);
            bias.push(channel.bias);
        }
        let meaning = Quantization {
            scales,
            zero_points,
        };
        let values = Values::saturated(weights.element, &integers);
        let graph = &mut self.graph;
        let weights = graph.constant(&weights.name, weights.shape, values, Some(meaning));
        let name = format!("{node}_bias");
        let bias = graph.constant(name, [channels], Values::Int32(bias), None);
        Ok(vec![inputs[0], weights, bias])
    }
}

/// What a layer with weights stands between.
struct Layer {
    x_scale: f32,
    /// The largest integer of the input less its zero point, whatever its sign.
    largest: i64,
    y_scale: f32,
    y_zero: i32,
    limits: Limits,
}

/// An output channel.
struct Channel {
    weights: Vec<i32>,
    zero_point: i32,
    scale: f32,
    /// In units of the product of the scales of input and weights.
    bias: i32,
}

impl Layer {
    /// A channel whose sums are multiplied by a factor and have the offset as their bias, in real numbers; none where
    /// that has no integers.
    fn normalized(&self, channel: Channel, factor: f64, offset: f64) -> Option<Channel> {
        let Channel {
            mut weights,
            mut zero_point,
            scale,
            ..
        } = channel;
        let x_scale = f64::from(self.x_scale);
        let scale = f64::from(scale) * factor.abs();
        let zero = i64::from(zero_point);
        let sizes = weights
            .iter()
            .map(|weight| (i64::from(*weight) - zero).abs());
        let reach = (sizes.sum::<i64>() * self.largest) as f64 * x_scale * scale;
        let ends = [offset - reach, offset + reach].map(|real| self.result(real));
        if ends[0] == ends[1] {
            // It is the same for every input: its scale may be 0, and its bias beyond all limits.
            weights.fill(zero_point);
            return Some(Channel {
                weights,
                zero_point,
                scale: self.y_scale / self.x_scale,
                bias: ends[0].saturating_sub(self.y_zero),
            });
        }
        let scale = scale as f32;
        let bias = (offset / (x_scale * f64::from(scale))).round_ties_even();
        if factor < 0.0 {
            // int8 has no 128: instead all become one less than their opposites, and the zero point too.
            let all = || weights.iter().chain([&zero_point]);
            let have_opposites = all().all(|value| (-127..=127).contains(value));
            let opposite = |value: i32| if have_opposites { -value } else { !value };
            weights = weights.into_iter().map(opposite).collect();
            zero_point = opposite(zero_point);
        }
        let is_integer = scale.is_finite() && bias.abs() <= f64::from(i32::MAX);
        is_integer.then_some(Channel {
            weights,
            zero_point,
            scale,
            bias: bias as i32,
        })
    }

    /// The integer of a real result.
    fn result(&self, real: f64) -> i32 {
        let steps = (real / f64::from(self.y_scale)).round_ties_even() as i32;
        let Limits { low, high } = self.limits;
        steps.saturating_add(self.y_zero).clamp(low, high)
    }
}

impl Affine {
    /// Puts a batch normalization behind it.
    fn normalize(&mut self, site: &Site, statistics: &Statistics) -> Result<(), ImportError> {
        let wide = |values: &[f32], channel: usize| f64::from(values[channel]);
        for channel in 0..self.factors.len() {
            let variance = wide(&statistics.variance, channel) + f64::from(statistics.epsilon);
            let factor = wide(&statistics.scale, channel) / variance.sqrt();
            let offset = self.offsets[channel] - wide(&statistics.mean, channel);
            self.offsets[channel] = offset * factor + wide(&statistics.bias, channel);
            self.factors[channel] *= factor;
            finite(
                site,
                channel,
                [self.factors[channel], self.offsets[channel]],
            )?;
        }
        self.node = Some(site.name.clone());
        Ok(())
    }
}

/// Refuses a channel whose factor or offset is no number.
fn finite(site: &Site, channel: usize, reals: [f64; 2]) -> Result<(), ImportError> {
    match reals.iter().all(|real| real.is_finite()) {
        true => Ok(()),
        false => Err(site.fail(format!(
            "gives no numbers in channel {channel}: its variance and epsilon must be 0 or more, one of them larger, \
             and all its values finite"
        ))),
    }
}

/// Whether the channels of a tensor are along its last axis in memory.
fn has_channels_last(axes: &Axes) -> bool {
    axes.rank() > 1 && axes.lies_as(&channels_last(axes))
}

/// The axes of a tensor in the order in which they lie in memory, but for that of channels, which is last.
fn channels_last(axes: &Axes) -> Vec<usize> {
    let mut order = axes.order.clone();
    order.retain(|axis| *axis != 1);
    order.push(1);
    order
}
