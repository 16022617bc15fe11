//! Layers of nodes: convolutions with biases that hold the zero points, and factors of channels.

mod add;
mod bounds;
mod movement;
mod normalization;
mod pool;
mod unary;
mod weighted;

pub(crate) use unary::table;

use super::arithmetic::scaled;
use super::{CompileError, Kept, Rounding};
use crate::graph::{Binary, Element, Graph, Node, Operator, Quantization, Tensor, TensorId};
use crate::isa::npu::Unit;
use bounds::Room;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A convolution over an image, to which every operator of the array comes down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    /// Of the node.
    pub name: String,
    pub operator: &'static str,
    /// Nodes behind that one which it does too, with their operators.
    pub fused: Vec<String>,
    pub input: TensorId,
    pub output: TensorId,
    /// Height, width, channels.
    pub image: [usize; 3],
    /// Height, width, channels.
    pub result: [usize; 3],
    /// Rows and columns.
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    pub dilations: [usize; 2],
    /// Groups of channels: weights between different ones are 0.
    pub groups: usize,
    /// MATRIX or VECTOR.
    pub unit: Unit,
    /// Rows above and columns at the left of the image that are its zero point.
    pub padding: [usize; 2],
    /// What stands there, as int8.
    pub padding_value: i32,
    /// `[output][kernel row][kernel column][input]`.
    pub weights: Vec<i8>,
    /// With the zero points of input and weights folded in.
    pub bias: Vec<i32>,
    pub factors: Vec<Factor>,
    /// Means whose windows reach beyond the image: the factor by how many pixels of a window are inside of it.
    pub factors_inside: BTreeMap<usize, Factor>,
    /// Products that the network asks for: those with weights of other groups are not among them.
    pub multiplications: u64,
    /// As int8.
    pub zero_point: i32,
    pub low: i32,
    pub high: i32,
    /// Windows of the image become one vector each; the weights are an identity.
    pub pool: Option<Reduction>,
    /// What is done to the bytes behind that.
    pub residual: Option<Residual>,
    /// Kernel rows are packed side by side into vectors: bytes of the scratchpad from a row of the image to the next.
    pub packed_pitch: Option<usize>,
    /// The channels of the network's tensor that the result has, where it has not all.
    pub kept: Option<Kept>,
    /// Pixels of the network's tensor that one of the result is, side by side: its channels are those of all of them.
    pub pixels: usize,
}

impl Layer {
    /// Whether it reads a tensor.
    pub fn reads(&self, tensor: TensorId) -> bool {
        self.tensors_read().any(|read| read == tensor)
    }

    /// Its image, and what is added to its results.
    pub fn tensors_read(&self) -> impl Iterator<Item = TensorId> {
        let residual = self.residual.as_ref().map(|residual| residual.tensor);
        std::iter::once(self.input).chain(residual)
    }

    /// Makes it do a node behind it too.
    pub fn fuse(&mut self, node: &Node) {
        self.fused
            .push(format!("{} ({})", node.name, node.operator.name()));
        self.output = node.output;
    }

    /// Its image, what is added to its results, its result.
    pub fn tensors(&self) -> [Option<TensorId>; 3] {
        let residual = self.residual.as_ref().map(|residual| residual.tensor);
        [Some(self.input), residual, Some(self.output)]
    }

    /// Bytes of a row of the image.
    pub fn image_row(&self) -> usize {
        self.image[1] * self.image[2]
    }

    /// Bytes of the scratchpad from a row of the image to the next.
    pub fn image_pitch(&self) -> usize {
        self.packed_pitch.unwrap_or(self.image_row())
    }

    /// Bytes of a kernel row without dilation.
    pub fn kernel_row(&self) -> usize {
        self.kernel[1] * self.image[2]
    }

    /// Height, width and channels of the network's tensor.
    pub fn result_shape(&self) -> [usize; 3] {
        let [height, width, channels] = self.result;
        [height, width * self.pixels, channels / self.pixels]
    }

    /// Bytes of a row of the result.
    pub fn result_row(&self) -> usize {
        self.result[1] * self.result[2]
    }

    /// How many pixels of the window of a result are inside of the image, in its rows (axis 0) or columns (1).
    pub fn inside(&self, axis: usize, at: usize) -> usize {
        let first = at * self.strides[axis];
        let image = self.padding[axis]..self.padding[axis] + self.image[axis];
        let end = (first + self.kernel[axis]).min(image.end);
        end.saturating_sub(first.max(image.start))
    }

    /// How many pixels of a window are inside of the image, all numbers that there are.
    pub fn inside_counts(&self) -> BTreeSet<usize> {
        let [rows, columns] = [0, 1].map(|axis| {
            // One by one: there are few, however large the image.
            let mut counts = BTreeSet::new();
            counts.extend((0..self.result[axis]).map(|at| self.inside(axis, at)));
            counts
        });
        let products = rows
            .iter()
            .flat_map(|rows| columns.iter().map(move |columns| rows * columns));
        products.collect()
    }

