//! The Verilog of the cells under the linters, without a warning.

use crate::tool::{quiet_tool, tool};
use ferrogrid::blocks::prim::{
    AxiLiteRegisters, Counter, Cut, Fifo, RegisterSlice, ShiftLine, SimpleDualPortRam, SkidBuffer,
    Storage,
};
use ferrogrid::hdl::{self, AnyBlock, signed, unsigned};
use ferrogrid::isa::{Field, Register, RegisterMap};
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
            for storage in [Storage::Registers, Storage::Ram] {
                blocks.push(Box::new(Fifo::new(shape, depth).storage(storage)));
            }
        }
        for cycles in [0, 1, 3] {
            blocks.push(Box::new(ShiftLine { shape, cycles }));
        }
        blocks.push(Box::new(Counter { width: shape.width }));
    }
    blocks
}

#[test]
fn linters_have_nothing_to_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for block in blocks() {
        let design = hdl::elaborate(&*block).unwrap();
        let name = block.module_name();
        let text = ferrogrid::verilog::concat(&design);
        std::fs::write(folder.path().join(format!("{name}.v")), text).unwrap();
        names.push(name);
    }
    let files = || names.iter().map(|name| format!("{name}.v"));
    if let Some(verilator) = tool("verilator", "lint by Verilator") {
        // A file at a time: each has a top of its own.
        for file in files() {
            let flags = ["--lint-only", "-Wall", "--language", "1364-2005"];
            let mut lint = Command::new(&verilator);
            quiet_tool(lint.args(flags).arg(file).current_dir(folder.path()));
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
