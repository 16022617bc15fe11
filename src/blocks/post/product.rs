//! A wide product in four stages.

use crate::arch::Target;
use crate::blocks::vendor::{Mult18x18d, Operands};
use crate::hdl::{Module, Signal, concat, hardware};

/// Bits of the lower half of a factor: a product of halves fits the multiplier of any chip.
const HALF: u32 = 16;

/// Stages of [`product`].
pub(super) const PRODUCT_STAGES: u32 = 4;

/// `a * b`, unsigned, of factors with 17 to 32 bits: the products of their halves in two stages, as
/// multipliers of chips have inside, then the sum of the two in the middle, then of all.
///
/// Stages move where `advance` is 1. Yosys infers the multipliers of ECP5 without their registers, so
/// that these are instances.
#[hardware]
pub(super) fn product<'m>(
    m: &'m Module,
    target: Target,
    advance: Signal<'m>,
    a: Signal<'m>,
    b: Signal<'m>,
) -> Signal<'m> {
    let partial = |name: &str, a: Signal<'m>, b: Signal<'m>| match target {
        Target::Ecp5 => {
            let cell = Mult18x18d {
                product_register: true,
            };
            let b_enable = advance;
            let operands = Operands { a, b, b_enable };
            // Its enables are pins: the clock is the one without.
            let product = m.in_domain(m.default_domain(), || {
                cell.insert_enabled(m, name, operands, advance)
            });
            product.truncate(a.width() + b.width()).as_unsigned()
        }
        _ => m.delay_by(name, a * b, 2),
    };
    let halves = |factor: Signal<'m>| {
        let high = factor.slice(HALF, factor.width() - HALF);
        (factor.truncate(HALF), high)
    };
    let ((a_low, a_high), (b_low, b_high)) = (halves(a), halves(b));
    let low_low = partial("low_low", a_low, b_low);
    let low_high = partial("low_high", a_low, b_high);
    let high_low = partial("high_low", a_high, b_low);
    let high_high = partial("high_high", a_high, b_high);

    let bits = low_high.width().max(high_low.width()) + 1;
    let middle = m.delay(low_high.zero_extend(bits) + high_low.zero_extend(bits));
    let outer = m.delay(concat(&[high_high, low_low]));

    let upper = outer.slice(HALF, outer.width() - HALF);
    let upper_sum = upper + middle.zero_extend(upper.width());
    m.delay(concat(&[upper_sum, outer.truncate(HALF)]))
        .named("product")
}
