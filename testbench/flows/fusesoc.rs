//! The FuseSoC core: its targets run.

use super::{Core, Run, has_failed, has_passed, run, tools};
use ferrogrid::synth::tools::Tool;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The FuseSoC that is to run the targets, and all that they need; else says what is missing.
pub(super) fn fusesoc() -> Option<PathBuf> {
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
    for (chips, cell) in [
        ("ecp5", "MULT18X18D"),
        ("ice40", "SB_MAC16"),
        ("xilinx", "DSP48E1"),
        ("ultrascale_plus", "DSP48E2"),
    ] {
        let core = Core::for_target(chips);
        let lint = target(&fusesoc, &core, "lint", &[]);
        assert!(lint.success, "{chips}\n{}", lint.text);
        // One of them also in Verilator, which takes longest.
        let simulators = ["sim", "sim_verilator"].into_iter();
        for name in simulators.take(if chips == "ecp5" { 2 } else { 1 }) {
            let run = target(&fusesoc, &core, name, &[]);
            assert!(
                run.success && has_passed(&run.text),
                "{chips}\n{}",
                run.text
            );
        }
        let synth = target(&fusesoc, &core, "synth", &[]);
        assert!(synth.success, "{chips}\n{}", synth.text);
        let netlist = netlist(&core);
        let text = fs::read_to_string(&netlist).expect("the netlist");
        let used = text.contains(&format!("\"type\": \"{cell}\""));
        assert!(used, "{chips} has no {cell}");
        check_constraints(&core, chips, &netlist);
    }
}

/// What FuseSoC's Yosys made.
fn netlist(core: &Core) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    work_folder(core, "synth").join(format!("ferrogrid__{}_{version}.json", core.name()))
}

/// nextpnr reads the constraints of the core, and finds its clock.
fn check_constraints(core: &Core, chips: &str, netlist: &Path) {
    let (tool, options, format) = match chips {
        "ecp5" => (Tool::NextpnrEcp5, "--85k --package CABGA756", "lpf"),
        "ice40" => (Tool::NextpnrIce40, "--up5k --package sg48", "pcf"),
        _ => return,
    };
    if !tools::present(&[tool]) {
        return;
    }
    let nextpnr = tool.find().expect("it is there");
    // As WebAssembly it sees the folder that it runs in.
    let netlist = netlist.strip_prefix(core.path("")).expect("below the core");
    let run = run(Command::new(nextpnr.path)
        .args(options.split(' '))
        .arg("--pack-only")
        .arg(format!("--{format}-allow-unconstrained"))
        .arg(format!("--{format}"))
        .arg(format!("constraints/{}.{format}", core.top))
        .arg("--json")
        .arg(netlist)
        .current_dir(core.path("")));
    let found = "constraining clock net 'aclk' to 100.00 MHz";
    assert!(run.success && run.text.contains(found), "{}", run.text);
}

/// A design that has the core as a dependency: with the flag `models` it is simulated.
#[test]
fn a_design_that_depends_on_a_core_with_cells_asks_for_models() {
    let Some(fusesoc) = fusesoc() else { return };
    let core = Core::for_target("ice40");
    let design = format!(
        "CAPI=2:\nname: ::design:1\nfilesets:\n  bench:\n    depend: [ferrogrid::{name}]\n    \
         file_type: verilogSource-2005\n    files: [bench.v]\ntargets:\n  sim:\n    flow: sim\n    \
         flow_options: {{tool: icarus, iverilog_options: [-g2005], vvp_options: [-N]}}\n    \
         filesets: [bench]\n    toplevel: tb_{top}\n",
        name = core.name(),
        top = core.top
    );
    fs::write(core.path("design.core"), design).expect("a written file");
    let bench = core.read(&format!("sim/tb_{}.v", core.top));
    fs::write(core.path("bench.v"), bench).expect("a written file");
    let simulate = |more: &[&str]| {
        run(Command::new(&fusesoc)
            .args(["--cores-root", ".", "run", "--target", "sim"])
            .args(more)
            .arg("design")
            .current_dir(core.path("")))
    };
    let with = simulate(&["--flag", "models"]);
    assert!(with.success && has_passed(&with.text), "{}", with.text);
    let without = simulate(&[]);
    let missing = without.text.contains("Unknown module type: SB_MAC16");
    assert!(!without.success && missing, "{}", without.text);
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
