//! A network that is ready to run: its program, its constants, and what the host does around them.

pub(super) mod element;
mod error;
mod file;

pub use error::ExecutableError;

use super::host::HostNode;
use crate::arch::NpuArch;
use crate::compiler::{Network, Rounding, compile};
use crate::graph::{Element, Family, Graph, Node, Operator, TensorId, Values};

/// The most instructions of a program.
const MOST_INSTRUCTIONS: usize = 0xffff;

/// A network for one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Executable {
    /// How its sums are rounded.
    pub rounding: Rounding,
    /// What the core runs.
    pub network: Network,
    /// What is given, in the order of the graph, as the bindings of the network are.
    pub inputs: Vec<NetworkPort>,
    /// What is returned.
    pub outputs: Vec<NetworkPort>,
}

/// An input or output of a network as its user sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkPort {
    /// Name of the tensor.
    pub name: String,
    /// Type of its elements.
    pub element: Element,
    /// Sizes as in the graph: `[height, width, channels]` or `[.., features]`.
    pub shape: Vec<usize>,
    /// The file of the network has the channels of an image in front.
    pub channels_first: bool,
    /// What the host does between the user and the program, in order of execution.
    pub host: Vec<HostNode>,
}

impl NetworkPort {
    /// A tensor of a graph that the host does nothing to.
    pub fn of(graph: &Graph, tensor: TensorId) -> NetworkPort {
        NetworkPort::new(graph, tensor, Vec::new())
    }

    fn new(graph: &Graph, tensor: TensorId, host: Vec<HostNode>) -> NetworkPort {
        let of = &graph[tensor];
        NetworkPort {
            name: of.name.clone(),
            element: of.element,
            shape: of.shape.clone(),
            channels_first: graph.family == Family::Onnx && of.shape.len() == 3,
            host,
        }
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sizes of an array of the file's runtimes, without the batch axis.
    pub fn file_shape(&self) -> Vec<usize> {
        match self.shape[..] {
            [height, width, channels] if self.channels_first => vec![channels, height, width],
            _ => self.shape.clone(),
        }
    }

    /// Values in the order of the graph, from the order of the file.
    ///
    /// # Panics
    /// When they are fewer than [`Self::len`].
    pub fn from_file(&self, values: &Values) -> Values {
        match self.shape[..] {
            [height, width, channels] if self.channels_first => {
                let pixels = height * width;
                let place = |i: usize| i % channels * pixels + i / channels;
                values.gathered(self.len(), place)
            }
            _ => values.clone(),
        }
    }

    /// Values in the order of the file, from the order of the graph.
    ///
    /// # Panics
    /// When they are fewer than [`Self::len`].
    pub fn to_file(&self, values: &Values) -> Values {
        match self.shape[..] {
            [height, width, channels] if self.channels_first => {
                let pixels = height * width;
                let place = |i: usize| i % pixels * channels + i / pixels;
                values.gathered(self.len(), place)
            }
            _ => values.clone(),
        }
    }
}

impl Executable {
    /// Compiles a network.
    ///
    /// # Errors
    /// What of the graph is not supported, or does not fit the core.
    pub fn compile(
        graph: &Graph,
        arch: &NpuArch,
        rounding: Rounding,
    ) -> Result<Executable, ExecutableError> {
        let network = compile(graph, arch, rounding)?;
        let instructions = network.program.len();
        if instructions > MOST_INSTRUCTIONS {
            return Err(ExecutableError::Program { instructions });
        }
        let host = |tensor, program| host_nodes(graph, tensor, program, rounding);
        let inputs = graph.inputs.iter().zip(&network.inputs);
        let inputs = inputs.map(|(tensor, binding)| {
            Ok(NetworkPort::new(
                graph,
                *tensor,
                host(binding.tensor, *tensor)?,
            ))
        });
        let inputs = inputs.collect::<Result<_, ExecutableError>>()?;
        let outputs = graph.outputs.iter().zip(&network.outputs);
        let outputs = outputs.map(|(tensor, binding)| {
            Ok(NetworkPort::new(
                graph,
                *tensor,
                host(*tensor, binding.tensor)?,
            ))
        });
        let outputs = outputs.collect::<Result<_, ExecutableError>>()?;
        Ok(Executable {
            rounding,
            network,
            inputs,
            outputs,
        })
    }

