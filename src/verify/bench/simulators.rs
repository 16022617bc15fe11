//! The native simulator beside Verilator: the same design, the same run, one thread, driver included.

use super::clock::{median, seconds};
use super::networks::{Run, infer, of_one_node, read};
use super::utilization::{check, random_job};
use super::{BenchError, Bound, Figure, Options, Row};
use crate::arch::{JobShape, MatmulArch, from_preset, npu_from_preset};
use crate::blocks::MatmulCore;
use crate::blocks::npu::NpuCore;
use crate::compiler::Rounding;
use crate::device::matmul::{JobSequence, result};
use crate::device::{Backend, Native, Speed, Stalls, Verilator, WaveFile, unwatched};
use crate::graph::Operator;
use crate::hdl::elaborate;
use crate::hdl::ir::Design;

/// Presets, the rows, inner and columns of their job, and how many times as fast as Verilator the
/// native simulator must be.
const JOBS: [(&str, [u32; 3], f64); 3] = [
    ("matmul-4x4", [512, 256, 16], 0.7),
    ("matmul-16x16", [512, 256, 256], 1.0),
    ("matmul-64x64", [256, 256, 256], 2.0),
];
/// That of which waves are written too, and how the files end.
const WITH_WAVES: &str = "matmul-16x16";
const WAVES: [&str; 2] = ["vcd", "fst"];
/// Presets of NPUs, and the same.
const NETWORKS: [(&str, f64); 2] = [("nano", 0.7), ("edge", 1.0)];
/// The network, if there is a folder of them; else a product is computed.
const NETWORK: &str = "ic_resnet8_int8.tflite";

/// A run: its cycles and its seconds.
type Timed<'a> = &'a dyn Fn(Box<dyn Backend>) -> Result<(u64, f64), BenchError>;

pub(super) fn measure(
    options: &Options,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    for (preset, shape, least) in JOBS {
        progress(&format!("  {preset}"));
        let arch = from_preset(preset).expect("the benchmark names presets that exist");
        let design = elaborate(&MatmulCore::new(&arch))?;
        let shape = JobShape {
            m: shape[0],
            k: shape[1],
            n: shape[2],
        };
        let timed = |backend| multiply(&arch, shape, backend);
        compare(options, preset, least, &design, &timed, rows)?;
        if preset == WITH_WAVES {
            let shape = JobShape { m: 64, ..shape };
            let timed = |backend| multiply(&arch, shape, backend);
            with_waves(options, preset, &design, &timed, rows)?;
        }
    }
    for (preset, least) in NETWORKS {
        let arch = npu_from_preset(preset).expect("the benchmark names presets that exist");
        let (graph, name) = match &options.models {
            Some(folder) => (read(&folder.join(NETWORK))?, NETWORK),
            None => {
                let product = of_one_node(&[128, 128], &[128, 128], Operator::FullyConnected)?;
                (product, "product of 128 cubed")
            }
        };
        let what = format!("{preset}, {name}");
        progress(&format!("  {what}"));
        let design = elaborate(&NpuCore::new(&arch))?;
        let timed = |backend| {
            let Run {
                cycles, seconds, ..
            } = infer(&graph, &arch, Rounding::Fixed, backend)?;
            Ok((cycles, seconds))
        };
        compare(options, &what, least, &design, &timed, rows)?;
    }
    Ok(())
}

/// One job, streams and registers driven as in any run.
fn multiply(
    arch: &MatmulArch,
    shape: JobShape,
    mut backend: Box<dyn Backend>,
) -> Result<(u64, f64), BenchError> {
    let job = random_job(arch, shape);
    let mut sequence = JobSequence::new(arch, &Stalls::default());
    let status = sequence.job(&job, || 0);
    let scenario = sequence.into_scenario();
    let (time, outcome) = seconds(|| backend.run(&scenario, &mut unwatched));
    let outcome = outcome?;
    check(&arch.name, &job, &result(arch, shape, &outcome, status)?.c)?;
    Ok((outcome.cycles, time))
}

/// Runs both in turns, so that what else the machine does slows both alike.
fn compare(
    options: &Options,
    what: &str,
    least: f64,
    design: &Design,
    timed: Timed,
    rows: &mut Vec<Row>,
) -> Result<(), BenchError> {
    let mut speeds = [Vec::new(), Vec::new()];
    for _ in 0..options.pick(7, 3) {
        let backends: [Box<dyn Backend>; 2] = [
            Box::new(Native::new(design)?),
            Box::new(Verilator::new(design, Speed::Run)?),
        ];
        for (backend, speeds) in backends.into_iter().zip(&mut speeds) {
            let (cycles, seconds) = timed(backend)?;
            speeds.push(cycles as f64 / seconds);
        }
    }
    let [native, verilator] = speeds.map(median);
    let row = |of: &str, value, unit, digits| {
        Row::info(
            Figure::Simulators,
            &format!("{what}: {of}"),
            value,
            unit,
            digits,
        )
    };
    rows.push(row("native", native, "cycles/s", 0));
    rows.push(row("Verilator", verilator, "cycles/s", 0));
    let ratio = row("native to Verilator", native / verilator, "x", 2);
    rows.push(ratio.bound(Bound::AtLeast(least)));
    Ok(())
}

/// Runs a core that writes the waves of all that has a name.
fn with_waves(
    options: &Options,
    what: &str,
    design: &Design,
    timed: Timed,
    rows: &mut Vec<Row>,
) -> Result<(), BenchError> {
    let folder = tempfile::tempdir()?;
    for end in WAVES {
        let mut speeds = Vec::new();
        for _ in 0..options.pick(3, 1) {
            let mut native = Native::new(design)?;
            let file = folder.path().join(format!("waves.{end}"));
            native.trace(Some(WaveFile::all(file)))?;
            let (cycles, seconds) = timed(Box::new(native))?;
            speeds.push(cycles as f64 / seconds);
        }
        let measured = format!("{what}: native, all waves as .{end}");
        let speed = median(speeds);
        rows.push(Row::info(
            Figure::Simulators,
            &measured,
            speed,
            "cycles/s",
            0,
        ));
    }
    Ok(())
}
