//! Accumulator memory: where the sums of K tiles meet, and from where results are drained.

use super::super::pe::shape;
use super::super::ports::{PortSizes, ResultPort, Target};
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{Block, Module, Signal, bit, concat, unsigned};

/// Two banks of C accumulators a word: one collects a row block of sums while the other is
/// drained.
///
/// Weight-stationary arrays deliver partial sums, which are added to the word unless `first`
/// says that it begins anew; a word must not come again within three cycles. Output-stationary
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
    pub const REUSE_DISTANCE: u32 = 3;
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

        m.section("pipeline: read the old word, add, write back");
        let valid_1 = m.flag("valid_1", valid & !clear);
        let last_1 = m.delay("last_1", last);
        let bank_1 = m.delay("bank_1", bank);
        let address_1 = m.delay("address_1", address);
        let sums_1 = m.delay("sums_1", sums);

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
                m.memory(
                    format!("bank_{b}_words"),
                    word.width,
                    arch.accumulators.bank_depth,
                )
                .no_collision()
            })
            .collect();
        let words: Vec<_> = (0..2u32)
            .map(|b| {
                let (enable, address) = read(b);
                memories[b as usize].read_enabled(format!("bank_{b}_word"), enable, address)
            })
            .collect();

        let (valid_2, last_2, bank_2, address_2, word_2) = if accumulate {
            let first_1 = m.delay("first_1", first);
            let old = bank_1.mux(words[1], words[0]);
            let old = first_1.mux(m.zero(word), old).named("old_word");
            let mut lanes = Vec::new();
            for column in 0..arch.columns {
                let partial = sums_1.slice(column * sum.width, sum.width).as_signed();
                let old = old.slice(column * lane.width, lane.width).as_signed();
                let total = old + partial.sign_extend(lane.width);
                lanes.push(m.delay(format!("sum_{column}"), total));
            }
            lanes.reverse();
            let valid_2 = m.flag("valid_2", valid_1 & !clear);
            let bank_2 = m.delay("bank_2", bank_1);
            let address_2 = m.delay("address_2", address_1);
            let again_1 = valid_1 & bank_1.eq(bank) & address_1.eq(address);
            let again_2 = valid_2 & bank_2.eq(bank) & address_2.eq(address);
            m.assert(
                "words_rest",
                !(valid & !first & (again_1 | again_2)),
                "a word comes again before its sum is written",
            );
            let last_2 = m.delay("last_2", last_1);
            (valid_2, last_2, bank_2, address_2, concat(&lanes))
        } else {
            m.unused(first);
            (valid_1, last_1, bank_1, address_1, sums_1)
        };
        for (b, memory) in memories.iter().enumerate() {
            memory.write(valid_2 & bank_2.eq(b), address_2, word_2);
        }
        let complete = m
            .reg("block_complete", bit())
            .reset(0)
            .next(valid_2 & last_2 & !clear);

        m.section("drain");
        let drained_bank = m.capture("drained_bank", drain.enable, drain.bank);
        drain.data.drive(drained_bank.mux(words[1], words[0]));
        m.output("block_complete", complete);
    }
}
