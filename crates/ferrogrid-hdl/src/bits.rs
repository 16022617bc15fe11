//! Which bits of its operands a bit of a node follows.

use crate::ir::{BinaryOp, ModuleIr, NodeId, NodeKind, UnaryOp};
use std::ops::Range;

/// Calls `visit` with the bits of each operand that a bit of a node follows, instances apart. Those
/// of products and shifts follow all bits.
pub(crate) fn sources(
    module: &ModuleIr,
    id: NodeId,
    bit: u32,
    visit: &mut dyn FnMut(NodeId, Range<u32>),
) {
    let width = |id: NodeId| module.shape(id).width;
    match &module.node(id).kind {
        NodeKind::Wire { driver: None }
        | NodeKind::Input(_)
        | NodeKind::Constant { .. }
        | NodeKind::Register(_)
        | NodeKind::MemoryRead { .. }
        | NodeKind::InstanceOutput { .. } => {}
        NodeKind::Wire { driver: Some(a) }
        | NodeKind::Cast(a)
        | NodeKind::Unary(UnaryOp::Not, a) => visit(*a, bit..bit + 1),
        NodeKind::Unary(UnaryOp::Negate, a) => visit(*a, 0..bit + 1),
        NodeKind::Unary(_, a) | NodeKind::MemoryWord { address: a, .. } => visit(*a, 0..width(*a)),
        NodeKind::Binary(op, a, b) => {
            for operand in [*a, *b] {
                visit(
                    operand,
                    match op {
                        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => bit..bit + 1,
                        BinaryOp::Add | BinaryOp::Subtract => 0..bit + 1,
                        _ => 0..width(operand),
                    },
                );
            }
        }
        NodeKind::Mux {
            condition,
            then,
            otherwise,
        } => {
            visit(*condition, 0..1);
            visit(*then, bit..bit + 1);
            visit(*otherwise, bit..bit + 1);
        }
        NodeKind::Case {
            selector,
            arms,
            default,
        } => {
            visit(*selector, 0..width(*selector));
            let values = arms.iter().map(|(_, value)| value);
            values
                .chain([default])
                .for_each(|value| visit(*value, bit..bit + 1));
        }
        NodeKind::Slice { value, lsb } => visit(*value, lsb + bit..lsb + bit + 1),
        NodeKind::Concat(parts) => {
            let mut bit = bit;
            for part in parts.iter().rev() {
                if bit < width(*part) {
                    return visit(*part, bit..bit + 1);
                }
                bit -= width(*part);
            }
        }
        NodeKind::Extend(a) if bit < width(*a) => visit(*a, bit..bit + 1),
        NodeKind::Extend(a) if module.shape(*a).signed => visit(*a, width(*a) - 1..width(*a)),
        NodeKind::Extend(_) => {}
    }
}
