//! Gives emitted text to the tools that users will give it to.

use crate::verilog::VerilogFile;
use std::path::Path;
use std::process::Command;

/// Fails unless Verilator, Icarus and Yosys take the files without a word.
pub fn accept(files: &[VerilogFile]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in files {
        std::fs::write(folder.path().join(&file.name), &file.text).expect("a written file");
    }
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let top = names
        .last()
        .expect("a design has modules")
        .trim_end_matches(".v");
    let defines: [(&[&str], &str); 3] = [
        (&[], "-g2005"),
        (&["-DFERROGRID_CHECKS"], "-g2005"),
        (&["-DFERROGRID_CHECKS", "-DFERROGRID_COVER"], "-g2009"),
    ];
    for (define, language) in defines {
        let lint = ["--lint-only", "-Wall", "--top-module", top];
        silent(
            folder.path(),
            "verilator",
            &[&lint[..], define, &names].concat(),
        );
        let compile = [language, "-Wall", "-o", "design.vvp"];
        silent(
            folder.path(),
            "iverilog",
            &[&compile[..], define, &names].concat(),
        );
    }
    for options in ["", "-formal"] {
        let read = format!("read_verilog {options} {}", names.join(" "));
        let script = format!("{read}; hierarchy -check -top {top}; proc; check -assert");
        silent(folder.path(), "yosys", &["-q", "-p", &script]);
    }
}

fn silent(folder: &Path, tool: &str, arguments: &[&str]) {
    if which::which(tool).is_err() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{tool} is missing, and CI needs it"
        );
        eprintln!("SKIPPED: {tool} is not installed");
        return;
    }
    let output = Command::new(tool)
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.unwrap_or_else(|error| panic!("{tool} did not start: {error}"));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    if !output.status.success() || !text.trim().is_empty() {
        let sources: String = std::fs::read_dir(folder)
            .expect("the folder just written")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "v"))
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .collect();
        panic!("{tool} {}:\n{text}\n{sources}", arguments.join(" "));
    }
}
