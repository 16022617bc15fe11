//! Where each node of a graph runs, whatever the size of the core.

use super::lower::{Lowered, lower_node};
use super::{CompileError, Rounding};
use crate::graph::{Element, Graph, GraphError, Operator};

/// Where a node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the core.
    Npu,
    /// On the host, in front of the program or behind it.
    Host,
    /// Nowhere: its result is the bytes of its input.
    Nowhere,
    /// It cannot be run, and why.
    Unsupported(String),
}

/// Where each node runs, in the order of the graph; nodes behind one that is not supported are judged as if it
/// were.
///
/// # Errors
/// When the graph is inconsistent.
pub fn places(graph: &Graph, rounding: Rounding) -> Result<Vec<Place>, GraphError> {
    graph.check()?;
    let mut lowered = Lowered::of(graph);
    let places = graph.nodes.iter().map(|node| {
        match lower_node(graph, node, rounding, &mut lowered) {
            Err(CompileError::Node { reason, .. }) => return Place::Unsupported(reason),
            Err(error) => return Place::Unsupported(error.to_string()),
            Ok(()) => {}
        }
        match node.operator {
            Operator::Reshape { .. } => Place::Nowhere,
            Operator::Dequantize | Operator::Softmax { .. } => Place::Host,
            Operator::Quantize if graph[node.inputs[0]].element == Element::Float32 => Place::Host,
            _ => Place::Npu,
        }
    });
    Ok(places.collect())
}
