//! What the lowering wants to know of a module's graph beforehand: which nodes matter, in which
//! order to visit them, and who reads them.

use super::fold;
use crate::ir::{InstanceId, ModuleIr, NodeId, NodeKind, PortId};
use num_bigint::BigUint;

/// The word of what feeds an instance.
pub const INPUT: &str = "input";

/// Where a value goes that is not an operand of another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The thing it feeds.
    pub base: String,
    /// What it is to that thing; may be empty.
    pub word: &'static str,
}

/// The first reader of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Another node.
    Node(NodeId),
    /// A register, port, memory, instance or property.
    Role(Role),
}

/// Facts about a module's graph.
pub struct Graph {
    /// The nodes that something reads in the end, operands first, else by id.
    pub order: Vec<NodeId>,
    /// How often each node is read by live nodes and by roots.
    pub uses: Vec<u32>,
    /// The first reader of each node.
    pub readers: Vec<Option<Reader>>,
    /// The bit patterns of the nodes that depend on constants only.
    pub values: Vec<Option<BigUint>>,
}

impl Graph {
    /// Walks a module.
    pub fn of(module: &ModuleIr) -> Graph {
        let roots = roots(module);
        let mut graph = Graph {
            order: Vec::new(),
            uses: vec![0; module.nodes.len()],
            readers: vec![None; module.nodes.len()],
            values: vec![None; module.nodes.len()],
        };
        let mut live = vec![false; module.nodes.len()];
        let mut pending: Vec<NodeId> = roots.iter().map(|(node, _)| *node).collect();
        while let Some(node) = pending.pop() {
            if !std::mem::replace(&mut live[node.index()], true) {
                pending.extend(module.node(node).kind.operands());
            }
        }
        graph.order = ordered(module, &live);
        for &node in &graph.order {
            let operands = module.node(node).kind.operands();
            graph.values[node.index()] = fold::value(module, node, &graph.values);
            for operand in operands {
                graph.uses[operand.index()] += 1;
                graph.readers[operand.index()].get_or_insert(Reader::Node(node));
            }
        }
        for (node, role) in roots {
            graph.uses[node.index()] += 1;
            graph.readers[node.index()].get_or_insert(Reader::Role(role));
        }
        graph
    }
}

fn roots(module: &ModuleIr) -> Vec<(NodeId, Role)> {
    let mut roots = Vec::new();
    let mut add = |node: NodeId, base: &str, word: &'static str| {
        roots.push((
            node,
            Role {
                base: base.into(),
                word,
            },
        ));
    };
    for register in &module.registers {
        let name = module
            .node(register.node)
            .name
            .as_deref()
            .unwrap_or("register");
        if let Some(next) = register.next {
            add(next, name, "next");
        }
        if let Some(enable) = register.enable {
            add(enable, name, "enable");
        }
    }
    for memory in &module.memories {
        for write in &memory.writes {
            add(write.enable, &memory.name, "write_enable");
            add(write.address, &memory.name, "write_address");
            add(write.data, &memory.name, "write_data");
            if let Some(mask) = write.mask {
                add(mask, &memory.name, "write_mask");
            }
        }
        for read in &memory.reads {
            add(read.address, &memory.name, "read_address");
            if let Some(enable) = read.enable {
                add(enable, &memory.name, "read_enable");
            }
        }
    }
    for (instance, index) in module.instances.iter().zip(0..) {
        for (node, port) in instance.connections.iter().zip(0..) {
            let Some(node) = *node else { continue };
            // The instance drives its outputs; it reads the rest.
            let own = NodeKind::InstanceOutput {
                instance: InstanceId(index),
                port: PortId(port),
            };
            if module.node(node).kind != own {
                add(node, &instance.name, INPUT);
            }
        }
    }
    for port in &module.ports {
        add(port.node, &port.name, "");
    }
    for property in &module.properties {
        add(property.condition, &property.name, "holds");
    }
    roots
}

/// Live nodes with operands before their readers; by id where that leaves a choice.
fn ordered(module: &ModuleIr, live: &[bool]) -> Vec<NodeId> {
    let mut order = Vec::new();
    let mut visited = vec![false; module.nodes.len()];
    for start in 0..module.nodes.len() {
        if !live[start] || visited[start] {
            continue;
        }
        let mut stack = vec![(NodeId(start as u32), false)];
        while let Some((node, done)) = stack.pop() {
            if done {
                order.push(node);
            } else if !std::mem::replace(&mut visited[node.index()], true) {
                stack.push((node, true));
                let operands = module.node(node).kind.operands();
                stack.extend(operands.into_iter().rev().map(|operand| (operand, false)));
            }
        }
    }
    order
}
