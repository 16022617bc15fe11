//! The memories of the buffers, of any style behind the same ports.

use super::super::prim::{RamInputs, RamRead, RamWrite};
use super::{BankPair, BlockRam};
use crate::arch::{BANKS, MemoryStyle};
use crate::hdl::{Module, Signal, bit, bundle, index_bits};

bundle! {
    /// The ports of a memory.
    pub struct MemoryInputs(width: u32, depth: u32) {
        /// Stores words.
        write: RamWrite(1, index_bits(depth.into()), width),
        /// Reads words, none in the cycle in which it is written.
        read: RamRead(index_bits(depth.into())),
        /// The output register takes the word.
        take: bit(),
    }
}

/// What a memory of a buffer is: one write port and one read port, and an output register behind
/// that if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryParams {
    /// The core's module name, which begins the names of the parts of a memory.
    pub core: String,
    /// Bits per word.
    pub width: u32,
    /// Words.
    pub depth: u32,
    /// How it is built.
    pub style: MemoryStyle,
    /// A register stands behind the read port.
    pub output_register: bool,
}

impl MemoryParams {
    /// Cycles from a read until the word is there.
    pub fn read_latency(&self) -> u32 {
        1 + u32::from(self.output_register)
    }

    /// Bits of an address.
    pub fn address_bits(&self) -> u32 {
        index_bits(self.depth.into())
    }

    /// Makes the memory `name`; gives the word `word`, after the read latency. It stays where
    /// nothing is read, and in the output register where `take` is 0.
    #[track_caller]
    pub fn insert<'m>(
        &self,
        m: &'m Module,
        [name, word]: [&str; 2],
        io: MemoryInputs<'m>,
    ) -> Signal<'m> {
        let MemoryInputs { write, read, take } = io;
        let (core, width, depth) = (&self.core, self.width, self.depth);
        let attribute = match self.style {
            MemoryStyle::Registered(_) => {
                // The register is inside.
                let core = core.clone();
                let cells = m.instance_of(&BlockRam { core, width, depth });
                return cells.named(name).connect(io).read_data.named(word);
            }
            MemoryStyle::SinglePort => {
                let pair = BankPair {
                    name: format!("{core}_{name}"),
                    width,
                    bank_depth: depth / BANKS,
                };
                let pair = m.instance_of(&pair).named(name);
                let word_read = pair.connect(RamInputs { write, read }).read_data;
                return self.registered(word, word_read, take);
            }
            MemoryStyle::Any => None,
            MemoryStyle::Block => Some("ram_style = \"block\""),
            MemoryStyle::Ultra => Some("ram_style = \"ultra\""),
        };
        let memory = m.memory(width, depth).named(name).no_collision();
        attribute.map(|attribute| memory.attribute(attribute));
        memory.write(write.enable, write.address, write.data);
        let data = memory.read_enabled(read.enable, read.address).named(word);
        self.registered(word, data, take)
    }

    /// The word that a memory gives, behind the output register if there is one.
    #[track_caller]
    fn registered<'m>(&self, name: &str, word: Signal<'m>, take: Signal<'m>) -> Signal<'m> {
        match self.output_register {
            true => {
                let register = word.module().capture(take, word);
                register.named(format!("{name}_register"))
            }
            false => word,
        }
    }
}
