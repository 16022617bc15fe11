//! The LiteX module in a SoC.

use super::{Core, WITH_CELLS, has_passed, run, tools};
use ferrogrid::synth::tools::Tool;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python with LiteX, and what simulates; else says what is missing.
fn python() -> Option<PathBuf> {
    let there = tools::present(&[Tool::Verilator, Tool::Cxx]) && tools::program("make").is_some();
    there.then(|| tools::python("litex, migen")).flatten()
}

/// Has LiteX elaborate a SoC with the core, below `soc/`, for a simulator or for a chip.
#[track_caller]
fn elaborate(python: &Path, core: &Core, platform: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testbench/flows/litex_soc.py");
    let elaborated = run(Command::new(python)
        .arg(script)
        .args([core.path(""), core.path("soc")])
        .arg(platform)
        .current_dir(core.path("")));
    assert!(elaborated.success, "{}", elaborated.text);
}

/// The test bench runs a SoC whose bus leads to the core.
#[track_caller]
fn simulate(python: &Path, core: &Core) {
    elaborate(python, core, "simulator");
    let top = &core.top;
    // The bus answers OKAY, whatever the core says.
    let (core_says, bus_says) = ("is_stray ? 2'b10 : 2'b00", "2'b00");
    let bench = core.read(&format!("sim/tb_{top}.v"));
    assert!(bench.contains(core_says));
    let bench = bench
        .replace(core_says, bus_says)
        .replace(&format!("    {top} core ("), "    top core (");
    fs::write(core.path("soc/tb.v"), bench).expect("a written file");
    // The Verilog of the SoC is LiteX's, and has warnings.
    core.succeed(&format!(
        "verilator --cc --exe --build -Wno-fatal -CFLAGS -O0 --top-module tb_{top} soc/soc.v \
         soc/tb.v -f soc/sources.f sim/main.cpp"
    ));
    let text = core.succeed(&format!("obj_dir/Vtb_{top}"));
    assert!(has_passed(&text), "{text}");
}

#[test]
fn litex_reaches_the_core_through_its_bus() {
    let Some(python) = python() else { return };
    simulate(&python, &Core::new());
}

/// A core with cells is simulated with their models; the one with the most of them.
#[test]
fn litex_adds_the_models_of_cells_for_a_simulator() {
    let Some(python) = python() else { return };
    simulate(&python, &Core::for_target("ultrascale_plus"));
}

/// For a chip there are none, and the SoC elaborates as for a simulator.
#[test]
fn litex_adds_no_models_for_a_chip() {
    let Some(python) = python() else { return };
    for target in WITH_CELLS {
        let core = Core::for_target(target);
        let sources = |platform: &str| {
            elaborate(&python, &core, platform);
            core.read("soc/sources.f")
        };
        let (simulator, chip) = (sources("simulator"), sources("chip"));
        let models = core.path(&core.models());
        let models = format!("{}\n", models.canonicalize().expect("the models").display());
        assert_eq!(simulator, models + &chip);
        assert_eq!(
            chip.lines().count(),
            core.read("filelist.f").lines().count()
        );
        // The SoC around it is well-formed with the sources of the core.
        core.succeed(&format!(
            "verilator --lint-only -Wno-fatal --top-module top soc/soc.v -f soc/sources.f {}",
            core.models()
        ));
    }
}

/// A SoC for a chip, from the script that LiteX writes for Yosys: every multiplier of the core is
/// in the netlist, with the registers that it had.
#[test]
fn yosys_keeps_the_cells_of_a_core_in_a_soc() {
    if !tools::synthesizer() {
        return;
    }
    let Some(python) = tools::python("litex, migen") else {
        return;
    };
    let yosys = Tool::synthesizer().expect("a Yosys");
    for (target, cell, registers) in [
        ("ecp5", "MULT18X18D", ["REG_INPUTA_CLK", "REG_INPUTB_CLK"]),
        ("ice40", "SB_MAC16", ["A_REG", "B_REG"]),
        ("xilinx", "DSP48E1", ["AREG", "BREG"]),
    ] {
        let core = Core::for_target(target);
        elaborate(&python, &core, target);
        let script = core.read("soc/top.ys");
        for line in ["hierarchy -top top", "setattr -unset reprocess_after t:*"] {
            let times = script.lines().filter(|found| *found == line).count();
            assert_eq!(times, 1, "{line}\n{script}");
        }
        assert!(!script.contains("-dsp"), "{script}");
        let done = run(Command::new(&yosys.path)
            .args(["-s", "top.ys"])
            .current_dir(core.path("soc")));
        assert!(done.success, "{target}, {}\n{}", yosys.banner, done.text);
        let netlist: Value = serde_json::from_str(&core.read("soc/top.json")).expect("JSON");
        let cells = netlist["modules"]["top"]["cells"].as_object();
        let multipliers: Vec<&Value> = (cells.expect("cells").values())
            .filter(|found| found["type"] == cell)
            .collect();
        assert_eq!(multipliers.len(), 6, "{target}");
        for multiplier in multipliers {
            for register in registers {
                // A string, or the digits of a number.
                let value = multiplier["parameters"][register].as_str();
                let value = value.map(|digits| digits.trim_start_matches('0'));
                assert!(
                    matches!(value, Some("1" | "CLK0")),
                    "{target}: {multiplier}"
                );
            }
        }
    }
}

/// A core without cells leaves LiteX's Yosys as it is.
#[test]
fn a_portable_core_tells_yosys_nothing() {
    let Some(python) = tools::python("litex, migen") else {
        return;
    };
    let core = Core::new();
    elaborate(&python, &core, "ice40");
    let script = core.read("soc/top.ys");
    assert!(script.contains("synth_ice40 -dsp") && !script.contains("reprocess_after"));
}
