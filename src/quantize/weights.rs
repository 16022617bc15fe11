//! Weights as int8 with a scale for each output channel, and biases as int32.

use super::layer::{BIAS, Layer};
use super::network::Network;
use ndarray::Axis;

/// Integers of a layer: weights in the order of the file, and the bias where it has one.
pub(super) struct Integers {
    pub(super) weights: Vec<i8>,
    /// One for each index of the layer's output axis.
    pub(super) scales: Vec<f32>,
    pub(super) bias: Option<Vec<i32>>,
}

/// Largest magnitude of a bias: sums have as much again before 32 bits overflow.
const BIAS_LIMIT: f64 = (1 << 30) as f64;

/// The integers of a layer whose input has a scale; none where its weights are not real numbers.
pub(super) fn integers(network: &Network, layer: &Layer, input_scale: f32) -> Option<Integers> {
    let mut weights = layer.weights(network)?;
    let node = &network.nodes()[layer.node];
    let has_bias = node.input.get(BIAS).is_some_and(|name| !name.is_empty());
    let bias = if has_bias {
        layer.bias(network)?
    } else {
        Vec::new()
    };
    let axis = Axis(layer.output_axis);
    let count = weights.len_of(axis);
    let most = |values: &mut dyn Iterator<Item = f32>| {
        values.fold(0.0, |most: f32, value| most.max(value.abs()))
    };
    let mut scales = Vec::from_iter(weights.axis_iter(axis).enumerate().map(|(index, of)| {
        let bias = most(&mut bias.iter().copied().skip(index).step_by(count));
        let least = f64::from(bias) / f64::from(input_scale) / BIAS_LIMIT;
        let scale = most(&mut of.iter().copied()) / 127.0;
        (scale, (least as f32).max(f32::MIN_POSITIVE))
    }));
    // The bias of a channel without weights needs a scale, too: that of the others.
    let largest = scales
        .iter()
        .fold(0.0, |most: f32, (scale, _)| most.max(*scale));
    for (scale, least) in &mut scales {
        *scale = if *scale == 0.0 { largest } else { *scale };
        *scale = scale.max(*least);
    }
    let scales = Vec::from_iter(scales.into_iter().map(|(scale, _)| scale));
    for (mut of, scale) in weights.axis_iter_mut(axis).zip(&scales) {
        of.mapv_inplace(|weight| (weight / scale).round_ties_even().clamp(-127.0, 127.0));
    }
    let integer = |(channel, real): (usize, f32)| {
        (real / (input_scale * scales[channel % count])).round_ties_even() as i32
    };
    let bias = bias.into_iter().enumerate().map(integer);
    Some(Integers {
        weights: weights.iter().map(|weight| *weight as i8).collect(),
        bias: has_bias.then(|| bias.collect()),
        scales,
    })
}
