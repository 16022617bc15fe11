//! Whether the tools of a test are there. Without them a test says SKIPPED and passes, but not
//! in CI.
#![allow(dead_code)] // Each target uses some of it.

use ferrogrid::synth::tools::{Tool, fpga_environment};
use std::fmt::Display;
use std::path::PathBuf;
use std::process::Command;

/// True when the tools are there; else says which one is not.
pub fn present(tools: &[Tool]) -> bool {
    let missing = tools.iter().find_map(|tool| tool.find().err());
    missing.is_none_or(|error| skip::<()>(error).is_some())
}

/// True when there is a Yosys for synthesis; else says that there is none.
pub fn synthesizer() -> bool {
    let missing = Tool::synthesizer().err();
    missing.is_none_or(|error| skip::<()>(error).is_some())
}

/// A program on PATH, else of the environment that `scripts/setup --fpga` makes.
pub fn program(name: &str) -> Option<PathBuf> {
    let found = which::which(name).ok();
    let found = found.or_else(|| in_environment(name));
    found.or_else(|| skip(format_args!("{name} is not installed")))
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
    found.or_else(|| skip(format_args!("no Python has {modules}")))
}

fn in_environment(name: &str) -> Option<PathBuf> {
    let path = fpga_environment()?.join("bin").join(name);
    path.is_file().then_some(path)
}

fn skip<T>(reason: impl Display) -> Option<T> {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "in CI nothing may be missing: {reason}");
    println!("SKIPPED: {reason}");
    None
}
