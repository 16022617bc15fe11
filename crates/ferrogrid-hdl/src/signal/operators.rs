//! Operators.

use super::{Signal, concat};
use crate::ir::{BinaryOp, NodeKind, UnaryOp};
use crate::operation::symbol;
use crate::{MAX_WIDTH, Operand, Shape, bit, unsigned};

impl<'m> Signal<'m> {
    #[track_caller]
    pub(crate) fn binary(self, op: BinaryOp, other: impl Operand<'m>) -> Signal<'m> {
        let other = self.resolve(other);
        let (left, right) = (self.shape(), other.shape());
        let shape = if op == BinaryOp::Multiply {
            assert!(
                left.signed == right.signed,
                "`*` needs operands of equal signedness: {} is {left}, {} is {right}",
                self.describe(),
                other.describe()
            );
            let width = left.width + right.width;
            assert!(
                width <= MAX_WIDTH,
                "the product of {} and {} would have {width} bits: a signal has 1 to {MAX_WIDTH}",
                self.describe(),
                other.describe()
            );
            Shape {
                width,
                signed: left.signed,
            }
        } else {
            assert!(
                left == right,
                "`{}` needs equal shapes: {} is {left}, {} is {right}",
                symbol(op),
                self.describe(),
                other.describe()
            );
            match op {
                BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::LessOrEqual => {
                    bit()
                }
                _ => left,
            }
        };
        self.make(NodeKind::Binary(op, self.id, other.id), shape)
    }

    #[track_caller]
    pub(crate) fn shift(self, op: BinaryOp, amount: Signal<'m>) -> Signal<'m> {
        self.module.own(amount);
        assert!(
            !amount.shape().signed,
            "a shift amount must be unsigned, {} is {}",
            amount.describe(),
            amount.shape()
        );
        self.make(NodeKind::Binary(op, self.id, amount.id), self.shape())
    }

    #[track_caller]
    pub(crate) fn complement(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::Not, self.id), self.shape())
    }

    #[track_caller]
    pub(crate) fn negate(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::Negate, self.id), self.shape())
    }

    #[track_caller]
    pub(crate) fn shift_left_by(self, amount: u32) -> Signal<'m> {
        let width = self.width();
        if amount == 0 {
            return self;
        }
        let zeros = self.module.zero(unsigned(amount.min(width)));
        let bits = if amount >= width {
            zeros
        } else {
            concat(&[self.slice(0, width - amount), zeros])
        };
        bits.with_sign_of(self)
    }

    #[track_caller]
    pub(crate) fn shift_right_by(self, amount: u32) -> Signal<'m> {
        let shape = self.shape();
        if amount == 0 {
            return self;
        }
        // Beyond the width only the sign is left; the last kept bit is the sign itself.
        let kept = if amount < shape.width {
            self.slice(amount, shape.width - amount)
        } else if shape.signed {
            self.msb()
        } else {
            return self.module.zero(shape);
        };
        if shape.signed {
            kept.as_signed().sign_extend(shape.width)
        } else {
            kept.zero_extend(shape.width)
        }
    }

    pub(super) fn with_sign_of(self, other: Signal<'m>) -> Signal<'m> {
        if other.shape().signed {
            self.as_signed()
        } else {
            self
        }
    }

    /// One bit: equal.
    #[track_caller]
    pub fn eq(self, other: impl Operand<'m>) -> Signal<'m> {
        self.binary(BinaryOp::Equal, other)
    }

    /// One bit: not equal.
    #[track_caller]
    pub fn ne(self, other: impl Operand<'m>) -> Signal<'m> {
        self.binary(BinaryOp::NotEqual, other)
    }

    /// One bit: less than.
    #[track_caller]
    pub fn lt(self, other: impl Operand<'m>) -> Signal<'m> {
        self.binary(BinaryOp::Less, other)
    }

    /// One bit: less than or equal.
    #[track_caller]
    pub fn le(self, other: impl Operand<'m>) -> Signal<'m> {
        self.binary(BinaryOp::LessOrEqual, other)
    }

    /// One bit: greater than.
    #[track_caller]
    pub fn gt(self, other: impl Operand<'m>) -> Signal<'m> {
        let other = self.resolve(other);
        other.binary(BinaryOp::Less, self)
    }

    /// One bit: greater than or equal.
    #[track_caller]
    pub fn ge(self, other: impl Operand<'m>) -> Signal<'m> {
        let other = self.resolve(other);
        other.binary(BinaryOp::LessOrEqual, self)
    }

    /// One bit: all bits are 1.
    #[track_caller]
    pub fn all(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::ReduceAnd, self.id), bit())
    }

    /// One bit: some bit is 1.
    #[track_caller]
    pub fn any(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::ReduceOr, self.id), bit())
    }

    /// One bit: the number of 1 bits is odd.
    #[track_caller]
    pub fn parity(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::ReduceXor, self.id), bit())
    }
}