    /// Rows of the image that rows of the result are made of: one or more.
    pub fn image_rows(&self, rows: &Range<usize>) -> Range<usize> {
        let kernel = (self.kernel[0] - 1) * self.dilations[0] + 1;
        let [first, last] = [rows.start, rows.end - 1].map(|row| row * self.strides[0]);
        let end = (last + kernel).saturating_sub(self.padding[0]);
        let end = end.clamp(1, self.image[0]);
        first.saturating_sub(self.padding[0]).min(end - 1)..end
    }
}

/// What becomes of the vectors of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reduction {
    Sum,
    Maximum,
}

/// The sum of two table entries, one of the result and one of another activation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Residual {
    /// The activation, of the shape of the result.
    pub tensor: TensorId,
    /// By the bytes as unsigned numbers.
    pub result_table: Vec<i32>,
    pub residual_table: Vec<i32>,
    pub factor: Factor,
    pub zero_point: i32,
    pub low: i32,
    pub high: i32,
}

/// The factor of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Factor {
    Float(f32),
    /// Multiplier and shift.
    Fixed(u32, i32),
}

impl Factor {
    /// A sum by it, rounded as POST does.
    pub fn scaled(self, sum: i32) -> i64 {
        match self {
            Factor::Float(scale) => (sum as f32 * scale).round_ties_even() as i64,
            Factor::Fixed(multiplier, shift) => scaled(sum, (multiplier, shift)),
        }
    }
}

/// What the program has to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lowered {
    pub layers: Vec<Layer>,
    /// Activations that are constant.
    pub constants: Vec<TensorId>,
    /// What the program takes.
    pub inputs: Vec<TensorId>,
    /// What it gives.
    pub outputs: Vec<TensorId>,
    /// Tensors that are the same bytes as another one: reshaped ones.
    aliases: BTreeMap<TensorId, TensorId>,
    /// What further layers may take.
    room: Room,
}

impl Lowered {
    /// Nothing yet of the nodes of a graph.
    pub fn of(graph: &Graph) -> Lowered {
        Lowered {
            layers: Vec::new(),
            constants: Vec::new(),
            inputs: graph.inputs.clone(),
            outputs: graph.outputs.clone(),
            aliases: BTreeMap::new(),
            room: Room::of(graph),
        }
    }

    /// Bytes of an activation.
    pub fn bytes(&self, graph: &Graph, tensor: TensorId) -> usize {
        let made = self.layers.iter().find(|layer| layer.output == tensor);
        made.map_or_else(
            || graph[tensor].len(),
            |layer| layer.result.iter().product(),
        )
    }

    /// Bytes of the scratchpad that an activation takes.
    pub fn scratchpad_bytes(&self, graph: &Graph, tensor: TensorId) -> usize {
        let mut layers = self.layers.iter();
        let packed = layers.find(|layer| layer.input == tensor && layer.packed_pitch.is_some());
        packed.map_or_else(
            || self.bytes(graph, tensor),
            |layer| layer.image[0] * layer.image_pitch(),
        )
    }

    /// The tensor whose bytes these are.
    pub fn origin(&self, tensor: TensorId) -> TensorId {
        self.aliases.get(&tensor).copied().unwrap_or(tensor)
    }
}

/// What makes uint8 int8.
pub(super) fn to_int8(element: Element) -> i32 {
    match element {
        Element::Uint8 => -128,
        Element::Int8 | Element::Int32 | Element::Float32 => 0,
    }
}

fn refuse(node: &Node, reason: impl Into<String>) -> CompileError {
    CompileError::Node {
        node: node.name.clone(),
        operator: node.operator.name(),
        reason: reason.into(),
    }
}

/// Scale and zero point of an activation, its integers as int8.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Meaning {
    scale: f32,
    zero_point: i32,
    /// What makes int8 the file's integers: 128 for uint8.
    offset: i32,
}

fn meaning(tensor: &Tensor) -> Meaning {
    let one = Quantization::per_tensor(1.0, 0);
    let quantization = tensor.quantization.as_ref().unwrap_or(&one);
    Meaning {
        scale: quantization.scale(0),
        zero_point: quantization.zero_point(0) + to_int8(tensor.element),
        offset: -to_int8(tensor.element),
    }
}

/// The limits of a node's result, as int8.
fn limits(graph: &Graph, node: &Node) -> (i32, i32) {
    let offset = to_int8(graph[node.output].element);
    (node.limits.low + offset, node.limits.high + offset)
}

/// Height, width and channels of an activation: what is no image is a column of its last axis.
fn image(tensor: &Tensor) -> [usize; 3] {
    match tensor.shape[..] {
        [height, width, channels] => [height, width, channels],
        _ => {
            let channels = tensor.shape.last().copied().unwrap_or(1);
            [tensor.len() / channels, 1, channels]
        }
    }
}

