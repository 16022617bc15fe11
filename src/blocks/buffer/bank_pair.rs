//! A double-buffered scratchpad whose banks have one port each.

use crate::arch::BANKS;
use crate::blocks::prim::{RamInputs, RamOutputs};
use crate::hdl::{Block, Module, Shapes, Signal, hardware, index_bits};

/// Two banks of `bank_depth` words, the second behind the first, each a memory of one port. The word
/// comes a cycle after its address.
///
/// A bank is never written in a cycle in which it is read: its users fill one bank while they
/// empty the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankPair {
    /// Module name.
    pub name: String,
    /// Bits per word.
    pub width: u32,
    /// Words per bank.
    pub bank_depth: u32,
}

impl BankPair {
    /// The bank of an address, and the place in it.
    fn split<'m>(&self, name: &str, address: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        let bank = address.ge(self.bank_depth).named(name);
        let offset = match self.bank_depth.is_power_of_two() && self.bank_depth > 1 {
            true => address,
            false => bank.mux(address - self.bank_depth, address),
        };
        (bank, offset.truncate(index_bits(self.bank_depth.into())))
    }
}

#[hardware]
impl Block for BankPair {
    fn inputs(&self) -> Shapes<RamInputs<'static>> {
        RamInputs::of(1, self.width, BANKS * self.bank_depth)
    }

    fn build<'m>(&self, m: &'m Module, io: RamInputs<'m>) -> RamOutputs<'m> {
        m.doc("Two banks of memory with one port each: one is written while the other is read.");
        let (write_bank, write_offset) = self.split("write_bank", io.write.address);
        let (read_bank, read_offset) = self.split("read_bank", io.read.address);
        let mut words = Vec::new();
        for number in 0..BANKS {
            let write = io.write.enable & write_bank.eq(number);
            let read = io.read.enable & read_bank.eq(number);
            let place = write.mux(write_offset, read_offset);
            let bank = m.memory(self.width, self.bank_depth).no_collision();
            let bank = bank.attribute("ram_style = \"huge\"");
            bank.write(write, place, io.write.data);
            let word = bank.read_enabled(read & !write, place);
            words.push(word);
            m.assert(
                &format!("bank_{number}_has_one_port"),
                !(write & read),
                "a bank is read in a cycle in which it is written",
            );
        }
        let bank_read = m.capture(io.read.enable, read_bank);
        RamOutputs {
            read_data: bank_read.mux(words[1], words[0]),
        }
    }
}
