//! Cells of chips, each with its simulation model.
//!
//! | cell | chips | what it does |
//! |---|---|---|
//! | [`Mult18x18d`] | Lattice ECP5 | multiplies 18 x 18 bits between registers of its own |
//! | [`Dp16kd`] | Lattice ECP5 | 18 kbit of RAM with a register at its output |
//! | [`SbMac16`] | Lattice iCE40 UltraPlus | multiplies 16 x 16 bits between registers of its own |
//! | [`Dsp48`] | Xilinx 7-series, UltraScale+ | multiplies 25 or 27 x 18 bits, adds 48 |
//!
//! A model covers the parameters and inputs that Ferrogrid gives to the cell; the ports are the
//! vendor's, without those that no instance connects.

mod dp16kd;
mod dsp48;
mod mult18x18d;
mod sb_mac16;

pub use dp16kd::Dp16kd;
pub use dsp48::{Dsp48, Slice};
pub use mult18x18d::Mult18x18d;
pub use sb_mac16::SbMac16;

use crate::hdl::Signal;

/// The operands of a multiplier with registers at its inputs.
#[derive(Clone, Copy, Debug)]
pub struct Operands<'m> {
    /// Taken every cycle.
    pub a: Signal<'m>,
    /// Taken where `b_enable` is 1.
    pub b: Signal<'m>,
    /// One bit.
    pub b_enable: Signal<'m>,
}

/// The end of a model's name.
fn suffix(product_register: bool) -> &'static str {
    match product_register {
        true => "_registered",
        false => "",
    }
}

/// The value, by its signedness, as a signed one of `width` bits.
fn widened(value: Signal<'_>, width: u32) -> Signal<'_> {
    let bits = if value.shape().signed {
        value
    } else {
        value.zero_extend(value.width() + 1).as_signed()
    };
    if bits.width() == width {
        bits
    } else {
        bits.sign_extend(width)
    }
}
