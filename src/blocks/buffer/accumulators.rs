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

/// A bit for each bank: `enable` for this one.
#[track_caller]
fn of_banks<'m>(enable: Signal<'m>, bank: Signal<'m>) -> Signal<'m> {
    concat(&[enable & bank, enable & !bank])
}

/// Words on their way to the drain, a bit for each bank: a stage further where all of them move.
#[track_caller]
fn onward<'m>(
    name: &str,
    words: Signal<'m>,
    (moves, clear): (Signal<'m>, Signal<'m>),
) -> Signal<'m> {
    let next = moves.module().reg(name, words.shape()).reset(0);
    next.next(moves.mux(words, *next).gate(!clear))
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

        m.section("in front of the banks: what each reads, for sums or for the drain");
        let moves = (drain.moves, clear);
        let for_drain = onward("for_drain", of_banks(drain.enable, drain.bank), moves);
        let (reads, collects) = if accumulate {
            let old = of_banks(valid & !first & !clear, bank);
            let for_sums = m.reg("for_sums", unsigned(2)).reset(0).next(old);
            m.assert(
                "banks_apart",
                (for_sums & for_drain).eq(0),
                "a bank is drained while it collects",
            );
            let reads = for_sums | for_drain.gate(drain.moves);
            (reads, of_banks(valid, bank))
        } else {
            (for_drain.gate(drain.moves), m.zero(unsigned(2)))
        };
        // Each bank has an address of its own: it drives all of its memories.
        let read = |b: u32| -> (Signal<'_>, Signal<'_>) {
            let place = m.reg(format!("bank_{b}_address"), address.shape());
            let place = if accumulate {
                place.walk(collects.bit(b), address, drain.moves, drain.address)
            } else {
                place.enable(drain.moves).next(drain.address)
            };
            (reads.bit(b), place)
        };
        let memories: Vec<_> = (0..2)
            .map(|b| {
                let depth = arch.accumulators.bank_depth;
                BufferMemory::new(m, arch, &format!("bank_{b}_words"), word.width, depth)
            })
            .collect();
        // The bank of the word that the drain sees.
        let held = arch.output_register.then(|| {
            let read = onward("drained", for_drain, moves);
            onward("held", read, moves)
        });
        let drained_bank = match held {
            Some(held) => held.msb(),
            None => onward("drained_bank", for_drain.msb(), moves),
        };
        let words: Vec<_> = (0..2u32)
            .map(|b| {
                let (enable, address) = read(b);
                let (memory, name) = (memories[b as usize], format!("bank_{b}_word"));
                match held {
                    Some(held) => {
                        let keep = held.bit(b) & !drain.moves;
                        memory.read_held(&name, enable, address, !keep)
                    }
                    None => memory.read(&name, enable, address),
                }
            })
            .collect();

        m.section("pipeline: read the old word, choose its bank, add, write back");
        let entry = Entry {
            valid,
            last,
            bank,
            address,
        };
        let (before, stage, word) = if accumulate {
            // A memory answers late in a cycle: nothing but the choice of the bank comes behind it.
            let choice = 1 + arch.read_latency();
            let mut stages = vec![entry];
            for stage in 1..=choice + 1 {
                stages.push(stages[stage as usize - 1].later(stage, clear));
            }
            let chosen = &stages[choice as usize];
            let anew = m.delay_by("first", first, choice);
            let old = anew.mux(m.zero(word), chosen.bank.mux(words[1], words[0]));
            let old = m.delay("old_word", old);
            let sums = m.delay_by("sums", sums, choice);
            let mut lanes = Vec::new();
            for column in 0..arch.columns {
                let partial = sums.slice(column * sum.width, sum.width).as_signed();
                let old = old.slice(column * lane.width, lane.width).as_signed();
                let total = old + partial.sign_extend(lane.width);
                lanes.push(m.delay(format!("sum_{column}"), total));
            }
            lanes.reverse();
            let comes_again = stages[1..]
                .iter()
                .map(|stage| stage.valid & stage.bank.eq(bank) & stage.address.eq(address))
                .reduce(|any, again| any | again)
                .expect("three stages and more");
            m.assert(
                "words_rest",
                !(valid & !first & comes_again),
                "a word comes again before its sum is written",
            );
            let before = stages.pop().expect("the last stage");
            (before, choice + 2, concat(&lanes).named("new_word"))
        } else {
            m.unused(first);
            (entry.later(1, clear), 2, m.delay("sums_1", sums))
        };
        let address = m.delay(format!("address_{stage}"), before.address);
        let writes = of_banks(before.valid & !clear, before.bank);
        let writes = m.reg("writes", unsigned(2)).reset(0).next(writes);
        for (b, memory) in (0..).zip(&memories) {
            memory.write(writes.bit(b), address, word);
        }
        // The drain asks for a word no sooner than the cycle after.
        let complete = before.valid & before.last & !clear;
        m.output("block_complete", m.flag("block_complete", complete));

        m.section("drain");
        drain.data.drive(drained_bank.mux(words[1], words[0]));
    }
}
