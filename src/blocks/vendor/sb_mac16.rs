//! The multiplier of Lattice iCE40 UltraPlus.

use super::{Operands, suffix, widened};
use crate::hdl::{Block, Module, Pins, Reset, Shapes, Signal, VendorCell, bit, unsigned};

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
const TIED: &str = "AHOLD CHOLD DHOLD IRSTTOP IRSTBOT ORSTTOP ORSTBOT OLOADTOP OLOADBOT ADDSUBTOP \
    ADDSUBBOT OHOLDTOP OHOLDBOT CI ACCUMCI SIGNEXTIN";

impl SbMac16 {
    /// The signed product of two operands of up to 16 bits (15 if unsigned), a cycle after they
    /// arrive, and another behind a product register.
    #[track_caller]
    pub fn insert<'m>(&self, m: &'m Module, name: &str, operands: Operands<'m>) -> Signal<'m> {
        let Operands { a, b, b_enable } = operands;
        let pins = [
            ("CE", m.high()),
            ("A", widened(a, OPERAND).as_unsigned()),
            ("B", widened(b, OPERAND).as_unsigned()),
            ("BHOLD", !b_enable),
        ];
        let comment =
            "Do not pass -dsp to Yosys' synth_ice40: it takes the registers of this cell away.";
        let dsp = m.instance_of(self).named(name).comment(comment);
        let dsp = dsp.connect(Pins::new(pins).tie_off(m, &self.inputs()));
        dsp["O"].as_signed()
    }
}

impl Block for SbMac16 {
    type Inputs<'m> = Pins<'m>;
    type Outputs<'m> = Pins<'m>;

    fn module_name(&self) -> String {
        format!("sb_mac16_multiplier{}", suffix(self.product_register))
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        let product_register = u32::from(self.product_register);
        let cell = VendorCell::new("SB_MAC16")
            .bits("A_REG", 1, 1)
            .bits("B_REG", 1, 1)
            .bits("TOP_8x8_MULT_REG", 1, 0)
            .bits("BOT_8x8_MULT_REG", 1, 0)
            .bits("PIPELINE_16x16_MULT_REG1", 1, 0)
            .bits("PIPELINE_16x16_MULT_REG2", 1, product_register)
            .bits("TOPOUTPUT_SELECT", 2, 3)
            .bits("BOTOUTPUT_SELECT", 2, 3)
            .bits("MODE_8x8", 1, 0)
            .bits("A_SIGNED", 1, 1)
            .bits("B_SIGNED", 1, 1);
        Some(cell)
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        let operand = unsigned(OPERAND);
        let pins = [
            ("CE", bit()),
            ("A", operand),
            ("B", operand),
            ("BHOLD", bit()),
            ("C", operand),
            ("D", operand),
        ];
        let tied = TIED.split_whitespace().map(|pin| (pin, bit()));
        Pins::of(pins.into_iter().chain(tied))
    }

    fn build<'m>(&self, m: &'m Module, pins: Pins<'m>) -> Pins<'m> {
        m.clock("CLK", Reset::ActiveHigh("RESET"));
        m.doc("SB_MAC16 of Lattice iCE40 as a multiplier with registers at its operands, for simulation.");
        for pin in ["C", "D"].into_iter().chain(TIED.split_whitespace()) {
            m.unused(pins[pin]);
        }
        let enable = pins["CE"];
        let a = m.capture(enable, pins["A"].as_signed()).named("a");
        let b_enable = enable & !pins["BHOLD"];
        let b = m.capture(b_enable, pins["B"].as_signed()).named("b");
        let product = (a * b).as_unsigned();
        let product = match self.product_register {
            true => m.capture(enable, product).named("product"),
            false => product,
        };
        Pins::new([("O", product)])
    }
}
