//! The multiplier cell.

use super::PeFormat;
use crate::arch::Target;
use crate::blocks::vendor::{Mult18x18d, Operands, SbMac16};
use crate::hdl::{Block, Module, Signal, bit, bundle, hardware};

/// The instance of a [`RegisteredMultiplier`] in a PE.
pub(super) const MULTIPLIER: &str = "multiplier";
/// The instance of the chip's cell in it.
pub(super) const CELL: &str = "dsp";

/// `activation * weight` in the bits of the product, behind the product register if there is one.
///
/// An unsigned activation gets a zero above its top bit, so that the multiplier is signed
/// throughout; the bit that the product then has more is a copy of its sign and is dropped.
#[hardware]
#[track_caller]
pub fn multiply<'m>(
    m: &'m Module,
    format: &PeFormat,
    activation: Signal<'m>,
    weight: Signal<'m>,
) -> Signal<'m> {
    let factor = match format.activation.signed {
        true => activation,
        false => activation
            .zero_extend(format.activation.width + 1)
            .as_signed(),
    };
    let full_product = factor * weight;
    let product = full_product.truncate(format.product.width);
    match format.product_register {
        true => m.delay(product),
        false => product,
    }
}

bundle! {
    /// Inputs of [`RegisteredMultiplier`].
    pub struct MultiplierInputs(multiplier: &RegisteredMultiplier) {
        /// Taken every cycle.
        activation_in: multiplier.format.activation,
        /// Taken where `weight_enable` is 1.
        weight_in: multiplier.format.weight,
        /// A new weight is taken.
        weight_enable: bit(),
    }
}

bundle! {
    /// Output of [`RegisteredMultiplier`].
    pub struct MultiplierOutputs(format: PeFormat) {
        product_out: format.product,
    }
}

/// A multiplier with the registers of its operands.
///
/// The activation's register takes every cycle, the weight's where `weight_enable` is 1. The
/// product comes a cycle after its operands, two with a product register. Chips with registers
/// inside their multipliers give these; for others the registers are described like any.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredMultiplier {
    /// Module name.
    pub name: String,
    /// Number formats, and the chips.
    pub format: PeFormat,
}

#[hardware]
impl Block for RegisteredMultiplier {
    fn build<'m>(&self, m: &'m Module, io: MultiplierInputs<'m>) -> MultiplierOutputs<'m> {
        let format = &self.format;
        m.doc("Multiplier with the registers of its operands.");
        let operands = Operands {
            a: io.activation_in,
            b: io.weight_in,
            b_enable: io.weight_enable,
        };
        let product_register = format.product_register;
        let product = match format.target {
            Target::Ecp5 => {
                let full_product = Mult18x18d { product_register }.insert(m, CELL, operands);
                full_product.truncate(format.product.width)
            }
            Target::Ice40 => {
                let full_product = SbMac16 { product_register }.insert(m, CELL, operands);
                full_product.truncate(format.product.width)
            }
            Target::Portable | Target::Xilinx | Target::UltraScalePlus => {
                let weight = m.capture(io.weight_enable, io.weight_in);
                let activation = m.delay(io.activation_in);
                multiply(m, format, activation, weight)
            }
        };
        MultiplierOutputs {
            product_out: product,
        }
    }
}
