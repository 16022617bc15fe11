//! Typed expressions: each knows its width and its Verilog signedness.
//!
//! Verilog widens operands to the width of their context and treats them as unsigned as soon
//! as one of them is. The constructors here refuse expressions in which that would happen
//! unasked: operands of a context-determined operator have equal widths, so a printed
//! expression means the same wherever it stands. [`BinaryOp::Multiply`], which is as wide as both
//! operands together, and [`Expr::Widened`] are the exceptions ([`Expr::stands_alone`]). An
//! arithmetic shift right loses its sign in an unsigned context, so as an operand it stands inside
//! `$signed`.

use num_bigint::BigUint;
use num_traits::One;
use std::rc::Rc;

/// A declared net, variable or port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Net {
    /// The identifier.
    pub name: Rc<str>,
    /// Bits.
    pub width: u32,
    /// Declared `signed`.
    pub signed: bool,
}

/// An expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expr {
    /// A whole net.
    Net(Net),
    /// Bits of a net; fewer than all of them.
    Select {
        /// The net.
        net: Net,
        /// Highest bit taken.
        msb: u32,
        /// Lowest bit taken.
        lsb: u32,
    },
    /// A sized constant.
    Constant {
        /// Bits.
        width: u32,
        /// Printed with the `s` of a signed constant.
        signed: bool,
        /// The bit pattern.
        bits: BigUint,
    },
    /// A `localparam`.
    Parameter {
        /// The identifier.
        name: Rc<str>,
        /// Bits.
        width: u32,
    },
    /// A unary operator.
    Unary(UnaryOp, Box<Expr>),
    /// A binary operator.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// A product or a net that is as wide as the assignment it stands in, which is wider than itself:
    /// Verilog widens by signedness.
    Widened {
        /// A [`BinaryOp::Multiply`], the whole right-hand side, or a net, an operand of it.
        value: Box<Expr>,
        /// Bits of the assignment.
        width: u32,
    },
    /// `condition ? then : otherwise`.
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `{a, b}`, most significant first.
    Concat(Vec<Expr>),
    /// `{n{a}}`.
    Repeat(u32, Box<Expr>),
    /// `$signed(a)`; what is inside is self-determined.
    Signed(Box<Expr>),
    /// `$unsigned(a)`; what is inside is self-determined.
    Unsigned(Box<Expr>),
    /// A word of a memory.
    Word {
        /// The memory's identifier.
        memory: Rc<str>,
        /// Bits of a word.
        width: u32,
        /// The address.
        index: Box<Expr>,
    },
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    /// `!`, of one bit.
    Not,
    /// `~`.
    Complement,
    /// `-`.
    Negate,
    /// `&`.
    ReduceAnd,
    /// `|`.
    ReduceOr,
    /// `^`.
    ReduceXor,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// `*`
    Multiply,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// `>>>`
    ArithmeticShiftRight,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `!==`, which takes unknown for different.
    CaseNotEqual,
    /// `&`
    And,
    /// `^`
    Xor,
    /// `|`
    Or,
    /// `&&`, of single bits.
    LogicalAnd,
    /// `||`, of single bits.
    LogicalOr,
}

impl BinaryOp {
    /// The result is one bit whatever the operands are.
    pub fn is_comparison(self) -> bool {
        use BinaryOp::*;
        matches!(
            self,
            Less | LessOrEqual | Greater | GreaterOrEqual | Equal | NotEqual | CaseNotEqual
        )
    }

    /// The right operand is an amount, which neither widens nor is widened.
    pub fn is_shift(self) -> bool {
        use BinaryOp::*;
        matches!(self, ShiftLeft | ShiftRight | ArithmeticShiftRight)
    }
}

impl Expr {
    /// A constant of one unsigned bit.
    pub fn bit(value: bool) -> Expr {
        Expr::Constant {
            width: 1,
            signed: false,
            bits: u32::from(value).into(),
        }
    }

