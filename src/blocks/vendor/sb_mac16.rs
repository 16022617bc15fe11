//! The multiplier of Lattice iCE40 UltraPlus.

use super::{Operands, widened};
use crate::hdl::{Block, Module, Reset, Signal, VendorCell, bit, unsigned};

/// Bits of each operand.
const OPERAND: u32 = 16;

/// An SB_MAC16 as a signed multiplier with registers at both operands: that of A takes every
/// cycle, that of B where BHOLD is 0.
///
/// The adders are bypassed; all inputs that belong to them, and the resets, are there to be tied
/// to 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SbMac16 {
    /// A register stands behind the multiplier.
    pub product_register: bool,
}

/// One-bit inputs that are tied to 0.
const TIED: [&str; 16] = [
    "AHOLD",
    "CHOLD",
    "DHOLD",
    "IRSTTOP",
    "IRSTBOT",
    "ORSTTOP",
    "ORSTBOT",
    "OLOADTOP",
    "OLOADBOT",
    "ADDSUBTOP",
    "ADDSUBBOT",
    "OHOLDTOP",
    "OHOLDBOT",
    "CI",
    "ACCUMCI",
    "SIGNEXTIN",
];

impl SbMac16 {
    /// The signed product of two operands of up to 16 bits (15 if unsigned), a cycle after they
    /// arrive, and another behind a product register.
    #[track_caller]
    pub fn insert<'m>(&self, m: &'m Module, name: &str, operands: Operands<'m>) -> Signal<'m> {
        let Operands { a, b, b_enable } = operands;
        let mut cell = m
            .untyped_instance(name, self)
            .comment(
                "Do not pass -dsp to Yosys' synth_ice40: it takes the registers of this cell away.",
            )
            .input("CE", m.high())
            .input("A", widened(a, OPERAND).as_unsigned())
            .input("B", widened(b, OPERAND).as_unsigned())
            .input("BHOLD", !b_enable);
        for port in ["C", "D"] {
            cell = cell.input(port, m.zero(unsigned(OPERAND)));
        }
        for port in TIED {
            cell = cell.input(port, m.low());
        }
        cell.output("O").as_signed()
    }
}

impl Block for SbMac16 {
    fn module_name(&self) -> String {
        let register = if self.product_register {
            "_registered"
        } else {
            ""
        };
        format!("sb_mac16_multiplier{register}")
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        let cell = VendorCell::new("SB_MAC16")
            .bits("A_REG", 1, 1)
            .bits("B_REG", 1, 1)
            .bits("TOP_8x8_MULT_REG", 1, 0)
            .bits("BOT_8x8_MULT_REG", 1, 0)
            .bits("PIPELINE_16x16_MULT_REG1", 1, 0)
            .bits(
                "PIPELINE_16x16_MULT_REG2",
                1,
                u32::from(self.product_register),
            )
            .bits("TOPOUTPUT_SELECT", 2, 3)
            .bits("BOTOUTPUT_SELECT", 2, 3)
            .bits("MODE_8x8", 1, 0)
            .bits("A_SIGNED", 1, 1)
            .bits("B_SIGNED", 1, 1);
        Some(cell)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.clock("CLK", Reset::ActiveHigh("RESET"));
        m.doc("SB_MAC16 of Lattice iCE40 as a multiplier with registers at its operands, for simulation.");
        let enable = m.input("CE", bit());
        let a = m.input("A", unsigned(OPERAND));
        let b = m.input("B", unsigned(OPERAND));
        let b_hold = m.input("BHOLD", bit());
        for port in ["C", "D"] {
            m.unused(m.input(port, unsigned(OPERAND)));
        }
        for port in TIED {
            m.unused(m.input(port, bit()));
        }
        let a = m.capture(enable, a.as_signed()).named("a");
        let b = m.capture(enable & !b_hold, b.as_signed()).named("b");
        let product = (a * b).as_unsigned();
        if self.product_register {
            m.output("O", m.capture(enable, product).named("product"));
        } else {
            m.output("O", product);
        }
    }
}
