//! A network in floating point: an ONNX model, and how its parts are found and changed.

use super::QuantizeError;
use crate::import::onnx_proto::{Attribute, GraphProto, Model, NodeProto, TensorProto, ValueInfo};
use ndarray::ArrayD;
use std::collections::BTreeSet;

const FLOAT32: i32 = 1;

/// An ONNX model that computes in single precision, in the order of its nodes, all of whose constants are initializers.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) model: Model,
}

impl Network {
    /// The network of a model.
    ///
    /// # Errors
    /// When it has no graph, an old operator set, or inputs that are not in single precision.
    pub(super) fn new(mut model: Model) -> Result<Network, QuantizeError> {
        let main = |domain: &str| ["", "ai.onnx"].contains(&domain);
        let opset = model.opset_import.iter().find(|set| main(&set.domain));
        let opset = opset.map_or(1, |set| set.version);
        if opset < 13 {
            return Err(QuantizeError::Opset { found: opset });
        }
        let graph = model.graph.get_or_insert_default();
        // Before IR version 4 initializers were inputs too.
        let constants: BTreeSet<_> = graph.initializer.iter().map(|of| &of.name).collect();
        graph.input.retain(|input| !constants.contains(&input.name));
        if graph.name.is_empty() {
            graph.name = "network".into();
        }
        let (inside, quantized) = (
            graph
                .node
                .iter()
                .find(|node| node.attribute.iter().any(|a| a.g.is_some())),
            graph
                .node
                .iter()
                .find(|node| ["QuantizeLinear", "QLinearConv"].contains(&node.op_type.as_str())),
        );
        if let Some(node) = inside {
            let (node, operator) = (title(node), node.op_type.clone());
            return Err(QuantizeError::Control { node, operator });
        }
        let in_groups =
            |node: &&NodeProto| node.op_type == "ConvTranspose" && int(node, "group", 1) != 1;
        if let Some(node) = graph.node.iter().find(in_groups) {
            return Err(QuantizeError::Groups { node: title(node) });
        }
        if let Some(node) = quantized {
            return Err(QuantizeError::Quantized { node: title(node) });
        }
        for input in &graph.input {
            let tensor = input.r#type.as_ref().and_then(|of| of.tensor_type.as_ref());
            if tensor.map(|tensor| tensor.elem_type) != Some(FLOAT32) {
                return Err(QuantizeError::Input {
                    input: input.name.clone(),
                });
            }
        }
        let mut network = Network { model };
        network.check_order()?;
        for node in &mut network.graph_mut().node {
            for attribute in &mut node.attribute {
                set_type(attribute);
            }
        }
        Ok(network)
    }

    pub(super) fn graph(&self) -> &GraphProto {
        self.model.graph.as_ref().expect("Network::new has put one")
    }

    pub(super) fn graph_mut(&mut self) -> &mut GraphProto {
        self.model.graph.as_mut().expect("Network::new has put one")
    }

    pub(super) fn nodes(&self) -> &[NodeProto] {
        &self.graph().node
    }

    pub(super) fn inputs(&self) -> &[ValueInfo] {
        &self.graph().input
    }

    fn check_order(&self) -> Result<(), QuantizeError> {
        let graph = self.graph();
        let constants = graph.initializer.iter().map(|of| of.name.as_str());
        let inputs = graph.input.iter().map(|of| of.name.as_str());
        let mut known = BTreeSet::from_iter(constants.chain(inputs).chain([""]));
        for node in &graph.node {
            if let Some(name) = node
                .input
                .iter()
                .find(|name| !known.contains(name.as_str()))
            {
                let (node, tensor) = (title(node), name.clone());
                return Err(QuantizeError::Order { node, tensor });
            }
            known.extend(node.output.iter().map(String::as_str));
        }
        let missing = graph
            .output
            .iter()
            .find(|of| !known.contains(of.name.as_str()));
        match missing {
            Some(output) => Err(QuantizeError::Order {
                node: "output".into(),
                tensor: output.name.clone(),
            }),
            None => Ok(()),
        }
    }

    pub(super) fn constant(&self, name: &str) -> Option<&TensorProto> {
        self.graph().initializer.iter().find(|of| of.name == name)
    }

    /// A constant in floating point.
    pub(super) fn reals(&self, name: &str) -> Option<ArrayD<f32>> {
        self.constant(name)?.reals()
    }

    /// The constant in floating point that a node reads at a place.
    pub(super) fn operand(&self, node: usize, place: usize) -> Option<ArrayD<f32>> {
        self.reals(self.nodes()[node].input.get(place)?)
    }

    /// Has a node read another constant at a place, whoever else reads the one before.
    pub(super) fn set_operand(&mut self, node: usize, place: usize, values: &ArrayD<f32>) {
        let inputs = &self.nodes()[node].input;
        let old = inputs.get(place).filter(|name| !name.is_empty());
        let wanted = match old {
            Some(name) => name.clone(),
            None => format!("{}_bias", self.nodes()[node].output[0]),
        };
        let readers = self.readers(&wanted).len();
        let name = match old.is_some() && readers == 1 {
            true => wanted,
            false => self.fresh(&wanted),
        };
        let graph = self.graph_mut();
        graph.initializer.retain(|of| of.name != name);
        graph.initializer.push(real_constant(&name, values));
        let inputs = &mut graph.node[node].input;
        let places = inputs.len().max(place + 1);
        inputs.resize(places, String::new());
        inputs[place] = name;
    }

