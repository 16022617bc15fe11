//! What exporters leave in a network that computes nothing.

use super::network::{Network, attribute, constant, ints_attribute};
use crate::import::onnx_proto::{NodeProto, TensorProto};

const FLOAT32: i32 = 1;
const INT64: i32 = 7;

/// Makes initializers of Constant nodes, takes Identity and Dropout away, and has windows say their size and their steps,
/// which runtimes otherwise take from weights that are constants, or for granted.
pub(super) fn simplify(network: &mut Network) {
    let graph = network.graph_mut();
    let (constants, others): (Vec<_>, Vec<_>) = std::mem::take(&mut graph.node)
        .into_iter()
        .map(|node| (constant_of(&node), node))
        .partition(|(constant, _)| constant.is_some());
    graph.node = others.into_iter().map(|(_, node)| node).collect();
    let constants = constants.into_iter().filter_map(|(constant, _)| constant);
    graph.initializer.extend(constants);

    let hands_on = |node: &NodeProto| ["Identity", "Dropout"].contains(&node.op_type.as_str());
    for at in (0..network.nodes().len()).rev() {
        let node = &network.nodes()[at];
        let others = node.output.iter().skip(1);
        let alone = others.clone().all(|name| network.readers(name).is_empty());
        if hands_on(node) && alone {
            // What stays is between an input and an output.
            let node = &mut network.graph_mut().node[at];
            node.op_type = "Identity".into();
            node.attribute.clear();
            node.input.truncate(1);
            node.output.truncate(1);
            network.bypass(at);
        }
    }

    for at in 0..network.nodes().len() {
        let node = &network.nodes()[at];
        let attribute = match node.op_type.as_str() {
            "Conv" | "ConvTranspose" if attribute(node, "kernel_shape").is_none() => {
                let weights = node.input.get(1).and_then(|name| network.constant(name));
                let sizes = weights.and_then(|weights| Some(weights.dims.get(2..)?.to_vec()));
                sizes.map(|sizes| ints_attribute("kernel_shape", sizes))
            }
            "MaxPool" | "AveragePool" if attribute(node, "strides").is_none() => {
                let sizes = attribute(node, "kernel_shape").map(|sizes| sizes.ints.len());
                sizes.map(|axes| ints_attribute("strides", vec![1; axes]))
            }
            _ => None,
        };
        network.graph_mut().node[at].attribute.extend(attribute);
    }
}

/// The value of a Constant node.
fn constant_of(node: &NodeProto) -> Option<TensorProto> {
    if node.op_type != "Constant" {
        return None;
    }
    let name = node.output.first()?;
    let of = |key| attribute(node, key);
    let ints = |shape: &[usize], values: &[i64]| {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        constant(name, shape, INT64, bytes.collect())
    };
    let reals = |shape: &[usize], values: &[f32]| {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        constant(name, shape, FLOAT32, bytes.collect())
    };
    let tensor = of("value").and_then(|value| value.t.clone());
    tensor
        .map(|tensor| TensorProto {
            name: name.clone(),
            ..tensor
        })
        .or_else(|| Some(ints(&[], &[of("value_int")?.i()])))
        .or_else(|| of("value_ints").map(|list| ints(&[list.ints.len()], &list.ints)))
        .or_else(|| Some(reals(&[], &[of("value_float")?.f()])))
        .or_else(|| of("value_floats").map(|list| reals(&[list.floats.len()], &list.floats)))
}
