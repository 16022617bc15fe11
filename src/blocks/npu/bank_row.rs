//! Memory that reads and writes at any byte.

use super::ports::{ByteWrite, VectorRows};
use crate::hdl::{
    Block, Module, Signal, bit, bundle, concat, hardware, index_bits, join, unsigned,
};

/// Cycles from a read until its bytes are there: those of its addresses, of the memories, of registers behind
/// them, and of the rotation.
pub const READ_LATENCY: u32 = 4;

/// A byte memory for each byte of a vector, each with an address of its own, so that a vector may
/// begin at any byte, and go on in other rows that are whole words further. Bytes written are read by
/// what is asked two cycles later or after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRow {
    /// Module name.
    pub name: String,
    /// Bytes of a vector: a power of two.
    pub banks: u32,
    /// Bytes of a bank: a power of two.
    pub depth: u32,
    /// Rows of an image that a vector that is read may reach over: 2 or more.
    pub rows: u32,
}

bundle! {
    /// What a [`BankRow`] takes.
    pub struct BankRowInputs(row: &BankRow) {
        /// Writes in this cycle.
        write_enable: bit(),
        write: ByteWrite(row.address_bits(), row.banks),
        /// Reads in this cycle.
        read_enable: bit(),
        /// Where the lowest byte is.
        read_address: unsigned(row.address_bits()),
        read_rows: VectorRows(row.rows, row.banks, row.word_bits()),
    }
}

bundle! {
    /// What a [`BankRow`] gives.
    pub struct BankRowOutputs(row: &BankRow) {
        /// Lowest byte first.
        read_data: unsigned(8 * row.banks),
    }
}

impl BankRow {
    /// Bits of the address of a byte.
    pub fn address_bits(&self) -> u32 {
        index_bits(self.depth.into()) + self.bank_bits()
    }

    fn bank_bits(&self) -> u32 {
        self.banks.ilog2()
    }

    /// Bits of an address in a bank.
    pub fn word_bits(&self) -> u32 {
        index_bits(self.depth.into())
    }

    /// The bank of a vector's lowest byte, and the address in it.
    fn split<'m>(&self, address: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        let bits = self.bank_bits();
        (
            address.truncate(bits),
            address.slice(bits, self.word_bits()),
        )
    }

    /// Whether the byte that a bank has of a vector is a word further than the lowest.
    fn is_behind<'m>(&self, bank: u32, first: Signal<'m>) -> Signal<'m> {
        first.gt(bank)
    }
}

/// So many times a value, with bits that wrap; none for 0.
fn times(value: Signal<'_>, factor: u32) -> Option<Signal<'_>> {
    let bits = (0..u32::BITS).filter(|bit| factor >> bit & 1 == 1);
    let parts = bits.map(|bit| value << bit);
    parts.reduce(|sum, part| sum + part)
}

/// Bits for a number of bytes.
fn in_bits(bytes: Signal<'_>) -> Signal<'_> {
    concat(&[bytes, bytes.module().zero(unsigned(3))])
}

#[hardware]
impl Block for BankRow {
    fn build<'m>(&self, m: &'m Module, io: BankRowInputs<'m>) -> BankRowOutputs<'m> {
        m.doc(&format!(
            "{} byte-wide memories, read and written from any byte on.",
            self.banks
        ));
        m.section("write: rotate, so that each byte stands at its bank");
        let (first, word) = self.split(io.write.address);
        let write_first = m.delay(first);
        let write_word = m.delay(word);
        let write_next = m.delay(word + 1);
        let write_data = m.delay(io.write.data.rotate_left(in_bits(first)));
        let write_mask = m.delay(io.write.mask.rotate_left(first));
        // Whether something is written is known last.
        let writes = m.flag(io.write_enable);

        m.section("read: an address for each bank, then rotate back");
        let (first, word) = self.split(io.read_address);
        let read_first = m.delay(first);
        let words = (0..self.rows).map(|row| {
            let word = times(io.read_rows.step, row).map_or(word, |further| word + further);
            [("word", word), ("next", word + 1)]
                .map(|(name, word)| m.delay(word).named(format!("read_{name}_{row}")))
        });
        let words: Vec<_> = words.collect();
        let behind = io.read_rows.behind.split(self.banks).into_iter();
        let behind: Vec<_> = behind.map(|row| m.delay(row.rotate_left(first))).collect();
        let reads = m.flag(io.read_enable);
        let mut bytes = Vec::new();
        for number in 0..self.banks {
            let bank = m.memory(8, self.depth).named(format!("bank_{number}"));
            let place = match number {
                number if number + 1 == self.banks => write_word,
                _ => self
                    .is_behind(number, write_first)
                    .mux(write_next, write_word),
            };
            let data = write_data.slice(8 * number, 8);
            bank.write(writes & write_mask.bit(number), place, data);
            let in_row = |[word, next]: [Signal<'m>; 2]| match number {
                number if number + 1 == self.banks => word,
                _ => self.is_behind(number, read_first).mux(next, word),
            };
            let rows_behind = behind.iter().zip(&words[1..]);
            let place = rows_behind.fold(in_row(words[0]), |before, (behind, words)| {
                behind.bit(number).mux(in_row(*words), before)
            });
            let byte = bank.read_enabled(reads, place);
            bytes.push(byte.named(format!("byte_{number}")));
        }
        let first_read = m.delay_by("read_first", read_first, 2);
        let back = m.zero(first_read.shape()) - first_read;
        // The memories take most of a cycle.
        let bytes = m.delay(join(&bytes)).named("bytes_read");
        let read_data = m.delay(bytes.rotate_left(in_bits(back)));
        BankRowOutputs { read_data }
    }
}
