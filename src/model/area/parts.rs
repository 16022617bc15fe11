//! What a unit is made of, before a family has cells for it.

use std::ops::AddAssign;

/// Memories of one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Memories {
    pub count: u32,
    pub width: u32,
    pub depth: u32,
    pub kind: MemoryKind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum MemoryKind {
    /// Read a cycle after the address.
    Clocked,
    /// Clocked, and asked to be of block RAM.
    Block,
    /// Clocked; parts of a word are written.
    Masked,
    /// Read in the same cycle: words of a queue.
    Words,
    /// Banks of one port, of the large memories of iCE40.
    Large,
    /// Of UltraRAM.
    Ultra,
    /// Cells of ECP5, with the output register inside.
    Registered,
}

/// Multipliers of one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Multipliers {
    pub count: u32,
    pub bits: [u32; 2],
    /// Registers and sums beside each of them, which slices with registers may take in.
    pub registers: u32,
    pub adders: u32,
    /// Cells of the chip, which stand in the design.
    pub cells: bool,
}

/// A shift register without reset: so many bits for so many cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub bits: u32,
    pub cycles: u32,
}

/// What a unit is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parts {
    /// Registers beside those of lines and multipliers.
    pub registers: f64,
    /// Bits of sums and differences.
    pub adders: f64,
    /// Other logic, in four-input LUTs.
    pub logic: f64,
    pub lines: Vec<Line>,
    pub multipliers: Vec<Multipliers>,
    pub memories: Vec<Memories>,
}

impl Parts {
    /// Registers, bits of sums, and other logic.
    pub fn new(registers: f64, adders: f64, logic: f64) -> Parts {
        Parts {
            registers,
            adders,
            logic,
            ..Parts::default()
        }
    }

    /// All registers, those of lines and beside multipliers too.
    pub fn registers(&self) -> f64 {
        let lines = self.lines.iter().map(|line| line.bits * line.cycles);
        let multipliers = self.multipliers.iter();
        let multipliers = multipliers.map(|of| of.count * of.registers);
        self.registers + f64::from(lines.chain(multipliers).sum::<u32>())
    }

    pub fn memory(mut self, count: u32, width: u32, depth: u32, kind: MemoryKind) -> Parts {
        self.memories.push(Memories {
            count,
            width,
            depth,
            kind,
        });
        self
    }

    /// Multipliers that stand alone.
    pub fn multiplier(mut self, count: u32, bits: [u32; 2]) -> Parts {
        self.multipliers.push(Multipliers {
            count,
            bits,
            registers: 0,
            adders: 0,
            cells: false,
        });
        self
    }

    pub fn line(mut self, bits: u32, cycles: u32) -> Parts {
        self.lines.push(Line { bits, cycles });
        self
    }

    /// Lanes of a vector, each a cycle later than the one before.
    pub fn skew(mut self, lanes: u32, bits: u32) -> Parts {
        self.lines
            .extend((1..lanes).map(|cycles| Line { bits, cycles }));
        self
    }
}

impl AddAssign for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.registers += other.registers;
        self.adders += other.adders;
        self.logic += other.logic;
        self.lines.extend(other.lines);
        self.multipliers.extend(other.multipliers);
        self.memories.extend(other.memories);
    }
}
