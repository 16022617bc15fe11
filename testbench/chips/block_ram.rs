//! Memories of block RAMs of ECP5 against the portable ones.

use crate::duel::Verdict;
use crate::multipliers::in_icarus;
use crate::tool::tool;
use ferrogrid::arch::{BANKS, BlockRams, MatmulArch, MemoryStyle, Target};
use ferrogrid::blocks::buffer::{MemoryInputs, MemoryParams};
use ferrogrid::blocks::prim::{RamRead, RamWrite};
use ferrogrid::config::MatmulConfig;
use ferrogrid::hdl::{
    Block, Module, Signal, bit, concat, elaborate, hardware, index_bits, sim::Simulator, unsigned,
};
use ferrogrid::verify::matmul::random_arch::random_arch;
use ferrogrid::verilog::{self, VerilogFile};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Our model of the vendor's cell, after his documents.
const VENDOR: &str = include_str!("../netlist/ecp5.v");

/// Writes every word of a memory of cells and of a portable one, then both at random, and counts the
/// cycles in which what they read differs.
#[derive(Debug, Clone, PartialEq)]
struct MemoryDuel {
    width: u32,
    depth: u32,
    /// The output register is held at random.
    hold: bool,
}

/// Cycles of random accesses.
const RANDOM: u32 = 1000;

fn arch(target: Target) -> MatmulArch {
    let mut config = MatmulConfig::new(2, 2);
    config.common.target = target;
    config.buffers.output_register = true;
    MatmulArch::new(&config).expect("a legal architecture")
}

impl MemoryDuel {
    fn cycles(&self) -> u64 {
        u64::from(self.depth + RANDOM) + 8
    }
}

/// Bits of a word that differ in every place, from 64 that are random.
fn spread<'m>(random: Signal<'m>, width: u32) -> Signal<'m> {
    let mut parts = Vec::new();
    for turn in 0..width.div_ceil(64) {
        let by = (7 * turn) % 64;
        parts.push(if by == 0 {
            random
        } else {
            concat(&[random.truncate(64 - by), random.slice(64 - by, by)])
        });
    }
    concat(&parts).truncate(width)
}

#[hardware]
impl Block for MemoryDuel {
    fn module_name(&self) -> String {
        "duel".into()
    }

    fn build<'m>(&self, m: &'m Module, (): ()) -> Verdict<'m> {
        let MemoryDuel { width, depth, hold } = *self;
        let bits = index_bits(depth.into());
        // xorshift64.
        let random = m.reg(unsigned(64)).reset(0x0123_4567_89ab_cdef_u64);
        let step_1 = *random ^ (*random << 13);
        let step_2 = step_1 ^ (step_1 >> 7);
        random.next(step_2 ^ (step_2 << 17));
        let count = m.reg(unsigned(32)).reset(0);
        count.next(count + 1);
        let filling = count.lt(depth);
        let done = m.reg(bit()).reset(0);
        m.when(count.eq(depth + RANDOM), || done.set(true));

        // Few addresses, so that words are read soon after they were written; and all of them.
        let address = |name: &str, lsb: u32| {
            let all = random.slice(lsb, bits);
            let few = all & m.lit(3u32.min(depth - 1), unsigned(bits));
            let any = if depth.is_power_of_two() {
                all
            } else {
                all.ge(depth).mux(all - depth, all)
            };
            random.bit(63).mux(few, any).named(name)
        };
        let write_address = filling.mux(count.truncate(bits), address("random_write", 3));
        let read_address = address("read_address", 24);
        let write = filling | random.bit(1);
        let apart = write_address.ne(read_address);
        let read = !filling & random.bit(2) & (!write | apart);
        let take = match hold {
            true => random.bit(50) | random.bit(51),
            false => m.high(),
        };
        let inputs = MemoryInputs {
            write: RamWrite {
                enable: write,
                address: write_address,
                data: spread(*random, width),
            },
            read: RamRead {
                enable: read,
                address: read_address,
            },
            take,
        };
        let words = [Target::Portable, Target::Ecp5].map(|target| {
            let arch = arch(target);
            let params = MemoryParams {
                core: arch.module_name(),
                width,
                depth,
                style: arch.memory_style(width, depth),
                output_register: arch.output_register,
            };
            let names = [format!("{target}_words"), format!("{target}_word")];
            params.insert(m, names.each_ref().map(|name| &**name), inputs)
        });
        // Before, no word has come through.
        let first = m.reg(bit()).reset(0);
        m.when(read, || first.set(true));
        let there = m.reg(bit()).reset(0);
        m.when(*first & take, || there.set(true));
        let differ = *there & words[0].ne(words[1]);
        let mismatches = m.reg(unsigned(32)).reset(0);
        // A sum, so that an unknown word makes the count unknown: a condition would hide it.
        mismatches.next(mismatches + differ.zero_extend(32));
        Verdict {
            mismatches: *mismatches,
            done: *done,
        }
    }
}

