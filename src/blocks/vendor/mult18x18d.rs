//! The multiplier of Lattice ECP5.

use super::{Operands, suffix, widened};
use crate::hdl::{Block, Module, Pins, Reset, Shape, Shapes, Signal, VendorCell, bit, join};

/// Bits of each operand.
const OPERAND: u32 = 18;
/// Bits of the product.
const PRODUCT: u32 = 2 * OPERAND;

/// A MULT18X18D with registers at both operands: that of B takes where CE1 is 1, the others where CE0
/// is.
///
/// All of its registers are clocked by CLK0, and none is reset: RST0 is tied to 0, as are C and
/// the selection of the cascade. The cascade itself (SRIA, SRIB) and the other clocks, enables
/// and resets are left open, as Yosys does: nextpnr has no route from a constant to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mult18x18d {
    /// A register stands behind the multiplier.
    pub product_register: bool,
}

impl Mult18x18d {
    /// The signed product, of 36 bits, of two operands of up to 18 bits (17 if unsigned), a cycle after they
    /// arrive, and another behind a product register.
    #[track_caller]
    pub fn insert<'m>(&self, m: &'m Module, name: &str, operands: Operands<'m>) -> Signal<'m> {
        self.insert_enabled(m, name, operands, m.high())
    }

    /// As [`Mult18x18d::insert`], with registers that keep their values where `enable` is 0; that of
    /// B has its own enable alone.
    #[track_caller]
    pub fn insert_enabled<'m>(
        &self,
        m: &'m Module,
        name: &str,
        operands: Operands<'m>,
        enable: Signal<'m>,
    ) -> Signal<'m> {
        let Operands { a, b, b_enable } = operands;
        let pins = [
            ("SIGNEDA", m.high()),
            ("SIGNEDB", m.high()),
            ("CE0", enable),
            ("CE1", b_enable),
        ];
        let pins = Pins::new(pins)
            .with_bits("A", widened(a, OPERAND))
            .with_bits("B", widened(b, OPERAND));
        let dsp = m.instance_of(self).named(name);
        let dsp = dsp.connect(pins.tie_off(m, &self.inputs()));
        join(&dsp.bits("P", PRODUCT)).as_signed()
    }
}

/// The inputs that are tied to 0.
fn tied() -> impl Iterator<Item = (String, Shape)> {
    let others = ["SOURCEA", "SOURCEB", "RST0"].map(|pin| (pin.to_owned(), bit()));
    Pins::numbered("C", OPERAND).chain(others)
}

impl Block for Mult18x18d {
    type Inputs<'m> = Pins<'m>;
    type Outputs<'m> = Pins<'m>;

    fn module_name(&self) -> String {
        let register = suffix(self.product_register);
        format!("mult18x18d{register}")
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        let product = ["NONE", "CLK0"][usize::from(self.product_register)];
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

    fn inputs(&self) -> Shapes<Pins<'static>> {
        let one = |pin: &str| (pin.to_owned(), bit());
        let [a, b] = ["A", "B"]
            .map(|letter| Pins::numbered(letter, OPERAND).chain([one(&format!("SIGNED{letter}"))]));
        Pins::of(a.chain(b).chain([one("CE0"), one("CE1")]).chain(tied()))
    }

    fn build<'m>(&self, m: &'m Module, pins: Pins<'m>) -> Pins<'m> {
        m.clock("CLK0", Reset::ActiveHigh("RESET"));
        m.doc("MULT18X18D of Lattice ECP5 with registers at its operands, for simulation.");
        for (pin, _) in tied() {
            m.unused(pins[&*pin]);
        }
        let [a, b] = ["A", "B"].map(|letter| {
            let mut bits = pins.bits(letter, OPERAND);
            let top = bits[OPERAND as usize - 1] & pins[&*format!("SIGNED{letter}")];
            bits.push(top.named(format!("top_{letter}")));
            join(&bits).as_signed()
        });
        let a = m.capture(pins["CE0"], a).named("a");
        let b = m.capture(pins["CE1"], b).named("b");
        let product = (a * b).truncate(PRODUCT).as_unsigned();
        let product = match self.product_register {
            true => m.capture(pins["CE0"], product),
            false => product,
        };
        Pins::default().with_bits("P", product.named("product"))
    }
}
