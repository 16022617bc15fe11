//! Runs a network, value for value as existing runtimes do.
//!
//! Plain loops over the [`Graph`], in one of two arithmetics: that of ONNX Runtime and LiteRT's
//! default kernels, or that of TFLite Micro.

mod add;
mod binary;
mod clip;
mod movement;
mod normalization;
mod pool;
mod quantize;
mod resize;
mod scale;
mod softmax;
#[cfg(test)]
mod tests;
mod unary;
mod weighted;

use crate::graph::{Element, Graph, GraphError, Node, Operator, Tensor, TensorId, Values};
use std::collections::BTreeMap;
use thiserror::Error;

/// How sums become 8-bit values again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In single precision, halves to even: [`float_scale`](super::float_scale).
    Float,
    /// With a 31-bit multiplier and two roundings: [`fixed_point`](super::fixed_point).
    FixedPoint,
}

/// A network cannot run.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RunError {
    /// The graph is inconsistent.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The inputs are not as many as the graph's.
    #[error("{found} inputs are given; the network has {wanted}")]
    Inputs {
        /// Those given.
        found: usize,
        /// Those of the graph.
        wanted: usize,
    },
    /// An input is not what the graph takes.
    #[error(
        "input `{tensor}` takes {wanted} values of {element}; {found} of {type_found} are given"
    )]
    Input {
        /// Name of the input.
        tensor: String,
        /// Number of its elements.
        wanted: usize,
        /// Their type.
        element: Element,
        /// Number of elements given.
        found: usize,
        /// Type of those.
        type_found: Element,
    },
    /// A sum does not fit 32 bits.
    #[error("node `{node}`: a sum does not fit 32 bits")]
    Overflow {
        /// Name of the node.
        node: String,
    },
    /// The scales of a node differ by more than its arithmetic takes.
    #[error("node `{node}`: the factor {factor} between its scales is out of range")]
    Factor {
        /// Name of the node.
        node: String,
        /// The factor.
        factor: f64,
    },
}

/// The values of every input and of every node's output, for values of the inputs in their order, where nothing ran
/// before.
///
/// # Errors
/// When the graph is inconsistent, an input is not what it takes, or a node's arithmetic ends.
pub fn run(
    graph: &Graph,
    inputs: &[Values],
    mode: Mode,
) -> Result<BTreeMap<TensorId, Values>, RunError> {
    run_after(graph, &mut initial(graph), inputs, mode)
}

/// The values of the variables of a graph in its first run.
pub fn initial(graph: &Graph) -> Vec<Values> {
    let variables = graph.variables.iter();
    variables.map(|variable| variable.initial.clone()).collect()
}

/// As [`run`], with the values of the variables, which become those for the next run.
///
/// # Errors
/// As [`run`].
///
/// # Panics
/// When the variables are not those of the graph.
pub fn run_after(
    graph: &Graph,
    variables: &mut Vec<Values>,
    inputs: &[Values],
    mode: Mode,
) -> Result<BTreeMap<TensorId, Values>, RunError> {
    graph.check()?;
    let (found, wanted) = (inputs.len(), graph.inputs.len());
    if found != wanted {
        return Err(RunError::Inputs { found, wanted });
    }
    let mut values = BTreeMap::new();
    for (id, input) in graph.inputs.iter().zip(inputs) {
        let tensor = &graph[*id];
        let fits = tensor.element == input.element() && tensor.len() == input.len();
        if !fits {
            return Err(RunError::Input {
                tensor: tensor.name.clone(),
                wanted: tensor.len(),
                element: tensor.element,
                found: input.len(),
                type_found: input.element(),
            });
        }
        values.insert(*id, input.clone());
    }
    for (variable, value) in graph.variables.iter().zip(&*variables) {
        values.insert(variable.read, value.clone());
    }
    for node in &graph.nodes {
        let step = Step {
            graph,
            node,
            values: &values,
            mode,
        };
        let result = step.result()?;
        values.insert(node.output, result);
    }
    let written = graph.variables.iter().map(|variable| {
        let constant = graph[variable.written].values.as_ref();
        constant
            .unwrap_or_else(|| &values[&variable.written])
            .clone()
    });
    *variables = written.collect();
    Ok(values)
}

