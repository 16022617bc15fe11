//! What stands behind a layer and is linear becomes part of its weights and its bias: batch normalization, and the sum
//! with a constant behind a product.

use super::layer::Layer;
use super::network::{Network, int, real};
use crate::import::onnx_proto::NodeProto;
use std::collections::BTreeMap;

/// Folds all that can be; `ranks` says how many axes a tensor has. Gives how many nodes went away.
pub(super) fn fold(network: &mut Network, ranks: &BTreeMap<String, usize>) -> usize {
    let before = network.nodes().len();
    scale_products(network);
    add_biases(network, ranks);
    let mut at = 0;
    while at < network.nodes().len() {
        if normalization(network, at).is_some() {
            network.bypass(at);
        } else {
            at += 1;
        }
    }
    before - network.nodes().len()
}

/// The factors of a Gemm go into its weights and its bias.
fn scale_products(network: &mut Network) {
    for at in 0..network.nodes().len() {
        let node = &network.nodes()[at];
        let (alpha, beta) = (real(node, "alpha", 1.0), real(node, "beta", 1.0));
        if node.op_type != "Gemm" || (alpha == 1.0 && beta == 1.0) {
            continue;
        }
        let Some(layer) = Layer::of(network, at) else {
            continue;
        };
        let (Some(bias), Some(weights)) = (layer.bias(network), layer.weights(network)) else {
            continue;
        };
        let factors = vec![alpha; layer.outputs(&weights)];
        layer.scale_outputs(network, &factors);
        layer.set_bias(network, bias.iter().map(|bias| bias * beta).collect());
        let attributes = &mut network.graph_mut().node[at].attribute;
        attributes.retain(|of| !["alpha", "beta"].contains(&of.name.as_str()));
    }
}

/// A product of matrices whose result has a constant added becomes a Gemm.
fn add_biases(network: &mut Network, ranks: &BTreeMap<String, usize>) {
    for at in (0..network.nodes().len()).rev() {
        if network.nodes()[at].op_type == "MatMul" {
            with_bias(network, at, ranks);
        }
    }
}

fn with_bias(network: &mut Network, at: usize, ranks: &BTreeMap<String, usize>) -> Option<()> {
    let layer = Layer::of(network, at)?;
    let product = network.nodes()[at].clone();
    let matrices = ranks.get(&product.input[0]) == Some(&2);
    let sum = network.only_reader(&product.output[0])?;
    let node = &network.nodes()[sum];
    if !matrices || node.op_type != "Add" {
        return None;
    }
    let bias = usize::from(node.input[0] == product.output[0]);
    let values = network.operand(sum, bias)?;
    let outputs = layer.outputs(&layer.weights(network)?);
    let is_row = values.len() == outputs && values.shape().last() == Some(&outputs);
    if !is_row || values.ndim() > 2 {
        return None;
    }
    let node = NodeProto {
        op_type: "Gemm".into(),
        output: node.output.clone(),
        ..product
    };
    let graph = network.graph_mut();
    graph.node[at] = node;
    graph.node.remove(sum);
    Layer::of(network, at)?.set_bias(network, values.iter().copied().collect());
    Some(())
}

/// Folds a batch normalization into the layer in front of it.
fn normalization(network: &mut Network, at: usize) -> Option<()> {
    let node = &network.nodes()[at];
    if node.op_type != "BatchNormalization" || int(node, "training_mode", 0) != 0 {
        return None;
    }
    let front = network.producer(&node.input[0])?;
    if network.only_reader(&node.input[0]) != Some(at) {
        return None;
    }
    let layer = Layer::of(network, front).filter(Layer::takes_bias)?;
    let epsilon = f64::from(real(node, "epsilon", 1e-5));
    let [scale, shift, mean, variance] = [1, 2, 3, 4].map(|place| network.operand(at, place));
    let (scale, shift, mean, variance) = (scale?, shift?, mean?, variance?);
    let factors = scale.iter().zip(&variance);
    let factors = factors
        .map(|(scale, variance)| f64::from(*scale) / (f64::from(*variance) + epsilon).sqrt());
    let factors = Vec::from_iter(factors);
    let bias = layer.bias(network)?;
    if bias.len() != factors.len() {
        return None;
    }
    let folded = bias.iter().zip(&factors).zip(mean.iter().zip(&shift));
    let folded = folded.map(|((bias, factor), (mean, shift))| {
        ((f64::from(*bias) - f64::from(*mean)) * factor + f64::from(*shift)) as f32
    });
    let folded = Vec::from_iter(folded);
    let factors = Vec::from_iter(factors.iter().map(|factor| *factor as f32));
    layer.scale_outputs(network, &factors)?;
    layer.set_bias(network, folded);
    Some(())
}
