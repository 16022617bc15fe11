//! The multipliers of the chips against the portable one and against plain products.

use crate::duel::{Duel, format};
use crate::tool::{run_tool, tool};
use ferrogrid::arch::{ElementType, Target};
use ferrogrid::blocks::pe::{PeFormat, RegisteredMultiplier};
use ferrogrid::hdl::{elaborate, sim::Simulator};
use ferrogrid::verilog::{self, VerilogFile};
use num_bigint::BigInt;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::process::Command;

/// The targets whose multiplier is a cell.
const CHIPS: [Target; 2] = [Target::Ecp5, Target::Ice40];

/// Every cell with and without product register.
fn formats(element: ElementType) -> impl Iterator<Item = PeFormat> {
    CHIPS
        .into_iter()
        .flat_map(move |target| [false, true].map(|register| format(element, register, target)))
}

#[test]
fn products_of_all_types_are_right() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for &element in ElementType::ALL {
        for format in formats(element) {
            let cell = RegisteredMultiplier {
                name: "multiplier".into(),
                format,
            };
            let mut sim = Simulator::new(&elaborate(&cell).expect("a legal design"));
            let ends = |shape: ferrogrid::hdl::Shape| {
                let end = |value: BigInt| i64::try_from(value).expect("a short value");
                (end(shape.min()), end(shape.max()))
            };
            let ((a_min, a_max), (b_min, b_max)) = (ends(format.activation), ends(format.weight));
            let mut pick = |min: i64, max: i64| match rng.random_range(0..6) {
                0 => min,
                1 => max,
                _ => rng.random_range(min..=max),
            };
            let (mut weight, mut products) = (None, Vec::new());
            let latency = 1 + usize::from(format.product_register);
            for cycle in 0..20_000 {
                let (a, b) = (pick(a_min, a_max), pick(b_min, b_max));
                let taken = cycle == 0 || pick(0, 1) == 1;
                sim.poke("activation_in", a);
                sim.poke("weight_in", b);
                sim.poke("weight_enable", i64::from(taken));
                sim.step();
                weight = if taken { Some(b) } else { weight };
                products.push(a * weight.expect("the first is taken"));
                if products.len() < latency {
                    continue;
                }
                let wanted = BigInt::from(products[products.len() - latency]);
                let product = sim.peek("product_out");
                assert_eq!(product, wanted, "{format:?}, cycle {cycle}");
            }
        }
    }
}

#[test]
fn every_pair_in_the_native_simulator() {
    for element in [ElementType::Int4, ElementType::Int8, ElementType::Uint8] {
        for format in formats(element) {
            let duel = Duel { format };
            let mut sim = Simulator::new(&elaborate(&duel).expect("a legal design"));
            sim.reset(1);
            for _ in 0..duel.cycles() {
                sim.step();
            }
            let ended = (sim.peek("done"), sim.peek("mismatches"));
            assert_eq!(ended, (1.into(), 0.into()), "{format:?}");
        }
    }
}

