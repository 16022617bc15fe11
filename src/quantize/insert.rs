//! Puts QuantizeLinear and DequantizeLinear around what is quantized.

use super::calibrate::Range;
use super::layer::{BIAS, Layer, WEIGHTS};
use super::network::{Network, constant, int_attribute, real_constant};
use super::operators::activations;
use super::plan::Plan;
use super::range::{meaning, within};
use super::weights;
use crate::import::onnx_proto::{Attribute, NodeProto, OperatorSet, TensorProto};
use ndarray::ArrayD;
use std::collections::{BTreeMap, BTreeSet};

const INT16: i32 = 5;
const INT8: i32 = 3;
const INT32: i32 = 6;

/// The operators of int16 have a domain of their own before operator set 21.
const MICROSOFT: &str = "com.microsoft";

/// What a quantized tensor stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meaning {
    pub(super) bits: u32,
    pub(super) scale: f32,
    pub(super) zero_point: i32,
}

/// What each tensor of a plan stands for, by the range of its root; `wide` roots have 16 bits.
pub(super) fn meanings(
    plan: &Plan,
    ranges: &BTreeMap<String, Range>,
    wide: &BTreeSet<String>,
) -> BTreeMap<String, Meaning> {
    let meaning = |root: &String| {
        let (bits, range) = match wide.contains(root) {
            true => (16, ranges[root].all),
            false => (8, ranges[root].narrow),
        };
        let mut meaning = meaning(range, bits);
        if let Some(limits) = plan.limits.get(root) {
            meaning = within(meaning, bits, *limits);
        }
        let (scale, zero_point) = meaning;
        Meaning {
            bits,
            scale,
            zero_point,
        }
    };
    let tensors = plan.roots.iter();
    tensors
        .map(|(tensor, root)| (tensor.clone(), meaning(root)))
        .collect()
}

/// A network with its quantizations.
pub(super) struct Inserted {
    pub(super) network: Network,
    /// What each quantized tensor is called before it is quantized, and after it.
    pub(super) names: BTreeMap<String, [String; 2]>,
}

/// Quantizes the tensors that have a meaning, and the constants of layers and operands.
pub(super) fn insert(
    network: &Network,
    plan: &Plan,
    meanings: &BTreeMap<String, Meaning>,
) -> Inserted {
    insert_of(network, plan, meanings, &|_| true)
}

/// As [`insert`], but for the tensors of 16 bits, which are so near to what they were that it makes no difference.
pub(super) fn insert_narrow(
    network: &Network,
    plan: &Plan,
    meanings: &BTreeMap<String, Meaning>,
) -> Inserted {
    insert_of(network, plan, meanings, &|meaning| meaning.bits == 8)
}

fn insert_of(
    network: &Network,
    plan: &Plan,
    meanings: &BTreeMap<String, Meaning>,
    wanted: &dyn Fn(&Meaning) -> bool,
) -> Inserted {
    let quantized = |tensor: &str| meanings.get(tensor).filter(|meaning| wanted(meaning));
    let mut insertion = Insertion {
        network: network.clone(),
        before: network,
        nodes: Vec::new(),
        names: BTreeMap::new(),
    };
    for input in network.inputs() {
        if let Some(meaning) = quantized(&input.name) {
            insertion.quantize(&input.name, meaning);
        }
    }
    for at in 0..network.nodes().len() {
        let mut node = insertion.node(at, plan, meanings);
        for output in &mut node.output {
            if quantized(output).is_some() && network.is_output(output) {
                *output = network.fresh(&format!("{output}_real"));
            }
        }
        insertion.nodes.push(node);
        for output in &network.nodes()[at].output {
            if let Some(meaning) = quantized(output) {
                insertion.quantize(output, meaning);
            }
        }
    }
    let Insertion {
        mut network,
        nodes,
        names,
        ..
    } = insertion;
    network.graph_mut().node = nodes;
    network.remove_unused();
    Inserted { network, names }
}

struct Insertion<'a> {
    network: Network,
    before: &'a Network,
    nodes: Vec<NodeProto>,
    names: BTreeMap<String, [String; 2]>,
}

