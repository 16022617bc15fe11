//! A network that is ready to run: its programs, and what the host does around them.

mod error;
mod file;
mod random;

pub use error::ExecutableError;

use super::host;
use crate::arch::NpuArch;
use crate::compiler::{Binding, LayerSummary, Network, Options, Rounding, Step, steps};
use crate::graph::{Element, Family, Graph, Node, Tensor, TensorId, Values};
use std::collections::{BTreeMap, BTreeSet};

/// A network for one configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Executable {
    /// How its sums are rounded.
    pub rounding: Rounding,
    /// The configuration that it was made for.
    pub config_hash: u32,
    /// All tensors of the network, with the values of constants that the host reads; the nodes of the host.
    pub graph: Graph,
    /// What is run, in this order.
    pub steps: Vec<Step>,
    /// What is given, in the order of the graph.
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
}

impl NetworkPort {
    /// A tensor of a graph.
    pub fn of(graph: &Graph, tensor: TensorId) -> NetworkPort {
        let of = &graph[tensor];
        NetworkPort {
            name: of.name.clone(),
            element: of.element,
            shape: of.shape.clone(),
            channels_first: graph.family == Family::Onnx && of.shape.len() == 3,
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
        options: impl Into<Options>,
    ) -> Result<Executable, ExecutableError> {
        let options = options.into();
        let steps = steps(graph, arch, options)?;
        let on_host = steps.iter().filter_map(|step| match step {
            Step::Host(node) => Some(*node),
            Step::Program(_) => None,
        });
        let on_host = Vec::from_iter(on_host);
        let nodes = Vec::from_iter(on_host.iter().map(|node| graph.nodes[*node].clone()));
        let steps = steps.into_iter().map(|step| match step {
            Step::Host(node) => {
                let place = on_host.iter().position(|other| *other == node);
                Step::Host(place.expect("a node of the host"))
            }
            program => program,
        });
        let network = Executable::of(
            skeleton(graph, nodes),
            steps.collect(),
            options.rounding,
            arch.config_hash(),
        );
        file::check_flow(&network.graph, &network.steps).map_err(ExecutableError::Large)?;
        Ok(network)
    }

    fn of(graph: Graph, steps: Vec<Step>, rounding: Rounding, config_hash: u32) -> Executable {
        let ports = |tensors: &[TensorId]| {
            let ports = tensors.iter().map(|id| NetworkPort::of(&graph, *id));
            ports.collect()
        };
        Executable {
            rounding,
            config_hash,
            inputs: ports(&graph.inputs),
            outputs: ports(&graph.outputs),
            graph,
            steps,
        }
    }

    /// What the core runs, in this order.
    pub fn programs(&self) -> impl Iterator<Item = &Network> {
        self.steps.iter().filter_map(|step| match step {
            Step::Program(network) => Some(network),
            Step::Host(_) => None,
        })
    }

    /// The layers of all programs.
    pub fn layers(&self) -> impl Iterator<Item = &LayerSummary> {
        self.programs().flat_map(|program| &program.layers)
    }

    /// The node of a step of the host.
    pub fn host_node(&self, place: usize) -> &Node {
        &self.graph.nodes[place]
    }

    /// Says whether it was compiled for a core of these parameters.
    ///
    /// # Errors
    /// When it was not.
    pub fn check_core(&self, arch: &NpuArch) -> Result<(), ExecutableError> {
        let (wanted, found) = (self.config_hash, arch.config_hash());
        if wanted == found {
            return Ok(());
        }
        Err(ExecutableError::Core {
            core: arch.name.clone(),
            wanted,
            found,
        })
    }

    /// The values of its variables before the first run.
    pub fn initial(&self) -> Vec<Values> {
        let variables = self.graph.variables.iter();
        variables.map(|variable| variable.initial.clone()).collect()
    }

    /// Runs all steps on values of the inputs, in the order of the graph, and gives what each step made. `program`
    /// runs a program on the bytes of its inputs, and gives those of its outputs. The variables become those for the
    /// next run.
    ///
    /// # Errors
    /// When there are not as many inputs, or one is not of its size and type; when a step fails.
    pub fn run<E: From<ExecutableError>>(
        &self,
        variables: &mut Vec<Values>,
        inputs: &[Values],
        mut program: impl FnMut(&Network, &[Vec<u8>]) -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<BTreeMap<TensorId, Values>, E> {
        let mut values = self.given(variables, inputs)?;
        for step in &self.steps {
            match step {
                Step::Host(place) => {
                    let (id, result) = self.on_host(*place, &values)?;
                    values.insert(id, result);
                }
                Step::Program(network) => {
                    let left = program(network, &bytes(network, &values)?)?;
                    for (binding, bytes) in network.outputs.iter().zip(left) {
                        let integers = match binding.unsigned {
                            true => Values::Uint8(bytes),
                            false => Values::Int8(bytes.iter().map(|byte| *byte as i8).collect()),
                        };
                        values.insert(binding.tensor, integers);
                    }
                }
            }
        }
        let written = self.graph.variables.iter().map(|variable| {
            let constant = self.graph[variable.written].values.as_ref();
            let written = constant.or_else(|| values.get(&variable.written));
            written.unwrap_or(&variable.initial).clone()
        });
        *variables = written.collect();
        Ok(values)
    }

    /// What the user is given of what the steps made.
    ///
    /// # Panics
    /// When they are not of this network.
    pub fn returned(&self, values: &BTreeMap<TensorId, Values>) -> Vec<Values> {
        let outputs = self.graph.outputs.iter();
        let returned = outputs.map(|id| {
            let constant = self.graph[*id].values.as_ref();
            constant.unwrap_or_else(|| &values[id]).clone()
        });
        returned.collect()
    }

    /// Inputs and variables by their tensors.
    fn given(
        &self,
        variables: &[Values],
        inputs: &[Values],
    ) -> Result<BTreeMap<TensorId, Values>, ExecutableError> {
        let (found, wanted) = (inputs.len(), self.inputs.len());
        if found != wanted {
            return Err(ExecutableError::Inputs { found, wanted });
        }
        for (port, input) in self.inputs.iter().zip(inputs) {
            if input.len() != port.len() || input.element() != port.element {
                return Err(ExecutableError::Input {
                    tensor: port.name.clone(),
                    wanted: port.len(),
                    element: port.element,
                    found: input.len(),
                    type_found: input.element(),
                });
            }
        }
        let variables = self.graph.variables.iter().zip(variables);
        let variables = variables.map(|(variable, value)| (variable.read, value.clone()));
        let inputs = self
            .graph
            .inputs
            .iter()
            .copied()
            .zip(inputs.iter().cloned());
        Ok(variables.chain(inputs).collect())
    }

    /// The result of a node of the host, and its tensor.
    fn on_host(
        &self,
        place: usize,
        values: &BTreeMap<TensorId, Values>,
    ) -> Result<(TensorId, Values), ExecutableError> {
        let node = self.host_node(place);
        let result = host::run(&self.graph, node, self.rounding, values);
        let result = result.map_err(|reason| ExecutableError::Host {
            node: node.name.clone(),
            reason,
        })?;
        Ok((node.output, result))
    }
}

/// The bytes that a program takes of values.
fn bytes(
    network: &Network,
    values: &BTreeMap<TensorId, Values>,
) -> Result<Vec<Vec<u8>>, ExecutableError> {
    let of = |binding: &Binding| {
        let integers = values.get(&binding.tensor).and_then(Values::integers);
        let integers = integers.filter(|integers| integers.len() == binding.bytes as usize);
        let integers = integers.ok_or_else(|| {
            let number = binding.tensor.0;
            ExecutableError::File(format!("tensor {number} is read before it is there"))
        })?;
        Ok(integers.into_iter().map(|value| value as u8).collect())
    };
    network.inputs.iter().map(of).collect()
}

/// The tensors of a graph with the values of those constants that some nodes read, and these nodes.
fn skeleton(graph: &Graph, nodes: Vec<Node>) -> Graph {
    let read = nodes.iter().flat_map(|node| node.inputs.iter());
    let read = BTreeSet::from_iter(read.chain(&graph.outputs).copied());
    let tensors = graph.tensors.iter().enumerate().map(|(number, tensor)| {
        let is_kept = tensor.values.is_none() || read.contains(&TensorId(number));
        Tensor {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            element: tensor.element,
            quantization: tensor.quantization.clone().filter(|_| is_kept),
            values: tensor.values.clone().filter(|_| is_kept),
        }
    });
    Graph {
        family: graph.family,
        tensors: tensors.collect(),
        nodes,
        inputs: graph.inputs.clone(),
        outputs: graph.outputs.clone(),
        variables: graph.variables.clone(),
    }
}
