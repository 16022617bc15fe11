//! The graph, and how it is built.

use super::{Element, GraphError, Operator, Quantization, Tensor, Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::{Index, IndexMut};

/// A tensor of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TensorId(pub usize);

/// Whose runtimes a graph must agree with: they form multipliers, and round the sum of two
/// activations, differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// TFLite files: LiteRT and TFLite Micro.
    TfLite,
    /// ONNX files: ONNX Runtime.
    Onnx,
}

/// A network: its tensors, and its nodes in an order in which they can run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// Whose arithmetic it has.
    pub family: Family,
    /// Tensors, by [`TensorId`].
    pub tensors: Vec<Tensor>,
    /// Nodes in order of execution.
    pub nodes: Vec<Node>,
    /// What a run is given.
    pub inputs: Vec<TensorId>,
    /// What it is run for.
    pub outputs: Vec<TensorId>,
    /// What it keeps from one run to the next.
    pub variables: Vec<Variable>,
}

/// A value that a network keeps from one run to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The tensor that has its value in a run.
    pub read: TensorId,
    /// The tensor that has its value for the next run.
    pub written: TensorId,
    /// Its value in the first run.
    pub initial: Values,
}

/// An operator at work on tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Name in the file, or one made of the operator and its place.
    pub name: String,
    /// What it computes.
    pub operator: Operator,
    /// Of what, in the order of [`Operator`]; without a bias, convolutions have two inputs.
    pub inputs: Vec<TensorId>,
    /// The result.
    pub output: TensorId,
    /// The integers between which the result lies: a fused activation, or all of the type.
    pub limits: Limits,
}

/// The smallest and the largest integer that a node may return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The smallest.
    pub low: i32,
    /// The largest.
    pub high: i32,
}

impl Limits {
    /// All integers of a type.
    pub fn of(element: Element) -> Limits {
        let (low, high) = element.range();
        Limits { low, high }
    }
}

/// What a new node needs to know of its output; the shape follows from its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name of the tensor.
    pub name: String,
    /// Type of its elements.
    pub element: Element,
    /// What its integers mean.
    pub quantization: Option<Quantization>,
    /// The integers between which it lies.
    pub limits: Limits,
}

impl Output {
    /// A quantized output that uses all of its type.
    pub fn new(name: impl Into<String>, (element, meaning): (Element, Quantization)) -> Output {
        Output {
            name: name.into(),
            element,
            quantization: Some(meaning),
            limits: Limits::of(element),
        }
    }

    /// An output of the type and meaning of a tensor that uses all of its type.
    pub fn like(name: impl Into<String>, tensor: &Tensor) -> Output {
        Output {
            name: name.into(),
            element: tensor.element,
            quantization: tensor.quantization.clone(),
            limits: Limits::of(tensor.element),
        }
    }

    /// An output in floating point.
    pub fn float(name: impl Into<String>) -> Output {
        Output {
            name: name.into(),
            element: Element::Float32,
            quantization: None,
            limits: Limits::of(Element::Float32),
        }
    }
}

