//! A wide product in three stages.

use crate::hdl::{Module, Signal, concat, hardware};

/// Bits of the lower half of a factor: a product of halves fits the multiplier of any chip.
const HALF: u32 = 16;

/// Stages of [`product`].
pub(super) const PRODUCT_STAGES: u32 = 3;

/// `a * b`, unsigned, of factors with 17 to 32 bits: the products of their halves, then the sum of
/// the two in the middle, then of all.
#[hardware]
pub(super) fn product<'m>(m: &'m Module, a: Signal<'m>, b: Signal<'m>) -> Signal<'m> {
    let halves = |factor: Signal<'m>| {
        let high = factor.slice(HALF, factor.width() - HALF);
        (factor.truncate(HALF), high)
    };
    let ((a_low, a_high), (b_low, b_high)) = (halves(a), halves(b));
    let low_low = m.delay(a_low * b_low);
    let low_high = m.delay(a_low * b_high);
    let high_low = m.delay(a_high * b_low);
    let high_high = m.delay(a_high * b_high);

    let bits = low_high.width().max(high_low.width()) + 1;
    let middle = m.delay(low_high.zero_extend(bits) + high_low.zero_extend(bits));
    let outer = m.delay(concat(&[high_high, low_low]));

    let upper = outer.slice(HALF, outer.width() - HALF);
    let upper_sum = upper + middle.zero_extend(upper.width());
    m.delay(concat(&[upper_sum, outer.truncate(HALF)]))
        .named("product")
}
