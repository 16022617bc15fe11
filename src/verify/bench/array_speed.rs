//! A generated array and a hand-written one under Verilator: the same driver, the same flags.

use super::clock::median;
use super::utilization::sixteen_by_sixteen;
use super::{BenchError, Bound, Figure, Options, Row, hand_written_array};
use crate::arch::Dataflow;
use crate::blocks::MatmulCore;
use crate::hdl::elaborate;
use crate::synth::tools::{FoundTool, Tool};
use crate::verilog::{self, VerilogFile};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DRIVER: &str = include_str!("../../../testbench/bench/array_speed.cpp");

/// The flags of [`device::Verilator`](crate::device::Verilator).
const VERILATOR_FLAGS: [&str; 8] = [
    "--cc",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-timing",
    "--noassert",
];

const CXX_FLAGS: [&str; 3] = ["-std=c++17", "-O2", "-pthread"];

/// Cycles of random operands whose sums are compared.
const CHECKED: u64 = 20_000;

/// Two arrays, compiled.
struct Arrays {
    /// The programs are in it.
    _folder: tempfile::TempDir,
    generated: PathBuf,
    hand_written: PathBuf,
    verilator: FoundTool,
}

impl Arrays {
    fn build() -> Result<Arrays, BenchError> {
        let (verilator, cxx) = (Tool::Verilator.find()?, Tool::Cxx.find()?);
        let folder = tempfile::Builder::new().prefix("ferrogrid-").tempdir()?;
        let array = MatmulCore::array(&sixteen_by_sixteen(Dataflow::WeightStationary));
        let design = elaborate(&*array)?;
        let build = |name: &str, top: &str, files: &[VerilogFile]| {
            let folder = folder.path().join(name);
            compile(&verilator, &cxx, &folder, top, files)
        };
        let hand = hand_written_array();
        let generated = build(
            "generated",
            &design.top().name,
            &verilog::emit_for_simulation(&design),
        )?;
        let hand_written = build("hand_written", "ws_array_16x16", &[hand])?;
        Ok(Arrays {
            _folder: folder,
            generated,
            hand_written,
            verilator,
        })
    }

    /// Whether both give the same sums in every cycle.
    fn check(&self) -> Result<(), BenchError> {
        let (_, generated) = drive(&self.generated, "check", CHECKED)?;
        let (_, hand_written) = drive(&self.hand_written, "check", CHECKED)?;
        if generated == hand_written {
            return Ok(());
        }
        Err(BenchError::Wrong {
            what: "the generated array".into(),
            how: format!("hash {generated}, of the hand-written one {hand_written}"),
        })
    }
}

/// Verilog to a program that drives it.
fn compile(
    verilator: &FoundTool,
    cxx: &FoundTool,
    folder: &Path,
    top: &str,
    files: &[VerilogFile],
) -> Result<PathBuf, BenchError> {
    fs::create_dir(folder)?;
    for file in files {
        fs::write(folder.join(&file.name), &file.text)?;
    }
    fs::write(folder.join("driver.cpp"), DRIVER)?;
    let mut translate = Command::new(&verilator.path);
    translate
        .args(VERILATOR_FLAGS)
        .args(["--prefix", "Vtop", "--Mdir", "obj", "--top-module", top])
        .args(files.iter().map(|file| &file.name));
    run("verilator", translate.current_dir(folder))?;

    // One unit: no calls between files, as in the models of `device`.
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder.join("obj"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".cpp") {
            sources.push(name);
        }
    }
    sources.sort();
    let library = ["verilated.cpp", "verilated_threads.cpp", "driver.cpp"];
    sources.extend(library.map(str::to_owned));
    let unit: String = sources
        .iter()
        .map(|name| format!("#include \"{name}\"\n"))
        .collect();
    fs::write(folder.join("model.cpp"), unit)?;
    let mut root = Command::new(&verilator.path);
    let root = run("verilator", root.args(["--getenv", "VERILATOR_ROOT"]))?;
    let include = Path::new(root.trim()).join("include");
    let mut build = Command::new(&cxx.path);
    build
        .args(CXX_FLAGS)
        .args(["-I.", "-Iobj", "-I"])
        .arg(&include)
        .arg("-I")
        .arg(include.join("vltstd"))
        .args(["model.cpp", "-o", "model"]);
    run("g++", build.current_dir(folder))?;
    Ok(folder.join("model"))
}

/// CPU seconds of these many cycles, and a hash of the sums.
fn drive(model: &Path, mode: &str, cycles: u64) -> Result<(f64, String), BenchError> {
    let mut command = Command::new(model);
    let text = run("the array", command.args([mode, &cycles.to_string()]))?;
    let parsed = text
        .trim()
        .split_once(' ')
        .and_then(|(seconds, hash)| Some((seconds.parse().ok()?, hash.to_owned())));
    parsed.ok_or(BenchError::Tool {
        tool: "the array",
        output: text,
    })
}

/// What a program prints on standard output.
fn run(tool: &'static str, command: &mut Command) -> Result<String, BenchError> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(BenchError::Tool {
        tool,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Drives the generated array and the hand-written one with random operands for 20,000 cycles and
/// compares their sums in every cycle.
///
/// # Errors
/// When a tool is missing, or the sums differ.
pub fn compare_arrays() -> Result<(), BenchError> {
    Arrays::build()?.check()
}

pub(super) fn measure(
    options: &Options,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    progress("  building both");
    let arrays = Arrays::build()?;
    arrays.check()?;
    let cycles = options.pick(1_000_000, 500_000);
    let repetitions = options.pick(9, 3);
    let (mut generated, mut hand_written) = (Vec::new(), Vec::new());
    for repetition in 1..=repetitions {
        progress(&format!(
            "  {cycles} cycles of each, {repetition} of {repetitions}"
        ));
        let speed = |model| Ok::<_, BenchError>(cycles as f64 / drive(model, "time", cycles)?.0);
        generated.push(speed(&arrays.generated)?);
        hand_written.push(speed(&arrays.hand_written)?);
    }
    let (generated, hand_written) = (median(generated), median(hand_written));
    let verilator = match arrays.verilator.version {
        Some(version) => format!("Verilator {}.{:03}", version.major, version.minor),
        None => "Verilator".to_owned(),
    };
    let row = |what: &str, value, unit, digits| {
        let what = format!("16x16 array alone, {verilator}: {what}");
        Row::info(Figure::ArraySpeed, &what, value, unit, digits)
    };
    rows.extend([
        row("generated", generated, "cycles/s", 0),
        row("hand-written", hand_written, "cycles/s", 0),
        row("generated to hand-written", generated / hand_written, "", 2)
            .bound(Bound::AtLeast(1.0)),
    ]);
    Ok(())
}
