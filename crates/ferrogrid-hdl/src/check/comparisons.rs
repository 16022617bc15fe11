//! Comparisons whose operands leave them one result.

use crate::Warning;
use crate::ir::{BinaryOp, ModuleIr, NodeId, NodeKind};
use crate::operation::operation_name;
use num_bigint::BigInt;

pub(super) fn check(module: &ModuleIr, warnings: &mut Vec<Warning>) {
    for node in &module.nodes {
        let NodeKind::Binary(op, a, b) = node.kind else {
            continue;
        };
        let symbol = match op {
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            _ => continue,
        };
        // Constants alone are computed: a generator may well compare its parameters.
        if is_constant(module, a) && is_constant(module, b) {
            continue;
        }
        if let Some(value) = result(module, op, a, b) {
            warnings.push(Warning::ConstantComparison {
                module: module.name.clone(),
                what: format!("{} {symbol} {}", operand(module, a), operand(module, b)),
                value,
                at: node.location,
            });
        }
    }
}

fn is_constant(module: &ModuleIr, id: NodeId) -> bool {
    matches!(module.node(id).kind, NodeKind::Constant { .. })
}

/// The only result that the comparison can have.
fn result(module: &ModuleIr, op: BinaryOp, a: NodeId, b: NodeId) -> Option<bool> {
    if a == b {
        return Some(matches!(op, BinaryOp::Equal | BinaryOp::LessOrEqual));
    }
    let ((a_min, a_max), (b_min, b_max)) = (range(module, a), range(module, b));
    let apart = a_max < b_min || b_max < a_min;
    match op {
        BinaryOp::Equal => apart.then_some(false),
        BinaryOp::NotEqual => apart.then_some(true),
        BinaryOp::Less if a_max < b_min => Some(true),
        BinaryOp::Less if a_min >= b_max => Some(false),
        BinaryOp::LessOrEqual if a_max <= b_min => Some(true),
        BinaryOp::LessOrEqual if a_min > b_max => Some(false),
        _ => None,
    }
}

/// The smallest and the largest value that a node can have, as far as its shape and the shape
/// that it was widened from tell.
fn range(module: &ModuleIr, id: NodeId) -> (BigInt, BigInt) {
    let node = module.node(id);
    match &node.kind {
        NodeKind::Constant { bits, .. } => {
            let value = node.shape.from_bits(bits);
            (value.clone(), value)
        }
        NodeKind::Extend(narrow) => range(module, *narrow),
        _ => (node.shape.min(), node.shape.max()),
    }
}

fn operand(module: &ModuleIr, id: NodeId) -> String {
    let node = module.node(id);
    match (&node.name, &node.kind) {
        (Some(name), _) => format!("`{name}`"),
        (None, NodeKind::Constant { bits, .. }) => node.shape.from_bits(bits).to_string(),
        (None, NodeKind::Extend(narrow)) => operand(module, *narrow),
        (None, kind) => operation_name(kind),
    }
}
