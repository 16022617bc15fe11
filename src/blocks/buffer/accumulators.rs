//! Accumulator memory: where the sums of K tiles meet, and from where results are drained.

use super::super::pe::shape;
use super::super::ports::{PortSizes, ResultPort, Target};
use super::BufferMemory;
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{Block, Module, Signal, bit, concat, unsigned};

/// Two banks of C accumulators a word: one collects a row block of sums while the other is
/// drained.
///
/// Weight-stationary arrays deliver partial sums, which are added to the word unless `first`
/// says that it begins anew; a word must not come again within the
/// [reuse distance](Accumulators::reuse_distance). Output-stationary arrays deliver whole sums.
#[derive(Debug, Clone)]
pub struct Accumulators {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Accumulators {
    /// Cycles from a sum to the next for the same word, at least: those of the read, of the choice
    /// of the bank, of the addition and of the write.
    pub fn reuse_distance(arch: &MatmulArch) -> u32 {
        arch.read_latency() + 3
    }
}

/// A sum on its way to the memory.
struct Entry<'m> {
    valid: Signal<'m>,
    last: Signal<'m>,
    bank: Signal<'m>,
    address: Signal<'m>,
}

impl<'m> Entry<'m> {
    /// The same a cycle later, in registers with the number of the stage.
    #[track_caller]
    fn later(&self, stage: u32, clear: Signal<'m>) -> Entry<'m> {
        let m = self.valid.module();
        Entry {
            valid: m.flag(format!("valid_{stage}"), self.valid & !clear),
            last: m.delay(format!("last_{stage}"), self.last),
            bank: m.delay(format!("bank_{stage}"), self.bank),
            address: m.delay(format!("address_{stage}"), self.address),
        }
    }
}

impl Block for Accumulators {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    fn build(&self, m: &Module) {
        let arch = &self.arch;
        let accumulate = arch.dataflow == Dataflow::WeightStationary;
        let sum = shape(if accumulate {
            arch.partial_sum
        } else {
            arch.accumulator
        });
        let lane = shape(arch.accumulator);
        let word = unsigned(arch.accumulators.word_bits);
        m.doc(if accumulate {
            "Accumulators: adds partial sums to the words of one bank while the other is drained."
        } else {
            "Accumulators: collects the sums of a row block in one bank while the other is drained."
        });

        let sizes = PortSizes::of(arch);
        let clear = m.input("clear", bit()).comment("forget what is on its way");
        let target: Target<'_> = m.sink_port("target", sizes.target);
        let sums = m.input("sums", unsigned(arch.columns * sum.width));
        let drain: ResultPort<'_> = m.sink_port("drain", sizes.result);
        let Target {
            valid,
            first,
            last,
            bank,
            address,
        } = target;

        m.section("pipeline: read the old word, choose its bank, add, write back");
        let read = |b: u32| -> (Signal<'_>, Signal<'_>) {
            let drained = drain.enable & drain.bank.eq(b);
            if accumulate {
                let mine = valid & !first & bank.eq(b);
                (mine | drained, mine.mux(address, drain.address))
            } else {
                (drained, drain.address)
            }
        };
        let memories: Vec<_> = (0..2)
            .map(|b| {
                let depth = arch.accumulators.bank_depth;
                BufferMemory::new(m, arch, &format!("bank_{b}_words"), word.width, depth)
            })
            .collect();
        let drained_bank = m.capture("drained_bank", drain.enable, drain.bank);
        let hold = arch.output_register.then(|| {
            m.input("drain_hold", bit())
                .comment("the word in the output register has not been taken")
        });
        // The bank of the word that the drain sees.
        let drained_bank = hold.map_or(drained_bank, |hold| {
            m.capture("drained_bank_register", !hold, drained_bank)
        });
        let words: Vec<_> = (0..2u32)
            .map(|b| {
                let (enable, address) = read(b);
                let (memory, name) = (memories[b as usize], format!("bank_{b}_word"));
                match hold {
                    Some(hold) => {
                        let keep = hold & drained_bank.eq(b);
                        memory.read_held(&name, enable, address, !keep)
                    }
                    None => memory.read(&name, enable, address),
                }
            })
            .collect();

        let entry = Entry {
            valid,
            last,
            bank,
            address,
        };
        let (done, word) = if accumulate {
            // A memory answers late in a cycle: nothing but the choice of the bank comes behind it.
            let choice = arch.read_latency();
            let mut stages = vec![entry];
            for stage in 1..=choice + 2 {
                stages.push(stages[stage as usize - 1].later(stage, clear));
            }
            let chosen = &stages[choice as usize];
            let first = m.delay_by("first", first, choice);
            let old = first.mux(m.zero(word), chosen.bank.mux(words[1], words[0]));
            let old = m.delay("old_word", old);
            let sums = m.delay_by("sums", sums, choice + 1);
            let mut lanes = Vec::new();
            for column in 0..arch.columns {
                let partial = sums.slice(column * sum.width, sum.width).as_signed();
                let old = old.slice(column * lane.width, lane.width).as_signed();
                let total = old + partial.sign_extend(lane.width);
                lanes.push(m.delay(format!("sum_{column}"), total));
            }
            lanes.reverse();
            let written = stages.pop().expect("the last stage");
            let comes_again = stages[1..]
                .iter()
                .chain([&written])
                .map(|stage| stage.valid & stage.bank.eq(bank) & stage.address.eq(address))
                .reduce(|any, again| any | again)
                .expect("three stages and more");
            m.assert(
                "words_rest",
                !(valid & !first & comes_again),
                "a word comes again before its sum is written",
            );
            (written, concat(&lanes).named("new_word"))
        } else {
            m.unused(first);
            (entry.later(1, clear), m.delay("sums_1", sums))
        };
        for (b, memory) in memories.iter().enumerate() {
            memory.write(done.valid & done.bank.eq(b), done.address, word);
        }
        let complete = m
            .reg("block_complete", bit())
            .reset(0)
            .next(done.valid & done.last & !clear);

        m.section("drain");
        drain.data.drive(drained_bank.mux(words[1], words[0]));
        m.output("block_complete", complete);
    }
}
