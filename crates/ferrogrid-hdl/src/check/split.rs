//! Takes apart the wires, and what stands between them, that run in a circle as a whole but not bit
//! by bit: a ripple carry through one wire. Simulators and linters then see no circle.

use crate::ir::{BinaryOp, ModuleIr, Node, NodeId, NodeKind, UnaryOp};
use crate::{Shape, unsigned};
use num_bigint::BigUint;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Splits the nodes of circles, which must be none bit by bit.
pub(super) fn split(module: &mut ModuleIr, circle: &[bool]) {
    let members: Vec<NodeId> = (0..circle.len() as u32)
        .map(NodeId)
        .filter(|id| circle[id.index()])
        .collect();
    let cuts = cuts(module, &members);
    let mut splitter = Splitter {
        names: module.nodes.iter().filter_map(|n| n.name.clone()).collect(),
        module,
        parts: BTreeMap::new(),
    };
    for &id in &members {
        splitter.allocate(id, &cuts[&id]);
    }
    for &id in &members {
        splitter.define(id);
    }
}

/// Bits of a node that are bits of an operand, in the same order or (in sums) with those below.
struct Window {
    node: NodeId,
    node_lsb: u32,
    operand: NodeId,
    operand_lsb: u32,
    width: u32,
}

fn windows(module: &ModuleIr, node: NodeId) -> Vec<Window> {
    let width = module.shape(node).width;
    let window = |operand: NodeId, node_lsb: u32, operand_lsb: u32, width: u32| Window {
        node,
        node_lsb,
        operand,
        operand_lsb,
        width,
    };
    let whole = |operand: NodeId| window(operand, 0, 0, width);
    match &module.node(node).kind {
        NodeKind::Wire { driver } => driver.iter().map(|driver| whole(*driver)).collect(),
        NodeKind::Cast(a) | NodeKind::Unary(UnaryOp::Not | UnaryOp::Negate, a) => vec![whole(*a)],
        NodeKind::Binary(op, a, b) if is_aligned(*op) => vec![whole(*a), whole(*b)],
        NodeKind::Mux {
            then, otherwise, ..
        } => vec![whole(*then), whole(*otherwise)],
        NodeKind::Case { arms, default, .. } => {
            let values = arms.iter().map(|(_, value)| value);
            values.chain([default]).map(|value| whole(*value)).collect()
        }
        NodeKind::Slice { value, lsb } => vec![window(*value, 0, *lsb, width)],
        NodeKind::Concat(parts) => {
            let mut lsb = 0;
            let parts = parts.iter().rev().map(|part| {
                let width = module.shape(*part).width;
                lsb += width;
                window(*part, lsb - width, 0, width)
            });
            parts.collect()
        }
        NodeKind::Extend(a) => {
            let inner = module.shape(*a);
            let sign = inner.width - u32::from(inner.signed);
            vec![
                window(*a, 0, 0, sign),
                window(*a, sign, sign, inner.width - sign),
            ]
        }
        _ => Vec::new(),
    }
}

fn is_aligned(op: BinaryOp) -> bool {
    is_sum(op) || matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor)
}

fn is_sum(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Subtract)
}

/// For each member the places between bits at which it must be cut, so that all bits between two
/// cuts go the same way.
fn cuts(module: &ModuleIr, members: &[NodeId]) -> BTreeMap<NodeId, BTreeSet<u32>> {
    let mut cuts: BTreeMap<NodeId, BTreeSet<u32>> =
        members.iter().map(|id| (*id, BTreeSet::new())).collect();
    for id in members {
        // Instances are followed bit by bit.
        if let NodeKind::InstanceOutput { instance, .. } = module.node(*id).kind {
            let instance = &module.instances[instance.index()];
            for id in instance.connections.iter().flatten() {
                if let Some(cuts) = cuts.get_mut(id) {
                    cuts.extend(1..module.shape(*id).width);
                }
            }
        }
    }
    let windows: Vec<Window> = members
        .iter()
        .flat_map(|id| windows(module, *id))
        .filter(|window| cuts.contains_key(&window.operand))
        .collect();
    loop {
        let mut changed = false;
        for window in &windows {
            let above = [
                (window.node, window.node_lsb),
                (window.operand, window.operand_lsb),
            ];
            let inside: BTreeSet<u32> = above
                .iter()
                .flat_map(|(id, lsb)| {
                    let of_window = cuts[id].range(*lsb..*lsb + window.width);
                    of_window.map(|cut| cut - lsb).collect::<Vec<_>>()
                })
                .chain([0, window.width])
                .collect();
            for (id, lsb) in above {
                let width = module.shape(id).width;
                let new = inside.iter().map(|cut| cut + lsb);
                let new = new.filter(|cut| (1..width).contains(cut));
                let set = cuts.get_mut(&id).expect("windows are between members");
                new.for_each(|cut| changed |= set.insert(cut));
            }
        }
        if !changed {
            return cuts;
        }
    }
}

