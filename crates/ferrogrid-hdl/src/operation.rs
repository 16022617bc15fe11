//! The words of operations in messages.

use super::ir::{BinaryOp, NodeKind, UnaryOp};

/// What an unnamed node is, for messages.
pub(crate) fn operation_name(kind: &NodeKind) -> String {
    match kind {
        NodeKind::Constant { bits, .. } => format!("the constant {bits}"),
        NodeKind::Unary(UnaryOp::Not, _) => "the result of `!`".into(),
        NodeKind::Unary(UnaryOp::Negate, _) => "the result of unary `-`".into(),
        NodeKind::Unary(..) => "a reduction".into(),
        NodeKind::Binary(op, ..) => format!("the result of `{}`", symbol(*op)),
        NodeKind::Mux { .. } => "the result of `mux`".into(),
        NodeKind::Case { .. } => "the result of `case`".into(),
        NodeKind::Slice { .. } => "a slice".into(),
        NodeKind::Concat(_) => "a concatenation".into(),
        NodeKind::Extend(_) => "a widened value".into(),
        NodeKind::Cast(_) => "a cast value".into(),
        NodeKind::InstanceOutput { .. } => "an instance output".into(),
        NodeKind::MemoryWord { .. } => "a word of a memory".into(),
        NodeKind::Input(_)
        | NodeKind::Wire { .. }
        | NodeKind::Register(_)
        | NodeKind::MemoryRead { .. } => "a signal".into(),
    }
}

/// The operator as a user writes it.
pub(crate) fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::Equal => "eq",
        BinaryOp::NotEqual => "ne",
        BinaryOp::Less => "lt",
        BinaryOp::LessOrEqual => "le",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
    }
}
