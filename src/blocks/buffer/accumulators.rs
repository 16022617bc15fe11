//! Accumulator memory: where the sums of K tiles meet, and from where results are drained.

use super::super::ports::{ResultPort, Target};
use super::super::prim::{RamRead, RamWrite};
use super::{BlockRam, MemoryInputs, MemoryParams};
use crate::arch::{BANKS, MemoryStyle};
use crate::hdl::{Block, Module, Shape, Signal, bit, bundle, concat, hardware, join, unsigned};

bundle! {
    /// Inputs of [`Accumulators`].
    pub struct AccumulatorInputs(accumulators: &Accumulators) {
        /// Forget what is on its way.
        clear: bit(),
        /// Where the sums of the next cycle go.
        target: Target(accumulators.address_bits()),
        /// The larger of a partial sum and the word is kept, in the place of their sum.
        maximum: [bit(); u32::from(accumulators.maximum)],
        /// Column 0 lowest.
        sums: unsigned(accumulators.columns * accumulators.sum.width),
        /// What the drain reads.
        drain: ResultPort(accumulators.address_bits(), accumulators.bank.width),
    }
}

bundle! {
    /// Outputs of [`Accumulators`].
    pub struct AccumulatorOutputs {
        /// The last sums of a row block are written in this cycle.
        block_complete: bit(),
    }
}

/// Two banks of C accumulators a word: one collects a row block of sums while the other is
/// drained.
///
/// Partial sums are added to the word unless `first` says that it begins anew; a word must not
/// come again within the [reuse distance](Accumulators::reuse_distance).
#[derive(Debug, Clone, PartialEq)]
pub struct Accumulators {
    /// Module name.
    pub name: String,
    /// Sums that come are partial; else they are whole.
    pub partial: bool,
    /// Of partial sums the largest can be kept.
    pub maximum: bool,
    /// C.
    pub columns: u32,
    /// A sum that comes.
    pub sum: Shape,
    /// An accumulator.
    pub lane: Shape,
    /// The memory of a bank.
    pub bank: MemoryParams,
}

impl Accumulators {
    fn address_bits(&self) -> u32 {
        self.bank.address_bits()
    }

    /// Cycles from a partial sum to the next for the same word, at least: those of the read, of
    /// the choice of the bank, of the addition and of the write.
    pub fn reuse_distance(&self) -> u32 {
        self.bank.read_latency() + 3
    }

    /// Paths of the block RAM cells, a list for every column of the array: those that hold its
    /// sums; none where the tools make the memories.
    pub fn block_rams(&self) -> Vec<Vec<String>> {
        let mut columns = vec![Vec::new(); self.columns as usize];
        if !matches!(self.bank.style, MemoryStyle::Registered(_)) {
            return columns;
        }
        for bank in 0..BANKS {
            for (cell, first_bit) in BlockRam::cells(self.bank.width, self.bank.depth) {
                let column = first_bit / self.lane.width;
                let path = format!("{}.{cell}", bank_name(bank));
                columns[column as usize].push(path);
            }
        }
        columns
    }
}

/// The memory of a bank.
fn bank_name(bank: u32) -> String {
    format!("bank_{bank}_words")
}

/// A bit for each bank: `enable` for this one.
#[track_caller]
fn of_banks<'m>(enable: Signal<'m>, bank: Signal<'m>) -> Signal<'m> {
    concat(&[enable & bank, enable & !bank])
}

/// Words on their way to the drain, a bit for each bank: a stage further where all of them move.
#[hardware]
#[track_caller]
fn onward<'m>(io: &AccumulatorInputs<'m>, words: Signal<'m>) -> Signal<'m> {
    let m = words.module();
    let next = m.reg(words.shape()).reset(0);
    m.when(io.clear, || next.set(0))
        .else_when(io.drain.advance, || next.set(words));
    *next
}

/// The value in the last `cycles` cycles, the latest in bit 0.
#[hardware]
#[track_caller]
fn past<'m>(value: Signal<'m>, cycles: u32) -> Signal<'m> {
    let past = value.module().reg(unsigned(cycles));
    past.next(concat(&[*past, value]).truncate(cycles))
}

