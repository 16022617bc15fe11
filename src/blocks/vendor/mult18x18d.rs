//! The multiplier of Lattice ECP5.

use super::{Operands, widened};
use crate::hdl::{Block, Module, Reset, Signal, VendorCell, bit, join};

/// Bits of each operand.
const OPERAND: u32 = 18;

/// A MULT18X18D with registers at both operands: that of A takes every cycle, that of B where
/// CE1 is 1.
///
/// All of its registers are clocked by CLK0, and none is reset: RST0 is tied to 0, as are C and
/// the selection of the cascade. The cascade itself (SRIA, SRIB) and the other clocks, enables
/// and resets are left open, as Yosys does: nextpnr has no route from a constant to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mult18x18d {
    /// Bits of the product that are read, from P0; up to 36.
    pub product_bits: u32,
    /// A register stands behind the multiplier.
    pub product_register: bool,
}

impl Mult18x18d {
    /// The signed product of two operands of up to 18 bits (17 if unsigned), a cycle after they
    /// arrive, and another behind a product register.
    #[track_caller]
    pub fn insert<'m>(&self, m: &'m Module, name: &str, operands: Operands<'m>) -> Signal<'m> {
        let Operands { a, b, b_enable } = operands;
        let mut cell = m.untyped_instance(name, self);
        for (letter, operand) in [("A", a), ("B", b)] {
            let operand = widened(operand, OPERAND);
            for i in 0..OPERAND {
                cell = cell.input(&format!("{letter}{i}"), operand.bit(i));
            }
        }
        cell = cell
            .input("SIGNEDA", m.high())
            .input("SIGNEDB", m.high())
            .input("CE0", m.high())
            .input("CE1", b_enable);
        for port in tied() {
            cell = cell.input(&port, m.low());
        }
        let product: Vec<_> = (0..self.product_bits)
            .map(|i| cell.output(&format!("P{i}")))
            .collect();
        join(&product).as_signed()
    }
}

/// The inputs that are tied to 0.
fn tied() -> impl Iterator<Item = String> {
    let c = (0..OPERAND).map(|i| format!("C{i}"));
    let others = ["SOURCEA", "SOURCEB", "RST0"].map(str::to_owned);
    c.chain(others)
}

impl Block for Mult18x18d {
    fn module_name(&self) -> String {
        let register = if self.product_register {
            "_registered"
        } else {
            ""
        };
        format!("mult18x18d_p{}{register}", self.product_bits)
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        let product = if self.product_register {
            "CLK0"
        } else {
            "NONE"
        };
        let cell = VendorCell::new("MULT18X18D")
            .text("REG_INPUTA_CLK", "CLK0")
            .text("REG_INPUTA_CE", "CE0")
            .text("REG_INPUTB_CLK", "CLK0")
            .text("REG_INPUTB_CE", "CE1")
            .text("REG_PIPELINE_CLK", "NONE")
            .text("REG_PIPELINE_CE", "CE0")
            .text("REG_OUTPUT_CLK", product)
            .text("REG_OUTPUT_CE", "CE0");
        Some(cell)
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.clock("CLK0", Reset::ActiveHigh("RESET"));
        m.doc("MULT18X18D of Lattice ECP5 with registers at its operands, for simulation.");
        let operand = |letter: &str| {
            let bits: Vec<_> = (0..OPERAND)
                .map(|i| m.input(format!("{letter}{i}"), bit()))
                .collect();
            let signed = m.input(format!("SIGNED{letter}"), bit());
            let top = (bits[OPERAND as usize - 1] & signed).named(format!("top_{letter}"));
            let mut bits = bits;
            bits.push(top);
            join(&bits).as_signed()
        };
        let (a, b) = (operand("A"), operand("B"));
        let enables = [0, 1].map(|i| m.input(format!("CE{i}"), bit()));
        for port in tied() {
            m.unused(m.input(port, bit()));
        }
        let a = m.capture(enables[0], a).named("a");
        let b = m.capture(enables[1], b).named("b");
        let product = (a * b).truncate(self.product_bits).as_unsigned();
        let product = if self.product_register {
            m.capture(enables[0], product).named("product")
        } else {
            product.named("product")
        };
        for i in 0..self.product_bits {
            m.output(format!("P{i}"), product.bit(i));
        }
    }
}