    /// A name that nothing has, like this one.
    pub(super) fn fresh(&self, like: &str) -> String {
        let graph = self.graph();
        let values = graph.node.iter().flat_map(|node| &node.output);
        let constants = graph.initializer.iter().map(|of| &of.name);
        let inputs = graph.input.iter().map(|of| &of.name);
        let taken: BTreeSet<_> = values.chain(constants).chain(inputs).collect();
        let mut names = (1..).map(|count| match count {
            1 => like.to_owned(),
            _ => format!("{like}_{count}"),
        });
        let free = names.find(|name| !taken.contains(name));
        free.expect("there is no end of names")
    }

    /// The node that computes a tensor.
    pub(super) fn producer(&self, name: &str) -> Option<usize> {
        let nodes = self.nodes().iter();
        nodes
            .clone()
            .position(|node| node.output.iter().any(|output| output == name))
    }

    /// The nodes that read a tensor.
    pub(super) fn readers(&self, name: &str) -> Vec<usize> {
        let nodes = self.nodes().iter().enumerate();
        let reads = |node: &NodeProto| node.input.iter().any(|input| input == name);
        let readers = nodes.filter(|(_, node)| reads(node));
        readers.map(|(at, _)| at).collect()
    }

    pub(super) fn is_output(&self, name: &str) -> bool {
        self.graph().output.iter().any(|output| output.name == name)
    }

    /// The only node that reads a tensor which is no output.
    pub(super) fn only_reader(&self, name: &str) -> Option<usize> {
        match self.readers(name)[..] {
            [reader] if !self.is_output(name) => Some(reader),
            _ => None,
        }
    }

    /// Takes a node away that hands its input on.
    pub(super) fn bypass(&mut self, node: usize) {
        let (from, to) = {
            let node = &self.nodes()[node];
            (node.output[0].clone(), node.input[0].clone())
        };
        // The name of an output stays.
        let keep = self.is_output(&from);
        if keep && (self.producer(&to).is_none() || self.is_output(&to)) {
            return;
        }
        let (old, new) = if keep { (to, from) } else { (from, to) };
        let graph = self.graph_mut();
        graph.node.remove(node);
        for node in &mut graph.node {
            for name in node.input.iter_mut().chain(&mut node.output) {
                if *name == old {
                    name.clone_from(&new);
                }
            }
        }
    }

    /// Takes constants away that nobody reads.
    pub(super) fn remove_unused(&mut self) {
        let graph = self.graph_mut();
        let read: BTreeSet<String> = graph.node.iter().flat_map(|of| of.input.clone()).collect();
        let outputs: BTreeSet<String> = graph.output.iter().map(|of| of.name.clone()).collect();
        let initializers = &mut graph.initializer;
        initializers.retain(|of| read.contains(&of.name) || outputs.contains(&of.name));
    }
}

/// What a node is called in messages: its name, or that of what it computes.
pub(super) fn title(node: &NodeProto) -> String {
    match (&node.name, node.output.first()) {
        (name, Some(output)) if name.is_empty() => output.clone(),
        (name, _) => name.clone(),
    }
}

pub(super) fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a Attribute> {
    node.attribute.iter().find(|of| of.name == name)
}

pub(super) fn int(node: &NodeProto, name: &str, default: i64) -> i64 {
    attribute(node, name).map_or(default, |of| of.i())
}

pub(super) fn real(node: &NodeProto, name: &str, default: f32) -> f32 {
    attribute(node, name).map_or(default, |of| of.f())
}

pub(super) fn int_attribute(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.into(),
        i: Some(value),
        r#type: 2,
        ..Attribute::default()
    }
}

pub(super) fn ints_attribute(name: &str, values: Vec<i64>) -> Attribute {
    Attribute {
        name: name.into(),
        ints: values,
        r#type: 7,
        ..Attribute::default()
    }
}

/// Old writers leave out which field of an attribute counts.
fn set_type(attribute: &mut Attribute) {
    if attribute.r#type == 0 {
        attribute.r#type = match attribute {
            Attribute { t: Some(_), .. } => 4,
            Attribute { floats, .. } if !floats.is_empty() => 6,
            Attribute { ints, .. } if !ints.is_empty() => 7,
            Attribute { s, .. } if !s.is_empty() => 3,
            Attribute { f: Some(_), .. } => 1,
            _ => 2,
        };
    }
}

pub(super) fn real_constant(name: &str, values: &ArrayD<f32>) -> TensorProto {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    constant(name, values.shape(), FLOAT32, bytes.collect())
}

pub(super) fn constant(name: &str, shape: &[usize], element: i32, bytes: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: shape.iter().map(|size| *size as i64).collect(),
        data_type: element,
        name: name.into(),
        raw_data: bytes,
        ..TensorProto::default()
    }
}
