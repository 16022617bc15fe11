//! Which tensors are quantized, and which of them with one scale.

use super::network::Network;
use super::operators::{Kind, activations, kind};
use crate::import::onnx_proto::NodeProto;
use std::collections::{BTreeMap, BTreeSet};

/// What computes other numbers than real ones.
const OTHERS: &[&str] = &["ArgMax", "ArgMin", "Shape", "Size", "NonZero"];

/// What takes a limit in: the sum is not quantized before it is limited.
const LIMITED: &[&str] = &[
    "Add",
    "BatchNormalization",
    "Conv",
    "ConvTranspose",
    "Gemm",
    "MatMul",
    "Mul",
    "Sub",
];

/// The tensors that are quantized.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Each with the one whose scale it has: itself, or what it is moved from.
    pub(super) roots: BTreeMap<String, String>,
    /// Constants that are operands as activations are: the node and the place.
    pub(super) constants: BTreeSet<(usize, usize)>,
    /// What limits the tensors behind a Clip or a Relu: runtimes leave the limit away where the integers stand for nothing
    /// beyond it.
    pub(super) limits: BTreeMap<String, [f32; 2]>,
    /// Nodes that stay in floating point.
    pub(super) left: Vec<usize>,
}

impl Plan {
    pub(super) fn new(network: &Network) -> Plan {
        let mut plan = Plan::default();
        let inputs = network.inputs().iter().map(|input| input.name.clone());
        let mut reals = BTreeSet::from_iter(inputs);
        for (at, node) in network.nodes().iter().enumerate() {
            if !is_real(node, &reals) {
                continue;
            }
            reals.extend(node.output.iter().cloned());
            let kind = match kind(node) {
                // What is around may be beyond the range of what is inside.
                Kind::Moving if pads_with_a_value(network, node) => Kind::Computing,
                kind => kind,
            };
            if let Some(limits) = limits(network, node) {
                plan.limits.insert(node.output[0].clone(), limits);
            }
            if kind == Kind::Float {
                plan.left.push(at);
                continue;
            }
            for place in activations(network, at) {
                let Some(input) = node.input.get(place).filter(|name| !name.is_empty()) else {
                    continue;
                };
                match reals.contains(input) {
                    _ if place == 0 && limited(network, at).is_some() => {}
                    true => plan.quantize(input, input),
                    false => {
                        plan.constants.insert((at, place));
                    }
                }
            }
            for output in &node.output {
                let limit = network.only_reader(output);
                if limit.is_some_and(|limit| limited(network, limit) == Some(at)) {
                    continue;
                }
                let root = match kind {
                    Kind::Moving => plan.roots[&node.input[0]].clone(),
                    _ => output.clone(),
                };
                plan.quantize(output, &root);
            }
        }
        plan
    }

    fn quantize(&mut self, tensor: &str, root: &str) {
        let known = self.roots.entry(tensor.to_owned());
        known.or_insert_with(|| root.to_owned());
    }

    /// The tensors that have scales of their own.
    pub(super) fn own(&self) -> Vec<String> {
        let own = self.roots.iter().filter(|(tensor, root)| tensor == root);
        own.map(|(tensor, _)| tensor.clone()).collect()
    }
}

/// True where a node's results are real numbers that depend on the inputs.
fn is_real(node: &NodeProto, reals: &BTreeSet<String>) -> bool {
    !OTHERS.contains(&node.op_type.as_str()) && node.input.iter().any(|name| reals.contains(name))
}

/// Whether a node puts a constant around its input that is not 0.
fn pads_with_a_value(network: &Network, node: &NodeProto) -> bool {
    let value = node.input.get(2).and_then(|name| network.reals(name));
    node.op_type == "Pad" && value.is_some_and(|value| value.iter().any(|value| *value != 0.0))
}

/// The limits of a node that has some, if 0 is between them.
fn limits(network: &Network, node: &NodeProto) -> Option<[f32; 2]> {
    let limit = |place: usize, none: f32| match node.input.get(place) {
        Some(name) if !name.is_empty() => network.reals(name)?.iter().copied().next(),
        _ => Some(none),
    };
    let limits = match node.op_type.as_str() {
        "Relu" => [0.0, f32::INFINITY],
        "Clip" => [limit(1, f32::NEG_INFINITY)?, limit(2, f32::INFINITY)?],
        _ => return None,
    };
    (limits[0] <= 0.0 && limits[1] > 0.0).then_some(limits)
}

/// The node whose result a node limits, where the two are one.
pub(super) fn limited(network: &Network, at: usize) -> Option<usize> {
    let node = &network.nodes()[at];
    if kind(node) != Kind::Limiting {
        return None;
    }
    let front = network.producer(&node.input[0])?;
    let takes = LIMITED.contains(&network.nodes()[front].op_type.as_str());
    let alone = network.only_reader(&node.input[0]) == Some(at);
    (takes && alone).then_some(front)
}
