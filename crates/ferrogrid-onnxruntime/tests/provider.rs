//! The library as this build made it, in ONNX Runtime: `test_provider.py`.

#[path = "../../../testbench/tools.rs"]
mod tools;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::Path;
use std::process::Command;

#[test]
fn networks_run_in_onnx_runtime() {
    let Some(python) = tools::python("numpy, onnx, onnxruntime, pytest") else {
        return;
    };
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = format!("{DLL_PREFIX}ferrogrid_onnxruntime{DLL_SUFFIX}");
    let library = std::env::current_exe().unwrap().with_file_name(library);
    let root = crate_folder.join("../..").canonicalize().unwrap();
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(crate_folder.join("tests/test_provider.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FERROGRID_LIBRARY", library)
        .env("FERROGRID_ROOT", root)
        .status();
    assert!(status.unwrap().success());
}
