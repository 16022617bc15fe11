//! Runs Verilator, Icarus and Yosys on a bench.

use crate::bench::{Bench, Trace};
use ferrogrid::verilog::VerilogFile;
use std::path::Path;
use std::process::Command;

/// An external tool.
#[derive(Clone, Copy, Debug)]
pub enum Tool {
    /// `verilator`
    Verilator,
    /// `iverilog`
    Icarus,
    /// `yosys`
    Yosys,
}

impl Tool {
    fn command(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Icarus => "iverilog",
            Tool::Yosys => "yosys",
        }
    }

    /// False, and says so, when the tool is not installed; then fails where CI needs it.
    pub fn is_present(self) -> bool {
        let present = which::which(self.command()).is_ok();
        if !present {
            let command = self.command();
            assert!(
                std::env::var_os("CI").is_none(),
                "{command} is missing, and CI needs it"
            );
            eprintln!("SKIPPED: {command} is not installed");
        }
        present
    }
}

/// What the tools say about the files, which should be nothing.
pub fn lint(files: &[VerilogFile]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_files(folder.path(), files);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    if Tool::Verilator.is_present() {
        // There are many tops. Random logic may be constant in ways that only an optimiser sees,
        // as `x < (y ^ y)`: what Verilator says of such comparisons it says of the design.
        let waived = ["-Wno-MULTITOP", "-Wno-UNSIGNED", "-Wno-CMPCONST"];
        let lint = [&["--lint-only", "-Wall"], &waived[..]].concat();
        silent(folder.path(), "verilator", &[&lint[..], &names].concat())?;
    }
    if Tool::Icarus.is_present() {
        let compile = ["-g2005", "-Wall", "-o", "design.vvp"];
        silent(folder.path(), "iverilog", &[&compile[..], &names].concat())?;
    }
    if Tool::Yosys.is_present() {
        let script = format!(
            "read_verilog {}; hierarchy -check; proc; check -assert",
            names.join(" ")
        );
        silent(folder.path(), "yosys", &["-q", "-p", &script])?;
    }
    Ok(())
}

/// The traces that Icarus gives.
pub fn run_icarus(bench: &Bench) -> Vec<Trace> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = write_bench(folder.path(), bench);
    let clock =
        "module clock;\n  reg clk = 0;\n  always #1 clk = !clk;\n  bench b (clk);\nendmodule\n";
    std::fs::write(folder.path().join("clock.v"), clock).expect("a written file");
    let compile = ["-g2005", "-s", "clock", "-o", "bench.vvp", "clock.v"];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    run(folder.path(), "iverilog", &[&compile[..], &names].concat());
    bench.parse(&run(folder.path(), "vvp", &["-n", "bench.vvp"]))
}

/// The traces that Verilator gives.
pub fn run_verilator(bench: &Bench) -> Vec<Trace> {
    const MAIN: &str = r#"
#include "Vbench.h"
#include "verilated.h"
int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vbench bench{&context};
    while (!context.gotFinish()) {
        bench.clk = !bench.clk;
        bench.eval();
        context.timeInc(1);
    }
    bench.final();
    return 0;
}
"#;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = write_bench(folder.path(), bench);
    std::fs::write(folder.path().join("main.cpp"), MAIN).expect("a written file");
    let build = [
        "--cc",
        "--exe",
        "--build",
        "-j",
        "2",
        "--top-module",
        "bench",
        "-Wno-fatal",
    ];
    // Designs run for microseconds: what counts is the compile time.
    let fast = [
        "-O3",
        "--x-assign",
        "fast",
        "-CFLAGS",
        "-O0",
        "--output-split",
        "20000",
        "main.cpp",
    ];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    run(
        folder.path(),
        "verilator",
        &[&build[..], &fast, &names].concat(),
    );
    bench.parse(&run(folder.path(), "obj_dir/Vbench", &[]))
}

fn write_bench(folder: &Path, bench: &Bench) -> Vec<String> {
    let files = bench.files();
    write_files(folder, &files);
    for (name, text) in bench.vectors() {
        std::fs::write(folder.join(name), text).expect("a written file");
    }
    std::fs::write(folder.join("bench.v"), bench.text()).expect("a written file");
    let mut names = vec!["bench.v".to_owned()];
    names.extend(files.into_iter().map(|file| file.name));
    names
}

fn write_files(folder: &Path, files: &[VerilogFile]) {
    for file in files {
        std::fs::write(folder.join(&file.name), &file.text).expect("a written file");
    }
}

fn output(folder: &Path, tool: &str, arguments: &[&str]) -> (bool, String, String) {
    let path = folder.join(tool);
    let program = if path.exists() {
        path.as_path()
    } else {
        Path::new(tool)
    };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.unwrap_or_else(|error| panic!("{tool} did not start: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn run(folder: &Path, tool: &str, arguments: &[&str]) -> String {
    let (success, text, errors) = output(folder, tool, arguments);
    assert!(success, "{tool} failed:\n{text}\n{errors}");
    text
}

fn silent(folder: &Path, tool: &str, arguments: &[&str]) -> Result<(), String> {
    let (success, text, errors) = output(folder, tool, arguments);
    if success && text.trim().is_empty() && errors.trim().is_empty() {
        return Ok(());
    }
    Err(format!("{tool} says:\n{text}{errors}"))
}
