//! The DSP slices of Xilinx.

use super::{Operands, suffix, widened};
use crate::hdl::{
    Block, Module, Pins, Reset, Shapes, Signal, VendorCell, hardware, signed, unsigned,
};

/// Bits of the operands and of the sum.
const A: u32 = 30;
const B: u32 = 18;
const P: u32 = 48;

/// OPMODE: through Z what is added (3 bits), the product through Y and X (01 each). Above them W
/// of DSP48E2, through which nothing comes (00).
const fn opmode_adding(z: u32) -> u32 {
    z << 4 | 0b0101
}

/// What Z adds to the product: nothing, P or C.
const Z_NOTHING: u32 = 0b000;
const Z_P: u32 = 0b010;
const Z_C: u32 = 0b011;

/// The slice of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// Of the 7-series.
    Dsp48e1,
    /// Of UltraScale and UltraScale+.
    Dsp48e2,
}

impl Slice {
    /// The name of the cell.
    fn cell(self) -> &'static str {
        match self {
            Slice::Dsp48e1 => "DSP48E1",
            Slice::Dsp48e2 => "DSP48E2",
        }
    }

    /// Where it is.
    fn chips(self) -> &'static str {
        match self {
            Slice::Dsp48e1 => "the 7-series of Xilinx",
            Slice::Dsp48e2 => "Xilinx UltraScale+",
        }
    }

    /// The multiplier takes so many low bits of A; D is as wide.
    fn multiplied_bits(self) -> u32 {
        match self {
            Slice::Dsp48e1 => 25,
            Slice::Dsp48e2 => 27,
        }
    }

    /// With W, or without.
    fn opmode_bits(self) -> u32 {
        match self {
            Slice::Dsp48e1 => 7,
            Slice::Dsp48e2 => 9,
        }
    }
}

/// A DSP slice that multiplies and adds, with registers at A, B and P: P = A * B + Z, where OPMODE
/// chooses Z among 0, P and C. The register of A takes every cycle, that of B where CEB2 is 1. C
/// and OPMODE have none.
///
/// The pre-adder, the cascades and the pattern detector are not used; all inputs that belong to
/// them, and the resets, are there to be tied to 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dsp48 {
    /// The chips' slice.
    pub slice: Slice,
    /// A register stands behind the multiplier.
    pub product_register: bool,
}

/// Inputs that are tied to 0, with their widths; D is another.
const TIED: [(&str, u32); 7] = [
    ("ALUMODE", 4),
    ("INMODE", 5),
    ("CARRYINSEL", 3),
    ("CARRYIN", 1),
    ("ACIN", A),
    ("BCIN", B),
    ("PCIN", P),
];

/// The others of them, of one bit.
const TIED_BITS: &str = "CARRYCASCIN MULTSIGNIN CEA1 CEB1 CEC CED CEAD CEINMODE CECTRL \
    CEALUMODE CECARRYIN RSTA RSTB RSTC RSTD RSTM RSTP RSTINMODE RSTCTRL RSTALUMODE RSTALLCARRYIN";

impl Dsp48 {
    /// All inputs that are tied to 0.
    fn tied(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let bits = TIED_BITS.split_whitespace().map(|pin| (pin, 1));
        let d = ("D", self.slice.multiplied_bits());
        TIED.into_iter().chain(bits).chain([d])
    }

