//! Accumulator memory: where the sums of K tiles meet, and from where results are drained.

use super::super::pe::shape;
use super::super::ports::{PortSizes, ResultPort, Target};
use super::{BlockRam, BufferMemory};
use crate::arch::{BANKS, Dataflow, MatmulArch, MemoryStyle};
use crate::hdl::{Block, Module, Signal, bit, concat, join, unsigned};

/// Two banks of C accumulators a word: one collects a row block of sums while the other is
/// drained.
///
/// Weight-stationary arrays deliver partial sums, which are added to the word unless `first`
/// says that it begins anew; a word must not come again within the
/// [reuse distance](Accumulators::reuse_distance). Output-stationary arrays deliver whole sums.
#[derive(Debug, Clone, PartialEq)]
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

    /// Paths of the block RAM cells, a list for every column of the array: those that hold its
    /// sums; none where the tools make the memories.
    pub fn block_rams(arch: &MatmulArch) -> Vec<Vec<String>> {
        let (width, depth) = (arch.accumulators.word_bits, arch.accumulators.bank_depth);
        let mut columns = vec![Vec::new(); arch.columns as usize];
        if !matches!(arch.memory_style(width, depth), MemoryStyle::Registered(_)) {
            return columns;
        }
        for bank in 0..BANKS {
            for (cell, first_bit) in BlockRam::cells(width, depth) {
                let column = first_bit / shape(arch.accumulator).width;
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
#[track_caller]
fn onward<'m>(
    name: &str,
    words: Signal<'m>,
    (moves, clear): (Signal<'m>, Signal<'m>),
) -> Signal<'m> {
    let next = moves.module().reg(words.shape()).named(name).reset(0);
    let moved = moves.mux(words, *next);
    next.next(clear.mux(next.module().zero(words.shape()), moved))
}

impl Block for Accumulators {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
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
        let moves = (drain.moves, clear);
        let for_drain = onward("for_drain", of_banks(drain.enable, drain.bank), moves);
        let (reads, collects) = if accumulate {
            let reads_old = (valid & !first & !clear).named("reads_old_word");
            let old = of_banks(reads_old, bank);
            let for_sums = m.reg(unsigned(2)).named("for_sums").reset(0).next(old);
            m.assert(
                "banks_apart",
                (for_sums & for_drain).eq(0),
                "a bank is drained while it collects",
            );
            let reads = for_sums | for_drain.gate(drain.moves);
            (reads, of_banks(valid, bank).named("collects"))
        } else {
            (for_drain.gate(drain.moves), m.zero(unsigned(2)))
        };
        let reads = reads.named("reads");
        // Each bank has an address of its own: it drives all of its memories.
        let read = |b: u32| -> (Signal<'_>, Signal<'_>) {
            let place = m.reg(address.shape()).named(format!("bank_{b}_address"));
            let place = if accumulate {
                place.walk(collects.bit(b), address, drain.moves, drain.address)
            } else {
                place.enable(drain.moves).next(drain.address)
            };
            (reads.bit(b), place)
        };
        let memories: Vec<_> = (0..BANKS)
            .map(|b| {
                let depth = arch.accumulators.bank_depth;
                BufferMemory::new(m, arch, &bank_name(b), word.width, depth)
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
        let words: Vec<_> = (0..BANKS)
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

        // Cycles of a target until its sum goes to the registers in front of the write port.
        let cycles = if accumulate {
            arch.read_latency() + 2
        } else {
            1
        };
        let line = |name: &str, value, cycles| {
            let past = m.reg(unsigned(cycles)).named(name);
            past.next(concat(&[*past, value]).truncate(cycles))
        };
        let valids = m.reg(unsigned(cycles)).named("valid").reset(0);
        let all = concat(&[*valids, valid]).truncate(cycles);
        let valids = valids.next(all.gate(!clear));
        let (lasts, banks) = (line("last", last, cycles), line("bank", bank, cycles));
        let mut addresses = vec![address];
        for stage in 1..=cycles + 1 {
            let before = addresses[stage as usize - 1];
            addresses.push(m.delay(before).named(format!("address_{stage}")));
        }
        let word = if accumulate {
            // A memory answers late in a cycle: nothing but the choice of the bank comes behind it.
            let choice = cycles - 1;
            let anew = line("first", first, choice).msb();
            let chosen = banks.bit(choice - 1).mux(words[1], words[0]);
            let old = anew.mux(m.zero(word), chosen);
            let old = m.delay(old).named("old_word");
            let sums = m.delay_by("sums", sums, choice);
            let mut lanes = Vec::new();
            for column in 0..arch.columns {
                let partial = sums.slice(column * sum.width, sum.width).as_signed();
                let old = old.slice(column * lane.width, lane.width).as_signed();
                let total = old + partial.sign_extend(lane.width);
                lanes.push(m.delay(total).named(format!("sum_{column}")));
            }
            let comes_again = (0..cycles)
                .map(|stage| {
                    let same = addresses[stage as usize + 1].eq(address);
                    valids.bit(stage) & banks.bit(stage).eq(bank) & same
                })
                .reduce(|any, again| any | again)
                .expect("three stages and more");
            let too_soon = (valid & !first & comes_again).named("too_soon");
            m.assert(
                "words_rest",
                !too_soon,
                "a word comes again before its sum is written",
            );
            join(&lanes).named("new_word")
        } else {
            m.unused(first);
            m.delay(sums).named("sums_1")
        };
        let arrives = (valids.msb() & !clear).named("arrives");
        let address = addresses[cycles as usize + 1];
        let writes = of_banks(arrives, banks.msb());
        let writes = m.reg(unsigned(2)).named("writes").reset(0).next(writes);
        for (b, memory) in (0..).zip(&memories) {
            memory.write(writes.bit(b), address, word);
        }
        // The drain asks for a word no sooner than the cycle after.
        m.output(
            "block_complete",
            m.flag(arrives & lasts.msb()).named("block_complete"),
        );

        m.section("drain");
        drain.data.drive(drained_bank.mux(words[1], words[0]));
    }
}
