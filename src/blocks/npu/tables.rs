//! Tables for the sum of two activations.

use super::parameters::SHIFT_BITS;
use crate::hdl::{
    Block, Module, Signal, bit, bundle, hardware, index_bits, join, signed, unsigned,
};
use crate::isa::npu::{TABLE_ENTRIES, TABLE_WORDS, Target};

/// Bits of the number of a word of a table.
pub(super) const TABLE_BITS: u32 = 9;
/// Cycles from two bytes to the sum of their entries: those of the memories and of the choice of the words.
pub const TABLE_LATENCY: u32 = 2;

/// A table for the result of POST and one for what is added, read for L lanes at once; and how their sum
/// becomes a byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Module name.
    pub name: String,
    /// L.
    pub lanes: u32,
    /// Bits of a beat.
    pub bus_bits: u32,
}

bundle! {
    /// What [`Tables`] take.
    pub struct TablesInputs(tables: &Tables) {
        /// A beat comes.
        enable: bit(),
        /// For which: a [`Target`].
        target: unsigned(3),
        /// Its lowest word: an entry, or a word behind the entries.
        entry: unsigned(index_bits((TABLE_ENTRIES + TABLE_WORDS).into())),
        data: unsigned(tables.bus_bits),
        /// L results, and what is added to them.
        results: unsigned(8 * tables.lanes),
        residuals: unsigned(8 * tables.lanes),
    }
}

bundle! {
    /// What [`Tables`] give.
    pub struct TablesOutputs(tables: &Tables) {
        /// The sums of L lanes, two cycles later, behind adders.
        sums: unsigned(32 * tables.lanes),
        multiplier: unsigned(32),
        shift: signed(SHIFT_BITS),
        zero_point: signed(8),
        low: signed(8),
        high: signed(8),
        /// The multiplier is an fp32 scale.
        is_float: bit(),
    }
}

#[hardware]
impl Block for Tables {
    fn build<'m>(&self, m: &'m Module, io: TablesInputs<'m>) -> TablesOutputs<'m> {
        m.doc("Tables of what two activations add to their sum, and how that becomes a byte.");
        let words = self.bus_bits / 32;
        let bits = words.ilog2();
        let is_entry = io.entry.lt(TABLE_ENTRIES);
        let line = io.entry.slice(bits, 8 - bits);
        let table = |name: &str, target: Target, index: Signal<'m>| {
            let memory = m.memory(self.bus_bits, TABLE_ENTRIES / words).named(name);
            let writes = io.enable & is_entry & io.target.eq(target as u32);
            memory.write(writes, line, io.data);
            let of_lines = memory.read(index.slice(bits, 8 - bits)).split(32);
            let word = match words {
                1 => of_lines[0],
                _ => m
                    .delay(index.truncate(bits))
                    .named(format!("{name}_word"))
                    .select(&of_lines),
            };
            m.delay(word).named(format!("{name}_entry"))
        };
        let mut sums = Vec::new();
        let lanes = io.results.split(8).into_iter().zip(io.residuals.split(8));
        for (lane, (result, residual)) in (0..).zip(lanes) {
            let result = table(&format!("result_{lane}"), Target::ResultTable, result);
            let residual = table(&format!("residual_{lane}"), Target::ResidualTable, residual);
            sums.push((result + residual).named(format!("sum_{lane}")));
        }
        // The words behind the entries, each in its place of a beat.
        let word = |name: &str, number: u32, width: u32| {
            let entry = TABLE_ENTRIES + number;
            let of_beat = io.enable
                & io.target.eq(Target::ResultTable as u32)
                & io.entry.eq(entry / words * words);
            let value = io.data.slice(32 * (entry % words), width);
            let value = if matches!(number, 0 | 5) {
                value
            } else {
                value.as_signed()
            };
            m.capture(of_beat, value).named(name)
        };
        TablesOutputs {
            sums: join(&sums),
            multiplier: word("multiplier", 0, 32),
            shift: word("shift", 1, SHIFT_BITS),
            zero_point: word("zero_point", 2, 8),
            low: word("low", 3, 8),
            high: word("high", 4, 8),
            is_float: word("is_float", 5, 1),
        }
    }
}
