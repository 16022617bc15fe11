//! The package in a Python: the library as this build made it beside the modules, and the scripts here with both.

#[path = "../../../testbench/tools.rs"]
mod tools;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a script of tests in a Python that has these modules.
fn run(script: &str, modules: &str) {
    let Some(python) = tools::python(modules) else {
        return;
    };
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("ferrogrid");
    fs::create_dir(&package).unwrap();
    for file in fs::read_dir(crate_folder.join("python/ferrogrid")).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() {
            fs::copy(&file, package.join(file.file_name().unwrap())).unwrap();
        }
    }
    let library = format!("{DLL_PREFIX}ferrogrid_python{DLL_SUFFIX}");
    let built = std::env::current_exe().unwrap().with_file_name(library);
    fs::copy(&built, package.join("_ferrogrid.abi3.so")).unwrap();
    let digits = crate_folder.join("../../examples/digits");
    let scripts = crate_folder.join("../../scripts");
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(crate_folder.join("tests").join(script))
        .env("PYTHONPATH", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FERROGRID_DIGITS", digits.canonicalize().unwrap())
        .env("FERROGRID_SCRIPTS", scripts.canonicalize().unwrap())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn networks_run_in_python() {
    run("test_package.py", "numpy, pytest");
}

#[test]
fn networks_are_operators_of_openvino() {
    run("test_openvino.py", "numpy, pytest, openvino");
}

#[test]
fn onnx_runtime_takes_its_provider_from_the_package() {
    run("test_onnxruntime.py", "numpy, pytest, onnx, onnxruntime");
}

#[test]
fn models_in_floating_point_are_quantized() {
    run(
        "test_quantize.py",
        "numpy, pytest, sklearn, onnx, onnxruntime",
    );
}

#[test]
fn cores_are_searched_for_with_optuna() {
    run("test_explore.py", "numpy, pytest, optuna");
}

#[test]
fn litert_takes_its_delegate_from_the_package() {
    run("test_litert.py", "numpy, pytest, ai_edge_litert");
}

#[test]
fn the_notebooks_run() {
    let modules = "numpy, pytest, nbclient, ipykernel, sklearn, onnx, onnxruntime";
    run("test_notebook.py", modules);
}