impl Graph {
    /// A graph without nodes.
    pub fn new(family: Family) -> Graph {
        Graph {
            family,
            tensors: Vec::new(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Adds a tensor.
    pub fn tensor(&mut self, tensor: Tensor) -> TensorId {
        self.tensors.push(tensor);
        TensorId(self.tensors.len() - 1)
    }

    /// Adds a quantized input.
    pub fn input(
        &mut self,
        name: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        (element, meaning): (Element, Quantization),
    ) -> TensorId {
        let id = self.tensor(Tensor {
            name: name.into(),
            shape: shape.into(),
            element,
            quantization: Some(meaning),
            values: None,
        });
        self.inputs.push(id);
        id
    }

    /// Adds a constant.
    pub fn constant(
        &mut self,
        name: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        values: Values,
        quantization: Option<Quantization>,
    ) -> TensorId {
        self.tensor(Tensor {
            name: name.into(),
            shape: shape.into(),
            element: values.element(),
            quantization,
            values: Some(values),
        })
    }

    /// Adds a node of images for each image of a batch, whose shape is that of the first input without its first axis.
    ///
    /// # Errors
    /// As [`Graph::node`].
    pub fn node_of_batch(
        &mut self,
        name: &str,
        operator: Operator,
        inputs: &[TensorId],
        output: Output,
    ) -> Result<TensorId, GraphError> {
        let whole = self[inputs[0]].shape.clone();
        let (batch, image) = whole.split_first().unwrap_or((&1, &[]));
        let mut images = Vec::new();
        for number in 0..*batch {
            let name = |what: &str| format!("{name}_{what}_{number}");
            let select = Operator::Select {
                axis: 0,
                places: vec![number],
            };
            let one = self.moved(name("select"), select, inputs[0])?;
            let shape = image.to_vec();
            let one = self.moved(name("image"), Operator::Reshape { shape }, one)?;
            let of_image = [&[one], &inputs[1..]].concat();
            let result = Output {
                name: name("result"),
                ..output.clone()
            };
            let result = self.node(name("node"), operator.clone(), &of_image, result)?;
            let shape = [&[1], &self[result].shape[..]].concat();
            images.push(self.moved(name("part"), Operator::Reshape { shape }, result)?);
        }
        let all = Output {
            limits: Limits::of(output.element),
            ..output
        };
        self.node(name, Operator::Concat { axis: 0 }, &images, all)
    }

    /// Adds a node that hands the values of a tensor on.
    fn moved(
        &mut self,
        name: String,
        operator: Operator,
        input: TensorId,
    ) -> Result<TensorId, GraphError> {
        let output = Output {
            name: name.clone(),
            element: self[input].element,
            quantization: self[input].quantization.clone(),
            limits: Limits::of(self[input].element),
        };
        self.node(name, operator, &[input], output)
    }

    /// Products that a node with weights asks for: every weight of an output channel counts once for each of the
    /// channel's results.
    pub fn multiplications(&self, node: &Node) -> u64 {
        match node.operator {
            Operator::Convolution(_) | Operator::FullyConnected => {
                let weights = &self[node.inputs[1]];
                let results = self[node.output].len() / weights.shape[0].max(1);
                weights.len() as u64 * results as u64
            }
            _ => 0,
        }
    }

    /// Removes nodes whose results nothing reads.
    pub fn remove_unused(&mut self) {
        let variables = self.variables.iter().map(|variable| variable.written);
        let mut read = BTreeSet::from_iter(self.outputs.iter().copied().chain(variables));
        let mut nodes = Vec::new();
        for node in std::mem::take(&mut self.nodes).into_iter().rev() {
            if read.contains(&node.output) {
                read.extend(&node.inputs);
                nodes.push(node);
            }
        }
        nodes.reverse();
        self.nodes = nodes;
    }

    /// Adds a node behind the others, and its output.
    ///
    /// # Errors
    /// When the inputs are not what the operator takes, or the output not what it gives.
    pub fn node(
        &mut self,
        name: impl Into<String>,
        operator: Operator,
        inputs: &[TensorId],
        output: Output,
    ) -> Result<TensorId, GraphError> {
        let mut node = Node {
            name: name.into(),
            operator,
            inputs: inputs.to_vec(),
            output: TensorId(self.tensors.len()),
            limits: output.limits,
        };
        let shape = self.shape_of(&node)?;
        node.output = self.tensor(Tensor {
            name: output.name,
            shape,
            element: output.element,
            quantization: output.quantization,
            values: None,
        });
        let id = node.output;
        let checked = self.check_node(&node);
        self.nodes.push(node);
        checked.map(|()| id)
    }
}

impl Index<TensorId> for Graph {
    type Output = Tensor;

    fn index(&self, id: TensorId) -> &Tensor {
        &self.tensors[id.0]
    }
}

impl IndexMut<TensorId> for Graph {
    fn index_mut(&mut self, id: TensorId) -> &mut Tensor {
        &mut self.tensors[id.0]
    }
}
