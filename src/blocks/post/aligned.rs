//! A product aligned to an integer, and its rounding, halves as either arithmetic wants them.

use super::significant::{SIGNIFICANT, from_highest_one, guard_bit, sticky_bit};
use crate::hdl::{Module, Signal, concat, hardware};

/// Integer bits of an aligned product: a larger one is beyond every limit, which are 255 from the
/// zero point at most.
pub(super) const INTEGER: u32 = 9;
/// Bits behind the point of an aligned product. Single precision keeps 24 of a number from 1/2 to 1,
/// and the next one decides of its rounding; below 1/2 everything becomes 0.
pub(super) const BEHIND: u32 = SIGNIFICANT + 1;
/// Bits of an aligned product.
pub(super) const ALIGNED: u32 = INTEGER + BEHIND;

/// Whether a bit of `word` is 1 that stands above the lowest `bits` after a shift right by `amount`.
pub(super) fn above<'m>(word: Signal<'m>, bits: u32, amount: Signal<'m>) -> Signal<'m> {
    (word & (ones(word) << bits << amount)).any()
}

/// Whether a bit of `word` is 1 that a shift right by `amount` drops.
pub(super) fn below<'m>(word: Signal<'m>, amount: Signal<'m>) -> Signal<'m> {
    (word & !(ones(word) << amount)).any()
}

/// As wide as `word`.
fn ones<'m>(word: Signal<'m>) -> Signal<'m> {
    !word.module().zero(word.shape())
}

/// Whether a float's magnitude, first rounded to 24 significant bits, becomes the integer above it;
/// a half becomes the even one. `lost` bits are below those of `fraction`. Behind a register.
///
/// The first rounding is not carried out: it matters where the bits that it keeps are a half, or the
/// last number below one.
#[hardware]
pub(super) fn float_goes_up<'m>(
    m: &'m Module,
    integer: Signal<'m>,
    fraction: Signal<'m>,
    lost: Signal<'m>,
) -> Signal<'m> {
    // Each bit of the integer in use takes one off the 24 behind the point.
    let in_use = from_highest_one(integer).named("in_use");
    let not_kept = concat(&[in_use, m.high()]).named("not_kept");
    let tail = fraction.truncate(INTEGER + 1);
    let product_guard = guard_bit(tail, not_kept);
    let product_sticky = sticky_bit(tail, not_kept) | lost;
    // Those below the half itself that are always kept.
    let kept = fraction.slice(INTEGER + 1, BEHIND - INTEGER - 2);
    let all_zero = m.delay(!kept.any() & !(tail & !not_kept).any());
    let all_one = m.delay(kept.all() & (tail | not_kept).all());
    let goes_on = m.delay(product_guard & product_sticky);
    let rounds_up = m.delay(product_guard);
    let odd = m.delay(integer.bit(0));
    let half = m.delay(fraction.msb());
    half.mux(!all_zero | goes_on | odd, all_one & rounds_up & odd)
}

/// Whether a fixed-point magnitude becomes the integer above it, as from a half on. `lost`: some bit
/// below those of `fraction` is 0. Ones without end stand for the first rounding's carry. Behind a
/// register.
#[hardware]
pub(super) fn fixed_point_goes_up<'m>(
    m: &'m Module,
    fraction: Signal<'m>,
    lost: Signal<'m>,
) -> Signal<'m> {
    let becomes_half = fraction.truncate(BEHIND - 1).all() & !lost;
    m.delay(fraction.msb() | becomes_half).named("half_or_more")
}