/// The memories of cells that random cores have, each once.
fn random_memories() -> BTreeSet<(u32, u32)> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut found = BTreeSet::new();
    for _ in 0..400 {
        let core = random_arch(&mut rng);
        let (a, b, sums) = (&core.a_buffer, &core.b_buffer, &core.accumulators);
        found.extend([
            (a.word_bits, BANKS * a.bank_depth),
            (b.word_bits, BANKS * b.bank_depth),
            (sums.word_bits, sums.bank_depth),
        ]);
    }
    let ecp5 = arch(Target::Ecp5);
    let of_cells = |&(width, depth): &(u32, u32)| {
        matches!(ecp5.memory_style(width, depth), MemoryStyle::Registered(_))
    };
    found.into_iter().filter(of_cells).collect()
}

/// One of each shape of cells, in one row and in several, and the largest of the presets.
const SHAPES: [(u32, u32); 9] = [
    (64, 512),
    (40, 500),
    (18, 1000),
    (9, 2048),
    (16, 4096),
    (5, 8000),
    (3, 16_384),
    (70, 1200),
    (8, 20_000),
];

#[test]
fn every_shape_of_cells_is_among_those_that_are_tested() {
    let cuts = SHAPES.map(|(width, depth)| BlockRams::of(width, depth));
    let widths: BTreeSet<u32> = cuts.iter().map(|cut| cut.width).collect();
    assert_eq!(widths, [1, 2, 4, 9, 18, 36].into());
    assert!(cuts.iter().any(|cut| cut.rows > 1), "{cuts:?}");
}

fn natively(duel: &MemoryDuel) {
    let mut sim = Simulator::new(&elaborate(duel).expect("a legal design"));
    sim.reset(1);
    for _ in 0..duel.cycles() {
        sim.step();
    }
    let ended = (sim.peek("done"), sim.peek("mismatches"));
    assert_eq!(ended, (1.into(), 0.into()), "{duel:?}");
    assert!(sim.failures().is_empty(), "{duel:?}: {:?}", sim.failures());
}

#[test]
fn memories_of_cells_are_the_portable_ones() {
    let random = random_memories();
    assert!(random.len() > 50, "{}", random.len());
    for (width, depth) in random.into_iter().chain(SHAPES) {
        for hold in [false, true] {
            natively(&MemoryDuel { width, depth, hold });
        }
    }
}

fn files(width: u32, depth: u32) -> Vec<VerilogFile> {
    let hold = true;
    let design = elaborate(&MemoryDuel { width, depth, hold }).expect("a legal design");
    verilog::emit_for_simulation(&design)
}

#[test]
fn memories_of_cells_are_the_portable_ones_in_icarus() {
    if tool("iverilog", "memories of cells in Icarus Verilog").is_none() {
        return;
    }
    for (width, depth) in SHAPES {
        let mut files = files(width, depth);
        let said = in_icarus(&files);
        assert_eq!(said, "0 mismatches", "{width} x {depth}");
        // The model that netlists are run with, in the place of the one that comes with cores.
        files[0].text = VENDOR.to_owned();
        let said = in_icarus(&files);
        assert_eq!(said, "0 mismatches", "{width} x {depth}, netlists' model");
    }
}

/// Each of these makes a model, or a memory around the cells, that is wrong.
#[test]
fn a_wrong_block_ram_is_found() {
    if tool("iverilog", "wrong block RAMs in Icarus Verilog").is_none() {
        return;
    }
    let (wide, deep) = ((64, 512), (8, 20_000));
    let bugs = [
        (wide, "if (CEA && WEA)", "if (WEA)"),
        (wide, "if (CEB)", "if (1'b1)"),
        (wide, "if (OCEA)", "if (1'b1)"),
        (wide, "if (OCEB)", "if (1'b1)"),
        (wide, "if (ADA2)", "if (ADA4)"),
        (wide, "low <= word[17:0]", "low <= word[35:18]"),
        (wide, ".DIA0(write_data[0])", ".DIA0(write_data[1])"),
        (wide, ".DIB17(write_data[35])", ".DIB17(write_data[34])"),
        (wide, ".OCEA(take)", ".OCEA(1'b1)"),
        (wide, ".OCEB(take)", ".OCEB(1'b1)"),
        (wide, ".CEA(write_enable)", ".CEA(1'b1)"),
        (wide, ".CEB(read_enable)", ".CEB(1'b1)"),
        (wide, ".ADB13(read_address[8])", ".ADB13(read_address[7])"),
        (wide, ".ADA3(1'b1)", ".ADA3(1'b0)"),
        ((16, 4096), ".ADA2(write_address[0])", ".ADA2(1'b0)"),
        ((5, 8000), ".DIA1(write_data[1])", ".DIA1(write_data[0])"),
        (deep, "row_read <= read_row", "row_read <= write_row"),
        (deep, "row_taken <= row_read", "row_taken <= read_row"),
        (
            deep,
            "write_enable && write_row",
            "write_enable || write_row",
        ),
    ];
    for ((width, depth), right, wrong) in bugs {
        let mut files = files(width, depth);
        let file = files.iter_mut().find(|file| file.text.contains(right));
        let file = file.unwrap_or_else(|| panic!("no `{right}`"));
        file.text = file.text.replacen(right, wrong, 1);
        let said = in_icarus(&files);
        assert!(
            said.ends_with(" mismatches") && said != "0 mismatches",
            "`{wrong}`: {said}"
        );
    }
}
