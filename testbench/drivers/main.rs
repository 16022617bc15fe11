//! The driver in C: compiled for several machines, and run on a core under Verilator.

mod golden;
#[path = "../cli/onnx.rs"]
#[allow(dead_code)] // Other tests use the rest of it.
mod onnx;
#[path = "../tools.rs"]
mod tools;

use ferrogrid::arch::npu_from_preset;
use ferrogrid::blocks::npu::NpuCore;
use ferrogrid::compiler::Rounding;
use ferrogrid::device::Executable;
use ferrogrid::graph::Graph;
use ferrogrid::hdl::elaborate;
use ferrogrid::report::{CNetwork, PackageFile, driver_core_header, driver_files};
use ferrogrid::synth::tools::Tool;
use ferrogrid::verilog;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_registers_of_the_driver_are_those_of_the_hardware() {
    let path = root().join("drivers/c/ferrogrid_npu_core.h");
    if std::env::var_os("FERROGRID_UPDATE").is_some() {
        fs::write(&path, driver_core_header()).expect("a file");
    }
    assert!(
        fs::read_to_string(&path).expect("a file") == driver_core_header(),
        "drivers/c/ferrogrid_npu_core.h is not what src/isa says: run FERROGRID_UPDATE=1 cargo test --test drivers"
    );
}

/// The networks that are run, by their names in C.
fn networks() -> Vec<(&'static str, Graph)> {
    let path = root().join("examples/digits/digits_cnn.onnx");
    let digits = fs::read(path).expect("a file");
    let import = |bytes: &[u8]| ferrogrid::import::read(bytes).expect("a network");
    vec![
        ("digits_cnn", import(&digits)),
        ("small", import(&onnx::small())),
        ("wide", golden::wide()),
    ]
}

/// A folder with the driver, the networks and the example of the page.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &PackageFile| {
        fs::write(folder.path().join(&file.path), &file.text).expect("a file");
    };
    driver_files().iter().for_each(write);
    let arch = npu_from_preset("nano").expect("a preset");
    for (name, graph) in networks() {
        let network = Executable::compile(&graph, &arch, Rounding::Float).expect("a network");
        let network = CNetwork::new(name, name, &network).expect("a network of one program");
        network.files.iter().for_each(write);
    }
    let page = fs::read_to_string(root().join("drivers/c/README.md")).expect("a file");
    let (_, after) = page.split_once("```c\n").expect("an example");
    let (example, _) = after.split_once("```").expect("its end");
    let text = example.to_owned();
    let path = "example.c".into();
    write(&PackageFile { path, text });
    folder
}

const SOURCES: [&str; 6] = [
    "ferrogrid_npu.c",
    "ferrogrid_npu_float.c",
    "example.c",
    "digits_cnn.c",
    "small.c",
    "wide.c",
];

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

/// Compiles all sources to objects; nothing is said.
#[track_caller]
fn compile(folder: &Path, compiler: &Path, flags: &[&str]) -> Vec<PathBuf> {
    let objects = SOURCES.map(|source| {
        let object = folder.join(source).with_extension("o");
        let mut command = Command::new(compiler);
        command.args(WARNINGS).args(flags).arg("-c");
        command.arg(folder.join(source)).arg("-o").arg(&object);
        assert_eq!(run(&mut command), "", "{command:?}");
        object
    });
    objects.into()
}

/// Runs a command that must succeed; what it printed.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the tool starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{command:?} failed:\n{text}");
    text
}

#[test]
fn the_driver_compiles_as_c_and_as_cpp() {
    let folder = folder();
    for (compiler, flags) in [
        ("gcc", ["-std=c99", "-O2"]),
        ("gcc", ["-std=c17", "-O0"]),
        ("g++", ["-std=c++11", "-xc++"]),
    ] {
        if let Some(compiler) = tools::program(compiler) {
            compile(folder.path(), &compiler, &flags);
        }
    }
}

