//! Which operators are quantized, and what of them.

use super::layer::Layer;
use super::network::{Network, int};
use crate::import::onnx_proto::NodeProto;

/// What computes on integers, between quantizations of its inputs and its output.
const COMPUTING: &[&str] = &[
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Elu",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "MatMul",
    "Max",
    "Min",
    "Mul",
    "PRelu",
    "ReduceMean",
    "Sigmoid",
    "Softmax",
    "Sub",
    "Tanh",
];

/// What limits its input, and becomes part of what computes that.
const LIMITING: &[&str] = &["Clip", "Relu"];

/// What hands values on: its output has the scale of its input.
const MOVING: &[&str] = &[
    "DepthToSpace",
    "Expand",
    "Flatten",
    "Gather",
    "GlobalMaxPool",
    "MaxPool",
    "Pad",
    "Reshape",
    "Resize",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "Transpose",
    "Unsqueeze",
];

/// How a node is quantized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has a scale of its own.
    Computing,
    /// It limits its input.
    Limiting,
    /// It has the scale of its input.
    Moving,
    /// It stays in floating point.
    Float,
}

pub(super) fn kind(node: &NodeProto) -> Kind {
    let name = node.op_type.as_str();
    let main = ["", "ai.onnx"].contains(&node.domain.as_str());
    match name {
        _ if !main => Kind::Float,
        // The transposed first operand has no counterpart in integers.
        "Gemm" if int(node, "transA", 0) != 0 => Kind::Float,
        _ if COMPUTING.contains(&name) => Kind::Computing,
        _ if LIMITING.contains(&name) => Kind::Limiting,
        _ if MOVING.contains(&name) => Kind::Moving,
        _ => Kind::Float,
    }
}

/// The places of a node's inputs that are quantized with one scale each.
pub(super) fn activations(network: &Network, at: usize) -> Vec<usize> {
    let node = &network.nodes()[at];
    match (kind(node), node.op_type.as_str()) {
        (Kind::Float, _) => Vec::new(),
        (_, "Gemm" | "MatMul" | "Conv" | "ConvTranspose") if Layer::of(network, at).is_some() => {
            vec![0]
        }
        (_, "MatMul" | "PRelu" | "Add" | "Sub" | "Mul") => vec![0, 1],
        (_, "Concat" | "Max" | "Min") => (0..node.input.len()).collect(),
        _ => vec![0],
    }
}

/// The range that the result of an operator has whatever its inputs are.
pub(super) fn fixed_range(node: &NodeProto) -> Option<[f32; 2]> {
    match node.op_type.as_str() {
        "Softmax" => Some([0.0, 255.0 / 256.0]),
        _ => None,
    }
}