impl Insertion<'_> {
    /// A node that reads what was dequantized.
    fn node(&mut self, at: usize, plan: &Plan, meanings: &BTreeMap<String, Meaning>) -> NodeProto {
        let mut node = self.before.nodes()[at].clone();
        let layer = Layer::of(self.before, at);
        let x = meanings.get(&node.input[0]).copied();
        for name in &mut node.input {
            if let Some([_, after]) = self.names.get(name) {
                name.clone_from(after);
            }
        }
        if let (Some(layer), Some(x)) = (layer, x)
            && !activations(self.before, at).is_empty()
            && let Some(integers) = weights::integers(self.before, &layer, x.scale)
        {
            let shape = self
                .before
                .constant(&self.before.nodes()[at].input[WEIGHTS]);
            let shape = shape.map_or(Vec::new(), |of| {
                of.dims.iter().map(|size| *size as usize).collect()
            });
            let bytes = integers.weights.iter().map(|weight| *weight as u8);
            let scales = &integers.scales;
            node.input[WEIGHTS] = self.dequantized(
                &node.input[WEIGHTS],
                |name| constant(name, &shape, INT8, bytes.collect()),
                scales,
                (INT8, &vec![0; scales.len()]),
                layer.output_axis,
            );
            if let Some(bias) = integers.bias {
                let channel = |channel: usize| x.scale * scales[channel % scales.len()];
                let scales = Vec::from_iter((0..bias.len()).map(channel));
                let bytes = bias.iter().flat_map(|value| value.to_le_bytes());
                node.input[BIAS] = self.dequantized(
                    &node.input[BIAS],
                    |name| constant(name, &[bias.len()], INT32, bytes.collect()),
                    &scales,
                    (INT32, &vec![0; scales.len()]),
                    0,
                );
            }
        }
        let places = plan.constants.iter().filter(|(node, _)| *node == at);
        for (_, place) in places {
            self.operand(&mut node, *place);
        }
        node
    }

    /// Quantizes a constant operand with one scale.
    fn operand(&mut self, node: &mut NodeProto, place: usize) {
        let Some(values) = self.before.reals(&node.input[place]) else {
            return;
        };
        let range = values
            .iter()
            .fold([0.0_f32, 0.0_f32], |[low, high], value| {
                [low.min(*value), high.max(*value)]
            });
        let (scale, zero_point) = meaning(range, 8);
        let integers = values.iter().map(|value| {
            let integer = (value / scale).round_ties_even() + zero_point as f32;
            integer.clamp(-128.0, 127.0) as i8 as u8
        });
        node.input[place] = self.dequantized(
            &node.input[place],
            |name| constant(name, values.shape(), INT8, integers.collect()),
            &[scale],
            (INT8, &[zero_point]),
            0,
        );
    }

    /// A constant of integers behind a DequantizeLinear; gives the name of what that computes.
    fn dequantized(
        &mut self,
        name: &str,
        integers: impl FnOnce(&str) -> TensorProto,
        scales: &[f32],
        (element, zero_points): (i32, &[i32]),
        axis: usize,
    ) -> String {
        let quantized = self.network.fresh(&format!("{name}_quantized"));
        let constant = integers(&quantized);
        self.network.graph_mut().initializer.push(constant);
        let [scale, zero_point] = self.constants(name, scales, element, zero_points);
        let dequantized = self.network.fresh(&format!("{name}_dequantized"));
        let attribute = match scales.len() {
            1 => None,
            _ => Some(int_attribute("axis", axis as i64)),
        };
        let inputs = [quantized, scale, zero_point];
        self.push(
            "DequantizeLinear",
            name,
            inputs,
            &dequantized,
            attribute,
            "",
        );
        dequantized
    }

    /// Scales and zero points as constants; gives their names.
    fn constants(
        &mut self,
        name: &str,
        scales: &[f32],
        element: i32,
        zero_points: &[i32],
    ) -> [String; 2] {
        // One alone has no axis.
        let shape = if scales.len() == 1 {
            vec![]
        } else {
            vec![scales.len()]
        };
        let bytes = zero_points.iter().flat_map(|value| {
            let bytes = value.to_le_bytes();
            let count = match element {
                INT8 => 1,
                INT16 => 2,
                _ => 4,
            };
            bytes.into_iter().take(count)
        });
        let names =
            ["scale", "zero_point"].map(|what| self.network.fresh(&format!("{name}_{what}")));
        let scales = ArrayD::from_shape_vec(shape.clone(), scales.to_vec());
        let scales = scales.expect("the shape is that of the vector");
        let constants = [
            real_constant(&names[0], &scales),
            constant(&names[1], &shape, element, bytes.collect()),
        ];
        self.network.graph_mut().initializer.extend(constants);
        names
    }

    /// Quantizes a tensor and dequantizes it again.
    fn quantize(&mut self, tensor: &str, meaning: &Meaning) {
        let element = if meaning.bits == 8 { INT8 } else { INT16 };
        let [scale, zero_point] =
            self.constants(tensor, &[meaning.scale], element, &[meaning.zero_point]);
        let is_output = self.before.is_output(tensor);
        let is_input = self.before.producer(tensor).is_none();
        let before = match is_output && !is_input {
            true => self.before.fresh(&format!("{tensor}_real")),
            false => tensor.to_owned(),
        };
        let quantized = self.network.fresh(&format!("{tensor}_quantized"));
        let after = match is_output && !is_input {
            true => tensor.to_owned(),
            false => self.network.fresh(&format!("{tensor}_dequantized")),
        };
        let domain = self.domain(meaning.bits);
        let inputs = |of: &str| [of.to_owned(), scale.clone(), zero_point.clone()];
        self.push(
            "QuantizeLinear",
            tensor,
            inputs(&before),
            &quantized,
            None,
            &domain,
        );
        self.push(
            "DequantizeLinear",
            tensor,
            inputs(&quantized),
            &after,
            None,
            &domain,
        );
        self.names.insert(tensor.to_owned(), [before, after]);
    }

    /// The domain of quantizations to so many bits, which the model then says that it uses.
    fn domain(&mut self, bits: u32) -> String {
        let sets = &mut self.network.model.opset_import;
        let newest = sets.iter().filter(|set| set.domain != MICROSOFT);
        if bits == 8 || newest.map(|set| set.version).max() >= Some(21) {
            return String::new();
        }
        if sets.iter().all(|set| set.domain != MICROSOFT) {
            sets.push(OperatorSet {
                domain: MICROSOFT.into(),
                version: 1,
            });
        }
        MICROSOFT.into()
    }

    fn push(
        &mut self,
        operator: &str,
        tensor: &str,
        inputs: [String; 3],
        output: &str,
        attribute: Option<Attribute>,
        domain: &str,
    ) {
        let node = NodeProto {
            name: format!("{tensor}_{operator}"),
            op_type: operator.into(),
            input: inputs.into(),
            output: vec![output.to_owned()],
            attribute: attribute.into_iter().collect(),
            domain: domain.to_owned(),
        };
        self.nodes.push(node);
    }
}
