//! The package in a Python: the library as this build made it beside the modules, and `test_package.py` with both.

#[path = "../../../testbench/tools.rs"]
mod tools;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn networks_run_in_python() {
    let Some(python) = tools::python("numpy, pytest") else {
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
    let digits: PathBuf = crate_folder.join("../../examples/digits");
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(crate_folder.join("tests/test_package.py"))
        .env("PYTHONPATH", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FERROGRID_DIGITS", digits.canonicalize().unwrap())
        .status();
    assert!(status.unwrap().success());
}