/// Runs a duel until it is done and says with how many mismatches.
pub const BENCH: &str = "
`timescale 1ns / 1ns
module bench;
    reg clk = 1'b0;
    reg rst = 1'b1;
    wire [31:0] mismatches;
    wire done;
    duel duel (.clk(clk), .rst(rst), .mismatches(mismatches), .done(done));
    always #1 clk = !clk;
    always @(posedge clk) begin
        rst <= 1'b0;
        if (!rst && done) begin
            $display(\"%0d mismatches\", mismatches);
            $finish;
        end
    end
endmodule
";

/// What Icarus says of a duel with this Verilog.
pub fn in_icarus(files: &[VerilogFile]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = write(folder.path(), files);
    let compile = ["-g2005", "-s", "bench", "-o", "duel.vvp"];
    run_tool(
        Command::new("iverilog")
            .args(compile)
            .args(names)
            .current_dir(folder.path()),
    );
    let mut run = Command::new("vvp");
    said(run.args(["-N", "duel.vvp"]).current_dir(folder.path()))
}

fn in_verilator(files: &[VerilogFile]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = write(folder.path(), files);
    let build = "--binary --timing -Wno-fatal -Wno-WIDTH --top-module bench -o duel -CFLAGS -O1";
    run_tool(
        Command::new("verilator")
            .args(build.split(' '))
            .args(names)
            .current_dir(folder.path()),
    );
    said(&mut Command::new(folder.path().join("obj_dir/duel")))
}

/// Writes the files and the bench; their names.
fn write(folder: &std::path::Path, files: &[VerilogFile]) -> Vec<String> {
    let bench = VerilogFile {
        name: "bench.v".into(),
        text: BENCH.into(),
    };
    let files = files.iter().chain([&bench]);
    let names = files.map(|file| {
        fs::write(folder.join(&file.name), &file.text).expect("a written file");
        file.name.clone()
    });
    names.collect()
}

fn said(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.ends_with("mismatches"));
    line.unwrap_or(&text).to_owned()
}

/// The Verilog of a duel, the models of cells first.
pub fn files(format: PeFormat) -> Vec<VerilogFile> {
    verilog::emit_for_simulation(&elaborate(&Duel { format }).expect("a legal design"))
}

#[test]
fn every_pair_in_icarus() {
    if tool("iverilog", "multipliers in Icarus Verilog").is_none() {
        return;
    }
    for element in [ElementType::Int8, ElementType::Uint8] {
        for format in formats(element) {
            assert_eq!(in_icarus(&files(format)), "0 mismatches", "{format:?}");
        }
    }
}

#[test]
fn every_pair_in_verilator() {
    if tool("verilator", "multipliers in Verilator").is_none() {
        return;
    }
    for target in CHIPS {
        let format = format(ElementType::Int8, true, target);
        assert_eq!(in_verilator(&files(format)), "0 mismatches", "{format:?}");
    }
}

/// Each of these makes a model that is wrong, and Icarus must count mismatches.
#[test]
fn a_wrong_model_is_found() {
    if tool("iverilog", "wrong models in Icarus Verilog").is_none() {
        return;
    }
    let bugs = [
        (Target::Ecp5, "if (CE1)", "if (CE0)"),
        (Target::Ecp5, "if (CE0) begin", "if (CE1) begin"),
        (Target::Ecp5, "a * b", "a * $signed({11'd0, b[7:0]})"),
        (Target::Ecp5, "a * b", "$signed({12'd0, a[6:0]}) * b"),
        (Target::Ice40, "CE && !BHOLD", "CE"),
        (Target::Ice40, "if (CE) begin", "if (!BHOLD) begin"),
    ];
    for (target, right, wrong) in bugs {
        let mut files = files(format(ElementType::Int8, true, target));
        let models = &mut files[0];
        let changed = models.text.replacen(right, wrong, 1);
        assert_ne!(changed, models.text, "no `{right}` in:\n{}", models.text);
        models.text = changed;
        let said = in_icarus(&files);
        assert!(
            said.ends_with(" mismatches") && said != "0 mismatches",
            "{target}, `{wrong}`: {said}"
        );
    }
}

/// A cell with parameters of which there is no model says so in simulation.
#[test]
fn other_parameters_have_no_model() {
    if tool("iverilog", "parameters without model in Icarus Verilog").is_none() {
        return;
    }
    let mut files = files(format(ElementType::Int8, true, Target::Ecp5));
    for file in &mut files {
        if file.name == "ecp5_multiplier.v" {
            let old = ".REG_OUTPUT_CLK   (\"CLK0\")";
            assert!(file.text.contains(old), "{}", file.text);
            file.text = file.text.replace(old, ".REG_OUTPUT_CLK   (\"NONE\")");
        }
    }
    let said = in_icarus(&files);
    assert!(
        said.contains("MULT18X18D has no model for these parameters"),
        "{said}"
    );
}
