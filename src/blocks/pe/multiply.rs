//! The multiplier cell.

use super::PeFormat;
use crate::arch::Target;
use crate::blocks::vendor::{Mult18x18d, Operands, SbMac16};
use crate::hdl::{Block, Module, Signal, bit};

/// The instance of a [`RegisteredMultiplier`] in a PE.
pub(super) const MULTIPLIER: &str = "multiplier";
/// The instance of the chip's cell in it.
pub(super) const CELL: &str = "dsp";

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
        m.delay(exact).named("product")
    } else {
        exact.named("product")
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

impl RegisteredMultiplier {
    /// Makes an instance `multiplier` and returns its product, of the product's width.
    #[track_caller]
    pub fn insert<'m>(
        &self,
        m: &'m Module,
        activation: Signal<'m>,
        weight: Signal<'m>,
        weight_enable: Signal<'m>,
    ) -> Signal<'m> {
        m.untyped_instance(MULTIPLIER, self)
            .input("activation_in", activation)
            .input("weight_in", weight)
            .input("weight_enable", weight_enable)
            .output("product_out")
            .named("product")
    }
}

impl Block for RegisteredMultiplier {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let format = &self.format;
        let width = format.product.width;
        m.doc("Multiplier with the registers of its operands.");
        let a = m.input("activation_in", format.activation);
        let b = m.input("weight_in", format.weight);
        let b_enable = m.input("weight_enable", bit());
        b_enable.comment("a new weight is taken");
        let product_register = format.product_register;
        let product = match format.target {
            Target::Ecp5 => {
                let cell = Mult18x18d {
                    product_bits: width,
                    product_register,
                };
                cell.insert(m, CELL, Operands { a, b, b_enable })
            }
            Target::Ice40 => {
                let cell = SbMac16 { product_register };
                let product = cell.insert(m, CELL, Operands { a, b, b_enable });
                product.named("full_product").truncate(width)
            }
            Target::Portable | Target::Xilinx | Target::UltraScalePlus => {
                let weight = m.capture(b_enable, b).named("weight");
                let activation = m.delay(a).named("activation");
                multiply(m, format, width, activation, weight)
            }
        };
        m.output("product_out", product);
    }
}
