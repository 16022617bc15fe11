//! Whether the tools of a test are there. Without them a test says SKIPPED, the reason and what
//! installs them, and passes; in CI it fails.
#![allow(dead_code)] // Each target uses some of it.

use ferrogrid::synth::tools::{DATED, Tool, fpga_environment};
use miette::Diagnostic;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::Command;

/// True when the tools are there; else says which one is not.
///
/// An old synthesizer, as Debian 12 has it, counts as none: what tests expect of synthesis is what
/// the Yosys of `scripts/setup --fpga` does.
pub fn present(tools: &[Tool]) -> bool {
    let missing = tools.iter().find_map(|tool| match tool.find() {
        Ok(found) if found.is_dated() => Some(format!("{}: {DATED}", found.path.display())),
        Ok(_) => None,
        Err(error) => {
            let help = error.help().map(|help| format!(": {help}"));
            Some(format!("{error}{}", help.unwrap_or_default()))
        }
    });
    missing.is_none_or(|reason| skip::<()>(reason).is_some())
}

/// True when there is a Yosys for synthesis; else says that there is none.
pub fn synthesizer() -> bool {
    present(&[Tool::Synthesizer])
}

const SETUP: &str = "run `scripts/setup --fpga`";

/// A program on PATH, else of the environment that `scripts/setup --fpga` makes.
pub fn program(name: &str) -> Option<PathBuf> {
    let found = which::which(name).ok();
    let found = found.or_else(|| in_environment(name));
    found.or_else(|| skip(format_args!("no {name}: {SETUP}")))
}

/// A Python that has the packages `modules`: that on PATH, else that of the environment that
/// `scripts/setup --fpga` makes.
pub fn python(modules: &str) -> Option<PathBuf> {
    let imports = |python: &PathBuf| {
        let mut command = Command::new(python);
        let output = command.args(["-c", &format!("import {modules}")]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let candidates = [which::which("python3").ok(), in_environment("python3")];
    let found = candidates.into_iter().flatten().find(imports);
    found.or_else(|| skip(format_args!("no Python has {modules}: {SETUP}")))
}

fn in_environment(name: &str) -> Option<PathBuf> {
    let path = fpga_environment()?.join("bin").join(name);
    path.is_file().then_some(path)
}

/// Says what a test is left out for; in CI none may be.
pub fn skip<T>(reason: impl Display) -> Option<T> {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "in CI nothing may be missing: {reason}");
    println!("SKIPPED: {reason}");
    None
}

/// The tests of this program whose names contain one of `filters` pass on a machine that has at
/// most the tools of Debian 12, and say what installs what is
/// missing.
#[track_caller]
pub fn pass_without_fpga_tools(filters: &[&str]) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(filters)
        .args(["--show-output", "--skip", "without_fpga_tools"])
        .env("PATH", "/usr/bin:/bin")
        .env("FERROGRID_VENV", "none")
        .env_remove("CI");
    let output = command.output().expect("this program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    for filter in filters {
        let skipped = |test: &str| test.contains(filter) && test.contains("\nSKIPPED: ");
        assert!(text.split("\n---- ").any(skipped), "{filter}: {text}");
    }
    assert!(text.contains("scripts/setup --fpga"), "{text}");
}
