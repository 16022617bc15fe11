//! Constants that are repeated along the first axes of another operand become as large as that.

use crate::graph::{Binary, Graph, Operator, Tensor};
use std::borrow::Cow;

/// The most elements of such a constant: what adds more is left to the host.
const MOST_ELEMENTS: usize = 16 << 20;

/// The graph with such constants of sums as large as what they are added to.
pub(super) fn expanded(graph: &Graph) -> Cow<'_, Graph> {
    let mut expanded = Cow::Borrowed(graph);
    for (number, node) in graph.nodes.iter().enumerate() {
        let (Operator::Binary(Binary::Add | Binary::Sub), [x, constant]) =
            (&node.operator, &node.inputs[..])
        else {
            continue;
        };
        let (x, constant) = (&graph[*x], &graph[*constant]);
        let Some(values) = &constant.values else {
            continue;
        };
        if x.len() == constant.len() || x.len() > MOST_ELEMENTS {
            continue;
        }
        let count = constant.len();
        let repeated = Tensor {
            shape: x.shape.clone(),
            values: Some(values.gathered(x.len(), |place| place % count)),
            ..constant.clone()
        };
        let graph = expanded.to_mut();
        let id = graph.tensor(repeated);
        graph.nodes[number].inputs[1] = id;
    }
    expanded
}
