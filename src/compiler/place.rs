//! Where each node of a graph runs, whatever the size of the core.

use super::expand::expanded;
use super::lower::{Lowered, lower_node};
use super::{CompileError, Rounding};
use crate::graph::{Graph, GraphError, Operator};

/// Where a node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the core.
    Npu,
    /// On the host, and why.
    Host(String),
    /// Nowhere: its result is the bytes of its input.
    Nowhere,
}

/// Where each node runs, in the order of the graph.
///
/// # Errors
/// When the graph is inconsistent.
pub fn places(graph: &Graph, rounding: Rounding) -> Result<Vec<Place>, GraphError> {
    graph.check()?;
    let graph = &expanded(graph);
    let mut lowered = Lowered::of(graph);
    let places = graph.nodes.iter().map(|node| {
        match lower_node(graph, node, rounding, &mut lowered) {
            Err(CompileError::Node { reason, .. }) => return Place::Host(reason),
            Err(error) => return Place::Host(error.to_string()),
            Ok(()) => {}
        }
        match node.operator {
            Operator::Reshape { .. } => Place::Nowhere,
            _ => Place::Npu,
        }
    });
    Ok(places.collect())
}
