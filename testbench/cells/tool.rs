//! Finding and running the tools that some tests need.

use std::path::PathBuf;
use std::process::Command;

/// The tool's path; without it, says that the test is skipped, or fails where `CI` is `true`.
pub fn tool(name: &str, test: &str) -> Option<PathBuf> {
    match which::which(name) {
        Ok(path) => Some(path),
        Err(_) => {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "`{name}` is missing, and CI must not skip tests");
            println!("SKIPPED {test}: `{name}` was not found on PATH");
            None
        }
    }
}

/// Runs a command that must succeed.
#[track_caller]
pub fn run_tool(command: &mut Command) {
    let output = command.output().expect("the tool starts");
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs a command that must succeed and print nothing.
#[track_caller]
pub fn quiet_tool(command: &mut Command) {
    let output = command.output().expect("the tool starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(
        output.status.success() && text.is_empty(),
        "{command:?}:\n{text}"
    );
}