struct Splitter<'a> {
    module: &'a mut ModuleIr,
    names: BTreeSet<String>,
    /// The parts of each node that was split, lowest first.
    parts: BTreeMap<NodeId, Vec<(Range<u32>, NodeId)>>,
}

impl Splitter<'_> {
    fn add(&mut self, like: NodeId, kind: NodeKind, shape: Shape) -> NodeId {
        let id = NodeId(self.module.nodes.len() as u32);
        self.module.nodes.push(Node {
            kind,
            shape,
            name: None,
            comment: String::new(),
            attributes: Vec::new(),
            procedural: false,
            allow_unused: true,
            location: self.module.node(like).location,
        });
        id
    }

    /// Makes the parts of a node, to be defined later.
    fn allocate(&mut self, id: NodeId, cuts: &BTreeSet<u32>) {
        if cuts.is_empty() {
            return;
        }
        let width = self.module.shape(id).width;
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([width]);
        let mut parts = Vec::new();
        for (start, end) in starts.zip(ends) {
            let kind = NodeKind::Wire { driver: None };
            let part = self.add(id, kind, unsigned(end - start));
            let node = self.module.node(id);
            if let (NodeKind::Wire { .. }, Some(name)) = (&node.kind, &node.name) {
                let mut name = if end - start == 1 {
                    format!("{name}_{start}")
                } else {
                    format!("{name}_{}_{start}", end - 1)
                };
                while !self.names.insert(name.clone()) {
                    name.push('_');
                }
                self.module.nodes[part.index()].name = Some(name);
            }
            parts.push((start..end, part));
        }
        self.parts.insert(id, parts);
    }

    /// Bits of a node as an unsigned value.
    fn bits(&mut self, id: NodeId, bits: Range<u32>) -> NodeId {
        let width = bits.end - bits.start;
        if let Some(parts) = self.parts.get(&id) {
            let inside = |part: &Range<u32>| part.start >= bits.start && part.end <= bits.end;
            let parts: Vec<NodeId> = parts
                .iter()
                .rev()
                .filter(|(part, _)| inside(part))
                .map(|(_, id)| *id)
                .collect();
            return match parts[..] {
                [part] => part,
                _ => self.add(id, NodeKind::Concat(parts), unsigned(width)),
            };
        }
        let shape = self.module.shape(id);
        let kind = match (width == shape.width, shape.signed) {
            (true, false) => return id,
            (true, true) => NodeKind::Cast(id),
            (false, _) => NodeKind::Slice {
                value: id,
                lsb: bits.start,
            },
        };
        self.add(id, kind, unsigned(width))
    }

    /// Gives the parts of a node their values, and the node its parts.
    fn define(&mut self, id: NodeId) {
        let node = self.module.node(id);
        let (kind, shape) = (node.kind.clone(), node.shape);
        let Some(parts) = self.parts.get(&id).cloned() else {
            if let NodeKind::Slice { value, lsb } = kind
                && self.parts.contains_key(&value)
            {
                let bits = self.bits(value, lsb..lsb + shape.width);
                self.module.nodes[id.index()].kind = NodeKind::Cast(bits);
            }
            return;
        };
        for (bits, part) in &parts {
            let named = self.module.node(*part).name.is_some();
            let kind = self.part(id, &kind, bits.clone());
            let kind = match kind {
                NodeKind::Cast(driver) if named => NodeKind::Wire {
                    driver: Some(driver),
                },
                kind => kind,
            };
            self.module.nodes[part.index()].kind = kind;
        }
        if !is_atom(&kind) {
            let joined = NodeKind::Concat(parts.iter().rev().map(|(_, part)| *part).collect());
            let named = matches!(kind, NodeKind::Wire { .. });
            let kind = if named || shape.signed {
                let mut joined = self.add(id, joined, unsigned(shape.width));
                if named && shape.signed {
                    joined = self.add(id, NodeKind::Cast(joined), shape);
                }
                match named {
                    true => NodeKind::Wire {
                        driver: Some(joined),
                    },
                    false => NodeKind::Cast(joined),
                }
            } else {
                joined
            };
            let node = &mut self.module.nodes[id.index()];
            node.kind = kind;
            node.procedural = false;
        }
    }

    /// The value of some bits of a node; a value that is there already as a cast of it.
    fn part(&mut self, id: NodeId, kind: &NodeKind, bits: Range<u32>) -> NodeKind {
        let width = bits.end - bits.start;
        // Of a sum with all bits below.
        let above = |kind: NodeKind, splitter: &mut Self| {
            let value = splitter.add(id, kind, unsigned(bits.end));
            NodeKind::Cast(splitter.bits(value, bits.clone()))
        };
        match kind {
            NodeKind::Wire { driver: Some(a) } | NodeKind::Cast(a) => {
                NodeKind::Cast(self.bits(*a, bits))
            }
            NodeKind::Unary(UnaryOp::Not, a) => NodeKind::Unary(UnaryOp::Not, self.bits(*a, bits)),
            NodeKind::Unary(UnaryOp::Negate, a) => {
                let low = self.bits(*a, 0..bits.end);
                above(NodeKind::Unary(UnaryOp::Negate, low), self)
            }
            NodeKind::Binary(op, a, b) if is_sum(*op) => {
                let low = [*a, *b].map(|operand| self.bits(operand, 0..bits.end));
                above(NodeKind::Binary(*op, low[0], low[1]), self)
            }
            NodeKind::Binary(op, a, b) if is_aligned(*op) => {
                let [a, b] = [*a, *b].map(|operand| self.bits(operand, bits.clone()));
                NodeKind::Binary(*op, a, b)
            }
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => NodeKind::Mux {
                condition: *condition,
                then: self.bits(*then, bits.clone()),
                otherwise: self.bits(*otherwise, bits),
            },
            NodeKind::Case {
                selector,
                arms,
                default,
            } => NodeKind::Case {
                selector: *selector,
                arms: arms
                    .iter()
                    .map(|(pattern, value)| (pattern.clone(), self.bits(*value, bits.clone())))
                    .collect(),
                default: self.bits(*default, bits),
            },
            NodeKind::Slice { value, lsb } => {
                NodeKind::Cast(self.bits(*value, lsb + bits.start..lsb + bits.end))
            }
            NodeKind::Concat(parts) => {
                let mut lsb = 0;
                for part in parts.iter().rev() {
                    let end = lsb + self.module.shape(*part).width;
                    if bits.start < end {
                        return NodeKind::Cast(self.bits(*part, bits.start - lsb..bits.end - lsb));
                    }
                    lsb = end;
                }
                unreachable!("the parts are as wide as the concatenation")
            }
            NodeKind::Extend(a) => {
                let inner = self.module.shape(*a);
                if bits.end <= inner.width {
                    NodeKind::Cast(self.bits(*a, bits))
                } else if inner.signed {
                    let sign = self.bits(*a, inner.width - 1..inner.width);
                    NodeKind::Concat(vec![sign; width as usize])
                } else {
                    NodeKind::Constant {
                        bits: BigUint::ZERO,
                        state: None,
                    }
                }
            }
            _ => NodeKind::Slice {
                value: id,
                lsb: bits.start,
            },
        }
    }
}

/// A node that stays as it is: its parts are slices of it.
fn is_atom(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Binary(op, ..) => !is_aligned(*op),
        NodeKind::InstanceOutput { .. } | NodeKind::MemoryWord { .. } => true,
        _ => false,
    }
}
