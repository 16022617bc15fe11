//! What runs in a circle as a whole.

use super::flatten::{FlatNode, Hierarchy};
use crate::circles;
use crate::ir::NodeId;
use smallvec::smallvec;
use std::collections::HashMap;

/// The nodes of circles.
pub(super) struct Circles {
    /// For each flat node whether it stands in a circle.
    pub members: Vec<bool>,
    /// The values of their bits, by flat node and bit.
    pub bits: HashMap<(usize, u32), u32>,
}

impl Circles {
    /// Looks for all circles of a design.
    pub(super) fn of(hierarchy: &Hierarchy<'_>) -> Circles {
        let mut nodes = Vec::with_capacity(hierarchy.nodes);
        for scope in 0..hierarchy.scopes.len() as u32 {
            let count = hierarchy.module(scope).nodes.len() as u32;
            nodes.extend((0..count).map(|node| FlatNode {
                scope,
                node: NodeId(node),
            }));
        }
        let number = |at| NodeId(hierarchy.number(at) as u32);
        let members = circles::find(nodes.len(), |id| {
            let at = nodes[id.index()];
            if let Some(same) = hierarchy.alias(at) {
                return smallvec![number(same)];
            }
            let operands = hierarchy.module(at.scope).node(at.node).kind.operands();
            let operands = operands
                .into_iter()
                .map(|node| number(FlatNode { node, ..at }));
            operands.collect()
        });
        Circles {
            members,
            bits: HashMap::new(),
        }
    }
}
