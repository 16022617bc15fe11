//! Changes of a closed module that leave it closed: every operand keeps its shape.

use super::{Change, Spot};
use crate::hdl::Shape;
use crate::hdl::ir::{
    BinaryOp, Direction, DomainId, ModuleIr, Node, NodeId, NodeKind, Register, RegisterId, UnaryOp,
};
use num_bigint::BigInt;
use std::panic::Location;
use std::sync::Arc;

/// Makes the change in a module whose instances are of modules among `below`; false when there is
/// no such spot or nothing to change at it.
pub(super) fn apply(
    module: &mut ModuleIr,
    below: &[Arc<ModuleIr>],
    spot: Spot,
    change: Change,
    nth: usize,
) -> bool {
    let mut editor = Editor { module, below, nth };
    if let (Spot::Next(name), Change::NoReset) = (spot, change) {
        let register = editor.register(name);
        return register.is_some_and(|index| editor.module.registers[index].reset.take().is_some());
    }
    let Some(old) = editor.slot(spot).map(|slot| *slot) else {
        return false;
    };
    let Some(new) = editor.changed(old, change) else {
        return false;
    };
    debug_assert_eq!(editor.shape(old), editor.shape(new));
    if let Some(slot) = editor.slot(spot) {
        *slot = new;
    }
    true
}

struct Editor<'d> {
    module: &'d mut ModuleIr,
    /// The modules that stand before it, by their ids.
    below: &'d [Arc<ModuleIr>],
    /// Of the places in the expression that the change fits, which one.
    nth: usize,
}

