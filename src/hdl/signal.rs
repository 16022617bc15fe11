//! Signals: handles to the values of a module.

use super::ir::{BinaryOp, CasePattern, NodeId, NodeKind, UnaryOp};
use super::module::made_at;
use super::{MAX_WIDTH, Module, Operand, Reg, Shape, bit, unsigned};
use num_bigint::{BigInt, BigUint};
use std::fmt;

/// A value in a module: a cheap handle with operators.
///
/// The shape rules stand in the [module documentation](super). All methods panic at the
/// caller's line when shapes do not fit.
#[derive(Clone, Copy)]
pub struct Signal<'m> {
    module: &'m Module,
    pub(super) id: NodeId,
}

impl fmt::Debug for Signal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.describe(), self.shape())
    }
}

impl<'m> From<Reg<'m>> for Signal<'m> {
    fn from(reg: Reg<'m>) -> Self {
        reg.q
    }
}

impl<'m> Signal<'m> {
    pub(super) fn new(module: &'m Module, id: NodeId) -> Self {
        Signal { module, id }
    }

    /// The module that the signal belongs to.
    pub fn module(self) -> &'m Module {
        self.module
    }

    /// The shape.
    pub fn shape(self) -> Shape {
        self.module.state().ir.shape(self.id)
    }

    /// The width in bits.
    pub fn width(self) -> u32 {
        self.shape().width
    }

    /// The name that it was given, if any.
    pub fn name(self) -> Option<String> {
        self.module.state().ir.node(self.id).name.clone()
    }

    /// The signal for a message: its name, or how and where it was made.
    pub(super) fn describe(self) -> String {
        match self.name() {
            Some(name) => format!("`{name}`"),
            None => {
                let operation = operation_name(&self.module.state().ir.node(self.id).kind);
                format!("{operation} (made at {})", made_at(self.module, self.id))
            }
        }
    }

    #[track_caller]
    pub(super) fn expect_shape(self, shape: Shape, role: &str) {
        assert!(
            self.shape() == shape,
            "{role} must be {shape}, {} is {}",
            self.describe(),
            self.shape()
        );
    }

    #[track_caller]
    pub(super) fn resolve(self, other: impl Operand<'m>) -> Signal<'m> {
        if let Some(value) = other.integer() {
            let shape = self.shape();
            assert!(
                shape.contains(&value),
                "{value} does not fit {}, which is {shape} ({} to {})",
                self.describe(),
                shape.min(),
                shape.max()
            );
        }
        let other = other.resolve(self.module, self.shape());
        self.module.own(other);
        other
    }

    /// Panics unless this value of a choice has the shape of `other`.
    #[track_caller]
    fn expect_shape_of(self, other: Signal<'m>, choice: &str, role: &str) {
        assert!(
            self.shape() == other.shape(),
            "`{choice}` needs equal shapes: {} is {}, {role} {} is {}",
            self.describe(),
            self.shape(),
            other.describe(),
            other.shape()
        );
    }

    #[track_caller]
    fn make(self, kind: NodeKind, shape: Shape) -> Signal<'m> {
        self.module.node(kind, shape, None)
    }

    // ---- names --------------------------------------------------------------------------

    /// The same value as a named wire.
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> Signal<'m> {
        let wire = self.module.wire(name, self.shape());
        wire.drive(self);
        wire
    }

    /// Adds a comment, printed above the declaration (beside it for a port).
    pub fn comment(self, text: &str) -> Signal<'m> {
        let mut state = self.module.state_mut();
        let port = state.ir.ports.iter_mut().find(|port| port.node == self.id);
        match port {
            Some(port) => port.comment = text.to_string(),
            None => state.ir.nodes[self.id.index()].comment = text.to_string(),
        }
        self
    }

    /// Drives a wire or output.
    #[track_caller]
    pub fn drive(self, value: impl Operand<'m>) {
        let value = self.resolve(value);
        assert!(
            matches!(
                self.module.state().ir.node(self.id).kind,
                NodeKind::Wire { .. }
            ),
            "{} cannot be driven: it is not a wire",
            self.describe()
        );
        assert!(
            value.shape() == self.shape(),
            "{} is {}, its driver {} is {}",
            self.describe(),
            self.shape(),
            value.describe(),
            value.shape()
        );
        self.module
            .drive_node(self.id, value, format!("wire {}", self.describe()));
    }

    // ---- operators ----------------------------------------------------------------------

    #[track_caller]
    pub(super) fn binary(self, op: BinaryOp, other: impl Operand<'m>) -> Signal<'m> {
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
    pub(super) fn shift(self, op: BinaryOp, amount: Signal<'m>) -> Signal<'m> {
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
    pub(super) fn complement(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::Not, self.id), self.shape())
    }

    #[track_caller]
    pub(super) fn negate(self) -> Signal<'m> {
        self.make(NodeKind::Unary(UnaryOp::Negate, self.id), self.shape())
    }

    #[track_caller]
    pub(super) fn shift_left_by(self, amount: u32) -> Signal<'m> {
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
    pub(super) fn shift_right_by(self, amount: u32) -> Signal<'m> {
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

    fn with_sign_of(self, other: Signal<'m>) -> Signal<'m> {
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

    // ---- choices ------------------------------------------------------------------------

    /// `then` where this bit is 1, else `otherwise`. An integer takes the other's shape.
    ///
    /// # Panics
    /// When the shapes differ, or both are integers, which have none.
    #[track_caller]
    pub fn mux(self, then: impl Operand<'m>, otherwise: impl Operand<'m>) -> Signal<'m> {
        self.module.one_bit(self, "the condition of `mux`");
        let (then, otherwise) = match (then.integer(), otherwise.integer()) {
            (None, _) => {
                // A signal resolves to itself, whatever the shape.
                let then = then.resolve(self.module, bit());
                (then, then.resolve(otherwise))
            }
            (Some(_), None) => {
                let otherwise = otherwise.resolve(self.module, bit());
                (otherwise.resolve(then), otherwise)
            }
            (Some(one), Some(other)) => panic!(
                "`mux` of {} between the integers {one} and {other} has no shape: use `m.lit` for one",
                self.describe()
            ),
        };
        self.module.own(then);
        assert!(
            then.shape() == otherwise.shape(),
            "`mux` needs equal shapes: {} is {}, {} is {}",
            then.describe(),
            then.shape(),
            otherwise.describe(),
            otherwise.shape()
        );
        let kind = NodeKind::Mux {
            condition: self.id,
            then: then.id,
            otherwise: otherwise.id,
        };
        self.make(kind, then.shape())
    }

    /// The value beside the pattern that this signal equals, else `default`.
    ///
    /// Patterns are values of this signal's shape and distinct.
    #[track_caller]
    pub fn case(self, arms: &[(u64, Signal<'m>)], default: impl Into<Signal<'m>>) -> Signal<'m> {
        let default = default.into();
        let arms = arms
            .iter()
            .map(|(pattern, value)| {
                assert!(
                    self.shape().contains(&BigInt::from(*pattern)),
                    "case pattern {pattern} does not fit {}, which is {}",
                    self.describe(),
                    self.shape()
                );
                (
                    CasePattern {
                        bits: BigUint::from(*pattern),
                        state: None,
                    },
                    *value,
                )
            })
            .collect();
        self.case_patterns(arms, default)
    }

    #[track_caller]
    pub(super) fn case_patterns(
        self,
        arms: Vec<(CasePattern, Signal<'m>)>,
        default: Signal<'m>,
    ) -> Signal<'m> {
        assert!(
            !self.shape().signed,
            "a case selector must be unsigned, {} is {}",
            self.describe(),
            self.shape()
        );
        self.module.own(default);
        for (i, (pattern, value)) in arms.iter().enumerate() {
            self.module.own(*value);
            value.expect_shape_of(default, "case", "the default");
            assert!(
                arms[..i]
                    .iter()
                    .all(|(other, _)| other.bits != pattern.bits),
                "case pattern {} stands twice",
                pattern.bits
            );
        }
        let arms = arms
            .into_iter()
            .map(|(pattern, value)| (pattern, value.id))
            .collect();
        let kind = NodeKind::Case {
            selector: self.id,
            arms,
            default: default.id,
        };
        self.make(kind, default.shape())
    }

    /// The item that this unsigned index selects; beyond the end, the last item. Items that the
    /// index cannot reach must fit too and are left out.
    ///
    /// # Panics
    /// When `items` is empty or their shapes differ.
    #[track_caller]
    pub fn select(self, items: &[Signal<'m>]) -> Signal<'m> {
        let (last, rest) = items
            .split_last()
            .expect("`select` needs at least one item");
        for item in rest {
            self.module.own(*item);
            item.expect_shape_of(*last, "select", "the last item");
        }
        let reachable = rest.len().min(1usize << self.width().min(31));
        let arms: Vec<_> = rest[..reachable]
            .iter()
            .enumerate()
            .map(|(i, item)| (i as u64, *item))
            .collect();
        if arms.is_empty() {
            *last
        } else {
            self.case(&arms, *last)
        }
    }

    // ---- bits ---------------------------------------------------------------------------

    /// Bits `lsb .. lsb + width`, unsigned.
    #[track_caller]
    pub fn slice(self, lsb: u32, width: u32) -> Signal<'m> {
        assert!(
            width > 0,
            "a slice of {} needs at least one bit",
            self.describe()
        );
        let end = u64::from(lsb) + u64::from(width);
        assert!(
            end <= u64::from(self.width()),
            "bits {lsb} to {} are not in {}, which is {}",
            end - 1,
            self.describe(),
            self.shape()
        );
        if lsb == 0 && width == self.width() {
            return self.as_unsigned();
        }
        self.make(
            NodeKind::Slice {
                value: self.id,
                lsb,
            },
            unsigned(width),
        )
    }

    /// One bit.
    #[track_caller]
    pub fn bit(self, index: u32) -> Signal<'m> {
        self.slice(index, 1)
    }

    /// The most significant bit.
    #[track_caller]
    pub fn msb(self) -> Signal<'m> {
        self.bit(self.width() - 1)
    }

    /// The lowest `width` bits; signedness stays.
    #[track_caller]
    pub fn truncate(self, width: u32) -> Signal<'m> {
        if width == self.width() {
            return self;
        }
        self.slice(0, width).with_sign_of(self)
    }

    /// An unsigned value with zeros above, `width` bits in all.
    #[track_caller]
    pub fn zero_extend(self, width: u32) -> Signal<'m> {
        assert!(
            !self.shape().signed,
            "`zero_extend` is for unsigned values, {} is {}: say `as_unsigned` first",
            self.describe(),
            self.shape()
        );
        self.extend(width)
    }

    /// A signed value with copies of its sign above, `width` bits in all.
    #[track_caller]
    pub fn sign_extend(self, width: u32) -> Signal<'m> {
        assert!(
            self.shape().signed,
            "`sign_extend` is for signed values, {} is {}: say `as_signed` first",
            self.describe(),
            self.shape()
        );
        self.extend(width)
    }

    /// The value with `width` bits, widened by its own signedness.
    #[track_caller]
    pub fn extend(self, width: u32) -> Signal<'m> {
        let shape = self.shape();
        assert!(
            width >= shape.width,
            "{} is {shape} and cannot be widened to {width} bits",
            self.describe()
        );
        if width == shape.width {
            return self;
        }
        self.make(NodeKind::Extend(self.id), Shape { width, ..shape })
    }

    /// The same bits as a signed value.
    #[track_caller]
    pub fn as_signed(self) -> Signal<'m> {
        self.cast(true)
    }

    /// The same bits as an unsigned value.
    #[track_caller]
    pub fn as_unsigned(self) -> Signal<'m> {
        self.cast(false)
    }

    #[track_caller]
    fn cast(self, signed: bool) -> Signal<'m> {
        let shape = self.shape();
        if shape.signed == signed {
            return self;
        }
        self.make(NodeKind::Cast(self.id), Shape { signed, ..shape })
    }

    /// `count` copies side by side.
    #[track_caller]
    pub fn repeat(self, count: u32) -> Signal<'m> {
        let width = u64::from(self.width()) * u64::from(count);
        assert!(
            (1..=u64::from(MAX_WIDTH)).contains(&width),
            "{count} copies of {} would have {width} bits: a signal has 1 to {MAX_WIDTH}",
            self.describe()
        );
        concat(&vec![self; count as usize])
    }

    /// This value where `keep` is 1, else 0.
    #[track_caller]
    pub fn gate(self, keep: impl Into<Signal<'m>>) -> Signal<'m> {
        keep.into().mux(self, 0)
    }

    /// Cuts the value into parts of `width` bits, the lowest first.
    #[track_caller]
    pub fn split(self, width: u32) -> Vec<Signal<'m>> {
        assert!(
            self.width().is_multiple_of(width),
            "{} is {} and cannot be cut into parts of {width} bits",
            self.describe(),
            self.shape()
        );
        (0..self.width() / width)
            .map(|i| self.slice(i * width, width))
            .collect()
    }
}

