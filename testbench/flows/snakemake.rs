//! An exploration in steps of Snakemake.

use super::{run, tools};
use std::fs;
use std::process::Command;

const FLOW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/explore.smk");
const FERROGRID: &str = env!("CARGO_BIN_EXE_ferrogrid");
const SPACE: &str = "kind = \"matmul\"\n[array]\nrows = [2, 4]\ncolumns = [2, 4, 8]\n";

/// Five configurations are two steps and a half.
#[test]
fn the_steps_find_what_one_command_finds() {
    let Some(snakemake) = tools::program("snakemake") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("space.toml"), SPACE).expect("a written file");
    let words = [
        "--config",
        "models=16x8x8 9x5x7",
        "space=space.toml",
        "output=in steps",
        "step=4",
        "confirm=1",
    ];
    let flow = |more: &[&str]| {
        run(Command::new(&snakemake)
            .args(["--snakefile", FLOW, "--cores", "2"])
            .args(words)
            .arg(format!("ferrogrid={FERROGRID}"))
            .args(more)
            // Its cache of sources.
            .env("XDG_CACHE_HOME", path("cache"))
            .current_dir(&folder))
    };
    let done = flow(&["options=--goal area,latency"]);
    assert!(done.success, "{}", done.text);
    let whole = run(Command::new(FERROGRID)
        .args([
            "explore",
            "16x8x8",
            "9x5x7",
            "--space",
            "space.toml",
            "--confirm",
            "1",
        ])
        .args(["--goal", "area,latency", "-o", "whole"])
        .current_dir(&folder));
    assert!(whole.success, "{}", whole.text);
    for file in ["report.json", "points.csv"] {
        let read = |folder: &str| fs::read_to_string(path(folder).join(file)).expect("a file");
        assert_eq!(read("in steps"), read("whole"), "{file}");
    }
    // A step that fails ends the flow.
    let failed = flow(&["options=--goal speed"]);
    assert!(!failed.success, "{}", failed.text);
}
