//! From the file of a network to integers that are known to be right, in parts.

use super::clock::seconds;
use super::networks::{preset, wrong};
use super::{BenchError, Bound, Figure, Options, Row};
use crate::blocks::npu::NpuCore;
use crate::compiler::Rounding;
use crate::device::{Accelerator, Executable, Native};
use crate::graph::{Graph, Values};
use crate::hdl::elaborate;
use crate::reference::graph::{Mode, run};
use std::fs;
use std::path::Path;

/// Files, and the most seconds that they may take on `edge`.
const MODELS: [(&str, f64); 2] = [
    ("ic_resnet8_int8.tflite", 1.5),
    ("ad_autoencoder_int8.tflite", 0.7),
];

/// Measures the networks in files of a folder.
pub(super) fn measure(
    options: &Options,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    for (file, most) in MODELS {
        let what = format!("edge, from {file} to verified integers");
        let Some(folder) = &options.models else {
            let reason = format!("{what}: no `--models`");
            rows.push(Row::skipped(Figure::Networks, &reason));
            continue;
        };
        progress(&format!("  {what}"));
        let parts = parts(&folder.join(file))?;
        let total = parts.iter().map(|(_, seconds)| seconds).sum();
        let row = |what: &str, value| Row::info(Figure::Networks, what, value, "s", 2);
        rows.push(row(&what, total).bound(Bound::AtMost(most)));
        let parts = parts.into_iter();
        rows.extend(parts.map(|(part, seconds)| row(&format!("    {part}"), seconds)));
    }
    Ok(())
}

/// What is done, and the seconds that it takes.
fn parts(path: &Path) -> Result<Vec<(&'static str, f64)>, BenchError> {
    let what = path.display().to_string();
    let failed = |error: &dyn ToString| wrong(&what, error);
    let arch = preset("edge", None);
    let mut parts = Vec::new();
    let mut part = |name, seconds| parts.push((name, seconds));

    let bytes = fs::read(path)?;
    let (time, graph) = seconds(|| crate::import::read(&bytes));
    let graph = graph.map_err(|error| failed(&error))?;
    part("file to graph", time);
    let (time, network) = seconds(|| Executable::compile(&graph, &arch, Rounding::Fixed));
    let network = network.map_err(|error| failed(&error))?;
    part("graph to program", time);
    let (time, design) = seconds(|| elaborate(&NpuCore::new(&arch)));
    let design = design?;
    part("hardware", time);
    let (time, native) = seconds(|| Native::new(&design));
    let mut accelerator = Accelerator::new(&arch, Box::new(native?));
    part("hardware to simulator", time);
    let inputs = inputs(&graph);
    let mut loaded = accelerator.load(&network).map_err(|error| failed(&error))?;
    let (time, inference) = seconds(|| loaded.infer(&inputs));
    let inference = inference.map_err(|error| failed(&error))?;
    part("simulation", time);
    let (time, golden) = seconds(|| run(&graph, &inputs, Mode::FixedPoint));
    let golden = golden.map_err(|error| failed(&error))?;
    part("golden model", time);
    match graph
        .outputs
        .iter()
        .zip(&inference.outputs)
        .all(|(of, found)| golden[of] == *found)
    {
        true => Ok(parts),
        false => Err(failed(&"an output differs from the golden model")),
    }
}

/// Numbers of all kinds.
fn inputs(graph: &Graph) -> Vec<Values> {
    let values = graph.inputs.iter().map(|input| {
        let numbers = (0..graph[*input].len()).map(|i| (i * 37 % 256) as i32 - 128);
        Values::saturated(graph[*input].element, &Vec::from_iter(numbers))
    });
    values.collect()
}