/// A node that runs. What [`Graph::check`] says of it is not asked again.
struct Step<'a> {
    graph: &'a Graph,
    node: &'a Node,
    values: &'a BTreeMap<TensorId, Values>,
    mode: Mode,
}

/// The scale and zero point of an activation.
#[derive(Clone, Copy)]
struct Meaning {
    scale: f32,
    zero_point: i32,
}

impl Meaning {
    fn real(self, value: i32) -> f32 {
        self.scale * (value - self.zero_point) as f32
    }
}

impl Step<'_> {
    fn result(&self) -> Result<Values, RunError> {
        let integers = match &self.node.operator {
            Operator::Reshape { .. } => return Ok(self.input(0).clone()),
            Operator::Dequantize => return Ok(self.dequantized()),
            Operator::Convolution(convolution) => self.convolution(convolution)?,
            Operator::FullyConnected => self.fully_connected()?,
            Operator::View(view) => return Ok(self.viewed(view)),
            Operator::Select { axis, places } => return Ok(self.selected(*axis, places)),
            Operator::MatMul => self.multiplied()?,
            Operator::Binary(binary) => self.binary(*binary)?,
            Operator::Unary(function) => self.unary(*function)?,
            Operator::PRelu => self.prelu()?,
            Operator::BatchNormalization => self.normalized(),
            Operator::Concat { axis } => self.concatenated(*axis),
            Operator::Pad(pad) => self.padded(pad),
            Operator::ArgMax => self.largest_places(),
            Operator::ResizeLinear(resize) => self.resized(resize),
            Operator::AveragePool(pool) => self.average_pool(pool)?,
            Operator::MaxPool(pool) => self.max_pool(pool),
            Operator::GlobalAveragePool => self.global_average_pool()?,
            Operator::Clip { low, high } => self.clipped(*low, *high)?,
            Operator::Quantize => self.quantized()?,
            Operator::Softmax { beta } => self.softmax(*beta),
        };
        Ok(Values::saturated(self.output().element, &integers))
    }

    fn output(&self) -> &Tensor {
        &self.graph[self.node.output]
    }

    fn input_tensor(&self, place: usize) -> &Tensor {
        &self.graph[self.node.inputs[place]]
    }

    fn input(&self, place: usize) -> &Values {
        let id = self.node.inputs[place];
        let constant = self.graph[id].values.as_ref();
        constant.unwrap_or_else(|| &self.values[&id])
    }

    /// The integers of an input that is checked to have some.
    fn integers(&self, place: usize) -> Vec<i32> {
        let integers = self.input(place).integers();
        integers.expect("checked: not floating point")
    }

    /// What the integers of an activation mean.
    fn meaning(&self, id: TensorId) -> Meaning {
        let quantization = self.graph[id].quantization.as_ref();
        let quantization = quantization.expect("checked: quantized");
        Meaning {
            scale: quantization.scale(0),
            zero_point: quantization.zero_point(0),
        }
    }

    fn input_meaning(&self, place: usize) -> Meaning {
        self.meaning(self.node.inputs[place])
    }

    fn output_meaning(&self) -> Meaning {
        self.meaning(self.node.output)
    }

    /// ONNX Runtime's QuantizeLinear, without limits.
    fn integer_of(&self, real: f32) -> i32 {
        let y = self.output_meaning();
        let steps = (real / y.scale).round_ties_even() as i32;
        steps.saturating_add(y.zero_point)
    }

    fn limited(&self, value: i32) -> i32 {
        value.clamp(self.node.limits.low, self.node.limits.high)
    }
}
