//! The multiplier cell.

use super::PeFormat;
use crate::hdl::{Module, Signal};

/// `activation * weight` in `width` bits, enough for every product, behind the product register if
/// there is one.
///
/// An unsigned activation gets a zero above its top bit, so that the multiplier is signed
/// throughout; where the product then has a bit more than `width`, that is a copy of its sign and
/// is dropped.
#[track_caller]
pub fn multiply<'m>(
    m: &'m Module,
    format: &PeFormat,
    width: u32,
    activation: Signal<'m>,
    weight: Signal<'m>,
) -> Signal<'m> {
    let activation = if format.activation.signed {
        activation
    } else {
        activation
            .zero_extend(format.activation.width + 1)
            .as_signed()
    };
    let full = activation * weight;
    let exact = if full.width() > width {
        full.named("full_product").truncate(width)
    } else {
        full.sign_extend(width)
    };
    if format.product_register {
        m.delay("product", exact)
    } else {
        exact.named("product")
    }
}
