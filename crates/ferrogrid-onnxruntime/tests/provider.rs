//! The library as this build made it, in the oldest and the newest ONNX Runtime: `test_provider.py`.

#[path = "../../../testbench/tools.rs"]
mod tools;

use ferrogrid::synth::tools::fpga_environment;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::Path;
use std::process::Command;

#[test]
fn networks_run_in_onnx_runtime() {
    run_in(None);
}

#[test]
fn networks_run_in_the_oldest_onnx_runtime() {
    let folder = fpga_environment().map(|folder| folder.join("oldest-onnxruntime"));
    match folder.filter(|folder| folder.is_dir()) {
        Some(folder) => run_in(Some(&folder)),
        None => drop(tools::skip::<()>(
            "no ONNX Runtime 1.23: run `scripts/setup --fpga`",
        )),
    }
}

/// Runs the tests in Python, with the packages of a folder before its own.
fn run_in(packages: Option<&Path>) {
    let Some(python) = tools::python("numpy, onnx, onnxruntime, pytest") else {
        return;
    };
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = format!("{DLL_PREFIX}ferrogrid_onnxruntime{DLL_SUFFIX}");
    let library = std::env::current_exe().unwrap().with_file_name(library);
    let root = crate_folder.join("../..").canonicalize().unwrap();
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(crate_folder.join("tests/test_provider.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FERROGRID_LIBRARY", library)
        .env("FERROGRID_ROOT", root);
    if let Some(packages) = packages {
        command.env("PYTHONPATH", packages);
    }
    assert!(command.status().unwrap().success());
}
