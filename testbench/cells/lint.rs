//! The Verilog of the cells, and of what stands behind arrays, under the linters, without a warning.

use crate::crossing;
use crate::tool::{quiet_tool, tool};
use ferrogrid::arch::Target;
use ferrogrid::blocks::post::{Arithmetic, Requantizer};
use ferrogrid::blocks::prim::{
    AxiLiteRegisters, AxiMerge, AxiRam, AxiRamReader, AxiRamWriter, AxiReadArbiter,
    AxiReadTransfers, AxiWriteArbiter, AxiWriteTransfers, BurstSplitter, Counter, Cut, Fifo,
    Policy, RegisterSlice, ResetSynchronizer, ShiftLine, SimpleDualPortRam, SkidBuffer, Storage,
    StreamArbiter, StreamNarrow, StreamWiden,
};
use ferrogrid::hdl::{self, AnyBlock, signed, unsigned};
use ferrogrid::isa::{Field, Register, RegisterMap};
use std::collections::BTreeSet;
use std::process::Command;

fn blocks() -> Vec<Box<dyn AnyBlock>> {
    let map = RegisterMap::new("timer", "Counts.")
        .register(
            Register::new("control", 0, "Starts.")
                .field(Field::write_pulse("start", 0, 3, "Goes."))
                .field(Field::read_write("period", 4, 16, "Waits.")),
        )
        .register(
            Register::new("status", 8, "Says.")
                .field(Field::read_only("busy", 0, 1, "Counts."))
                .field(Field::write_one_to_clear("rang", 1, 1, "Rang."))
                .field(Field::constant("version", 24, 8, 3, "Is.")),
        );
    let constant = RegisterMap::new("id", "Says who.").register(
        Register::new("version", 0, "Is.").field(Field::constant("value", 0, 32, 7, "Is.")),
    );
    let mut blocks: Vec<Box<dyn AnyBlock>> = vec![
        Box::new(AxiLiteRegisters::new(map)),
        Box::new(AxiLiteRegisters::new(constant)),
        Box::new(SimpleDualPortRam::new(32, 64).granularity(8).no_collision()),
        Box::new(SimpleDualPortRam::new(9, 1).attribute("ram_style = \"block\"")),
    ];
    for shape in [unsigned(1), signed(9)] {
        blocks.push(Box::new(SkidBuffer { shape }));
        for cut in [Cut::Forward, Cut::Both] {
            blocks.push(Box::new(RegisterSlice { shape, cut }));
        }
        for depth in [1, 2, 5, 64] {
            for storage in Storage::ALL {
                blocks.push(Box::new(Fifo::new(shape, depth).storage(storage)));
            }
        }
        for cycles in [0, 1, 3] {
            blocks.push(Box::new(ShiftLine { shape, cycles }));
        }
        blocks.push(Box::new(Counter { width: shape.width }));
    }
    blocks.extend(memory_side());
    blocks.extend(requantizers());
    blocks
}

/// Requantizers of every arithmetic.
fn requantizers() -> impl Iterator<Item = Box<dyn AnyBlock>> {
    let all = [
        ("float", Arithmetic::Float),
        ("fixed_point", Arithmetic::FixedPoint),
        ("either", Arithmetic::Both),
    ];
    all.into_iter().map(|(name, arithmetic)| {
        Box::new(Requantizer {
            name: format!("requantizer_{name}"),
            arithmetic,
            target: Target::Portable,
        }) as Box<dyn AnyBlock>
    })
}

/// The cells between a core and a memory.
fn memory_side() -> Vec<Box<dyn AnyBlock>> {
    let mut blocks: Vec<Box<dyn AnyBlock>> = vec![Box::new(ResetSynchronizer)];
    for (shape, count) in [(unsigned(1), 1), (signed(9), 3)] {
        for policy in [Policy::RoundRobin, Policy::Priority] {
            blocks.push(Box::new(StreamArbiter {
                shape,
                count,
                policy,
            }));
        }
    }
    for (width, ratio) in [(1, 2), (8, 3)] {
        blocks.push(Box::new(StreamWiden { width, ratio }));
        blocks.push(Box::new(StreamNarrow { width, ratio }));
    }
    for beat_bytes in [2, 128] {
        let splitter = BurstSplitter {
            address_bits: 32,
            count_bits: 16,
            beat_bytes,
            outstanding: 4,
        };
        blocks.push(Box::new(splitter));
        blocks.push(Box::new(AxiReadTransfers(splitter)));
        blocks.push(Box::new(AxiWriteTransfers(splitter)));
    }
    for managers in [2, 3, 8] {
        let merge = AxiMerge {
            id_bits: 2,
            address_bits: 32,
            data_bits: 64,
            managers,
        };
        let outstanding = managers;
        blocks.push(Box::new(AxiReadArbiter(merge)));
        blocks.push(Box::new(AxiWriteArbiter { merge, outstanding }));
    }
    for data_bits in [8, 64] {
        let ram = AxiRam {
            id_bits: 1,
            address_bits: 16,
            data_bits,
        };
        blocks.push(Box::new(AxiRamReader(ram)));
        blocks.push(Box::new(AxiRamWriter(ram)));
    }
    blocks
}

#[test]
fn linters_have_nothing_to_say() {
    let folder = tempfile::tempdir().unwrap();
    // The files of each design, its top the last; designs share modules.
    let mut designs = Vec::new();
    let crossings = [(unsigned(1), 4), (signed(9), 8)];
    let blocks = blocks()
        .into_iter()
        .map(|block| hdl::elaborate(&*block).unwrap());
    for design in blocks.chain(crossings.map(|(shape, depth)| crossing::design(shape, depth))) {
        let files = ferrogrid::verilog::emit(&design);
        for file in &files {
            std::fs::write(folder.path().join(&file.name), &file.text).unwrap();
        }
        designs.push(files.into_iter().map(|file| file.name).collect::<Vec<_>>());
    }
    let files = || {
        designs
            .iter()
            .flatten()
            .collect::<BTreeSet<_>>()
            .into_iter()
    };
    if let Some(verilator) = tool("verilator", "lint by Verilator") {
        for files in &designs {
            let top = files[files.len() - 1].trim_end_matches(".v");
            let flags = [
                "--lint-only",
                "-Wall",
                "--language",
                "1364-2005",
                "--top-module",
                top,
            ];
            let mut lint = Command::new(&verilator);
            quiet_tool(lint.args(flags).args(files).current_dir(folder.path()));
        }
    }
    if let Some(iverilog) = tool("iverilog", "lint by Icarus Verilog") {
        let mut lint = Command::new(iverilog);
        lint.args(["-g2005", "-Wall", "-o", "lint.vvp"])
            .args(files());
        quiet_tool(lint.current_dir(folder.path()));
    }
    if let Some(yosys) = tool("yosys", "check by Yosys") {
        let reads = files().map(|file| format!("read_verilog {file}; "));
        let script = format!(
            "{}hierarchy -check; proc; check -assert",
            reads.collect::<String>()
        );
        quiet_tool(
            Command::new(yosys)
                .args(["-q", "-p", &script])
                .current_dir(folder.path()),
        );
    }
}
