//! The files that other flows read, in the tools that are here: `ferrogrid generate` is run, and
//! its test bench, FuseSoC core, LiteX module and Tcl scripts are used as `docs/flows.md` says.

mod ip_xact;
#[path = "../tools.rs"]
mod tools;

use ferrogrid::synth::tools::Tool;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const TOP: &str = "matmul_4x4";

/// What a command printed, and whether it succeeded.
struct Run {
    success: bool,
    text: String,
}

/// The core in a folder of its own.
struct Core(TempDir);

impl Core {
    fn new() -> Core {
        Core::of("matmul-4x4")
    }

    fn of(preset: &str) -> Core {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = run(Command::new(env!("CARGO_BIN_EXE_ferrogrid"))
            .args(["generate", "--preset", preset, "-o"])
            .arg(folder.path().join("core")));
        assert!(run.success, "{}", run.text);
        Core(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("core").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A command line in the core's folder.
    fn run(&self, line: &str) -> Run {
        let mut words = line.split_whitespace();
        let program = words.next().expect("a program");
        let path = self.path(program);
        let program = if path.exists() { path } else { program.into() };
        run(Command::new(program).args(words).current_dir(self.path("")))
    }

    #[track_caller]
    fn succeed(&self, line: &str) -> String {
        let run = self.run(line);
        assert!(run.success, "{line}\n{}", run.text);
        run.text
    }

    /// Changes a digit of the first expected beat.
    fn expect_something_else(&self) {
        let bench = format!("sim/tb_{TOP}.v");
        let text = self.read(&bench);
        let (before, beat) = text.split_once("c_beats[0] = 64'h").expect("the beat");
        let digit = if beat.starts_with('5') { '6' } else { '5' };
        let changed = format!("{before}c_beats[0] = 64'h{digit}{}", &beat[1..]);
        fs::write(self.path(&bench), changed).expect("a written file");
    }
}

#[track_caller]
fn run(command: &mut Command) -> Run {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    let text = [output.stdout, output.stderr].concat();
    Run {
        success: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

fn has_passed(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("PASS: two jobs"))
        && !text.lines().any(|line| line.starts_with("FAIL"))
}

fn has_failed(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("FAIL: 0 wrong register values, 1 wrong beats"))
}

#[test]
fn the_bench_passes_in_icarus_and_can_fail() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let core = Core::new();
    let compile =
        format!("iverilog -g2005 -Wall -s tb_{TOP} -o tb.vvp -c filelist.f sim/tb_{TOP}.v");
    assert_eq!(core.succeed(&compile), "", "no warning");
    let text = core.succeed("vvp -N tb.vvp");
    assert!(has_passed(&text), "{text}");

    core.expect_something_else();
    core.succeed(&compile);
    let run = core.run("vvp -N tb.vvp");
    assert!(!run.success && has_failed(&run.text), "{}", run.text);
}

/// Cells of the chip are in no file that synthesis reads, and in one that simulators do.
#[test]
fn the_bench_of_a_core_with_cells_passes_with_their_models() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let core = Core::of("matmul-8x8-ecp5");
    let top = "matmul_8x8_ecp5";
    let models = format!("sim/{top}_cells.v");
    assert!(core.read(&models).contains("module MULT18X18D"));
    assert!(!core.read("filelist.f").contains("cells"));
    let bench = core.read(&format!("sim/tb_{top}.v"));
    let command = |program: &str| {
        let start = format!("//     $ {program}");
        let line = bench.lines().find(|line| line.starts_with(&start));
        line.expect("the command").replace("//     $ ", "")
    };
    assert!(command("verilator").contains(&models));
    core.succeed(&command("iverilog"));
    let text = core.succeed("vvp -N tb.vvp");
    assert!(has_passed(&text), "{text}");
    let without = command("iverilog").replace(&models, "");
    assert!(!core.run(&without).success, "the cell is nowhere else");
}

#[test]
fn the_bench_passes_in_verilator_and_can_fail() {
    let (true, Some(_)) = (
        tools::present(&[Tool::Verilator, Tool::Cxx]),
        tools::program("make"),
    ) else {
        return;
    };
    let core = Core::new();
    core.expect_something_else();
    let build = format!(
        "verilator --cc --exe --build -Wall -CFLAGS -O0 --top-module tb_{TOP} -f filelist.f \
         sim/tb_{TOP}.v sim/main.cpp"
    );
    let text = core.succeed(&build);
    assert!(!text.contains("%Warning"), "{text}");
    let run = core.run(&format!("obj_dir/Vtb_{TOP}"));
    assert!(!run.success && has_failed(&run.text), "{}", run.text);

    let core = Core::new();
    core.succeed(&build);
    let text = core.succeed(&format!("obj_dir/Vtb_{TOP}"));
    assert!(has_passed(&text), "{text}");
}

