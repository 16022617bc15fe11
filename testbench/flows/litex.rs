//! The LiteX module in a SoC.

use super::{Core, WITH_CELLS, has_passed, run, tools};
use ferrogrid::synth::tools::Tool;
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
    let bench = core
        .read(&format!("sim/tb_{top}.v"))
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
