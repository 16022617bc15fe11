//! Nodes that follow themselves.

use crate::ir::{NodeId, Operands};

/// For each node whether it stands in a circle: `sources` gives the nodes that a node follows.
pub(crate) fn find(count: usize, sources: impl Fn(NodeId) -> Operands) -> Vec<bool> {
    // Tarjan's strongly connected components, without recursion.
    const NEW: u32 = u32::MAX;
    let mut circle = vec![false; count];
    let (mut order, mut low) = (vec![NEW; count], vec![NEW; count]);
    let mut open = vec![false; count];
    let mut component: Vec<NodeId> = Vec::new();
    let mut next = 0;
    for root in 0..count {
        if order[root] != NEW {
            continue;
        }
        let mut stack: Vec<(NodeId, Operands)> = Vec::new();
        let mut enter = vec![NodeId(root as u32)];
        loop {
            if let Some(id) = enter.pop() {
                (order[id.index()], low[id.index()]) = (next, next);
                next += 1;
                open[id.index()] = true;
                component.push(id);
                let sources = sources(id);
                circle[id.index()] = sources.contains(&id);
                stack.push((id, sources));
            }
            let Some((id, sources)) = stack.last_mut() else {
                break;
            };
            let id = *id;
            if let Some(source) = sources.pop() {
                if order[source.index()] == NEW {
                    enter.push(source);
                } else if open[source.index()] {
                    low[id.index()] = low[id.index()].min(order[source.index()]);
                }
                continue;
            }
            stack.pop();
            if let Some((reader, _)) = stack.last() {
                low[reader.index()] = low[reader.index()].min(low[id.index()]);
            }
            if low[id.index()] == order[id.index()] {
                let first = component.iter().rposition(|member| *member == id);
                let members = component.split_off(first.expect("a node opens its component"));
                for member in &members {
                    open[member.index()] = false;
                    circle[member.index()] |= members.len() > 1;
                }
            }
        }
    }
    circle
}