/// The parts side by side, the first in the most significant place; the result is unsigned.
///
/// # Panics
/// When `parts` is empty.
#[track_caller]
pub fn concat<'m>(parts: &[impl Into<Signal<'m>> + Copy]) -> Signal<'m> {
    let parts: Vec<Signal<'m>> = parts.iter().map(|part| (*part).into()).collect();
    let first = *parts.first().expect("`concat` needs at least one part");
    if parts.len() == 1 {
        return first.as_unsigned();
    }
    let mut width = 0u32;
    for part in &parts {
        first.module.own(*part);
        width = width.saturating_add(part.width());
    }
    let shape = Shape {
        width,
        signed: false,
    };
    first.make(
        NodeKind::Concat(parts.iter().map(|part| part.id).collect()),
        shape,
    )
}

/// The value beside the first condition that is 1, else `default`.
#[track_caller]
pub fn first_match<'m>(
    arms: &[(Signal<'m>, Signal<'m>)],
    default: impl Into<Signal<'m>>,
) -> Signal<'m> {
    let default = default.into();
    for (_, then) in arms {
        then.expect_shape_of(default, "first_match", "the default");
    }
    let mut value = default;
    for (condition, then) in arms.iter().rev() {
        value = condition.mux(*then, value);
    }
    value
}

fn symbol(op: BinaryOp) -> &'static str {
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

/// What an unnamed node is, for messages.
pub(super) fn operation_name(kind: &NodeKind) -> String {
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
        NodeKind::Input(_)
        | NodeKind::Wire { .. }
        | NodeKind::Register(_)
        | NodeKind::MemoryRead { .. } => "a signal".into(),
    }
}
