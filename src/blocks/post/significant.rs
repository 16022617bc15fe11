//! Rounding to the significant bits of single precision.

use crate::hdl::{Module, Signal, concat, hardware, join};

/// Significant bits of single precision.
pub(super) const SIGNIFICANT: u32 = 24;

/// The highest 1 alone, of ones that reach down to bit 0.
pub(super) fn top<'m>(ones: Signal<'m>) -> Signal<'m> {
    ones & !(ones >> 1)
}

/// Where `dropped` is 1, from bit 0 up, bits of `value` are rounded away: the highest of them, a half
/// of the last bit that is kept.
pub(super) fn guard_bit<'m>(value: Signal<'m>, dropped: Signal<'m>) -> Signal<'m> {
    (value & top(dropped)).any()
}

/// Whether a bit below the guard bit is 1.
pub(super) fn sticky_bit<'m>(value: Signal<'m>, dropped: Signal<'m>) -> Signal<'m> {
    (value & (dropped >> 1)).any()
}

/// The highest 1 and all bits below it.
pub(super) fn from_highest_one<'m>(value: Signal<'m>) -> Signal<'m> {
    let width = value.width();
    let bits: Vec<_> = (0..width)
        .map(|bit| value.slice(bit, width - bit).any())
        .collect();
    join(&bits)
}

/// An unsigned value with its 24 highest significant bits alone, halves rounded to even, in three
/// stages. It must not round to a power of two that its width does not hold.
///
/// Where `rounds` is there and 0, the value stays.
#[hardware]
pub(super) fn significant<'m>(
    m: &'m Module,
    value: Signal<'m>,
    rounds: Option<Signal<'m>>,
) -> Signal<'m> {
    let excess = value.width() - SIGNIFICANT;
    let surplus = from_highest_one(value.slice(SIGNIFICANT, excess)).named("surplus");
    let too_low = m.delay(rounds.map_or(surplus, |rounds| surplus.gate(rounds)));
    let value = m.delay(value).named("unrounded");
    let tail = value.truncate(excess);
    let guard = m.delay(guard_bit(tail, too_low));
    let sticky = m.delay(sticky_bit(tail, too_low));
    let last_kept = m.delay((value.slice(1, excess) & top(too_low)).any());
    let round_up = guard & (sticky | last_kept);
    let dropped = m.delay(too_low);
    /// with ones in the bits that are dropped, which take a carry up
    let filled = m.delay(concat(&[value.slice(excess, SIGNIFICANT), tail | too_low]));
    let carried = filled + round_up.zero_extend(value.width());
    m.delay(carried & !dropped.zero_extend(value.width()))
        .named("significant")
}
