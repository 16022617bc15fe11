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

/// A word is on its way to the drain: a stage further where all of them move.
#[track_caller]
fn onward<'m>(
    name: String,
    word: Signal<'m>,
    (moves, clear): (Signal<'m>, Signal<'m>),
) -> Signal<'m> {
    let next = moves.module().reg(name, bit()).reset(0);
    next.next(moves.mux(word, *next) & !clear)
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
        let for_drain = [0, 1].map(|b| {
            let asked = drain.enable & drain.bank.eq(b);
            onward(format!("bank_{b}_for_drain"), asked, moves)
        });
        // Each bank has registers of its own: they drive all of its memories.
        let read = |b: u32| -> (Signal<'_>, Signal<'_>) {
            let drained = for_drain[b as usize];
            let name = format!("bank_{b}_address");
            let reads = drained & drain.moves;
            if !accumulate {
                let address = m.capture(name, drain.moves, drain.address);
                return (reads, address);
            }
            let mine = valid & bank.eq(b);
            let for_sums = m.flag(format!("bank_{b}_for_sums"), mine & !first & !clear);
            m.assert(
                &format!("bank_{b}_apart"),
                !(for_sums & drained),
                "a bank is drained while it collects",
            );
            let next = mine.mux(address, drain.address);
            let address = m.capture(name, mine | drain.moves, next);
            (for_sums | reads, address)
        };
        let memories: Vec<_> = (0..2)
            .map(|b| {
                let depth = arch.accumulators.bank_depth;
                BufferMemory::new(m, arch, &format!("bank_{b}_words"), word.width, depth)
            })
            .collect();
        let held = arch.output_register.then(|| {
            [0, 1].map(|b| {
                let read = onward(format!("bank_{b}_drained"), for_drain[b], moves);
                onward(format!("bank_{b}_held"), read, moves)
            })
        });
        // The bank of the word that the drain sees.
        let drained_bank = match held {
            Some([_, second]) => second,
            None => onward("drained_bank".into(), for_drain[1], moves),
        };
        let words: Vec<_> = (0..2u32)
            .map(|b| {
                let (enable, address) = read(b);
                let (memory, name) = (memories[b as usize], format!("bank_{b}_word"));
                match held {
                    Some(held) => {
                        let keep = held[b as usize] & !drain.moves;
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
        for (b, memory) in memories.iter().enumerate() {
            let write = before.valid & before.bank.eq(b) & !clear;
            memory.write(m.flag(format!("bank_{b}_write"), write), address, word);
        }
        // The drain asks for a word no sooner than the cycle after.
        let complete = before.valid & before.last & !clear;
        m.output("block_complete", m.flag("block_complete", complete));

        m.section("drain");
        drain.data.drive(drained_bank.mux(words[1], words[0]));
    }
}
