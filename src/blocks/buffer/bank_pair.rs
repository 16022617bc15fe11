//! A double-buffered scratchpad whose banks have one port each.

use crate::arch::BANKS;
use crate::blocks::prim::{RamRead, RamWrite};
use crate::hdl::{Block, Module, Signal, bit, index_bits, unsigned};

/// Two banks of `bank_depth` words, the second behind the first, each a memory of one port.
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
    fn address_bits(&self) -> u32 {
        index_bits(u64::from(BANKS * self.bank_depth))
    }

    /// Makes an instance and returns the word read, a cycle after its address.
    #[track_caller]
    pub fn insert<'m>(
        &self,
        m: &'m Module,
        name: &str,
        write: RamWrite<'m>,
        read: RamRead<'m>,
    ) -> Signal<'m> {
        m.untyped_instance(name, self)
            .input("write_enable", write.enable)
            .input("write_address", write.address)
            .input("write_data", write.data)
            .input("read_enable", read.enable)
            .input("read_address", read.address)
            .output("read_data")
    }

    /// The bank of an address, and the place in it.
    fn split<'m>(&self, name: &str, address: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        let bits = index_bits(self.bank_depth.into());
        let bank = address.ge(self.bank_depth).named(name);
        let offset = if self.bank_depth.is_power_of_two() && self.bank_depth > 1 {
            address
        } else {
            bank.mux(address - self.bank_depth, address)
        };
        (bank, offset.truncate(bits))
    }
}

impl Block for BankPair {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc("Two banks of memory with one port each: one is written while the other is read.");
        let address = unsigned(self.address_bits());
        let write_enable = m.input("write_enable", bit());
        let write_address = m.input("write_address", address);
        let write_data = m.input("write_data", unsigned(self.width));
        let read_enable = m.input("read_enable", bit());
        let read_address = m.input("read_address", address);
        let (write_bank, write_offset) = self.split("write_bank", write_address);
        let (read_bank, read_offset) = self.split("read_bank", read_address);
        let mut words = Vec::new();
        for bank in 0..BANKS {
            let write = (write_enable & write_bank.eq(bank)).named(format!("write_{bank}"));
            let read = (read_enable & read_bank.eq(bank)).named(format!("read_{bank}"));
            let place = write
                .mux(write_offset, read_offset)
                .named(format!("place_{bank}"));
            let memory = m
                .memory(self.width, self.bank_depth)
                .named(format!("bank_{bank}"))
                .no_collision()
                .attribute("ram_style = \"huge\"");
            memory.write(write, place, write_data);
            words.push(
                memory
                    .read_enabled(read & !write, place)
                    .named(format!("word_{bank}")),
            );
            m.assert(
                &format!("bank_{bank}_has_one_port"),
                !(write & read),
                "a bank is read in a cycle in which it is written",
            );
        }
        let bank_read = m.capture(read_enable, read_bank).named("bank_read");
        m.output("read_data", bank_read.mux(words[1], words[0]));
    }
}