#[hardware]
impl Block for Accumulators {
    fn build<'m>(&self, m: &'m Module, io: AccumulatorInputs<'m>) -> AccumulatorOutputs<'m> {
        m.doc(if self.partial {
            "Accumulators: adds partial sums to the words of one bank while the other is drained."
        } else {
            "Accumulators: collects the sums of a row block in one bank while the other is drained."
        });
        m.section("pipeline: read the old word, choose its bank, add, write back");
        let target = io.target;
        // Cycles of a target until its sum goes to the registers in front of the write port.
        let cycles = match self.partial {
            true => self.bank.read_latency() + 2,
            false => 1,
        };
        let writes = m.reg(unsigned(BANKS)).reset(0);
        let valid = m.reg(unsigned(cycles)).reset(0);
        m.when(io.clear, || valid.set(0)).otherwise(|| {
            valid.set(concat(&[*valid, target.valid]).truncate(cycles));
        });
        let last = past(target.last, cycles);
        let bank = past(target.bank, cycles);
        let mut addresses = vec![target.address];
        for stage in 1..=cycles + 1 {
            let before = addresses[stage as usize - 1];
            addresses.push(m.delay(before).named(format!("address_{stage}")));
        }
        let arrives = valid.msb() & !io.clear;
        writes.next(of_banks(arrives, bank.msb()));
        // A memory answers late in a cycle: nothing but the choice of the bank comes behind it.
        let choice = cycles - u32::from(self.partial);
        let sums = m.delay_by("sums", io.sums, choice);
        let maximum = (io.maximum.first()).map(|maximum| past(*maximum, cycles));
        let old_word = self
            .partial
            .then(|| m.reg(unsigned(self.bank.width)).named("old_word"));
        let write = RamWrite {
            enable: *writes,
            address: addresses[cycles as usize + 1],
            data: old_word.map_or(sums, |old_word| {
                self.add(m, *old_word, sums, maximum.map(|maximum| maximum.msb()))
            }),
        };
        let words = self.read(m, &io, write);
        if let Some(old_word) = old_word {
            let again: Vec<_> = (0..cycles)
                .zip(&addresses[1..])
                .map(|(stage, address)| {
                    let bank = bank.bit(stage);
                    valid.bit(stage) & bank.eq(target.bank) & address.eq(target.address)
                })
                .collect();
            m.assert(
                "reuse_distance",
                !(target.valid & !target.first & join(&again).any()),
                "a word comes again before its sum is written",
            );
            let first = past(target.first, choice);
            // Nothing is as good as the least of all numbers, where the largest is kept.
            let nothing = match maximum {
                None => m.zero(old_word.shape()),
                Some(maximum) => {
                    let below = m.zero(unsigned(self.lane.width - 1));
                    let least = concat(&[maximum.bit(choice - 1), below]).named("least");
                    least.repeat(self.columns)
                }
            };
            m.when(first.msb(), || old_word.set(nothing))
                .else_when(bank.bit(choice - 1), || old_word.set(words[1]))
                .otherwise(|| old_word.set(words[0]));
        } else {
            m.unused(target.first);
        }
        // The drain asks for a word no sooner than the cycle after.
        let block_complete = m.flag(arrives & last.msb());
        AccumulatorOutputs { block_complete }
    }
}

#[hardware]
impl Accumulators {
    /// The memories: reads the words of both banks for the sums and the drain, which sees its word.
    /// Reads and writes are a bit for each bank.
    #[track_caller]
    fn read<'m>(
        &self,
        m: &'m Module,
        io: &AccumulatorInputs<'m>,
        write: RamWrite<'m>,
    ) -> [Signal<'m>; 2] {
        let (target, drain) = (&io.target, &io.drain);
        let for_drain = onward(io, of_banks(drain.enable, drain.bank));
        let (reads, collects) = if self.partial {
            let for_sums = m.reg(unsigned(BANKS)).reset(0);
            let reads_old_word = target.valid & !target.first & !io.clear;
            for_sums.next(of_banks(reads_old_word, target.bank));
            m.assert(
                "banks_apart",
                (for_sums & for_drain).eq(0),
                "a bank is drained while it collects",
            );
            (
                for_sums | for_drain.gate(drain.advance),
                of_banks(target.valid, target.bank).named("collects"),
            )
        } else {
            (for_drain.gate(drain.advance), m.zero(unsigned(BANKS)))
        };
        // The bank of the word that the drain sees.
        let (held, drained_bank) = if self.bank.output_register {
            let drained = onward(io, for_drain);
            let held = onward(io, drained);
            (Some(held), held.msb())
        } else {
            let drained_bank = onward(io, for_drain.msb());
            (None, drained_bank)
        };
        let words = [0, 1].map(|b| {
            // Each bank has an address of its own: it drives all of its memories.
            let address = m
                .reg(target.address.shape())
                .named(format!("bank_{b}_address"));
            if self.partial {
                m.when(collects.bit(b), || address.set(target.address))
                    .else_when(drain.advance, || address.set(drain.address));
            } else {
                m.when(drain.advance, || address.set(drain.address));
            }
            let take = held.map(|held| !(held.bit(b) & !drain.advance));
            let inputs = MemoryInputs {
                write: RamWrite {
                    enable: write.enable.bit(b),
                    ..write
                },
                read: RamRead {
                    enable: reads.bit(b),
                    address: *address,
                },
                take: take.unwrap_or(m.high()),
            };
            let names = [&*bank_name(b), &*format!("bank_{b}_word")];
            self.bank.insert(m, names, inputs)
        });
        drain.data.drive(drained_bank.mux(words[1], words[0]));
        words
    }

    /// A partial sum for each accumulator of a word: their sums, or the larger ones, behind registers.
    #[track_caller]
    fn add<'m>(
        &self,
        m: &'m Module,
        word: Signal<'m>,
        partial: Signal<'m>,
        maximum: Option<Signal<'m>>,
    ) -> Signal<'m> {
        let lanes = word.split(self.lane.width).into_iter();
        let sum: Vec<_> = lanes
            .zip(partial.split(self.sum.width))
            .map(|(lane, partial)| {
                let (lane, partial) = (
                    lane.as_signed(),
                    partial.as_signed().sign_extend(self.lane.width),
                );
                m.delay(match maximum {
                    None => lane + partial,
                    Some(maximum) => {
                        maximum.mux(partial.gt(lane).mux(partial, lane), lane + partial)
                    }
                })
            })
            .collect();
        join(&sum).named("new_word")
    }
}
