//! Runs external tools on emitted files.

use ferrogrid::verilog::VerilogFile;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// False, and says so, when a tool is not installed; then fails where CI needs it.
pub fn is_present(tool: &str) -> bool {
    let present = which::which(tool).is_ok();
    if !present {
        assert!(
            std::env::var_os("CI").is_none(),
            "{tool} is missing, and CI needs it"
        );
        eprintln!("SKIPPED: {tool} is not installed");
    }
    present
}

/// A temporary folder that holds the files.
pub fn folder<'a>(files: impl IntoIterator<Item = &'a VerilogFile>) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in files {
        std::fs::write(folder.path().join(&file.name), &file.text).expect("a written file");
    }
    folder
}

/// What a tool prints, on both streams, when it succeeds.
pub fn run(folder: &Path, tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool)
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.unwrap_or_else(|error| panic!("{tool} did not start: {error}"));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.success(),
        "{tool} {}:\n{text}",
        arguments.join(" ")
    );
    text
}

/// Fails when a tool prints anything.
pub fn silent(folder: &Path, tool: &str, arguments: &[&str]) {
    if is_present(tool) {
        let text = run(folder, tool, arguments);
        assert!(
            text.trim().is_empty(),
            "{tool} {}:\n{text}",
            arguments.join(" ")
        );
    }
}
