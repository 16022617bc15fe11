//! The FuseSoC core: its targets run.

use super::{Core, Run, has_failed, has_passed, run, tools};
use ferrogrid::synth::tools::Tool;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The FuseSoC that is to run the targets, and all that they need; else says what is missing.
fn fusesoc() -> Option<PathBuf> {
    let needed = [
        Tool::Verilator,
        Tool::Cxx,
        Tool::Iverilog,
        Tool::Vvp,
        Tool::Yosys,
    ];
    let there = tools::present(&needed) && tools::program("make").is_some();
    there.then(|| tools::program("fusesoc")).flatten()
}

/// Runs a target in the core's folder, with more words for FuseSoC.
fn target(fusesoc: &Path, core: &Core, target: &str, more: &[&str]) -> Run {
    run(Command::new(fusesoc)
        .args(["--cores-root", ".", "run", "--target", target])
        .args(more)
        .arg(core.name())
        .current_dir(core.path("")))
}

/// Where FuseSoC worked.
fn work_folder(core: &Core, target: &str) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    core.path(&format!(
        "build/ferrogrid__{}_{version}/{target}",
        core.name()
    ))
}

#[test]
fn fusesoc_lints_simulates_and_synthesizes() {
    let Some(fusesoc) = fusesoc() else { return };
    let core = Core::new();
    for name in ["lint", "synth"] {
        let run = target(&fusesoc, &core, name, &[]);
        assert!(run.success, "{name}\n{}", run.text);
    }
    for name in ["sim", "sim_verilator"] {
        let run = target(&fusesoc, &core, name, &[]);
        assert!(run.success && has_passed(&run.text), "{name}\n{}", run.text);
    }
    core.expect_something_else();
    let run = target(&fusesoc, &core, "sim", &[]);
    assert!(!run.success && has_failed(&run.text), "{}", run.text);
}

/// Cores for the chips of one vendor: models go to the linter and the simulators, cells to Yosys.
#[test]
fn fusesoc_takes_cores_for_chips() {
    let Some(fusesoc) = fusesoc() else { return };
    for (chips, cell, verilator) in [
        ("ecp5", "MULT18X18D", true),
        ("ice40", "SB_MAC16", false),
        ("xilinx", "DSP48E1", false),
        ("ultrascale_plus", "DSP48E2", false),
    ] {
        let core = Core::for_target(chips);
        let lint = target(&fusesoc, &core, "lint", &[]);
        assert!(lint.success, "{chips}\n{}", lint.text);
        let simulators = ["sim", "sim_verilator"].into_iter();
        for name in simulators.take(1 + usize::from(verilator)) {
            let run = target(&fusesoc, &core, name, &[]);
            assert!(
                run.success && has_passed(&run.text),
                "{chips}\n{}",
                run.text
            );
        }
        let synth = target(&fusesoc, &core, "synth", &[]);
        assert!(synth.success, "{chips}\n{}", synth.text);
        let netlist = work_folder(&core, "synth").join(format!(
            "ferrogrid__{}_{}.json",
            core.name(),
            env!("CARGO_PKG_VERSION")
        ));
        let netlist = fs::read_to_string(&netlist).expect("the netlist");
        // Flat or with the module of a PE, by family.
        assert!(
            netlist.contains(&format!("\"type\": \"{cell}\"")),
            "{chips} has no {cell}"
        );
    }
}

/// The `synth` target in the Yosys for synthesis, which may be newer than the one on PATH that
/// FuseSoC runs: that of pip has no Tcl, so its commands are taken out of what FuseSoC wrote.
#[test]
fn what_fusesoc_tells_yosys_suits_newer_ones() {
    let Some(fusesoc) = fusesoc() else { return };
    if !tools::synthesizer() {
        return;
    }
    let yosys = Tool::synthesizer().expect("a Yosys");
    let core = Core::for_target("ecp5");
    let setup = target(&fusesoc, &core, "synth", &["--setup"]);
    assert!(setup.success, "{}", setup.text);
    let folder = work_folder(&core, "synth");
    let read = |name: &str| {
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let procedures = read("edalize_yosys_procs.tcl");
    let mut script = "verilog_defaults -push\nverilog_defaults -add -defer\n".to_owned();
    let mut sourced = 0;
    for line in procedures.lines() {
        let file = |word: &str| {
            let rest = line.strip_prefix(word)?.strip_prefix(" {")?;
            rest.strip_suffix('}')
        };
        if let Some(file) = file("read_verilog") {
            script += &format!("read_verilog {file}\n");
        } else if let Some(file) = file("source") {
            sourced += 1;
            let text = read(file);
            let commands = text.lines().filter_map(|line| line.strip_prefix("yosys "));
            script.extend(commands.map(|command| format!("{command}\n")));
        } else if line.starts_with("synth_") {
            script += "verilog_defaults -pop\n";
            script += &format!("{}\n", line.replace("$top", &core.top));
        }
    }
    assert_eq!(sourced, 1, "{procedures}");
    assert!(script.contains("synth_ecp5"), "{procedures}");
    script += "write_json netlist.json\n";
    fs::write(folder.join("commands.ys"), &script).expect("a written file");
    let done = run(Command::new(&yosys.path)
        .args(["-s", "commands.ys"])
        .current_dir(&folder));
    assert!(done.success, "{}\n{}", yosys.banner, done.text);
    assert_eq!(
        read("netlist.json")
            .matches("\"type\": \"MULT18X18D\"")
            .count(),
        6
    );
}
