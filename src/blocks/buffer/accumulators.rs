//! Accumulator memory: where the sums of K tiles meet, and from where results are drained.

use super::super::pe::shape;
use super::super::ports::{PortSizes, ResultPort, Target};
use super::operand::styled;
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{Block, Module, Signal, bit, concat, unsigned};

/// Two banks of C accumulators a word: one collects a row block of sums while the other is
/// drained.
///
/// Weight-stationary arrays deliver partial sums, which are added to the word unless `first`
/// says that it begins anew; a word must not come again within four cycles. Output-stationary
/// arrays deliver whole sums.
#[derive(Debug, Clone)]
pub struct Accumulators {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Accumulators {
    /// Cycles that must lie between two sums for the same word.
    pub const REUSE_DISTANCE: u32 = 4;
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
                let memory = m.memory(format!("bank_{b}_words"), word.width, depth);
                styled(memory.no_collision(), arch.memory_style(word.width, depth))
            })
            .collect();
        let words: Vec<_> = (0..2u32)
            .map(|b| {
                let (enable, address) = read(b);
                memories[b as usize].read_enabled(format!("bank_{b}_word"), enable, address)
            })
            .collect();

        let entry = Entry {
            valid,
            last,
            bank,
            address,
        };
        let stage_1 = entry.later(1, clear);
        let sums_1 = m.delay("sums_1", sums);
        let (done, word) = if accumulate {
            let first_1 = m.delay("first_1", first);
            let old = stage_1.bank.mux(words[1], words[0]);
            // A memory answers late in a cycle: nothing but the choice of the bank comes behind it.
            let old = m.delay("old_word", first_1.mux(m.zero(word), old));
            let stage_2 = stage_1.later(2, clear);
            let sums_2 = m.delay("sums_2", sums_1);
            let mut lanes = Vec::new();
            for column in 0..arch.columns {
                let partial = sums_2.slice(column * sum.width, sum.width).as_signed();
                let old = old.slice(column * lane.width, lane.width).as_signed();
                let total = old + partial.sign_extend(lane.width);
                lanes.push(m.delay(format!("sum_{column}"), total));
            }
            lanes.reverse();
            let stage_3 = stage_2.later(3, clear);
            let comes_again = [&stage_1, &stage_2, &stage_3]
                .map(|stage| stage.valid & stage.bank.eq(bank) & stage.address.eq(address))
                .into_iter()
                .reduce(|any, again| any | again)
                .expect("three stages");
            m.assert(
                "words_rest",
                !(valid & !first & comes_again),
                "a word comes again before its sum is written",
            );
            (stage_3, concat(&lanes).named("new_word"))
        } else {
            m.unused(first);
            (stage_1, sums_1)
        };
        for (b, memory) in memories.iter().enumerate() {
            memory.write(done.valid & done.bank.eq(b), done.address, word);
        }
        let complete = m
            .reg("block_complete", bit())
            .reset(0)
            .next(done.valid & done.last & !clear);

        m.section("drain");
        let drained_bank = m.capture("drained_bank", drain.enable, drain.bank);
        drain.data.drive(drained_bank.mux(words[1], words[0]));
        m.output("block_complete", complete);
    }
}
