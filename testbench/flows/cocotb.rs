//! Cores for networks beside models of AXI4 and AXI4-Lite that are not ours: cocotb and cocotbext-axi.

use super::{Core, Run, run, tools};
use ferrogrid::synth::tools::Tool;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A core as wide as a bus of 128 bits asks for, and otherwise as small as it can be.
const WIDE: &str = r#"
name = "wide"
kind = "npu"
[array]
rows = 16
columns = 16
[bus]
width = 128
[memory]
scratchpad = "4 KiB"
accumulators = 16
[post]
lanes = 4
"#;

/// A Python with cocotb, and Icarus; else says what is missing.
fn python() -> Option<PathBuf> {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return None;
    }
    let python = tools::python("cocotbext.axi, find_libpython")?;
    let library = run(Command::new(&python).args(["-m", "find_libpython"]));
    match library.success && !library.text.trim().is_empty() {
        true => Some(python),
        false => tools::skip(format_args!(
            "cocotb needs {} as a library: install `libpython3-dev`",
            python.display()
        )),
    }
}

/// A core with the network of the digits, its images, and what ONNX Runtime makes of them.
fn core(arguments: &[&str], name: &str) -> Core {
    let core = Core::generate(arguments, name);
    let digits = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/digits"));
    let copies = [
        ("images.npy", "images.npy"),
        ("digits_logits.npy", "logits.npy"),
    ];
    for (from, to) in copies {
        fs::copy(digits.join(from), core.path(to)).expect("a copied file");
    }
    let compiled = run(Command::new(env!("CARGO_BIN_EXE_ferrogrid"))
        .arg("compile")
        .arg(digits.join("digits_cnn.onnx"))
        .args(["--config", "core.toml", "-o", "network.fgn"])
        .current_dir(core.path("")));
    assert!(compiled.success, "{}", compiled.text);
    core
}

/// Runs the tests of `cocotb_npu.py`, or the one that is named.
fn simulate(python: &Path, core: &Core, seed: &str, test: Option<&str>) -> Run {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testbench/flows/cocotb_npu.py");
    let mut command = Command::new(python);
    command.arg(script).arg(core.path("")).arg(seed);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.envs(test.map(|test| ("TESTCASE", test)));
    run(&mut command)
}

#[track_caller]
fn passes(arguments: &[&str], name: &str, seed: &str) {
    let Some(python) = python() else { return };
    let run = simulate(&python, &core(arguments, name), seed, None);
    assert!(
        run.success && run.text.contains("TESTS=5 PASS=5 FAIL=0 SKIP=0"),
        "{}",
        run.text
    );
}

#[test]
fn cocotb_runs_nano_with_32_bits() {
    passes(&["--preset", "nano"], "npu_nano", "1");
}

#[test]
fn cocotb_runs_small_with_64_bits() {
    passes(&["--preset", "small"], "npu_small", "2");
}

#[test]
fn cocotb_runs_a_core_with_128_bits() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), WIDE).expect("a written file");
    let path = file.path().to_str().expect("a plain path");
    passes(&[path], "npu_wide", "3");
}

/// A wrong byte in what is expected, and bursts that cross 4 KiB.
#[test]
fn cocotb_finds_what_is_wrong() {
    let Some(python) = python() else { return };
    let nano = || core(&["--preset", "nano"], "npu_nano");
    let fails = |core: &Core, test: &str, says: &str| {
        let run = simulate(&python, core, "1", Some(test));
        let failed = run.text.contains("TESTS=1 PASS=0 FAIL=1 SKIP=0");
        assert!(
            !run.success && failed && run.text.contains(says),
            "{}",
            run.text
        );
    };
    let network = "a_network_gives_what_another_runtime_gives";
    let wrong = nano();
    let mut logits = fs::read(wrong.path("logits.npy")).expect("the logits");
    let first = logits.len() - 3600;
    for image in logits[first..].chunks_mut(10) {
        image[3] ^= 1;
    }
    fs::write(wrong.path("logits.npy"), logits).expect("a written file");
    fails(
        &wrong,
        network,
        "1 wrong bytes, the first at 3 of the outputs",
    );

    let long = nano();
    long.replace(
        "rtl/burst_splitter_40x20_16_of_4.v",
        "20'd256 - {12'd0, address[9:2]}",
        "20'd256",
    );
    fails(
        &long,
        network,
        "assert 0x1000-(aligned_addr & 0xfff) >= transfer_size",
    );
}
