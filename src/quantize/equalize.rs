//! Moves factors from one layer to the next, channel by channel, so that one scale fits all channels between them (Nagel
//! et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.1; weights have a
//! scale for each output channel here, so it is the activations that are brought to the size of the next layer's
//! weights).

use super::QuantizeError;
use super::calibrate::channel_limits;
use super::layer::{Layer, WEIGHTS};
use super::network::{Network, int};
use super::progress::Progress;
use super::samples::Samples;
use ndarray::{ArrayD, ArrayViewMutD, Axis};

/// What a factor goes through: of each channel alone, and of a multiple the multiple.
const THROUGH: &[&str] = &[
    "AveragePool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "LeakyRelu",
    "MaxPool",
    "Relu",
];

/// What may stand behind a pool over all pixels: it leaves one value for each channel.
const RESHAPES: &[&str] = &["Flatten", "Reshape", "Squeeze"];

/// Rounds over all pairs; one changes the weights that the next looks at.
const ROUNDS: usize = 4;

/// Factors beyond this say that a channel is as good as unused.
const MOST: f32 = 1e3;

/// Two layers with nothing but [`THROUGH`] between them.
struct Pair {
    first: Layer,
    second: Layer,
    /// The tensor that the second layer reads, or what that was before it was reshaped.
    between: String,
}

/// Equalizes all pairs of layers; gives how many there are.
pub(super) fn equalize(
    network: &mut Network,
    samples: &Samples,
    progress: &mut Progress,
) -> Result<usize, QuantizeError> {
    let pairs = (0..network.nodes().len()).filter_map(|at| pair(network, at));
    let pairs = Vec::from_iter(pairs);
    if pairs.is_empty() {
        return Ok(0);
    }
    let between = Vec::from_iter(pairs.iter().map(|pair| pair.between.clone()));
    let mut limits = channel_limits(network, samples, &between, progress)?;
    for _ in 0..ROUNDS {
        for (pair, limits) in pairs.iter().zip(&mut limits) {
            pair.equalize(network, limits);
        }
    }
    Ok(pairs.len())
}

/// The pair whose first layer is a node.
fn pair(network: &Network, at: usize) -> Option<Pair> {
    let first = Layer::of(network, at).filter(Layer::takes_bias)?;
    let outputs = first.bias(network)?.len();
    let mut tensor = network.nodes()[at].output[0].clone();
    let mut between = None;
    let mut one_pixel = network.nodes()[at].op_type == "Gemm";
    loop {
        let reader = network.only_reader(&tensor)?;
        let node = &network.nodes()[reader];
        let operator = node.op_type.as_str();
        if let Some(second) = Layer::of(network, reader).filter(Layer::takes_bias) {
            let weights = second.weights(network)?;
            let inputs = match operator {
                "Conv" => weights.shape()[1] * second.groups,
                "Gemm" if one_pixel && int(node, "transA", 0) == 0 => {
                    weights.shape()[1 - second.output_axis]
                }
                _ => return None,
            };
            let between = between.unwrap_or(tensor);
            return (inputs == outputs).then_some(Pair {
                first,
                second,
                between,
            });
        }
        one_pixel |= operator.starts_with("Global");
        if RESHAPES.contains(&operator) && one_pixel {
            between.get_or_insert(tensor);
        } else if !THROUGH.contains(&operator) {
            return None;
        }
        tensor = node.output[0].clone();
    }
}

impl Pair {
    fn equalize(&self, network: &mut Network, limits: &mut [f32]) -> Option<()> {
        let mut weights = self.second.weights(network)?;
        let channels = limits.len();
        let factors = (0..channels).map(|channel| {
            let next = self.inputs(network, &mut weights, channel);
            let next = next.fold(0.0, |most: f32, weight| most.max(weight.abs()));
            match limits[channel] > 0.0 && next > 0.0 {
                true => (limits[channel] / next).sqrt(),
                false => 1.0,
            }
        });
        let factors = Vec::from_iter(factors);
        // The size of all of them together is the scale's business.
        let mean = factors.iter().map(|factor| factor.ln()).sum::<f32>() / channels as f32;
        let factors = factors
            .iter()
            .map(|factor| (factor / mean.exp()).clamp(1.0 / MOST, MOST));
        let factors = Vec::from_iter(factors);
        for (channel, factor) in factors.iter().enumerate() {
            let mut inputs = self.inputs(network, &mut weights, channel);
            inputs.mapv_inplace(|weight| weight * factor);
            limits[channel] /= factor;
        }
        network.set_operand(self.second.node, WEIGHTS, &weights);
        let parts = Vec::from_iter(factors.iter().map(|factor| factor.recip()));
        let bias = self.first.bias(network)?;
        self.first.scale_outputs(network, &parts)?;
        let bias = bias.iter().zip(&parts).map(|(bias, part)| bias * part);
        self.first.set_bias(network, bias.collect());
        Some(())
    }

    /// The weights of the second layer for an input channel.
    fn inputs<'a>(
        &self,
        network: &Network,
        weights: &'a mut ArrayD<f32>,
        channel: usize,
    ) -> ArrayViewMutD<'a, f32> {
        let mut view = weights.view_mut();
        if network.nodes()[self.second.node].op_type == "Gemm" {
            return view.index_axis_move(Axis(1 - self.second.output_axis), channel);
        }
        let (outputs, per_group) = (view.shape()[0], view.shape()[1]);
        let rows = outputs / self.second.groups;
        let group = channel / per_group;
        view.slice_axis_inplace(Axis(0), (group * rows..(group + 1) * rows).into());
        view.index_axis_move(Axis(1), channel % per_group)
    }
}
