//! Operations on slices of lanes, of 64 bits or of 32.

use super::ops::{self, Op};
use num_traits::{PrimInt, WrappingAdd, WrappingMul, WrappingSub};

/// A word that holds the value of a lane.
pub(super) trait Lane: PrimInt + WrappingAdd + WrappingMul + WrappingSub {
    /// The lowest bits.
    fn of(bits: u64) -> Self;

    /// The product of two signed numbers. Products of narrow factors, of at most 32 bits each, have
    /// instructions of their own.
    fn product(self, other: Self, narrow: bool) -> Self;
}

impl Lane for u64 {
    #[inline(always)]
    fn of(bits: u64) -> u64 {
        bits
    }

    #[inline(always)]
    fn product(self, other: u64, narrow: bool) -> u64 {
        match narrow {
            true => (i64::from(self as i32) * i64::from(other as i32)) as u64,
            false => self.wrapping_mul(other),
        }
    }
}

impl Lane for u32 {
    #[inline(always)]
    fn of(bits: u64) -> u32 {
        bits as u32
    }

    #[inline(always)]
    fn product(self, other: u32, _: bool) -> u32 {
        self.wrapping_mul(other)
    }
}

/// Whether there is a loop over slices for the operation.
pub(super) fn has_loop(op: Op) -> bool {
    matches!(
        op,
        Op::Copy
            | Op::Add
            | Op::Subtract
            | Op::AddExtended
            | Op::SubtractExtended
            | Op::MultiplyExtended
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::Equal
            | Op::NotEqual
            | Op::Less
            | Op::LessOrEqual
            | Op::Mux
            | Op::Slice
            | Op::Concat
            | Op::SignExtend
    )
}

/// Applies the operation with the immediate operand `c` to each lane; says whether a result has
/// changed. Without a third operand a choice is one between a new value and the present one.
#[inline(always)]
pub(super) fn compute<L: Lane>(
    op: Op,
    c: u32,
    results: &mut [L],
    a: &[L],
    b: &[L],
    third: Option<&[L]>,
) -> bool {
    let extend = |shift: u32| {
        // Without a shift of signed numbers, which few processors have for many numbers at once.
        let sign = L::of(1 << 63 >> shift);
        move |value: L| (value ^ sign).wrapping_sub(&sign)
    };
    let (first, second) = (extend(ops::first(c)), extend(ops::second(c)));
    let mask = L::of(u64::MAX >> (c >> 16 & 63));
    let low = L::of(u64::MAX >> (c & 63));
    let shift = (c & 63) as usize;
    let bit = |holds: bool| L::of(u64::from(holds));
    match op {
        Op::Copy => unary(results, a, |a| a),
        Op::Slice => unary(results, a, |a| a >> shift & mask),
        Op::SignExtend => unary(results, a, |a| first(a) & mask),
        Op::Add => binary(results, a, b, |a, b| a.wrapping_add(&b) & low),
        Op::Subtract => binary(results, a, b, |a, b| a.wrapping_sub(&b) & low),
        Op::AddExtended => binary(results, a, b, |a, b| {
            first(a).wrapping_add(&second(b)) & mask
        }),
        Op::SubtractExtended => binary(results, a, b, |a, b| {
            first(a).wrapping_sub(&second(b)) & mask
        }),
        Op::MultiplyExtended if ops::first(c) >= 32 && ops::second(c) >= 32 => {
            binary(results, a, b, |a, b| {
                first(a).product(second(b), true) & mask
            })
        }
        Op::MultiplyExtended => binary(results, a, b, |a, b| {
            first(a).product(second(b), false) & mask
        }),
        Op::And => binary(results, a, b, |a, b| a & b),
        Op::Or => binary(results, a, b, |a, b| a | b),
        Op::Xor => binary(results, a, b, |a, b| a ^ b),
        Op::Equal => binary(results, a, b, |a, b| bit(a == b)),
        Op::NotEqual => binary(results, a, b, |a, b| bit(a != b)),
        Op::Less => binary(results, a, b, |a, b| bit(a < b)),
        Op::LessOrEqual => binary(results, a, b, |a, b| bit(a <= b)),
        Op::Concat => binary(results, a, b, |a, b| a << shift | b),
        Op::Mux => match third {
            Some(third) => mux(results, a, b, third),
            None => hold(results, a, b),
        },
        _ => unreachable!("`has_loop` lists the operations"),
    }
}

/// Applies `f` to each lane; says whether a result has changed.
#[inline(always)]
fn unary<L: Lane>(results: &mut [L], a: &[L], f: impl Fn(L) -> L) -> bool {
    let mut changed = L::zero();
    for (result, a) in results.iter_mut().zip(a) {
        let new = f(*a);
        changed = changed | (*result ^ new);
        *result = new;
    }
    !changed.is_zero()
}

#[inline(always)]
fn binary<L: Lane>(results: &mut [L], a: &[L], b: &[L], f: impl Fn(L, L) -> L) -> bool {
    let mut changed = L::zero();
    for ((result, a), b) in results.iter_mut().zip(a).zip(b) {
        let new = f(*a, *b);
        changed = changed | (*result ^ new);
        *result = new;
    }
    !changed.is_zero()
}

/// Whether some lane is not 0.
#[inline(always)]
pub(super) fn any<L: Lane>(a: &[L]) -> bool {
    !a.iter().fold(L::zero(), |any, a| any | *a).is_zero()
}

/// All bits where a condition is not 0.
#[inline(always)]
fn mask<L: Lane>(condition: L) -> L {
    L::zero().wrapping_sub(&L::of(u64::from(!condition.is_zero())))
}

/// With masks, so that no compiler chooses between addresses, one lane after the other.
#[inline(always)]
fn choice<L: Lane>(condition: L, then: L, otherwise: L) -> L {
    let mask = mask(condition);
    then & mask | otherwise & !mask
}

#[inline(always)]
fn mux<L: Lane>(results: &mut [L], a: &[L], b: &[L], c: &[L]) -> bool {
    let mut changed = L::zero();
    for (((result, a), b), c) in results.iter_mut().zip(a).zip(b).zip(c) {
        let new = choice(*a, *b, *c);
        changed = changed | (*result ^ new);
        *result = new;
    }
    !changed.is_zero()
}

/// A choice between a new value and the present one. Not as `choice`, of which compilers make stores
/// with masks, which are slow.
#[inline(always)]
fn hold<L: Lane>(results: &mut [L], a: &[L], b: &[L]) -> bool {
    let mut changed = L::zero();
    for ((result, a), b) in results.iter_mut().zip(a).zip(b) {
        let change = mask(*a) & (*result ^ *b);
        changed = changed | change;
        *result = *result ^ change;
    }
    !changed.is_zero()
}
