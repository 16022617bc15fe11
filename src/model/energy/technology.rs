//! What events take.

use serde::Deserialize;
use std::sync::LazyLock;

/// Energies of events of a process, in picojoules; `scripts/energy.py` finds them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Technology {
    /// The name on the command line.
    pub name: String,
    /// What it is.
    pub title: String,
    /// A register and cycle, whatever it holds.
    pub clock: f64,
    /// A cycle of a multiplier whose operands stay, for each bit of one factor times each of the other.
    pub still: f64,
    /// A product of random operands more, for as many.
    pub product: f64,
    /// A bit of a sum that goes down a column.
    pub moving_sum: f64,
    /// A bit of a sum that stays in its place.
    pub staying_sum: f64,
    /// A bit of a weight that comes with each vector.
    pub moving_weight: f64,
    /// A read of a memory: a factor, and powers of its bits and of those of a word.
    pub sram_read: [f64; 3],
    /// A write of one.
    pub sram_write: [f64; 3],
    /// A bit that DRAM reads or writes.
    pub dram_bit: f64,
}

#[derive(Deserialize)]
struct Table {
    technology: Vec<Technology>,
}

static TECHNOLOGIES: LazyLock<Vec<Technology>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("technologies.toml")).expect("a table of technologies");
    table.technology
});

impl Technology {
    /// All of them, the one first that is taken where none is named.
    pub fn all() -> &'static [Technology] {
        &TECHNOLOGIES
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Technology> {
        TECHNOLOGIES
            .iter()
            .find(|technology| technology.name == name)
    }

    /// Picojoules of a read of `width` bits of a memory of `depth` words, and of a write.
    pub(super) fn sram(&self, width: u32, depth: u32) -> [f64; 2] {
        let (word, bits) = (f64::from(width), f64::from(width) * f64::from(depth));
        [self.sram_read, self.sram_write]
            .map(|[factor, by_bits, by_word]| factor * bits.powf(by_bits) * word.powf(by_word))
    }
}

impl Default for &'static Technology {
    fn default() -> Self {
        &Technology::all()[0]
    }
}
