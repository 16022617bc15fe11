//! Networks as the runtime describes them, and parts of them as ONNX models.

use crate::api::TensorType;
use crate::factory::NAME;
use ferrogrid::import::onnx_proto::{
    self, Dimension, GraphProto, Model, NodeProto, OperatorSet, Shape, TensorProto, TypeProto,
    ValueInfo,
};
use std::collections::{BTreeMap, BTreeSet};

/// Type and sizes of a value; none where it is no tensor.
pub type Port = Option<TensorType>;

/// A network of the runtime.
pub struct Network {
    pub opsets: Vec<OperatorSet>,
    /// Each reads what is given, constant, or computed by one before it.
    pub nodes: Vec<NodeProto>,
    /// The providers of nodes that have one already, by their places.
    pub taken: BTreeMap<usize, String>,
    /// The places of the nodes that read a value.
    pub readers: BTreeMap<String, Vec<usize>>,
    pub outputs: Vec<String>,
    /// What is not constant.
    pub ports: BTreeMap<String, Port>,
    pub initializers: BTreeMap<String, TensorProto>,
}

/// Nodes of a network as one of its own: the names of what goes in and comes out, in the order of the model.
pub struct Part {
    pub model: Model,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

impl Network {
    /// The names of what nodes compute.
    pub fn computed(&self, places: &[usize]) -> BTreeSet<String> {
        let nodes = places.iter().map(|place| &self.nodes[*place]);
        nodes.flat_map(|node| node.output.clone()).collect()
    }

    /// Nodes by their places.
    pub fn part(&self, places: &[usize]) -> Part {
        let inside = BTreeSet::from_iter(places);
        let nodes = || places.iter().map(|place| &self.nodes[*place]);
        let computed: BTreeSet<&String> = nodes().flat_map(|node| &node.output).collect();
        let wanted = |name: &String| {
            let mut readers = self.readers.get(name).into_iter().flatten();
            self.outputs.contains(name) || readers.any(|reader| !inside.contains(reader))
        };
        let mut given = Names::default();
        let mut constants = Names::default();
        for name in nodes().flat_map(|node| &node.input) {
            if self.initializers.contains_key(name) {
                constants.add(name);
            } else if !computed.contains(name) {
                given.add(name);
            }
        }
        let mut left = Names::default();
        for name in nodes().flat_map(|node| &node.output) {
            if wanted(name) {
                left.add(name);
            }
        }
        let info = |name: &String| ValueInfo {
            name: name.clone(),
            r#type: self.ports.get(name).and_then(Option::as_ref).map(type_of),
        };
        let graph = GraphProto {
            node: nodes().cloned().collect(),
            initializer: constants
                .0
                .iter()
                .map(|name| self.initializers[name].clone())
                .collect(),
            input: given.0.iter().map(info).collect(),
            output: left.0.iter().map(info).collect(),
            ..GraphProto::default()
        };
        Part {
            model: Model {
                graph: Some(graph),
                opset_import: self.opsets.clone(),
                ..Model::default()
            },
            inputs: given.0,
            outputs: left.0,
        }
    }
}

/// The operator of nodes that stand for compiled networks, and its domain.
pub const CONTEXT: [&str; 2] = ["EPContext", "com.microsoft"];

/// Whether a node stands for a network that this provider has compiled.
pub fn is_saved(node: &NodeProto) -> bool {
    let operator = [node.op_type.as_str(), node.domain.as_str()];
    operator == CONTEXT && text_of(node, "source") == NAME.to_bytes()
}

/// An attribute that is a text; nothing where there is none.
pub fn text_of<'a>(node: &'a NodeProto, name: &str) -> &'a [u8] {
    let mut attributes = node.attribute.iter();
    let found = attributes.find(|attribute| attribute.name == name);
    found.map_or(&[], |attribute| &attribute.s)
}

/// An attribute that is a whole number.
pub fn number_of(node: &NodeProto, name: &str) -> Option<i64> {
    let mut attributes = node.attribute.iter();
    let found = attributes.find(|attribute| attribute.name == name);
    found.map(|attribute| attribute.i())
}

/// Names, each once, without that of what is left out.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn add(&mut self, name: &String) {
        if !name.is_empty() && !self.0.contains(name) {
            self.0.push(name.clone());
        }
    }
}

fn type_of(tensor: &TensorType) -> TypeProto {
    let sizes = tensor.sizes.iter();
    let dim = sizes.map(|size| Dimension {
        dim_value: Some(*size).filter(|size| *size >= 0),
        ..Dimension::default()
    });
    TypeProto {
        tensor_type: Some(onnx_proto::TensorType {
            elem_type: tensor.element,
            shape: Some(Shape { dim: dim.collect() }),
        }),
    }
}
