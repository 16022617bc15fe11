//! Combinational loops, and which inputs an output follows.

use super::bit_loop;
use super::split::split;
use super::summary::Summary;
use crate::circles;
use crate::error::{Findings, Hop};
use crate::ir::{ModuleIr, NodeId, NodeKind, Operands, PortId};
use crate::operation::operation_name;
use crate::{Issue, Warning};
use std::collections::BTreeSet;

/// For each node the inputs that it follows; none where there is a loop. Splits nodes that follow
/// themselves as a whole, but not bit by bit.
pub(super) fn check(
    module: &mut ModuleIr,
    modules: &[ModuleIr],
    summaries: &[Summary],
    findings: &mut Findings,
) -> Vec<BTreeSet<PortId>> {
    if let Ok(follows) = Following::new(module, summaries).all() {
        return follows;
    }
    let following = Following::new(module, summaries);
    let circle = circles::find(module.nodes.len(), |id| following.sources(id));
    if let Some(path) = bit_loop::find(module, modules, &circle) {
        let hop = |(id, bit): &(NodeId, u32)| hop(module, modules, *id, *bit);
        findings.issues.push(Issue::CombinationalLoop {
            module: module.name.clone(),
            path: path.iter().rev().map(hop).collect(),
        });
        // Nothing below a loop can be computed; parents see no dependence.
        return vec![BTreeSet::new(); module.nodes.len()];
    }
    split(module, &circle);
    let following = Following::new(module, summaries);
    if let Ok(follows) = Following::new(module, summaries).all() {
        return follows;
    }
    let circle = circles::find(module.nodes.len(), |id| following.sources(id));
    let all = (0..circle.len() as u32).map(NodeId);
    let outputs = all.filter(|id| {
        let output = matches!(module.node(*id).kind, NodeKind::InstanceOutput { .. });
        output && circle[id.index()]
    });
    findings.warnings.push(Warning::PortsInCircle {
        module: module.name.clone(),
        outputs: outputs
            .map(|id| Hop {
                what: what(module, modules, id),
                at: module.node(id).location,
            })
            .collect(),
    });
    following.until_all_is_said()
}

/// A node follows itself as a whole.
struct Circle;

/// The signal for a message.
fn what(module: &ModuleIr, modules: &[ModuleIr], id: NodeId) -> String {
    let node = module.node(id);
    match (&node.name, &node.kind) {
        (Some(name), _) => format!("`{name}`"),
        (None, NodeKind::InstanceOutput { instance, port }) => {
            let instance = &module.instances[instance.index()];
            let port = &modules[instance.module.index()].ports[port.index()];
            format!("output `{}` of instance `{}`", port.name, instance.name)
        }
        (None, kind) => operation_name(kind),
    }
}

/// A bit along a loop.
fn hop(module: &ModuleIr, modules: &[ModuleIr], id: NodeId, bit: u32) -> Hop {
    let node = module.node(id);
    let what = what(module, modules, id);
    let what = match node.shape.width {
        1 => what,
        _ => format!("bit {bit} of {what}"),
    };
    Hop {
        what,
        at: node.location,
    }
}

/// Depth-first walk for circles, and for the inputs that each node follows.
struct Following<'a> {
    module: &'a ModuleIr,
    summaries: &'a [Summary],
    /// The input ports that a finished node follows.
    done: Vec<Option<BTreeSet<PortId>>>,
    /// The nodes being visited, outermost first.
    path: Vec<NodeId>,
    on_path: Vec<bool>,
}

impl<'a> Following<'a> {
    fn new(module: &'a ModuleIr, summaries: &'a [Summary]) -> Self {
        let count = module.nodes.len();
        Following {
            module,
            summaries,
            done: vec![None; count],
            path: Vec::new(),
            on_path: vec![false; count],
        }
    }

    /// The nodes that a node follows directly, through instances too.
    fn sources(&self, id: NodeId) -> Operands {
        match &self.module.node(id).kind {
            NodeKind::InstanceOutput { instance, port } => {
                let instance = &self.module.instances[instance.index()];
                let follows = &self.summaries[instance.module.index()].follows[port.index()];
                follows
                    .iter()
                    .filter_map(|input| instance.connections[input.index()])
                    .collect()
            }
            kind => kind.operands(),
        }
    }

    fn all(mut self) -> Result<Vec<BTreeSet<PortId>>, Circle> {
        for index in 0..self.module.nodes.len() {
            self.visit(NodeId(index as u32))?;
        }
        Ok(self
            .done
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect())
    }

    /// Visits without recursion: expressions can be deep.
    fn visit(&mut self, root: NodeId) -> Result<(), Circle> {
        if self.done[root.index()].is_some() {
            return Ok(());
        }
        let mut stack = vec![(root, self.sources(root), 0usize)];
        self.path.push(root);
        self.on_path[root.index()] = true;
        while let Some((id, sources, next)) = stack.last_mut() {
            if let Some(source) = sources.get(*next).copied() {
                *next += 1;
                if self.on_path[source.index()] {
                    return Err(Circle);
                }
                if self.done[source.index()].is_none() {
                    self.path.push(source);
                    self.on_path[source.index()] = true;
                    stack.push((source, self.sources(source), 0));
                }
                continue;
            }
            let id = *id;
            let mut follows = BTreeSet::new();
            if let NodeKind::Input(port) = self.module.node(id).kind {
                follows.insert(port);
            }
            for source in sources.iter() {
                follows.extend(self.done[source.index()].iter().flatten().copied());
            }
            self.done[id.index()] = Some(follows);
            self.on_path[id.index()] = false;
            self.path.pop();
            stack.pop();
        }
        Ok(())
    }

    /// The inputs that each node follows where ports of instances run in a circle.
    fn until_all_is_said(&self) -> Vec<BTreeSet<PortId>> {
        let mut follows = vec![BTreeSet::new(); self.module.nodes.len()];
        loop {
            let mut changed = false;
            for index in 0..follows.len() {
                let id = NodeId(index as u32);
                let mut all: BTreeSet<PortId> = BTreeSet::new();
                if let NodeKind::Input(port) = self.module.node(id).kind {
                    all.insert(port);
                }
                for source in self.sources(id) {
                    all.extend(&follows[source.index()]);
                }
                changed |= all.len() > follows[index].len();
                follows[index] = all;
            }
            if !changed {
                return follows;
            }
        }
    }
}
