//! The operations of the compiled program on values of at most 64 bits.
//!
//! Every value is kept masked to its width. Immediate operands are *shifts*: the mask of a
//! `w`-bit result is `u64::MAX >> (64 - w)`, and a `w`-bit operand is sign-extended by moving
//! it left and arithmetically right by `64 - w`. Several shifts share one `u32`, see [`pack`].

/// What an instruction does. The comment gives its operands; `c` is immediate unless stated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(super) enum Op {
    /// `a`
    Copy,
    /// `(a + b)`, mask `c`
    Add,
    /// `(a - b)`, mask `c`
    Subtract,
    /// Sum of `a` and `b`, each sign-extended first: `pack(a, b, mask)`.
    AddExtended,
    /// Difference, as [`Op::AddExtended`].
    SubtractExtended,
    /// Unsigned product, which fits.
    Multiply,
    /// Product of sign-extended operands, as [`Op::AddExtended`].
    MultiplyExtended,
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a ^ b`
    Xor,
    /// `a == b`
    Equal,
    /// `a != b`
    NotEqual,
    /// `a < b`, unsigned
    Less,
    /// `a <= b`, unsigned
    LessOrEqual,
    /// `a < b` after sign extension: `pack(a, b, 0)`
    LessExtended,
    /// `a <= b` after sign extension: `pack(a, b, 0)`
    LessOrEqualExtended,
    /// `a << b`, mask `c`
    ShiftLeft,
    /// `a >> b`
    ShiftRight,
    /// Arithmetic right shift of `a`, whose extension and mask are both `c`.
    ShiftRightExtended,
    /// `a ? b : c`, all three values
    Mux,
    /// `(a >> r) & mask`: `pack(r, 0, mask)`
    Slice,
    /// `(a << c) | b`
    Concat,
    /// `b | (((a >> r) & mask) << l)`: `pack(r, l, mask)`
    Insert,
    /// Parts `a..b` of the table of parts, put together.
    Pack,
    /// `a` sign-extended: `pack(a, 0, mask)`
    SignExtend,
    /// Copies of the sign of `a`: `pack(a, 0, mask)`
    SignFill,
    /// Exclusive or of all bits of `a`
    Parity,
    /// Entry `min(a, c)` of the table of values at `b`
    Select,
    /// Word `c` of the memory word at address `a` of memory `b` of the table of memories
    Load,
    /// Instruction `a` of the list of instructions on wide values
    Wide,
}

/// Number of operations.
pub(super) const OP_COUNT: usize = Op::Wide as usize + 1;

/// Bits of a value that [`Op::Pack`] moves to their place: `((value >> r) & mask) << l`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub value: u32,
    /// `pack(r, l, mask)`
    pub shifts: u32,
}

/// Operation and operands before values have their final places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Micro {
    pub op: Op,
    pub dst: u32,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// Operands of one instruction; the operation stands at the run that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    pub dst: u32,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// Whether an operation has one value as operand, beside immediate ones.
pub(super) const fn is_unary(op: Op) -> bool {
    matches!(
        op,
        Op::Copy | Op::Slice | Op::SignExtend | Op::SignFill | Op::Parity
    )
}

/// Three shifts in one immediate operand.
pub(super) const fn pack(first: u32, second: u32, mask: u32) -> u32 {
    first | second << 8 | mask << 16
}

/// The shift that masks a value of this width (1 to 64).
pub(super) const fn shift_of(width: u32) -> u32 {
    64 - width
}

#[inline(always)]
pub(super) const fn first(c: u32) -> u32 {
    c & 63
}

#[inline(always)]
pub(super) const fn second(c: u32) -> u32 {
    (c >> 8) & 63
}

#[inline(always)]
pub(super) const fn masked(value: u64, c: u32) -> u64 {
    value & (u64::MAX >> ((c >> 16) & 63))
}

#[inline(always)]
const fn extended(value: u64, shift: u32) -> u64 {
    ((value << shift) as i64 >> shift) as u64
}

#[inline(always)]
pub(super) fn add(a: u64, b: u64, c: u32) -> u64 {
    a.wrapping_add(b) & (u64::MAX >> (c & 63))
}

#[inline(always)]
pub(super) fn subtract(a: u64, b: u64, c: u32) -> u64 {
    a.wrapping_sub(b) & (u64::MAX >> (c & 63))
}

#[inline(always)]
pub(super) fn add_extended(a: u64, b: u64, c: u32) -> u64 {
    masked(
        extended(a, first(c)).wrapping_add(extended(b, second(c))),
        c,
    )
}

#[inline(always)]
pub(super) fn subtract_extended(a: u64, b: u64, c: u32) -> u64 {
    masked(
        extended(a, first(c)).wrapping_sub(extended(b, second(c))),
        c,
    )
}

#[inline(always)]
pub(super) fn multiply(a: u64, b: u64, _: u32) -> u64 {
    a.wrapping_mul(b)
}

#[inline(always)]
pub(super) fn multiply_extended(a: u64, b: u64, c: u32) -> u64 {
    masked(
        extended(a, first(c)).wrapping_mul(extended(b, second(c))),
        c,
    )
}

#[inline(always)]
pub(super) fn less_extended(a: u64, b: u64, c: u32) -> u64 {
    u64::from((extended(a, first(c)) as i64) < extended(b, second(c)) as i64)
}

#[inline(always)]
pub(super) fn less_or_equal_extended(a: u64, b: u64, c: u32) -> u64 {
    u64::from(extended(a, first(c)) as i64 <= extended(b, second(c)) as i64)
}

#[inline(always)]
pub(super) fn shift_left(a: u64, b: u64, c: u32) -> u64 {
    if b >= 64 {
        0
    } else {
        (a << b) & (u64::MAX >> (c & 63))
    }
}

#[inline(always)]
pub(super) fn shift_right(a: u64, b: u64, _: u32) -> u64 {
    if b >= 64 { 0 } else { a >> b }
}

#[inline(always)]
pub(super) fn shift_right_extended(a: u64, b: u64, c: u32) -> u64 {
    let shift = c & 63;
    (((extended(a, shift) as i64) >> b.min(63)) as u64) & (u64::MAX >> shift)
}

#[inline(always)]
pub(super) fn mux(condition: u64, then: u64, otherwise: u64) -> u64 {
    // With masks, so that no compiler chooses between addresses, one lane after the other.
    let mask = u64::from(condition != 0).wrapping_neg();
    then & mask | otherwise & !mask
}

#[inline(always)]
pub(super) fn slice(a: u64, c: u32) -> u64 {
    masked(a >> first(c), c)
}

#[inline(always)]
pub(super) fn concat(a: u64, b: u64, c: u32) -> u64 {
    (a << (c & 63)) | b
}

#[inline(always)]
pub(super) fn insert(a: u64, b: u64, c: u32) -> u64 {
    b | (masked(a >> first(c), c) << second(c))
}

#[inline(always)]
pub(super) fn sign_extend(a: u64, c: u32) -> u64 {
    masked(extended(a, first(c)), c)
}

#[inline(always)]
pub(super) fn sign_fill(a: u64, c: u32) -> u64 {
    masked(((a << first(c)) as i64 >> 63) as u64, c)
}
