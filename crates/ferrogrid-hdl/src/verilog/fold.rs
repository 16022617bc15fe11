//! Values of nodes that depend on constants only.

use crate::Shape;
use crate::ir::{BinaryOp, ModuleIr, NodeId, NodeKind, UnaryOp};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, ToPrimitive, Zero};

/// The node's bit pattern, from those of its operands; `None` unless all of them are known.
pub fn value(module: &ModuleIr, node: NodeId, known: &[Option<BigUint>]) -> Option<BigUint> {
    let shape = module.shape(node);
    let bits = |node: &NodeId| known[node.index()].clone();
    let number = |node: &NodeId| Some(module.shape(*node).from_bits(&bits(node)?));
    match &module.node(node).kind {
        NodeKind::Input(_)
        | NodeKind::Register(_)
        | NodeKind::MemoryRead { .. }
        | NodeKind::MemoryWord { .. }
        | NodeKind::InstanceOutput { .. } => None,
        NodeKind::Constant { bits, .. } => Some(bits.clone()),
        NodeKind::Wire { driver } => bits(driver.as_ref()?),
        NodeKind::Unary(op, a) => Some(unary(*op, module.shape(*a), &bits(a)?)),
        NodeKind::Binary(op, a, b) => {
            let flag = |flag: bool| Some(u32::from(flag).into());
            match op {
                BinaryOp::Equal => flag(bits(a)? == bits(b)?),
                BinaryOp::NotEqual => flag(bits(a)? != bits(b)?),
                BinaryOp::Less => flag(number(a)? < number(b)?),
                BinaryOp::LessOrEqual => flag(number(a)? <= number(b)?),
                BinaryOp::Add => Some(shape.to_bits(&(number(a)? + number(b)?))),
                BinaryOp::Subtract => Some(shape.to_bits(&(number(a)? - number(b)?))),
                BinaryOp::Multiply => Some(shape.to_bits(&(number(a)? * number(b)?))),
                BinaryOp::And => Some(bits(a)? & bits(b)?),
                BinaryOp::Or => Some(bits(a)? | bits(b)?),
                BinaryOp::Xor => Some(bits(a)? ^ bits(b)?),
                BinaryOp::ShiftLeft => {
                    let amount = amount(&bits(b)?, shape);
                    Some(shape.to_bits(&(number(a)? << amount)))
                }
                BinaryOp::ShiftRight => {
                    let amount = amount(&bits(b)?, shape);
                    Some(shape.to_bits(&(number(a)? >> amount)))
                }
            }
        }
        NodeKind::Mux {
            condition,
            then,
            otherwise,
        } => {
            if bits(condition)?.is_zero() {
                bits(otherwise)
            } else {
                bits(then)
            }
        }
        NodeKind::Case {
            selector,
            arms,
            default,
        } => {
            let selector = bits(selector)?;
            let arm = arms.iter().find(|(pattern, _)| pattern.bits == selector);
            bits(arm.map_or(default, |(_, value)| value))
        }
        NodeKind::Slice { value, lsb } => Some((bits(value)? >> *lsb) & mask(shape.width)),
        NodeKind::Concat(parts) => {
            let mut all = BigUint::zero();
            for part in parts {
                all = (all << module.shape(*part).width) | bits(part)?;
            }
            Some(all)
        }
        NodeKind::Extend(value) => Some(shape.to_bits(&number(value)?)),
        NodeKind::Cast(value) => bits(value),
    }
}

fn unary(op: UnaryOp, shape: Shape, a: &BigUint) -> BigUint {
    let all = mask(shape.width);
    match op {
        UnaryOp::Not => all ^ a,
        UnaryOp::Negate => shape.to_bits(&-BigInt::from(a.clone())),
        UnaryOp::ReduceAnd => u32::from(*a == all).into(),
        UnaryOp::ReduceOr => u32::from(!a.is_zero()).into(),
        UnaryOp::ReduceXor => u32::from(a.count_ones() % 2 == 1).into(),
    }
}

fn mask(width: u32) -> BigUint {
    (BigUint::one() << width) - 1u32
}

/// A shift amount; everything from the width on does the same.
fn amount(bits: &BigUint, shape: Shape) -> u32 {
    bits.to_u32().unwrap_or(u32::MAX).min(shape.width)
}