/// For firmware: nothing is missing but what compilers call by themselves, and without the file for them no
/// floating point.
#[test]
fn the_driver_compiles_for_microcontrollers() {
    let folder = folder();
    let arm = ["-mcpu=cortex-m0", "-mcpu=cortex-m4", "-mcpu=cortex-m7"];
    let riscv = [
        "-march=rv32imac -mabi=ilp32",
        "-march=rv64gc -mabi=lp64d -mcmodel=medany",
    ];
    let arm = arm.map(|flags| ("arm-none-eabi", format!("{flags} -mthumb")));
    let riscv = riscv.map(|flags| ("riscv64-unknown-elf", flags.to_owned()));
    for (prefix, flags) in arm.into_iter().chain(riscv) {
        let gcc = tools::program(&format!("{prefix}-gcc"));
        let nm = tools::program(&format!("{prefix}-nm"));
        let (Some(gcc), Some(nm)) = (gcc, nm) else {
            continue;
        };
        let common = ["-std=c99", "-Os", "-ffreestanding", "-nostdlib"];
        let flags = common.into_iter().chain(flags.split(' '));
        let objects = compile(folder.path(), &gcc, &Vec::from_iter(flags));
        let driver = objects
            .iter()
            .find(|path| path.ends_with("ferrogrid_npu.o"));
        let undefined = run(Command::new(nm).arg("-u").args(driver));
        for line in undefined.lines() {
            let symbol = line.trim().trim_start_matches("U ");
            assert!(
                ["memcpy", "memset"].contains(&symbol),
                "{gcc:?} leaves `{symbol}` open"
            );
        }
    }
}

/// Networks, refusals, faults, timeouts and resets: see `bench.cpp`.
#[test]
fn the_driver_runs_networks_on_the_core() {
    let compiler = tools::program("gcc");
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    let (Some(gcc), Ok(cxx)) = (compiler, Tool::Cxx.find()) else {
        return;
    };
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("golden.h"), golden::header(&networks())).expect("a file");
    let arch = npu_from_preset("nano").expect("a preset");
    let design = elaborate(&NpuCore::new(&arch)).expect("a core");
    let files = verilog::emit(&design);
    for file in &files {
        fs::write(path(&file.name), &file.text).expect("a file");
    }
    let mut verilator = Command::new("verilator");
    verilator.current_dir(folder.path()).args([
        "--cc",
        "-O3",
        "--no-timing",
        "--noassert",
        "--prefix",
        "Vcore",
        "--Mdir",
        "core",
        "--top-module",
    ]);
    verilator.arg(&design.top().name);
    run(verilator.args(files.iter().map(|file| &file.name)));
    let root = run(Command::new("verilator").args(["--getenv", "VERILATOR_ROOT"]));
    let include = Path::new(root.trim()).join("include");

    let objects = compile(folder.path(), &gcc, &["-std=c99", "-O1"]);
    // One file: the compiler reads Verilator's headers once.
    let generated = fs::read_dir(path("core")).expect("what Verilator wrote");
    let generated = generated.map(|entry| entry.expect("a file").file_name());
    let generated = generated.map(|name| name.to_string_lossy().into_owned());
    let generated = generated.filter(|name| name.ends_with(".cpp"));
    let library = ["verilated.cpp", "verilated_threads.cpp"].map(String::from);
    let mut all = Vec::from_iter(generated.chain(library));
    all.sort();
    let includes = all.iter().map(|name| format!("#include \"{name}\"\n"));
    fs::write(path("model.cpp"), includes.collect::<String>()).expect("a file");
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("testbench/drivers/bench.cpp");
    let mut link = Command::new(&cxx.path);
    link.args(["-std=c++17", "-O0", "-pthread", "-o"]);
    link.arg(path("bench")).arg("-I").arg(folder.path());
    link.arg("-I").arg(path("core")).arg("-I").arg(&include);
    link.arg("-I").arg(include.join("vltstd"));
    run(link.arg(bench).arg(path("model.cpp")).args(objects));
    println!("{}", run(&mut Command::new(path("bench"))));
}
