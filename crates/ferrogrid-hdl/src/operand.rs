//! What may stand beside a signal in an operation, and the operators.

use super::ir::BinaryOp;
use super::{Module, Reg, Shape, Signal};
use num_bigint::{BigInt, BigUint};
use std::ops::{Add, BitAnd, BitOr, BitXor, Mul, Neg, Not, Shl, Shr, Sub};

/// A signal, or an integer that takes the shape of the signal beside it.
pub trait Operand<'m> {
    /// The operand as a signal; an integer becomes a constant of `shape`.
    ///
    /// # Panics
    /// When an integer does not fit the shape.
    fn resolve(self, module: &'m Module, shape: Shape) -> Signal<'m>;

    /// The value of an integer; a signal has none.
    fn integer(&self) -> Option<BigInt> {
        None
    }
}

impl<'m> Operand<'m> for Signal<'m> {
    fn resolve(self, _: &'m Module, _: Shape) -> Signal<'m> {
        self
    }
}

impl<'m> Operand<'m> for Reg<'m> {
    fn resolve(self, _: &'m Module, _: Shape) -> Signal<'m> {
        self.q
    }
}

macro_rules! integer_operand {
    ($($type:ty),*) => {
        $(impl<'m> Operand<'m> for $type {
            #[track_caller]
            fn resolve(self, module: &'m Module, shape: Shape) -> Signal<'m> {
                module.lit(BigInt::from(self), shape)
            }
            fn integer(&self) -> Option<BigInt> {
                Some(BigInt::from(<$type>::clone(self)))
            }
        })*
    };
}

integer_operand!(
    i32, i8, i16, i64, i128, u8, u16, u32, u64, u128, usize, BigInt, BigUint
);

impl<'m> Operand<'m> for bool {
    #[track_caller]
    fn resolve(self, module: &'m Module, shape: Shape) -> Signal<'m> {
        module.lit(i32::from(self), shape)
    }
    fn integer(&self) -> Option<BigInt> {
        Some(BigInt::from(i32::from(*self)))
    }
}

macro_rules! binary_operator {
    ($($trait:ident, $method:ident, $op:expr;)*) => {
        $(
            impl<'m, T: Operand<'m>> $trait<T> for Signal<'m> {
                type Output = Signal<'m>;
                #[track_caller]
                fn $method(self, other: T) -> Signal<'m> {
                    self.binary($op, other)
                }
            }
            impl<'m, T: Operand<'m>> $trait<T> for Reg<'m> {
                type Output = Signal<'m>;
                #[track_caller]
                fn $method(self, other: T) -> Signal<'m> {
                    self.q.binary($op, other)
                }
            }
            impl<'m> $trait<Signal<'m>> for i32 {
                type Output = Signal<'m>;
                #[track_caller]
                fn $method(self, other: Signal<'m>) -> Signal<'m> {
                    other.resolve(self).binary($op, other)
                }
            }
            impl<'m> $trait<Reg<'m>> for i32 {
                type Output = Signal<'m>;
                #[track_caller]
                fn $method(self, other: Reg<'m>) -> Signal<'m> {
                    other.q.resolve(self).binary($op, other.q)
                }
            }
        )*
    };
}

binary_operator! {
    Add, add, BinaryOp::Add;
    Sub, sub, BinaryOp::Subtract;
    Mul, mul, BinaryOp::Multiply;
    BitAnd, bitand, BinaryOp::And;
    BitOr, bitor, BinaryOp::Or;
    BitXor, bitxor, BinaryOp::Xor;
}

/// A variable shift needs an unsigned signal; a shift by a constant is wiring.
macro_rules! shift_operator {
    ($trait:ident, $method:ident, $op:expr, $constant:ident) => {
        impl<'m> $trait<Signal<'m>> for Signal<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, amount: Signal<'m>) -> Signal<'m> {
                self.shift($op, amount)
            }
        }
        impl<'m> $trait<u32> for Signal<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, amount: u32) -> Signal<'m> {
                self.$constant(amount)
            }
        }
        impl<'m> $trait<Reg<'m>> for Signal<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, amount: Reg<'m>) -> Signal<'m> {
                self.shift($op, amount.q)
            }
        }
        impl<'m> $trait<Signal<'m>> for Reg<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, amount: Signal<'m>) -> Signal<'m> {
                self.q.shift($op, amount)
            }
        }
        impl<'m> $trait<Reg<'m>> for Reg<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, amount: Reg<'m>) -> Signal<'m> {
                self.q.shift($op, amount.q)
            }
        }
        impl<'m> $trait<u32> for Reg<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, amount: u32) -> Signal<'m> {
                self.q.$constant(amount)
            }
        }
    };
}

shift_operator!(Shl, shl, BinaryOp::ShiftLeft, shift_left_by);
shift_operator!(Shr, shr, BinaryOp::ShiftRight, shift_right_by);

impl<'m> Not for Signal<'m> {
    type Output = Signal<'m>;
    #[track_caller]
    fn not(self) -> Signal<'m> {
        self.complement()
    }
}

impl<'m> Not for Reg<'m> {
    type Output = Signal<'m>;
    #[track_caller]
    fn not(self) -> Signal<'m> {
        self.q.complement()
    }
}

impl<'m> Neg for Signal<'m> {
    type Output = Signal<'m>;
    #[track_caller]
    fn neg(self) -> Signal<'m> {
        self.negate()
    }
}

impl<'m> Neg for Reg<'m> {
    type Output = Signal<'m>;
    #[track_caller]
    fn neg(self) -> Signal<'m> {
        self.q.negate()
    }
}
