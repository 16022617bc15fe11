//! BatchNormalization: part of the layer in front, or a node of its own between two quantizations.

use super::constant::size;
use super::float::ALL;
use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::{ImportError, Importer};
use crate::graph::{Operator, Output, Quantization, TensorId, Values};

/// What is said where it is neither.
pub(super) const FLOAT: &str = "is floating point in ONNX Runtime here: QuantizeLinear and DequantizeLinear must be \
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
                _ => Err(site.fail(FLOAT)),
            },
            Value::Activation(x) if x.real => self.normalized(site, &x),
            _ => Err(site.fail(FLOAT)),
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
            offsets = match constant.values()?.floats() {
                Some(reals) => reals.iter().map(|real| f64::from(*real)).collect(),
                None => {
                    let unit = |channel: usize| match &constant.meaning {
                        Some((meaning, _)) => {
                            let own = meaning.scales.get(channel);
                            f64::from(*own.unwrap_or(&meaning.scales[0]))
                        }
                        None => self.unit(inputs, channel),
                    };
                    let integers = constant.integers()?.into_iter().enumerate();
                    let reals = integers.map(|(channel, of)| f64::from(of) * unit(channel));
                    reals.collect()
                }
            };
        }
        Ok(Affine {
            factors: vec![1.0; channels],
            offsets,
            node: None,
        })
    }

    /// What a product of integers of a layer means.
    fn unit(&self, inputs: &[TensorId], channel: usize) -> f64 {
        let scale = |id: TensorId, channel| {
            let meaning = self.graph[id].quantization.as_ref();
            meaning.map_or(1.0, |meaning| f64::from(meaning.scale(channel)))
        };
        scale(inputs[0], 0) * scale(inputs[1], channel)
    }

    /// The inputs of a layer with its batch normalizations in scales of weights and bias.
    pub(super) fn folded(
        &mut self,
        inputs: Vec<TensorId>,
        affine: &Affine,
        output: &Output,
    ) -> Result<Vec<TensorId>, ImportError> {
        let (Some(node), Some(y)) = (&affine.node, &output.quantization) else {
            return Ok(inputs);
        };
        let (x, weights) = (&self.graph[inputs[0]], self.graph[inputs[1]].clone());
        let (Some(of_x), Some(of_weights), Some(values)) = (
            &x.quantization,
            &weights.quantization,
            // Others are no weights, as the node will say.
            (weights.values.as_ref())
                .and_then(Values::integers)
                .filter(|_| weights.element.is_byte()),
        ) else {
            return Ok(inputs);
        };
        let (low, high) = x.element.range();
        let of_x = (f64::from(of_x.scale(0)), of_x.zero_point(0));
        let largest = i64::from(high - of_x.1).max(i64::from(of_x.1 - low));
        let limits = output.limits;
        let result = |real: f64| {
            let steps = (real / f64::from(y.scale(0))).round_ties_even() as i32;
            steps
                .saturating_add(y.zero_point(0))
                .clamp(limits.low, limits.high)
        };
        let mut folded = Vec::with_capacity(values.len());
        let (mut scales, mut zero_points, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        let each = values.len() / affine.factors.len().max(1);
        for (channel, values) in values.chunks(each.max(1)).enumerate() {
            let (factor, offset) = (affine.factors[channel], affine.offsets[channel]);
            let zero = of_weights.zero_point(channel);
            let scale = f64::from(of_weights.scale(channel)) * factor.abs();
            let sizes = values.iter().map(|value| i64::from((value - zero).abs()));
            let reach = (sizes.sum::<i64>() * largest) as f64 * of_x.0 * scale;
            let ends = [offset - reach, offset + reach].map(result);
            if ends[0] == ends[1] {
                // The channel is the same for every input: what is left of its weights may have no scale.
                folded.extend(values.iter().map(|_| zero));
                zero_points.push(zero);
                scales.push(y.scale(0) / of_x.0 as f32);
                bias.push(ends[0] - y.zero_point(0));
                continue;
            }
            let scale = scale as f32;
            let steps = (offset / (of_x.0 * f64::from(scale))).round_ties_even();
            if !(scale.is_finite() && steps.abs() < f64::from(i32::MAX)) {
                return Err(ImportError::Node {
                    node: node.clone(),
                    operator: "BatchNormalization".into(),
                    reason: format!(
                        "makes {offset} the bias of channel {channel}, and its weights {factor} times as large: that \
                         has no 32 bits in units of their scales; leave the channel out, or quantize the result of the \
                         layer in front"
                    ),
                });
            }
            scales.push(scale);
            bias.push(steps as i32);
            // Of the negated integers those of -128 are none: then all are one less, the zero point too.
            let of = |value: i32| match factor < 0.0 {
                true if values.contains(&-128) || zero == -128 => !value,
                true => -value,
                false => value,
            };
            folded.extend(values.iter().map(|value| of(*value)));
            zero_points.push(of(zero));
        }
        self.take(8 * folded.len())?;
        let meaning = Quantization {
            scales,
            zero_points,
        };
        let channels = bias.len();
        let values = Values::saturated(weights.element, &folded);
        let graph = &mut self.graph;
        let weights = graph.constant(&weights.name, weights.shape, values, Some(meaning));
        let bias = graph.constant(
            format!("{node}_bias"),
            [channels],
            Values::Int32(bias),
            None,
        );
        Ok(vec![inputs[0], weights, bias])
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