    /// An unsigned constant.
    pub fn unsigned(width: u32, bits: impl Into<BigUint>) -> Expr {
        Expr::Constant {
            width,
            signed: false,
            bits: bits.into(),
        }
    }

    /// A unary operator.
    pub fn unary(op: UnaryOp, operand: Expr) -> Expr {
        Expr::Unary(op, Box::new(operand))
    }

    /// A binary operator.
    pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
        debug_assert!(
            op == BinaryOp::Multiply || op.is_shift() || left.width() == right.width(),
            "operands of {op:?} differ in width: {left:?}, {right:?}"
        );
        Expr::Binary(op, Box::new(left), Box::new(right))
    }

    /// `condition ? then : otherwise`.
    pub fn ternary(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
        debug_assert!(condition.width() == 1 && then.width() == otherwise.width());
        Expr::Ternary(Box::new(condition), Box::new(then), Box::new(otherwise))
    }

    /// Bits of the expression as Verilog counts them on their own, except that a product is as
    /// wide as its operands together.
    pub fn width(&self) -> u32 {
        match self {
            Expr::Net(net) => net.width,
            Expr::Select { msb, lsb, .. } => msb - lsb + 1,
            Expr::Constant { width, .. }
            | Expr::Parameter { width, .. }
            | Expr::Widened { width, .. }
            | Expr::Word { width, .. } => *width,
            Expr::Unary(UnaryOp::Complement | UnaryOp::Negate, operand) => operand.width(),
            Expr::Unary(..) => 1,
            Expr::Binary(BinaryOp::Multiply, left, right) => left.width() + right.width(),
            Expr::Binary(op, left, _) => {
                if op.is_comparison() {
                    1
                } else {
                    left.width()
                }
            }
            Expr::Ternary(_, then, _) => then.width(),
            Expr::Concat(parts) => parts.iter().map(Expr::width).sum(),
            Expr::Repeat(count, part) => count * part.width(),
            Expr::Signed(inner) | Expr::Unsigned(inner) => inner.width(),
        }
    }

    /// Verilog takes the expression as signed.
    pub fn is_signed(&self) -> bool {
        match self {
            Expr::Net(net) => net.signed,
            Expr::Constant { signed, .. } => *signed,
            Expr::Unary(UnaryOp::Complement | UnaryOp::Negate, operand) => operand.is_signed(),
            Expr::Binary(op, left, right) => match op {
                BinaryOp::LogicalAnd | BinaryOp::LogicalOr => false,
                op if op.is_comparison() => false,
                op if op.is_shift() => left.is_signed(),
                _ => left.is_signed() && right.is_signed(),
            },
            Expr::Ternary(_, then, otherwise) => then.is_signed() && otherwise.is_signed(),
            Expr::Widened { value, .. } => value.is_signed(),
            Expr::Signed(_) => true,
            Expr::Select { .. }
            | Expr::Parameter { .. }
            | Expr::Unary(..)
            | Expr::Concat(_)
            | Expr::Repeat(..)
            | Expr::Unsigned(_)
            | Expr::Word { .. } => false,
        }
    }

    /// The expression, taken as signed.
    pub fn as_signed(self) -> Expr {
        match self {
            Expr::Unsigned(inner) if inner.is_signed() => *inner,
            Expr::Constant { width, bits, .. } => Expr::Constant {
                width,
                signed: true,
                bits,
            },
            expr if expr.is_signed() => expr,
            expr => Expr::Signed(Box::new(expr)),
        }
    }

    /// The expression, taken as unsigned.
    pub fn as_unsigned(self) -> Expr {
        match self {
            Expr::Signed(inner) if !inner.is_signed() => *inner,
            Expr::Constant { width, bits, .. } => Expr::Constant {
                width,
                signed: false,
                bits,
            },
            expr if !expr.is_signed() => expr,
            expr => Expr::Unsigned(Box::new(expr)),
        }
    }

    /// A constant without the signedness that only its value's spelling needs.
    pub fn as_plain_constant(self) -> Expr {
        match self {
            Expr::Constant { width, bits, .. } => Expr::Constant {
                width,
                signed: false,
                bits,
            },
            expr => expr,
        }
    }

    /// Something that reads well wherever it is repeated: a name, bits of it, or a constant.
    pub fn is_simple(&self) -> bool {
        match self {
            Expr::Net(_) | Expr::Select { .. } | Expr::Constant { .. } | Expr::Parameter { .. } => {
                true
            }
            Expr::Signed(inner) | Expr::Unsigned(inner) => inner.is_simple(),
            _ => false,
        }
    }

    /// Keeps its meaning only as the whole right-hand side of an assignment of its width.
    pub fn stands_alone(&self) -> bool {
        let widened = matches!(self, Expr::Widened { .. });
        widened || matches!(self, Expr::Binary(BinaryOp::Multiply, ..)) || self.widens_a_net()
    }

    /// An operand is a net that the assignment widens, which lint tools take for a mistake.
    pub fn widens_a_net(&self) -> bool {
        let widened = |operand: &Expr| matches!(operand, Expr::Widened { .. });
        matches!(self, Expr::Binary(_, left, right) if widened(left) || widened(right))
    }

    /// The bits `lsb .. lsb + width`, if that can be written without a name for the whole.
    pub fn slice(&self, lsb: u32, width: u32) -> Option<Expr> {
        if lsb == 0 && width == self.width() && self.is_simple() {
            return Some(self.clone());
        }
        match self {
            Expr::Net(net) => Some(Expr::Select {
                net: net.clone(),
                msb: lsb + width - 1,
                lsb,
            }),
            Expr::Select { net, lsb: base, .. } => Some(Expr::Select {
                net: net.clone(),
                msb: base + lsb + width - 1,
                lsb: base + lsb,
            }),
            Expr::Constant { bits, .. } => {
                let mask = (BigUint::one() << width) - 1u32;
                Some(Expr::unsigned(width, (bits >> lsb) & mask))
            }
            Expr::Signed(inner) | Expr::Unsigned(inner) => inner.slice(lsb, width),
            Expr::Concat(parts) => {
                let mut taken = Vec::new();
                let mut base = 0;
                for part in parts.iter().rev() {
                    let (low, high) = (lsb.max(base), (lsb + width).min(base + part.width()));
                    if low < high {
                        if low == base && high == base + part.width() {
                            taken.push(part.clone());
                        } else {
                            taken.push(part.slice(low - base, high - low)?);
                        }
                    }
                    base += part.width();
                }
                taken.reverse();
                Some(if taken.len() == 1 {
                    taken.remove(0).as_unsigned()
                } else {
                    Expr::Concat(taken)
                })
            }
            Expr::Repeat(_, part) if part.width() == 1 => Some(if width == 1 {
                (**part).clone()
            } else {
                Expr::Repeat(width, part.clone())
            }),
            _ => None,
        }
    }

    /// Calls `visit` for each net read, with the highest and lowest bit read.
    pub fn reads(&self, visit: &mut impl FnMut(&str, u32, u32)) {
        match self {
            Expr::Net(net) => visit(&net.name, net.width - 1, 0),
            Expr::Select { net, msb, lsb } => visit(&net.name, *msb, *lsb),
            Expr::Constant { .. } => {}
            Expr::Parameter { name, width } => visit(name, width - 1, 0),
            Expr::Unary(_, operand) | Expr::Repeat(_, operand) => operand.reads(visit),
            Expr::Signed(inner) | Expr::Unsigned(inner) | Expr::Widened { value: inner, .. } => {
                inner.reads(visit)
            }
            Expr::Binary(_, left, right) => {
                left.reads(visit);
                right.reads(visit);
            }
            Expr::Ternary(condition, then, otherwise) => {
                condition.reads(visit);
                then.reads(visit);
                otherwise.reads(visit);
            }
            Expr::Concat(parts) => parts.iter().for_each(|part| part.reads(visit)),
            Expr::Word { memory, index, .. } => {
                visit(memory, 0, 0);
                index.reads(visit);
            }
        }
    }
}
