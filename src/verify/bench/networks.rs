//! Cycles of networks and products on an NPU, from the write that starts a program to the interrupt, with
//! everything in DRAM; and how fast they are simulated.

use super::clock::{median, seconds};
use super::{BenchError, Bound, Figure, Options, Row};
use crate::arch::{NpuArch, npu_from_preset};
use crate::blocks::npu::NpuCore;
use crate::compiler::{Effort, Options as Passes, Rounding};
use crate::device::{Accelerator, Backend, Executable, Native, Speed, Verilator};
use crate::graph::{
    Convolution, Element, Family, Graph, Operator, Output, Padding, Quantization, Values,
};
use crate::hdl::elaborate;
use crate::reference::graph::{Mode, run};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Preset, lanes of POST where not those of the preset, and the least utilization in percent of int8
/// products of 64, 128 and 256 cubed.
const PRODUCTS: [(&str, Option<u32>, [f64; 3]); 3] = [
    ("small", None, [92.0, 97.5, 98.5]),
    ("edge", None, [76.0, 95.0, 98.5]),
    ("edge", Some(16), [81.0, 96.5, 99.0]),
];
const SIZES: [usize; 3] = [64, 128, 256];
/// The least utilization in percent of a 3x3 convolution of 16x16x16 to 32 channels on `edge`.
const CONVOLUTION: f64 = 85.0;
/// Files, whether constant channels are folded (where not, with a longer search), and the most cycles that they may take on `edge`.
const MODELS: [(&str, bool, f64); 5] = [
    ("ic_resnet8_int8.tflite", true, 52_000.0),
    ("ad_autoencoder_int8.tflite", true, 17_500.0),
    ("kws_dscnn_int8.tflite", true, 12_000.0),
    ("vww_mbv1_025_int8.tflite", true, 30_000.0),
    ("vww_mbv1_025_int8.tflite", false, 44_000.0),
];
/// Least cycles in a second of `edge`, and the most seconds of the build of its model.
const NATIVE_SPEED: f64 = 60_000.0;
const VERILATOR_SPEED: f64 = 150_000.0;
const VERILATOR_BUILD: f64 = 60.0;

/// Random int8.
fn bytes(random: &mut ChaCha8Rng, count: usize) -> Values {
    Values::Int8((0..count).map(|_| random.random()).collect())
}

/// A network of one weighted node, and its products.
pub(super) fn of_one_node(
    input: &[usize],
    weights: &[usize],
    operator: Operator,
) -> Result<Graph, BenchError> {
    let mut graph = Graph::new(Family::TfLite);
    let int8 = |scale| (Element::Int8, Quantization::per_tensor(scale, 0));
    let x = graph.input("x", input.to_vec(), int8(0.02));
    let count = weights.iter().product();
    let values = bytes(&mut ChaCha8Rng::seed_from_u64(1), count);
    let meaning = Some(Quantization::per_tensor(0.01, 0));
    let w = graph.constant("w", weights.to_vec(), values, meaning);
    let y = graph.node("node", operator, &[x, w], Output::new("y", int8(0.5)));
    let y = y.map_err(|error| wrong("a network of one node", &error))?;
    graph.outputs.push(y);
    Ok(graph)
}

pub(super) fn wrong(what: &str, how: &dyn ToString) -> BenchError {
    BenchError::Wrong {
        what: what.to_owned(),
        how: how.to_string(),
    }
}

/// An inference.
pub(super) struct Run {
    pub cycles: u64,
    /// Products that the network asks for.
    products: u64,
    /// Of the simulation.
    pub seconds: f64,
}

/// An inference on random numbers, compared with the golden model.
pub(super) fn infer(
    graph: &Graph,
    arch: &NpuArch,
    passes: impl Into<Passes>,
    backend: Box<dyn Backend>,
) -> Result<Run, BenchError> {
    let what = format!("a network on {}", arch.name);
    let failed = |error: &dyn ToString| wrong(&what, error);
    let network = Executable::compile(graph, arch, passes);
    let network = network.map_err(|error| failed(&error))?;
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let inputs = graph
        .inputs
        .iter()
        .map(|input| bytes(&mut random, graph[*input].len()));
    let inputs = Vec::from_iter(inputs);
    let mut accelerator = Accelerator::new(arch, backend);
    let mut loaded = accelerator.load(&network).map_err(|error| failed(&error))?;
    let (seconds, inference) = seconds(|| loaded.infer(&inputs));
    let inference = inference.map_err(|error| failed(&error))?;
    let golden = run(graph, &inputs, Mode::FixedPoint).map_err(|error| failed(&error))?;
    for (tensor, found) in &inference.tensors {
        if golden.get(tensor) != Some(found) {
            return Err(failed(&format!("`{}` differs", graph[*tensor].name)));
        }
    }
    let layers = network.layers();
    Ok(Run {
        cycles: inference.cycles,
        products: layers.map(|layer| layer.multiplications).sum(),
        seconds,
    })
}

/// Cycles of an inference, compared with the golden model, and the products that it asks for.
pub(super) fn cycles_of(
    graph: &Graph,
    arch: &NpuArch,
    backend: Box<dyn Backend>,
) -> Result<(u64, u64), BenchError> {
    let run = infer(graph, arch, Rounding::Fixed, backend)?;
    Ok((run.cycles, run.products))
}