#[test]
fn fusesoc_lints_simulates_and_synthesizes() {
    let needed = [
        Tool::Verilator,
        Tool::Cxx,
        Tool::Iverilog,
        Tool::Vvp,
        Tool::Yosys,
    ];
    let (true, Some(_), Some(fusesoc)) = (
        tools::present(&needed),
        tools::program("make"),
        tools::program("fusesoc"),
    ) else {
        return;
    };
    let core = Core::new();
    let target = |target: &str| {
        let run = run(Command::new(&fusesoc)
            .args(["--cores-root", ".", "run", "--target", target, "matmul-4x4"])
            .current_dir(core.path("")));
        (run.success, run.text)
    };
    for name in ["lint", "synth"] {
        let (success, text) = target(name);
        assert!(success, "{name}\n{text}");
    }
    for name in ["sim", "sim_verilator"] {
        let (success, text) = target(name);
        assert!(success && has_passed(&text), "{name}\n{text}");
    }
    core.expect_something_else();
    let (success, text) = target("sim");
    assert!(!success && has_failed(&text), "{text}");
}

/// The test bench runs a SoC whose bus leads to the core.
#[test]
fn litex_reaches_the_core_through_its_bus() {
    let (true, Some(_), Some(python)) = (
        tools::present(&[Tool::Verilator, Tool::Cxx]),
        tools::program("make"),
        tools::python("litex, migen"),
    ) else {
        return;
    };
    let core = Core::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testbench/flows/litex_soc.py");
    let elaborated = run(Command::new(python)
        .arg(script)
        .args([core.path(""), core.path("soc")])
        .current_dir(core.path("")));
    assert!(elaborated.success, "{}", elaborated.text);
    let bench = core
        .read(&format!("sim/tb_{TOP}.v"))
        .replace(&format!("    {TOP} core ("), "    top core (");
    fs::write(core.path("soc/tb.v"), bench).expect("a written file");
    // The Verilog of the SoC is LiteX's, and has warnings.
    core.succeed(&format!(
        "verilator --cc --exe --build -Wno-fatal -CFLAGS -O0 --top-module tb_{TOP} soc/soc.v soc/tb.v \
         -f soc/sources.f sim/main.cpp"
    ));
    let text = core.succeed(&format!("obj_dir/Vtb_{TOP}"));
    assert!(has_passed(&text), "{text}");
}

/// Vivado and Quartus are not here: Yosys' Tcl runs the scripts, their commands only recorded.
#[test]
fn the_project_scripts_run_to_their_end_and_name_files_that_exist() {
    if !tools::present(&[Tool::Yosys]) {
        return;
    }
    let core = Core::new();
    let recorder = r#"
        set recorded [open recorded.txt w]
        proc record {args} { puts $::recorded $args; if {[lindex $args 0] eq "get_property"} { return 100% } }
        foreach command {create_project add_files set_property get_files current_fileset get_filesets
                get_runs launch_runs wait_on_run open_run report_utilization report_timing_summary
                get_property project_new set_global_assignment set_instance_assignment
                export_assignments execute_module project_close} {
            proc $command args "record $command {*}\$args"
        }
        package provide ::quartus::project 1.0
        package provide ::quartus::flow 1.0
        set quartus(args) {}
    "#;
    for (tool, last) in [
        ("vivado", "report_timing_summary"),
        ("quartus", "project_close"),
    ] {
        let script = core.path(&format!("{tool}/{TOP}.tcl"));
        let text = format!(
            "{recorder}\nsource {{{}}}\nclose $recorded\n",
            script.display()
        );
        fs::write(core.path("run.tcl"), text).expect("a written file");
        core.succeed("yosys -q -c run.tcl");
        let recorded = core.read("recorded.txt");
        assert!(
            recorded
                .lines()
                .last()
                .is_some_and(|line| line.starts_with(last)),
            "{recorded}"
        );
        for source in core.read("filelist.f").lines() {
            assert!(
                recorded.contains(source),
                "{tool} does not read {source}:\n{recorded}"
            );
        }
        // Words with an ending are files; those of Quartus stand relative to its project.
        let project = core.path(&format!("{tool}/project"));
        let words = recorded.split(|c: char| c.is_whitespace() || "{}".contains(c));
        let mut files = words
            .filter(|word| [".v", ".xdc", ".sdc"].iter().any(|end| word.ends_with(end)))
            .peekable();
        assert!(files.peek().is_some());
        fs::create_dir_all(&project).expect("a folder");
        for file in files {
            assert!(project.join(file).exists(), "{tool}: {file} does not exist");
        }
    }
}