    /// Says whether it was compiled for a core of these parameters.
    ///
    /// # Errors
    /// When it was not.
    pub fn check_core(&self, arch: &NpuArch) -> Result<(), ExecutableError> {
        let (wanted, found) = (self.network.config_hash, arch.config_hash());
        if wanted == found {
            return Ok(());
        }
        Err(ExecutableError::Core {
            core: arch.name.clone(),
            wanted,
            found,
        })
    }

    /// The bytes that the program takes of values of the inputs, in the order of the graph.
    ///
    /// # Errors
    /// When there are not as many inputs, or one is not of its size and type.
    pub fn given(&self, inputs: &[Values]) -> Result<Vec<Vec<u8>>, ExecutableError> {
        let (found, wanted) = (inputs.len(), self.inputs.len());
        if found != wanted {
            return Err(ExecutableError::Inputs { found, wanted });
        }
        let given = self.inputs.iter().zip(inputs).map(|(port, input)| {
            let wrong = || ExecutableError::Input {
                tensor: port.name.clone(),
                wanted: port.len(),
                element: port.element,
                found: input.len(),
                type_found: input.element(),
            };
            if input.len() != port.len() || input.element() != port.element {
                return Err(wrong());
            }
            let values = run_all(&port.host, input.clone()).ok_or_else(wrong)?;
            let integers = values.integers().ok_or_else(wrong)?;
            Ok(integers.into_iter().map(|value| value as u8).collect())
        });
        given.collect()
    }

    /// The integers in the bytes that the program left, in the order of the outputs.
    pub fn integers(&self, bytes: &[Vec<u8>]) -> Vec<Values> {
        let bindings = self.network.outputs.iter();
        let integers = bindings
            .zip(bytes)
            .map(|(binding, bytes)| match binding.unsigned {
                true => Values::Uint8(bytes.clone()),
                false => Values::Int8(bytes.iter().map(|byte| *byte as i8).collect()),
            });
        integers.collect()
    }

    /// What the user is given of the integers that the program left.
    ///
    /// # Panics
    /// When they are not of this network.
    pub fn returned(&self, integers: &[Values]) -> Vec<Values> {
        let ports = self.outputs.iter().zip(integers);
        let returned = ports.map(|(port, values)| run_all(&port.host, values.clone()));
        returned
            .map(|values| values.expect("integers, which are what the host takes"))
            .collect()
    }
}

/// What the last of some nodes gives.
fn run_all(nodes: &[HostNode], values: Values) -> Option<Values> {
    nodes
        .iter()
        .try_fold(values, |values, node| node.run(&values))
}

/// The nodes that make `last` of `first`, in order of execution.
fn host_nodes(
    graph: &Graph,
    last: TensorId,
    first: TensorId,
    rounding: Rounding,
) -> Result<Vec<HostNode>, ExecutableError> {
    let mut nodes = Vec::new();
    let mut tensor = last;
    while tensor != first {
        let refused = |name: &str| ExecutableError::Host {
            node: name.to_owned(),
        };
        let made = graph.nodes.iter().find(|node| node.output == tensor);
        let node: &Node = made.ok_or_else(|| refused(&graph[tensor].name))?;
        match node.operator {
            Operator::Reshape { .. } => {}
            _ => {
                let host = HostNode::of(graph, node, rounding);
                nodes.push(host.ok_or_else(|| refused(&node.name))?);
            }
        }
        tensor = node.inputs[0];
    }
    nodes.reverse();
    Ok(nodes)
}
