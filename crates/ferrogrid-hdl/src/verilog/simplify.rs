//! Expressions from expressions: the shortest way to write the same value.

use super::ast::{BinaryOp as Op, Expr, UnaryOp};
use crate::Shape;
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};

/// All values of a selector of this width have an arm.
pub(super) fn is_exhaustive(arms: usize, width: u32) -> bool {
    width < usize::BITS && arms == 1usize << width
}

/// A constant of a shape.
pub(super) fn constant(shape: Shape, bits: &BigUint) -> Expr {
    Expr::Constant {
        width: shape.width,
        signed: shape.signed,
        bits: bits.clone(),
    }
}

pub(super) fn repeat(count: u32, part: Expr) -> Expr {
    if count == 1 {
        part
    } else {
        Expr::Repeat(count, Box::new(part))
    }
}

/// A concatenation without needless nesting.
pub(super) fn concat(parts: Vec<Expr>) -> Expr {
    let mut all: Vec<Expr> = Vec::new();
    for part in parts {
        match part {
            Expr::Concat(inner) => all.extend(inner),
            // What stands in braces is self-determined and unsigned already.
            Expr::Signed(inner) | Expr::Unsigned(inner) => all.push(*inner),
            part => all.push(part.as_plain_constant()),
        }
    }
    let mut merged: Vec<Expr> = Vec::new();
    let mut rest = &all[..];
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|part| *part == first).count();
        let repeats = run > 3 || run > 1 && rest.len() == run && all.len() == run;
        if repeats && first.is_simple() {
            merged.push(repeat(run as u32, first.clone()));
        } else {
            merged.extend_from_slice(&rest[..run]);
        }
        rest = &rest[run..];
    }
    if merged.len() == 1 {
        merged.remove(0).as_unsigned()
    } else {
        Expr::Concat(merged)
    }
}

/// The complement of one bit.
pub(super) fn negated(bit: Expr) -> Expr {
    match bit {
        Expr::Unary(UnaryOp::Not, inner) if !inner.is_signed() => *inner,
        Expr::Constant { bits, .. } => Expr::bit(bits.is_zero()),
        Expr::Binary(Op::Equal, a, b) => Expr::Binary(Op::NotEqual, a, b),
        Expr::Binary(Op::NotEqual, a, b) => Expr::Binary(Op::Equal, a, b),
        Expr::Binary(Op::Less, a, b) => Expr::Binary(Op::GreaterOrEqual, a, b),
        Expr::Binary(Op::LessOrEqual, a, b) => Expr::Binary(Op::Greater, a, b),
        Expr::Binary(Op::Greater, a, b) => Expr::Binary(Op::LessOrEqual, a, b),
        Expr::Binary(Op::GreaterOrEqual, a, b) => Expr::Binary(Op::Less, a, b),
        bit => Expr::unary(UnaryOp::Not, bit),
    }
}

/// `left && right` or `left || right` of single bits, without constants.
pub(super) fn logical(op: Op, left: Expr, right: Expr) -> Expr {
    for (bit, other) in [(&left, &right), (&right, &left)] {
        if let Expr::Constant { bits, .. } = bit {
            let decides = bits.is_one() == (op == Op::LogicalOr);
            return if decides { bit.clone() } else { other.clone() };
        }
    }
    Expr::binary(op, left, right)
}

/// `left == right`, without comparing one bit to a constant.
pub(super) fn equal(left: Expr, right: Expr) -> Expr {
    match (&left, &right) {
        (Expr::Constant { bits: a, .. }, Expr::Constant { bits: b, .. }) => Expr::bit(a == b),
        (_, Expr::Constant { width: 1, bits, .. }) => {
            if bits.is_one() {
                left
            } else {
                negated(left)
            }
        }
        (Expr::Constant { width: 1, bits, .. }, _) => {
            if bits.is_one() {
                right
            } else {
                negated(right)
            }
        }
        (Expr::Constant { .. }, _) => Expr::binary(Op::Equal, right, left),
        _ => Expr::binary(Op::Equal, left, right),
    }
}

/// `left < right`, or `left <= right`. Comparisons that are always true or false are not
/// printed: lint tools take them for mistakes, even where the constant has a name.
pub(super) fn compare(
    or_equal: bool,
    shape: Shape,
    (left, right): (Expr, Expr),
    (a, b): (Option<BigInt>, Option<BigInt>),
) -> Expr {
    if let (Some(a), Some(b)) = (&a, &b) {
        return Expr::bit(if or_equal { a <= b } else { a < b });
    }
    let (min, max) = (Some(shape.min()), Some(shape.max()));
    if or_equal && (a == min || b == max) {
        return Expr::bit(true);
    }
    if !or_equal && (b == min || a == max) {
        return Expr::bit(false);
    }
    if shape.width == 1 {
        // Of signed bits the one that is set is the lesser.
        let (left, right) = if shape.signed {
            (right, left)
        } else {
            (left, right)
        };
        let op = if or_equal {
            Op::LogicalOr
        } else {
            Op::LogicalAnd
        };
        return logical(op, negated(left), right);
    }
    let (left, right) = same_signedness(shape.signed, left, right);
    match (a.is_some(), or_equal) {
        (true, true) => Expr::binary(Op::GreaterOrEqual, right, left),
        (true, false) => Expr::binary(Op::Greater, right, left),
        (false, true) => Expr::binary(Op::LessOrEqual, left, right),
        (false, false) => Expr::binary(Op::Less, left, right),
    }
}

/// Operands that Verilog takes together as signed or unsigned.
pub(super) fn same_signedness(signed: bool, left: Expr, right: Expr) -> (Expr, Expr) {
    if signed {
        (left.as_signed(), right.as_signed())
    } else {
        // One unsigned operand would do; saying it of both leaves nothing to look up.
        (left.as_unsigned(), right.as_unsigned())
    }
}

/// An operand of a product. The minus of a negative constant would be an operator of the
/// product's width, which lint tools take for a mistake; its bit pattern is not.
pub(super) fn factor(expr: Expr) -> Expr {
    match &expr {
        Expr::Constant {
            width,
            signed: true,
            bits,
        } if bits.bit(u64::from(*width) - 1) => {
            Expr::Signed(Box::new(Expr::unsigned(*width, bits.clone())))
        }
        _ => expr,
    }
}

/// The magnitude of a negative constant whose magnitude fits its width.
pub(super) fn negative_constant(expr: &Expr) -> Option<Expr> {
    let Expr::Constant {
        width,
        signed: true,
        bits,
    } = expr
    else {
        return None;
    };
    if !bits.bit(u64::from(*width) - 1) {
        return None;
    }
    let magnitude = (BigUint::one() << *width) - bits;
    let fits = !magnitude.bit(u64::from(*width) - 1);
    fits.then_some(Expr::Constant {
        width: *width,
        signed: true,
        bits: magnitude,
    })
}