impl Editor<'_> {
    fn kind(&self, node: NodeId) -> &NodeKind {
        &self.module.node(node).kind
    }

    fn shape(&self, node: NodeId) -> Shape {
        self.module.shape(node)
    }

    fn add(&mut self, kind: NodeKind, shape: Shape, name: Option<String>) -> NodeId {
        let id = NodeId(self.module.nodes.len() as u32);
        self.module.nodes.push(Node {
            kind,
            shape,
            name,
            comment: String::new(),
            attributes: Vec::new(),
            procedural: false,
            allow_unused: false,
            location: Location::caller(),
        });
        id
    }

    fn constant(&mut self, value: &BigInt, shape: Shape) -> NodeId {
        let modulus = BigInt::from(1) << shape.width;
        let bits = ((value % &modulus) + &modulus) % &modulus;
        let kind = NodeKind::Constant {
            bits: bits.to_biguint().unwrap_or_default(),
            state: None,
        };
        self.add(kind, shape, None)
    }

    // ---- spots --------------------------------------------------------------------------

    fn register(&self, name: &str) -> Option<usize> {
        let registers = self.module.registers.iter();
        registers
            .map(|register| self.module.node(register.node).name.as_deref())
            .position(|found| found == Some(name))
    }

    /// The wire of this name; a value that has the name of its binding becomes one.
    fn wire(&mut self, name: &str) -> Option<usize> {
        let index = self.named(name)?.index();
        match &self.module.nodes[index].kind {
            NodeKind::Wire { .. } => {}
            NodeKind::Input(_)
            | NodeKind::Constant { .. }
            | NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::InstanceOutput { .. } => return None,
            value => {
                let (value, shape) = (value.clone(), self.module.nodes[index].shape);
                let driver = Some(self.add(value, shape, None));
                self.module.nodes[index].kind = NodeKind::Wire { driver };
            }
        }
        Some(index)
    }

    fn named(&self, name: &str) -> Option<NodeId> {
        let nodes = self.module.nodes.iter();
        let index = nodes
            .map(|node| node.name.as_deref())
            .position(|found| found == Some(name))?;
        Some(NodeId(index as u32))
    }

    fn output(&self, name: &str) -> Option<usize> {
        let (port, found) = self.module.port(name)?;
        (found.direction == Direction::Output).then(|| port.index())
    }

    /// The slot of a spot.
    fn slot(&mut self, spot: Spot) -> Option<&mut NodeId> {
        match spot {
            Spot::Wire(name) => {
                let index = self.wire(name)?;
                match &mut self.module.nodes[index].kind {
                    NodeKind::Wire { driver } => driver.as_mut(),
                    _ => None,
                }
            }
            Spot::Next(name) => {
                let index = self.register(name)?;
                self.module.registers[index].next.as_mut()
            }
            Spot::Enable(name) => {
                let index = self.register(name)?;
                self.module.registers[index].enable.as_mut()
            }
            Spot::Output(name) => {
                let index = self.output(name)?;
                Some(&mut self.module.ports[index].node)
            }
            Spot::WriteEnable(name) => {
                let memories = &mut self.module.memories;
                let memory = memories.iter_mut().find(|memory| memory.name == name)?;
                memory.writes.first_mut().map(|port| &mut port.enable)
            }
            Spot::WriteAddress(name) => {
                let memories = &mut self.module.memories;
                let memory = memories.iter_mut().find(|memory| memory.name == name)?;
                memory.writes.first_mut().map(|port| &mut port.address)
            }
            Spot::Input(instance, port) => {
                let mut instances = self.module.instances.iter_mut();
                let instance = instances.find(|found| found.name == instance)?;
                let (port, found) = self.below[instance.module.index()].port(port)?;
                let input = found.direction == Direction::Input;
                instance.connections[port.index()]
                    .as_mut()
                    .filter(|_| input)
            }
        }
    }

    // ---- changes ------------------------------------------------------------------------

    /// A node in place of `old`.
    fn changed(&mut self, old: NodeId, change: Change) -> Option<NodeId> {
        let shape = self.shape(old);
        Some(match change {
            Change::Stuck(bits) => self.constant(&bits.into(), shape),
            Change::Invert => self.add(NodeKind::Unary(UnaryOp::Not, old), shape, None),
            Change::Offset(by) => {
                let by = self.constant(&by.into(), shape);
                self.add(NodeKind::Binary(BinaryOp::Add, old, by), shape, None)
            }
            Change::Late => self.late(old),
            Change::Early => {
                let NodeKind::Register(register) = *self.kind(self.resolve(old)) else {
                    return None;
                };
                self.module.registers[register.index()].next?
            }
            Change::Other(name) => {
                let other = self.named(name)?;
                (self.shape(other) == shape).then_some(other)?
            }
            Change::LoseTopBit => self.cut(old, shape.width - 1),
            Change::KeepBits(width) if width < shape.width => self.cut(old, width),
            Change::Gate(name) => {
                let other = self.named(name)?;
                let and = NodeKind::Binary(BinaryOp::And, old, other);
                (self.shape(other) == shape).then(|| self.add(and, shape, None))?
            }
            _ => {
                let places = self.expression(old).into_iter();
                let fitting =
                    places.filter_map(|node| Some((node, self.changed_kind(node, change)?)));
                let (node, kind) = fitting.collect::<Vec<_>>().into_iter().nth(self.nth)?;
                if matches!(kind, NodeKind::Wire { .. }) {
                    // A wire needs a name.
                    let name = format!("mutant_{}", node.0);
                    self.module.nodes[node.index()].name.get_or_insert(name);
                }
                self.module.nodes[node.index()].kind = kind;
                old
            }
        })
    }

    /// The lowest bits, widened again.
    fn cut(&mut self, value: NodeId, width: u32) -> NodeId {
        let shape = self.shape(value);
        let low = Shape {
            width,
            signed: false,
        };
        let cut = self.add(NodeKind::Slice { value, lsb: 0 }, low, None);
        let cut = self.cast(cut, shape.signed);
        self.add(NodeKind::Extend(cut), shape, None)
    }

    /// The kind that an inner node of the expression gets, if the change is for it.
    fn changed_kind(&mut self, node: NodeId, change: Change) -> Option<NodeKind> {
        let shape = self.shape(node);
        let alias = |node| NodeKind::Wire { driver: Some(node) };
        Some(match (change, self.kind(node).clone()) {
            (Change::Operator(from, to), NodeKind::Binary(op, a, b)) if op == from => {
                NodeKind::Binary(to, a, b)
            }
            (Change::KeepLeft, NodeKind::Binary(_, left, _)) if self.shape(left) == shape => {
                alias(left)
            }
            (Change::KeepRight, NodeKind::Binary(_, _, right)) if self.shape(right) == shape => {
                alias(right)
            }
            (Change::Strictness, NodeKind::Binary(BinaryOp::Less, a, b)) => {
                NodeKind::Binary(BinaryOp::LessOrEqual, a, b)
            }
            (Change::Strictness, NodeKind::Binary(BinaryOp::LessOrEqual, a, b)) => {
                NodeKind::Binary(BinaryOp::Less, a, b)
            }
            (Change::Constant(by), NodeKind::Binary(op, a, b)) => {
                if let Some(a) = self.other_constant(a, by) {
                    NodeKind::Binary(op, a, b)
                } else {
                    NodeKind::Binary(op, a, self.other_constant(b, by)?)
                }
            }
            (
                Change::SwapMux,
                NodeKind::Mux {
                    condition,
                    then,
                    otherwise,
                },
            ) => NodeKind::Mux {
                condition,
                then: otherwise,
                otherwise: then,
            },
            (Change::AlwaysThen, NodeKind::Mux { then, .. }) => alias(then),
            (Change::AlwaysOtherwise, NodeKind::Mux { otherwise, .. }) => alias(otherwise),
            (Change::WrongExtension, NodeKind::Extend(value)) => {
                let recast = self.cast(value, !self.shape(value).signed);
                let other = Shape {
                    signed: !shape.signed,
                    ..shape
                };
                NodeKind::Cast(self.add(NodeKind::Extend(recast), other, None))
            }
            (Change::SwapLanes, NodeKind::Concat(mut parts)) => {
                let count = parts.len();
                let (low, next) = (count.checked_sub(1)?, count.checked_sub(2)?);
                if self.shape(parts[low]) != self.shape(parts[next]) {
                    return None;
                }
                parts.swap(low, next);
                NodeKind::Concat(parts)
            }
            (Change::SliceAt(by), NodeKind::Slice { value, lsb }) => {
                let highest = self.shape(value).width - shape.width;
                let lsb = if lsb + by <= highest {
                    lsb + by
                } else {
                    lsb.checked_sub(by)?
                };
                NodeKind::Slice { value, lsb }
            }
            _ => return None,
        })
    }

    fn other_constant(&mut self, node: NodeId, by: i64) -> Option<NodeId> {
        let NodeKind::Constant { bits, state } = self.kind(node) else {
            return None;
        };
        // A state of a machine is no number.
        if state.is_some_and(|(of, _)| !self.module.enums[of.index()].constant) {
            return None;
        }
        let value = BigInt::from(bits.clone()) + by;
        Some(self.constant(&value, self.shape(node)))
    }

    fn cast(&mut self, node: NodeId, signed: bool) -> NodeId {
        let shape = self.shape(node);
        if shape.signed == signed {
            return node;
        }
        self.add(NodeKind::Cast(node), Shape { signed, ..shape }, None)
    }

    fn late(&mut self, value: NodeId) -> NodeId {
        let id = RegisterId(self.module.registers.len() as u32);
        let name = format!("mutant_{}", id.0);
        let node = self.add(NodeKind::Register(id), self.shape(value), Some(name));
        self.module.registers.push(Register {
            node,
            domain: DomainId(0),
            enable: None,
            reset: None,
            next: Some(value),
            states: None,
            synchronizer: false,
            attributes: Vec::new(),
        });
        node
    }

    /// The node behind wires.
    fn resolve(&self, mut node: NodeId) -> NodeId {
        while let NodeKind::Wire {
            driver: Some(driver),
        } = *self.kind(node)
        {
            node = driver;
        }
        node
    }

    /// The nodes of the expression at `root`, from left to right, outermost first.
    fn expression(&self, root: NodeId) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if nodes.contains(&node) {
                continue;
            }
            nodes.push(node);
            let first = open.len();
            match self.kind(node) {
                NodeKind::Unary(_, a) | NodeKind::Extend(a) | NodeKind::Cast(a) => open.push(*a),
                NodeKind::Slice { value, .. } => open.push(*value),
                NodeKind::Binary(_, a, b) => open.extend([*a, *b]),
                NodeKind::Mux {
                    condition,
                    then,
                    otherwise,
                } => open.extend([*condition, *then, *otherwise]),
                NodeKind::Case {
                    selector,
                    arms,
                    default,
                } => {
                    open.push(*selector);
                    open.extend(arms.iter().map(|(_, value)| *value));
                    open.push(*default);
                }
                NodeKind::Concat(parts) => open.extend(parts),
                // An output port may be a wire of its own around the expression.
                NodeKind::Wire {
                    driver: Some(driver),
                } if node == root => open.push(*driver),
                _ => {}
            }
            open[first..].reverse();
        }
        nodes
    }
}
