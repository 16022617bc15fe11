//! Runs a network, value for value as existing runtimes do.
//!
//! Plain loops over the [`Graph`], in one of two arithmetics: that of ONNX Runtime and LiteRT's
//! default kernels, or that of TFLite Micro.

mod add;
mod clip;
mod pool;
mod quantize;
mod scale;
mod softmax;
mod weighted;

use crate::graph::{Element, Graph, GraphError, Node, Operator, Quantization, TensorId, Values};
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

/// The values of every input and of every node's output, for values of the inputs in their order.
///
/// # Errors
/// When the graph is inconsistent, an input is not what it takes, or a node's arithmetic ends.
pub fn run(
    graph: &Graph,
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

impl Step<'_> {
    fn result(&self) -> Result<Values, RunError> {
        let integers = match &self.node.operator {
            Operator::Reshape { .. } => return Ok(self.input(0).clone()),
            Operator::Dequantize => return Ok(self.dequantized()),
            Operator::Convolution(convolution) => self.convolution(convolution)?,
            Operator::FullyConnected => self.fully_connected()?,
            Operator::Add => self.sum()?,
            Operator::AveragePool(pool) => self.average_pool(pool)?,
            Operator::MaxPool(pool) => self.max_pool(pool),
            Operator::GlobalAveragePool => self.global_average_pool()?,
            Operator::Clip { low, high } => self.clipped(*low, *high)?,
            Operator::Quantize => self.quantized()?,
            Operator::Softmax { beta } => self.softmax(*beta),
        };
        Ok(Values::saturated(self.output().element, &integers))
    }

    fn output(&self) -> &crate::graph::Tensor {
        &self.graph[self.node.output]
    }

    fn input_tensor(&self, place: usize) -> &crate::graph::Tensor {
        &self.graph[self.node.inputs[place]]
    }

    fn input(&self, place: usize) -> &Values {
        let id = self.node.inputs[place];
        let constant = self.graph[id].values.as_ref();
        constant.unwrap_or_else(|| &self.values[&id])
    }

    /// The integers of an input that is checked to have some.
    fn integers(&self, place: usize) -> Vec<i32> {
        self.input(place).integers().unwrap_or_default()
    }

    /// What the integers of a tensor that is checked to be quantized mean.
    fn meaning(&self, id: TensorId) -> Meaning {
        let of = |quantization: &Quantization| Meaning {
            scale: quantization.scale(0),
            zero_point: quantization.zero_point(0),
        };
        let none = Meaning {
            scale: 1.0,
            zero_point: 0,
        };
        self.graph[id].quantization.as_ref().map_or(none, of)
    }

    fn input_meaning(&self, place: usize) -> Meaning {
        self.meaning(self.node.inputs[place])
    }

    fn output_meaning(&self) -> Meaning {
        self.meaning(self.node.output)
    }

    fn limited(&self, value: i32) -> i32 {
        value.clamp(self.node.limits.low, self.node.limits.high)
    }
}
