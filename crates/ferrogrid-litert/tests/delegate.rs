//! The library as this build made it, in LiteRT and in the last TensorFlow Lite of its own: `test_delegate.py`.

#[path = "../../../testbench/tools.rs"]
mod tools;

use ferrogrid::synth::tools::fpga_environment;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::Path;
use std::process::Command;

#[test]
fn networks_run_in_litert() {
    run_in(None);
}

#[test]
fn networks_run_in_tensorflow_lite() {
    let folder = fpga_environment().map(|folder| folder.join("oldest-litert"));
    match folder.filter(|folder| folder.is_dir()) {
        Some(folder) if folder.join("tflite_runtime").is_dir() => run_in(Some(&folder)),
        // Its wheels end with Python 3.11, so that this is no fault of the machine.
        Some(_) => println!("SKIPPED: no TensorFlow Lite 2.14 for this Python"),
        None => drop(tools::skip::<()>(
            "no TensorFlow Lite 2.14: run `scripts/setup --fpga`",
        )),
    }
}

/// Runs the tests in Python, with the packages of a folder before its own.
fn run_in(packages: Option<&Path>) {
    let Some(python) = tools::python("numpy, ai_edge_litert, pytest") else {
        return;
    };
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = format!("{DLL_PREFIX}ferrogrid_litert{DLL_SUFFIX}");
    let library = std::env::current_exe().unwrap().with_file_name(library);
    let root = crate_folder.join("../..").canonicalize().unwrap();
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(crate_folder.join("tests/test_delegate.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FERROGRID_LIBRARY", library)
        .env("FERROGRID_ROOT", root);
    if let Some(packages) = packages {
        command.env("PYTHONPATH", packages);
    }
    assert!(command.status().unwrap().success());
}
