//! Every preset's Verilog, as `ferrogrid generate` writes it, through the tools that users have:
//! no warning, no waiver.

use ferrogrid::arch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::PRESETS;
use ferrogrid::hdl::elaborate;
use ferrogrid::verilog;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The files of a preset in a folder, and the name of its top module.
fn emitted(preset: &str, folder: &Path) -> (Vec<String>, String) {
    let arch = arch::from_preset(preset).expect("a preset");
    let design = elaborate(&MatmulCore::new(&arch)).expect("a design that closes");
    let files = verilog::emit(&design);
    for file in &files {
        fs::write(folder.join(&file.name), &file.text).expect("a written file");
    }
    let names = files.into_iter().map(|file| file.name).collect();
    (names, MatmulCore::module_name_of(&arch))
}

/// Runs a tool on every preset; `arguments` of the files and the top module. Nothing may be said.
fn silent(tool: &str, arguments: impl Fn(&[String], &str) -> Vec<String>) {
    if which::which(tool).is_err() {
        println!("SKIPPED: {tool} is not installed");
        return;
    }
    for preset in PRESETS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (files, top) = emitted(preset.name, folder.path());
        let output = Command::new(tool)
            .args(arguments(&files, &top))
            .current_dir(folder.path())
            .output()
            .unwrap_or_else(|error| panic!("{tool} did not start: {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(
            output.status.success() && said.trim().is_empty(),
            "{tool} on {}:\n{said}",
            preset.name
        );
    }
}

fn with(arguments: &str, files: &[String]) -> Vec<String> {
    let arguments = arguments.split_whitespace().map(String::from);
    arguments.chain(files.iter().cloned()).collect()
}

#[test]
fn verilator_has_nothing_to_say() {
    silent("verilator", |files, top| {
        with(&format!("--lint-only -Wall --top-module {top}"), files)
    });
}

/// With the assertions of the design too.
#[test]
fn verilator_has_nothing_to_say_of_the_checks() {
    silent("verilator", |files, top| {
        with(
            &format!("--lint-only -Wall --assert -DFERROGRID_CHECKS --top-module {top}"),
            files,
        )
    });
}

#[test]
fn icarus_has_nothing_to_say() {
    silent("iverilog", |files, top| {
        with(&format!("-g2005 -Wall -s {top} -o out.vvp"), files)
    });
}

#[test]
fn yosys_has_nothing_to_say() {
    silent("yosys", |files, top| {
        let script = format!(
            "read_verilog {}; hierarchy -check -top {top}; proc; check -assert",
            files.join(" ")
        );
        vec!["-q".into(), "-p".into(), script]
    });
}
