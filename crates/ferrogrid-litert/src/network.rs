//! Networks as the runtime describes them, and parts of them.

use ferrogrid::graph::Element;
use std::collections::{BTreeMap, BTreeSet};

/// A network of the runtime.
pub struct Network<'a> {
    /// Each reads what is given, constant, or computed by one before it.
    pub nodes: Vec<Node>,
    /// Those of the nodes, by their indices.
    pub tensors: BTreeMap<i32, Tensor<'a>>,
    /// The tensors that are read when all nodes have run.
    pub outputs: BTreeSet<i32>,
}

/// An operator with its tensors; those that are left out are [`LEFT_OUT`].
pub struct Node {
    /// Its number in the runtime.
    pub number: i32,
    /// Its code in `schema.fbs`.
    pub operator: i32,
    pub inputs: Vec<i32>,
    pub outputs: Vec<i32>,
    /// Slots of the schema and what stands there.
    pub options: Vec<(usize, Setting)>,
    /// Why it is none that a core runs, where that is known.
    pub refused: Option<String>,
}

/// The index of a tensor that is left out.
pub const LEFT_OUT: i32 = -1;

/// An option of an operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setting {
    Byte(u8),
    Int(i32),
    Float(f32),
}

/// A tensor.
pub struct Tensor<'a> {
    pub name: String,
    /// Its type's code in `schema.fbs`.
    pub kind: u8,
    pub sizes: Vec<i32>,
    /// The model leaves the first size open.
    pub is_open: bool,
    pub quantization: Option<Quantization>,
    /// The little-endian elements of a constant.
    pub values: Option<&'a [u8]>,
}

/// What integers mean, per tensor or along an axis.
pub struct Quantization {
    pub scales: Vec<f32>,
    pub zero_points: Vec<i32>,
    pub axis: i32,
}

/// Codes of types in `schema.fbs`.
pub const FLOAT32: u8 = 0;
pub const INT32: u8 = 2;
pub const UINT8: u8 = 3;
pub const INT8: u8 = 9;

impl Tensor<'_> {
    /// The sizes of one row, where the tensor has rows that a network takes one by one.
    pub fn sizes_of_row(&self) -> Vec<i32> {
        let mut sizes = self.sizes.clone();
        if let (Some(first), None) = (sizes.first_mut(), self.values) {
            *first = 1;
        }
        sizes
    }

    /// The bytes of such a tensor with elements of a type; none where it has another one.
    pub fn bytes_of(&self, element: Element) -> Option<usize> {
        let kind = match element {
            Element::Float32 => FLOAT32,
            Element::Int32 => INT32,
            Element::Uint8 => UINT8,
            Element::Int8 => INT8,
        };
        let sizes = self.sizes.iter().map(|size| usize::try_from(*size).ok());
        let count = sizes.product::<Option<usize>>()?;
        (self.kind == kind).then_some(count * element.bytes())
    }
}

/// The tensors that come into a part of a network, and those that leave it.
pub struct Ends {
    pub inputs: Vec<i32>,
    pub outputs: Vec<i32>,
}

impl Network<'_> {
    pub fn is_constant(&self, index: i32) -> bool {
        let tensor = self.tensors.get(&index);
        tensor.is_some_and(|tensor| tensor.values.is_some())
    }

    /// How many images nodes compute, each by itself; none where there is one, or they may be of account to each other. Rows
    /// that are no images are better off in one matrix, for which weights are loaded once.
    pub fn rows(&self, places: &[usize]) -> Option<usize> {
        let nodes = || places.iter().map(|place| &self.nodes[*place]);
        let ends = nodes().flat_map(|node| node.inputs.iter().chain(&node.outputs));
        let tensors = ends.filter_map(|index| self.tensors.get(index));
        let mut computed = tensors.filter(|tensor| tensor.values.is_none());
        let rows = *computed.clone().next()?.sizes.first()?;
        let is_alike = |tensor: &Tensor| tensor.is_open && tensor.sizes.first() == Some(&rows);
        let apart = nodes().all(|node| BY_ROWS.contains(&node.operator))
            && nodes().any(|node| OF_IMAGES.contains(&node.operator));
        let rows = usize::try_from(rows).ok().filter(|rows| *rows > 1)?;
        (apart && computed.all(is_alike)).then_some(rows)
    }

    /// The ends of nodes by their places.
    pub fn ends(&self, places: &[usize]) -> Ends {
        let nodes = || places.iter().map(|place| &self.nodes[*place]);
        let inside = BTreeSet::from_iter(places);
        let others = self.nodes.iter().enumerate();
        let others = others.filter(|(place, _)| !inside.contains(place));
        let read = BTreeSet::from_iter(others.flat_map(|(_, node)| &node.inputs));
        let computed = BTreeSet::from_iter(nodes().flat_map(|node| &node.outputs));
        let given = nodes().flat_map(|node| &node.inputs).filter(|index| {
            **index != LEFT_OUT && !self.is_constant(**index) && !computed.contains(index)
        });
        let left = nodes()
            .flat_map(|node| &node.outputs)
            .filter(|index| self.outputs.contains(index) || read.contains(index));
        Ends {
            inputs: once(given),
            outputs: once(left),
        }
    }
}

/// Operators that compute a row of a row, where both tensors have as many: ADD, AVERAGE_POOL_2D, CONV_2D, DEPTHWISE_CONV_2D,
/// DEQUANTIZE, FULLY_CONNECTED, LOGISTIC, MAX_POOL_2D, MUL, the RELUs, RESHAPE, SOFTMAX, TANH, PAD, MEAN, SUB, QUANTIZE,
/// HARD_SWISH.
const BY_ROWS: [i32; 21] = [
    0, 1, 3, 4, 6, 9, 14, 17, 18, 19, 20, 21, 22, 25, 28, 34, 40, 41, 114, 117, 152,
];

/// AVERAGE_POOL_2D, CONV_2D, DEPTHWISE_CONV_2D, MAX_POOL_2D, MEAN.
const OF_IMAGES: [i32; 5] = [1, 3, 4, 17, 40];

/// Each once, in the order of the first.
fn once<'a>(indices: impl Iterator<Item = &'a i32>) -> Vec<i32> {
    let mut known = BTreeSet::new();
    let indices = indices.copied();
    indices.filter(|index| known.insert(*index)).collect()
}
