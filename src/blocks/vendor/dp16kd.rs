//! The block RAM of Lattice ECP5.

use crate::blocks::prim::{RamRead, RamWrite};
use crate::hdl::{Block, Module, Pins, Reset, Shapes, Signal, VendorCell, bit, join, unsigned};

/// Bits of an address: those of single bits of data. Wider words leave the low ones out.
const ADDRESS: u32 = 14;
/// Data pins of a port.
const DATA: u32 = 18;
/// Bits of a byte, and so of a write enable; narrower words have none.
const BYTE: u32 = 9;

/// A DP16KD that is written at port A and read at port B, both in words of the same width, with its
/// output register. CEA writes, CEB reads, and the output register takes the word where OCEB is 1.
///
/// Words of 36 bits take the data pins of both ports: the low half is DIA and DOA, the high half DIB
/// and DOB. OCEA goes with OCEB, as the register of DOA belongs to port A.
/// Nothing is reset; RSTA, RSTB, WEB and the chip selects are tied to 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dp16kd {
    /// Bits of a word: 36, 18, 9, 4, 2 or 1.
    pub width: u32,
}

/// Inputs that are tied to 0.
const TIED: [&str; 9] = [
    "WEB", "RSTA", "RSTB", "CSA0", "CSA1", "CSA2", "CSB0", "CSB1", "CSB2",
];

impl Dp16kd {
    /// Words.
    pub fn depth(&self) -> u32 {
        1 << (ADDRESS - self.unused_address_bits())
    }

    /// Address pins that single words leave out.
    fn unused_address_bits(&self) -> u32 {
        let without_ninths = if self.width < BYTE {
            self.width
        } else {
            self.width / BYTE * 8
        };
        without_ninths.ilog2()
    }

    /// Bytes of a word that have write enables, at the lowest pins of the address.
    fn bytes(&self) -> u32 {
        match self.width {
            18 | 36 => self.width / BYTE,
            _ => 0,
        }
    }

    /// The word read, two cycles after its address; the second of them in the output register, which
    /// takes it where `take` is 1.
    #[track_caller]
    pub fn insert<'m>(
        &self,
        m: &'m Module,
        name: &str,
        write: RamWrite<'m>,
        read: RamRead<'m>,
        take: Signal<'m>,
    ) -> Signal<'m> {
        let both = self.width > DATA;
        let mut pins = Pins::new([
            ("CEA", write.enable),
            ("WEA", m.high()),
            ("OCEA", if both { take } else { m.low() }),
            ("CEB", read.enable),
            ("OCEB", take),
        ]);
        for pin in 0..self.bytes() {
            pins.push(format!("ADA{pin}"), m.high());
        }
        for pin in self.unused_address_bits()..ADDRESS {
            let bit = pin - self.unused_address_bits();
            pins.push(format!("ADA{pin}"), write.address.bit(bit));
            pins.push(format!("ADB{pin}"), read.address.bit(bit));
        }
        let halves = [("DIA", 0..self.width.min(DATA)), ("DIB", DATA..self.width)];
        for (name, bits) in halves {
            for (pin, bit) in bits.enumerate() {
                pins.push(format!("{name}{pin}"), write.data.bit(bit));
            }
        }
        let ram = m.instance_of(self).named(name);
        let ram = ram.clock("CLKB", m.default_domain());
        let ram = ram.connect(pins.tie_off(m, &self.inputs()));
        join(&match both {
            true => [ram.bits("DOA", DATA), ram.bits("DOB", self.width - DATA)].concat(),
            false => ram.bits("DOB", self.width),
        })
    }
}

impl Block for Dp16kd {
    type Inputs<'m> = Pins<'m>;
    type Outputs<'m> = Pins<'m>;

    fn module_name(&self) -> String {
        format!("dp16kd_x{}", self.width)
    }

    fn vendor_cell(&self) -> Option<VendorCell> {
        let width = self.width as i32;
        let cell = VendorCell::new("DP16KD")
            .integer("DATA_WIDTH_A", width)
            .integer("DATA_WIDTH_B", width)
            .text("REGMODE_A", "OUTREG")
            .text("REGMODE_B", "OUTREG")
            .text("WRITEMODE_A", "NORMAL")
            .text("WRITEMODE_B", "NORMAL")
            .text("RESETMODE", "SYNC")
            .text("GSR", "DISABLED");
        Some(cell)
    }

    fn inputs(&self) -> Shapes<Pins<'static>> {
        let controls = ["CEA", "WEA", "OCEA", "CEB", "OCEB"].into_iter();
        let controls = controls.chain(TIED).map(|pin| (pin.to_owned(), bit()));
        let buses = [
            ("ADA", ADDRESS),
            ("ADB", ADDRESS),
            ("DIA", DATA),
            ("DIB", DATA),
        ];
        let buses = buses
            .into_iter()
            .flat_map(|(name, count)| Pins::numbered(name, count));
        Pins::of(controls.chain(buses))
    }

    fn build<'m>(&self, m: &'m Module, pins: Pins<'m>) -> Pins<'m> {
        m.clock("CLKA", Reset::ActiveHigh("RESET"));
        let reader = m.add_domain("CLKB", Reset::ActiveHigh("RESET"));
        m.doc(&format!(
            "DP16KD of Lattice ECP5, {} words of {} bits written at port A and read at port B, for \
             simulation.",
            self.depth(),
            self.width
        ));
        for pin in TIED {
            m.unused(pins[pin]);
        }
        let write = pins["CEA"] & pins["WEA"];
        let [take_a, read, take_b] = ["OCEA", "CEB", "OCEB"].map(|pin| pins[pin]);
        let [address_a, address_b] = ["ADA", "ADB"].map(|name| pins.bits(name, ADDRESS));
        let data = ["DIA", "DIB"].map(|name| pins.bits(name, DATA)).concat();
        for pin in address_b.iter().chain(&[take_a, read, take_b]) {
            m.inputs_of(reader, pin);
        }

        let (low, bytes) = (self.unused_address_bits() as usize, self.bytes() as usize);
        for pin in address_a[bytes..low].iter().chain(&address_b[..low]) {
            m.unused(*pin);
        }
        for pin in &data[self.width as usize..] {
            m.unused(*pin);
        }
        let words = m
            .memory(self.width, self.depth())
            .named("words")
            .no_collision();
        let data = join(&data[..self.width as usize]);
        let address = join(&address_a[low..]);
        if bytes > 0 {
            let mask = join(&address_a[..bytes]);
            let words = words.granularity(BYTE);
            words.write_masked(write, address, data, mask);
        } else {
            words.write(write, address, data);
        }
        let word = words
            .read_of(reader, read, join(&address_b[low..]))
            .named("word");
        let register =
            |name: &str, bits: Signal<'_>| m.reg(bits.shape()).named(name).domain(reader);
        let (a, b) = if self.width > DATA {
            let (low, high) = (word.truncate(DATA), word.slice(DATA, self.width - DATA));
            let low = register("low", low).enable(take_a).next(low);
            (low, register("high", high).enable(take_b).next(high))
        } else {
            m.unused(take_a);
            let taken = register("taken", word).enable(take_b).next(word);
            (m.zero(unsigned(DATA)), taken.zero_extend(DATA))
        };
        Pins::default().with_bits("DOA", a).with_bits("DOB", b)
    }
}
