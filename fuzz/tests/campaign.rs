//! A short campaign, and the files that longer ones found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fuzz(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fuzz"));
    let output = command.args(arguments).output();
    output.expect("a program that starts")
}

fn said(output: &Output) -> String {
    let [out, errors] = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
    format!("{out}\n{errors}")
}

#[test]
fn a_short_campaign_finds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = folder.path().to_str().expect("a path");
    let output = fuzz(&[
        "--files", "500", "--seed", "1", "--limit", "120", "--found", found,
    ]);
    assert!(output.status.success(), "{}", said(&output));
}

fn found() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

#[test]
fn files_that_were_found_do_no_harm_now() {
    let files = found();
    assert!(files.len() > 5);
    for file in files {
        let output = fuzz(&["--replay", file.to_str().expect("a path")]);
        assert!(
            output.status.success(),
            "{}: {}",
            file.display(),
            said(&output)
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let output = fuzz(&["--replay", "no such file"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("fuzz: "), "{}", said(&output));
}