    /// OPMODE that adds `z` to the product.
    fn opmode<'m>(&self, m: &'m Module, z: u32) -> Signal<'m> {
        m.lit(opmode_adding(z), unsigned(self.slice.opmode_bits()))
    }

    /// `sum_in` and the signed product of two operands of up to 18 bits (17 if unsigned), as wide
    /// as `sum_in`, which has up to 48 bits. It comes a cycle after `sum_in`, and two after the
    /// operands, three with a product register.
    #[track_caller]
    pub fn add<'m>(&self, m: &'m Module, operands: Operands<'m>, sum_in: Signal<'m>) -> Signal<'m> {
        let opmode = self.opmode(m, Z_C);
        let comment = "OPMODE 53 is 011_01_01: C comes through Z, the product through Y and X.";
        let c = widened(sum_in, P).as_unsigned();
        self.insert(m, operands, c, (opmode, comment))
            .truncate(sum_in.width())
    }

    /// The sum of all products since `first` was 1, in `width` bits. A product, of operands as
    /// [`Self::add`] takes them, joins the sum in the cycle in which it is there: one after the
    /// operands, two with a product register.
    #[track_caller]
    pub fn accumulate<'m>(
        &self,
        m: &'m Module,
        operands: Operands<'m>,
        first: Signal<'m>,
        width: u32,
    ) -> Signal<'m> {
        let [nothing, p] = [Z_NOTHING, Z_P].map(|z| self.opmode(m, z));
        let opmode = first.mux(nothing, p).named("opmode");
        let comment = "OPMODE 37 is 010_01_01: P comes through Z, the product through Y and X; \
                       5 is 000_01_01: nothing through Z.";
        self.insert(m, operands, m.zero(unsigned(P)), (opmode, comment))
            .truncate(width)
    }

    #[hardware]
    #[track_caller]
    fn insert<'m>(
        &self,
        m: &'m Module,
        operands: Operands<'m>,
        c: Signal<'m>,
        (opmode, comment): (Signal<'m>, &str),
    ) -> Signal<'m> {
        let Operands { a, b, b_enable } = operands;
        let pins = [
            ("A", widened(a, A).as_unsigned()),
            ("B", widened(b, B).as_unsigned()),
            ("C", c),
            ("OPMODE", opmode),
            ("CEA2", m.high()),
            ("CEB2", b_enable),
            ("CEM", m.high()),
            ("CEP", m.high()),
        ];
        let dsp = m.instance_of(self).comment(comment);
        let dsp = dsp.connect(Pins::new(pins).tie_off(m, &self.inputs()));
        let sum = dsp["P"];
        if !self.product_register && self.slice == Slice::Dsp48e1 {
            // What reads a net that is kept stays outside of the slice.
            sum.attribute("keep").comment(
                "Else Yosys takes a register behind it for the one behind the multiplier.",
            );
        }
        sum.as_signed().named("full_sum")
    }
}

impl Block for Dsp48 {
    type Inputs<'m> = Pins<'m>;
    type Outputs<'m> = Pins<'m>;

    fn module_name(&self) -> String {
        let register = suffix(self.product_register);
        format!(
            "{}_multiply_add{register}",
            self.slice.cell().to_lowercase()
        )
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        let cell = VendorCell::new(self.slice.cell())
            .integer("AREG", 1)
            .integer("ACASCREG", 1)
            .integer("BREG", 1)
            .integer("BCASCREG", 1)
            .integer("CREG", 0)
            .integer("MREG", i32::from(self.product_register))
            .integer("PREG", 1)
            .integer("ALUMODEREG", 0)
            .integer("INMODEREG", 0)
            .integer("OPMODEREG", 0)
            .integer("CARRYINREG", 0)
            .integer("CARRYINSELREG", 0);
        Some(cell)
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        let pins = [
            ("A", A),
            ("B", B),
            ("C", P),
            ("OPMODE", self.slice.opmode_bits()),
            ("CEA2", 1),
            ("CEB2", 1),
            ("CEM", 1),
            ("CEP", 1),
        ];
        let pins = pins.into_iter().chain(self.tied());
        Pins::of(pins.map(|(pin, width)| (pin, unsigned(width))))
    }

    fn build<'m>(&self, m: &'m Module, pins: Pins<'m>) -> Pins<'m> {
        m.clock("CLK", Reset::ActiveHigh("RESET"));
        m.doc(&format!(
            "{} of {} as a multiplier and adder with registers at A, B and P, for simulation.",
            self.slice.cell(),
            self.slice.chips()
        ));
        for (pin, _) in self.tied() {
            m.unused(pins[pin]);
        }
        let a = pins["A"].truncate(self.slice.multiplied_bits()).as_signed();
        let a = m.capture(pins["CEA2"], a).named("a");
        let b = m.capture(pins["CEB2"], pins["B"].as_signed()).named("b");
        let product = if self.product_register {
            m.capture(pins["CEM"], a * b)
        } else {
            m.unused(pins["CEM"]);
            a * b
        };
        let product = product.named("product");
        let sum = m.reg(signed(P)).named("sum").enable(pins["CEP"]);
        // Other operations than these are not in the model.
        let zero = m.zero(signed(P));
        let z = |z: u32| u64::from(opmode_adding(z));
        let added = pins["OPMODE"].case(
            &[
                (z(Z_NOTHING), zero),
                (z(Z_P), *sum),
                (z(Z_C), pins["C"].as_signed()),
            ],
            zero,
        );
        let sum = sum.next(added + product.sign_extend(P));
        Pins::new([("P", sum.as_unsigned())])
    }
}