/// The factor that changes nothing.
fn unity(rounding: Rounding) -> Factor {
    match rounding {
        Rounding::Float => Factor::Float(1.0),
        // All sums of up to 2^30 stay as they are.
        Rounding::Fixed => Factor::Fixed(0x7fff_ffff, 0),
    }
}

/// A layer that hands an activation on.
fn identity(graph: &Graph, node: &Node, input: TensorId, rounding: Rounding) -> Layer {
    let image = image(&graph[input]);
    Layer {
        name: node.name.clone(),
        operator: node.operator.name(),
        fused: Vec::new(),
        input,
        output: node.output,
        image,
        result: image,
        kernel: [1, 1],
        strides: [1, 1],
        dilations: [1, 1],
        groups: 1,
        unit: Unit::Matrix,
        padding: [0, 0],
        padding_value: 0,
        weights: Vec::new(),
        bias: vec![0; image[2]],
        factors: vec![unity(rounding); image[2]],
        factors_inside: BTreeMap::new(),
        multiplications: 0,
        zero_point: 0,
        low: -128,
        high: 127,
        pool: Some(Reduction::Sum),
        residual: None,
        packed_pitch: None,
        kept: None,
        pixels: 1,
    }
}

/// Makes layers of the nodes of a graph.
pub(super) fn lower(graph: &Graph, rounding: Rounding) -> Result<Lowered, CompileError> {
    graph.check()?;
    let mut lowered = Lowered::of(graph);
    for node in &graph.nodes {
        lower_node(graph, node, rounding, &mut lowered)?;
    }
    for outputs in 0..lowered.outputs.len() {
        lowered.outputs[outputs] = lowered.origin(lowered.outputs[outputs]);
    }
    Ok(lowered)
}

/// What becomes of a node.
pub(super) fn lower_node(
    graph: &Graph,
    node: &Node,
    rounding: Rounding,
    lowered: &mut Lowered,
) -> Result<(), CompileError> {
    let is_float = |tensor: TensorId| graph[tensor].element == Element::Float32;
    if !matches!(node.operator, Operator::Reshape { .. }) {
        lowered.admit(graph, node)?;
    }
    match &node.operator {
        Operator::Reshape { .. } => {
            let origin = lowered.origin(node.inputs[0]);
            lowered.aliases.insert(node.output, origin);
        }
        Operator::Convolution(_) | Operator::FullyConnected => {
            let mut layer = weighted::weighted(graph, node, rounding)?;
            layer.input = lowered.origin(layer.input);
            lowered.layers.push(layer);
        }
        Operator::BatchNormalization => {
            let mut layer = normalization::normalization(graph, node, rounding)?;
            layer.input = lowered.origin(layer.input);
            lowered.layers.push(layer);
        }
        Operator::AveragePool(_) | Operator::MaxPool(_) | Operator::GlobalAveragePool => {
            let mut layer = pool::pool(graph, node, rounding)?;
            layer.input = lowered.origin(layer.input);
            lowered.layers.push(layer);
        }
        Operator::Binary(Binary::Add) => add::add(graph, node, rounding, 1, lowered)?,
        Operator::Binary(Binary::Sub) => add::add(graph, node, rounding, -1, lowered)?,
        Operator::Quantize if is_float(node.inputs[0]) => {
            return Err(refuse(node, "it takes floating point"));
        }
        Operator::Clip { .. } | Operator::Unary(_) | Operator::Quantize => {
            unary::unary(graph, node, rounding, lowered)?;
        }
        Operator::Dequantize => return Err(refuse(node, "it gives floating point")),
        Operator::MatMul => return Err(refuse(node, "both factors are activations")),
        Operator::View(_)
        | Operator::Select { .. }
        | Operator::Concat { .. }
        | Operator::Pad(_) => {
            let is_byte = graph[node.output].element.is_byte();
            let layer = is_byte.then(|| movement::movement(graph, node, rounding));
            let layer = layer.flatten();
            let reason = "it moves elements as no convolution does";
            let mut layer = layer.ok_or_else(|| refuse(node, reason))?;
            layer.input = lowered.origin(layer.input);
            lowered.layers.push(layer);
        }
        Operator::Binary(_)
        | Operator::PRelu
        | Operator::ResizeLinear(_)
        | Operator::ArgMax
        | Operator::Softmax { .. } => return Err(refuse(node, "the NPU has nothing for it")),
    }
    Ok(())
}

/// Whether a tensor is read by one node alone, in whatever shapes, and is no output.
fn is_read_once(graph: &Graph, tensor: TensorId) -> bool {
    let readers = graph
        .nodes
        .iter()
        .filter(|node| node.inputs.contains(&tensor))
        .count();
    let mut makers = graph.nodes.iter().filter(|node| node.output == tensor);
    let of_others = match makers.next() {
        Some(Node {
            operator: Operator::Reshape { .. },
            inputs,
            ..
        }) => !is_read_once(graph, inputs[0]),
        _ => false,
    };
    readers == 1 && !graph.outputs.contains(&tensor) && !of_others
}
