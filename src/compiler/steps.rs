//! A network in steps: programs of the core, and nodes of the host between them.

use super::place::{Place, places};
use super::{CompileError, LayerPasses, Network, Options, Rounding, compile, explain};
use crate::arch::NpuArch;
use crate::graph::{Graph, Node, Operator, Tensor, TensorId};
use std::collections::BTreeSet;

/// A step of a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<T = Network> {
    /// What the core runs in one go.
    Program(T),
    /// A node that the host computes, by its index.
    Host(usize),
}

/// The steps of a network, in an order in which they can run: as few programs as its nodes allow.
///
/// # Errors
/// What of the graph does not fit the core.
pub fn steps(
    graph: &Graph,
    arch: &NpuArch,
    options: impl Into<Options>,
) -> Result<Vec<Step>, CompileError> {
    let options = options.into();
    compiled(graph, options.rounding, |part| compile(part, arch, options))
}

/// What each pass does with each layer, for each program of [`steps`].
///
/// # Errors
/// As [`steps`].
pub fn explain_steps(
    graph: &Graph,
    arch: &NpuArch,
    options: impl Into<Options>,
) -> Result<Vec<Vec<LayerPasses>>, CompileError> {
    let options = options.into();
    let steps = compiled(graph, options.rounding, |part| explain(part, arch, options))?;
    let programs = steps.into_iter().filter_map(|step| match step {
        Step::Program(layers) => Some(layers),
        Step::Host(_) => None,
    });
    Ok(programs.collect())
}

/// The steps, with what `compile` makes of the graph of each program. A node that it refuses goes to the host.
fn compiled<T>(
    graph: &Graph,
    rounding: Rounding,
    compile: impl Fn(&Graph) -> Result<T, CompileError>,
) -> Result<Vec<Step<T>>, CompileError> {
    let places = places(graph, rounding)?;
    let on_host = |place: &Place| matches!(place, Place::Host(_));
    let mut on_host = Vec::from_iter(places.iter().map(on_host));
    loop {
        let steps = parts(graph, &on_host).into_iter().map(|step| match step {
            Step::Program(part) => compile(&part).map(Step::Program),
            Step::Host(node) => Ok(Step::Host(node)),
        });
        match steps.collect() {
            Err(CompileError::Node { node, .. } | CompileError::Size { node, .. })
                if refuse(graph, &mut on_host, &node) => {}
            steps => return steps,
        }
    }
}

/// Notes that nodes of a name are the host's; false where they were before.
fn refuse(graph: &Graph, on_host: &mut [bool], name: &str) -> bool {
    let nodes = graph.nodes.iter().zip(on_host);
    let refused = nodes.filter(|(node, on_host)| node.name == name && !**on_host);
    let refused = refused.map(|(_, on_host)| *on_host = true);
    refused.count() > 0
}

/// The graphs of the programs, and the host's nodes, in order. Every node is in the first program, or in front of the
/// first one, in which its inputs are there.
fn parts(graph: &Graph, on_host: &[bool]) -> Vec<Step<Graph>> {
    // The first program in front of which the host, and in which the core, can read a tensor.
    let mut host = vec![0; graph.tensors.len()];
    let mut core = host.clone();
    let mut places = Vec::new();
    for (node, on_host) in graph.nodes.iter().zip(on_host) {
        let origin = node.inputs[0].0;
        // Other bytes need no program; those of a program stay in it.
        let on_core = match node.operator {
            Operator::Reshape { .. } => host[origin] > core[origin],
            _ => !on_host,
        };
        let from = if on_core { &core } else { &host };
        let program = node.inputs.iter().map(|input| from[input.0]).max();
        let program = program.unwrap_or(0);
        core[node.output.0] = program;
        host[node.output.0] = program + usize::from(on_core);
        places.push((program, on_core));
    }
    let mut steps = Vec::new();
    let last = places
        .iter()
        .map(|(program, _)| *program)
        .max()
        .unwrap_or(0);
    for program in 0..=last {
        let at = |on_core: bool| {
            let places = places.iter().enumerate();
            let found = places.filter(move |(_, place)| **place == (program, on_core));
            found.map(|(node, _)| node)
        };
        steps.extend(at(false).map(Step::Host));
        let nodes = BTreeSet::from_iter(at(true));
        if !nodes.is_empty() {
            steps.push(Step::Program(part(graph, &nodes)));
        }
    }
    steps
}

/// The graph of some nodes: its inputs are what they read of others, its outputs what others read of them.
fn part(graph: &Graph, nodes: &BTreeSet<usize>) -> Graph {
    let all = graph.nodes.iter().enumerate();
    let (inside, outside): (Vec<_>, Vec<_>) = all.partition(|(number, _)| nodes.contains(number));
    let made = BTreeSet::from_iter(inside.iter().map(|(_, node)| node.output));
    let reads = |nodes: &[(usize, &Node)]| -> BTreeSet<TensorId> {
        nodes
            .iter()
            .flat_map(|(_, node)| node.inputs.clone())
            .collect()
    };
    let (read, read_outside) = (reads(&inside), reads(&outside));
    let variables = graph.variables.iter().map(|variable| variable.written);
    let asked = BTreeSet::from_iter(graph.outputs.iter().copied().chain(variables));
    let tensors = graph.tensors.iter().enumerate().map(|(number, tensor)| {
        // Weights of other parts are not copied.
        let values = tensor.values.as_ref();
        Tensor {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            element: tensor.element,
            quantization: tensor.quantization.clone(),
            values: values.filter(|_| read.contains(&TensorId(number))).cloned(),
        }
    });
    let is_given = |id: &TensorId| !made.contains(id) && graph[*id].values.is_none();
    let is_asked = |id: &TensorId| read_outside.contains(id) || asked.contains(id);
    Graph {
        tensors: tensors.collect(),
        nodes: inside.iter().map(|(_, node)| (*node).clone()).collect(),
        inputs: read.into_iter().filter(is_given).collect(),
        outputs: made.iter().copied().filter(is_asked).collect(),
        ..Graph::new(graph.family)
    }
}
