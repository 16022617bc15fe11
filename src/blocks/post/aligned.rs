//! Rounding an aligned product to an integer, halves as either arithmetic wants them.

use super::significant::{SIGNIFICANT, from_highest_one, guard_bit, sticky_bit};
use crate::hdl::{Signal, concat, hardware};

/// Integer bits of an aligned product: a larger one is beyond every limit, which are 255 from the
/// zero point at most.
pub(super) const INTEGER: u32 = 9;
/// Bits behind the point of an aligned product. Single precision keeps 24 of a number from 1/2 to 1,
/// and the next one decides of its rounding; below 1/2 everything becomes 0.
pub(super) const BEHIND: u32 = SIGNIFICANT + 1;

/// Whether a float's magnitude, first rounded to 24 significant bits, becomes the integer above it;
/// a half becomes the even one. `lost` bits are below those of `fraction`.
///
/// The first rounding is not carried out: it matters where the bits that it keeps are a half, or the
/// last number below one.
#[hardware]
pub(super) fn float_goes_up<'m>(
    integer: Signal<'m>,
    fraction: Signal<'m>,
    lost: Signal<'m>,
) -> Signal<'m> {
    // Each bit of the integer in use takes one off the 24 behind the point.
    let in_use = from_highest_one(integer).named("in_use");
    let not_kept = concat(&[in_use, in_use.module().high()]).named("not_kept");
    let tail = fraction.truncate(INTEGER + 1);
    let product_guard = guard_bit(tail, not_kept);
    let product_sticky = sticky_bit(tail, not_kept) | lost;
    // Those below the half itself that are always kept.
    let kept = fraction.slice(INTEGER + 1, BEHIND - INTEGER - 2);
    let all_zero = !kept.any() & !(tail & !not_kept).any();
    let all_one = kept.all() & (tail | not_kept).all();
    let odd = integer.bit(0);
    let above_half = !all_zero | (product_guard & product_sticky);
    let becomes_half = all_one & product_guard;
    fraction.msb().mux(above_half | odd, becomes_half & odd)
}

/// Whether a fixed-point magnitude becomes the integer above it, as from a half on. `lost`: some bit
/// below those of `fraction` is 0. Ones without end stand for the first rounding's carry.
pub(super) fn fixed_point_goes_up<'m>(fraction: Signal<'m>, lost: Signal<'m>) -> Signal<'m> {
    let carried_to_half = fraction.truncate(BEHIND - 1).all() & !lost;
    fraction.msb() | carried_to_half
}