pub(super) fn native(arch: &NpuArch) -> Result<Box<dyn Backend>, BenchError> {
    Ok(Box::new(Native::new(&elaborate(&NpuCore::new(arch))?)?))
}

pub(super) fn preset(name: &str, lanes: Option<u32>) -> NpuArch {
    let mut arch = npu_from_preset(name).expect("the benchmark names presets that exist");
    if let Some(lanes) = lanes {
        arch.lanes = lanes;
    }
    arch
}

/// Utilization in percent of a network of one node.
fn utilization(graph: &Graph, arch: &NpuArch) -> Result<f64, BenchError> {
    let run = infer(graph, arch, Rounding::Fixed, native(arch)?)?;
    let multipliers = u64::from(arch.tile_bytes());
    Ok(100.0 * run.products as f64 / (run.cycles * multipliers) as f64)
}

/// Measures; networks in files where a folder has them.
pub(super) fn measure(
    options: &Options,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    let row =
        |what: &str, value, unit, digits| Row::info(Figure::Networks, what, value, unit, digits);
    for (name, lanes, least) in PRODUCTS {
        let arch = preset(name, lanes);
        for (size, least) in SIZES.into_iter().zip(least) {
            let what = format!("{name}, {} lanes: int8 product of {size} cubed", arch.lanes);
            progress(&format!("  {what}"));
            let graph = of_one_node(&[size, size], &[size, size], Operator::FullyConnected)?;
            let percent = utilization(&graph, &arch)?;
            rows.push(row(&what, percent, "%", 1).bound(Bound::AtLeast(least)));
        }
    }
    let arch = preset("edge", None);
    let around = Padding {
        top: 1,
        left: 1,
        bottom: 1,
        right: 1,
    };
    let convolution = Operator::Convolution(Convolution {
        strides: [1, 1],
        dilations: [1, 1],
        padding: around,
        groups: 1,
    });
    let convolution = of_one_node(&[16, 16, 16], &[32, 3, 3, 16], convolution)?;
    let percent = utilization(&convolution, &arch)?;
    let what = "edge: 3x3 convolution of 16x16x16 to 32 channels";
    rows.push(row(what, percent, "%", 1).bound(Bound::AtLeast(CONVOLUTION)));
    for (file, folding, most) in MODELS {
        let (how, effort) = match folding {
            true => ("", Effort::default()),
            false => (", all channels, --effort much", Effort::Much),
        };
        let Some(folder) = &options.models else {
            rows.push(Row::skipped(
                Figure::Networks,
                &format!("{file}{how}: no `--models`"),
            ));
            continue;
        };
        progress(&format!("  {file}{how}"));
        let graph = read(&folder.join(file))?;
        let passes = Passes {
            folding,
            effort,
            ..Rounding::Fixed.into()
        };
        let cycles = infer(&graph, &arch, passes, native(&arch)?)?.cycles;
        let what = format!("edge: {file}{how}");
        rows.push(row(&what, cycles as f64, "cycles", 0).bound(Bound::AtMost(most)));
    }
    speed(options, &arch, rows, progress)
}

pub(super) fn read(path: &Path) -> Result<Graph, BenchError> {
    let what = path.display().to_string();
    crate::import::read(&fs::read(path)?).map_err(|error| wrong(&what, &error))
}

/// Cycles in a second, of the same product in two simulators.
fn speed(
    options: &Options,
    arch: &NpuArch,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    let size = options.pick(256, 128);
    let graph = of_one_node(&[size, size], &[size, size], Operator::FullyConnected)?;
    let mut row = |what: &str, value, unit, digits, bound| {
        let what = format!("edge: {what}");
        rows.push(Row::info(Figure::Networks, &what, value, unit, digits).bound(bound));
    };
    let repetitions = options.pick(5, 3);
    let speed = |make: &mut dyn FnMut() -> Result<Box<dyn Backend>, BenchError>| {
        let speeds = (0..repetitions).map(|_| {
            let run = infer(&graph, arch, Rounding::Fixed, make()?)?;
            Ok(run.cycles as f64 / run.seconds)
        });
        Ok::<_, BenchError>(median(speeds.collect::<Result<_, BenchError>>()?))
    };
    progress("  native simulation");
    let value = speed(&mut || native(arch))?;
    let bound = Bound::AtLeast(NATIVE_SPEED);
    row("native simulation", value, "cycles/s", 0, bound);

    progress("  building the model for Verilator");
    // Under a name that no build in the cache has.
    let mut arch = arch.clone();
    arch.name = format!("edge-{}", std::process::id());
    let design = elaborate(&NpuCore::new(&arch))?;
    let begin = Instant::now();
    Verilator::new(&design, Speed::Run)?;
    let took = begin.elapsed().as_secs_f64();
    let bound = Bound::Below(VERILATOR_BUILD);
    row("build of the model for Verilator", took, "s", 1, bound);
    progress("  simulation by Verilator");
    let value = speed(&mut || Ok(Box::new(Verilator::new(&design, Speed::Run)?)))?;
    let bound = Bound::AtLeast(VERILATOR_SPEED);
    row("simulation by Verilator", value, "cycles/s", 0, bound);
    Ok(())
}
