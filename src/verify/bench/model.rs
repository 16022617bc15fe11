//! Cycles as the model has them, beside those that cores take: of the networks of MLPerf Tiny on every preset, and of
//! random networks and jobs on random cores.

use super::networks::{native, preset, read, wrong};
use super::tiny::NETWORKS;
use super::{BenchError, Bound, Figure, Options, Row};
use crate::arch::NpuArch;
use crate::compiler::Rounding;
use crate::config::{Kind, presets_of};
use crate::device::npu::ProgramRun;
use crate::device::{Accelerator, Executable, unwatched};
use crate::graph::{Graph, Values};
use crate::verify::{Predicted, matmul, npu};

/// By how many percent the model may be off.
const MOST: f64 = 3.0;
/// Random pairs of a core and what it runs.
const PAIRS: u64 = 300;

fn row(what: &str, error: f64) -> Row {
    Row::info(Figure::Model, what, error.abs(), "% off", 2).bound(Bound::Below(MOST))
}

/// A network on a core, its programs each beside their predictions.
fn network(graph: &Graph, arch: &NpuArch) -> Result<Predicted, BenchError> {
    let failed = |error: &dyn ToString| wrong(&format!("a network on {}", arch.name), error);
    let network = Executable::compile(graph, arch, Rounding::Fixed);
    let network = network.map_err(|error| failed(&error))?;
    let mut accelerator = Accelerator::new(arch, native(arch)?);
    let mut sum = Predicted::default();
    let inputs = graph.inputs.iter().map(|input| graph[*input].len());
    let inputs = Vec::from_iter(inputs.map(|bytes| Values::Int8(vec![1; bytes])));
    let ran = network.run(&mut network.initial(), &inputs, |program, given| {
        let run = ProgramRun::of_network(program, given);
        let outcome = accelerator.run(&run, &mut unwatched)?;
        sum.add(&npu::predicted(arch, &program.program, &run, &outcome));
        Ok::<_, crate::device::AcceleratorError>(run.outputs(program, &outcome.dram))
    });
    ran.map_err(|error| failed(&error))?;
    Ok(sum)
}

/// The worst of some, and their mean.
fn random(
    what: &str,
    rows: &mut Vec<Row>,
    predicted: impl Iterator<Item = Result<Predicted, BenchError>>,
) -> Result<(), BenchError> {
    let errors = predicted.map(|of| Ok(of?.error().abs()));
    let errors = errors.collect::<Result<Vec<f64>, BenchError>>()?;
    let worst = errors.iter().copied().fold(0.0, f64::max);
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    let exact = errors.iter().filter(|error| **error == 0.0).count();
    rows.push(row(&format!("{PAIRS} {what}: the worst"), worst));
    rows.push(row(&format!("{PAIRS} {what}: the mean"), mean));
    let share = 100.0 * exact as f64 / errors.len() as f64;
    let what = format!("{PAIRS} {what}: right to the cycle");
    rows.push(Row::info(Figure::Model, &what, share, "%", 0));
    Ok(())
}

/// Measures; networks in files where a folder has them.
pub(super) fn measure(
    options: &Options,
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    match &options.models {
        None => rows.push(Row::skipped(Figure::Model, "networks: no `--models`")),
        Some(folder) => {
            for name in presets_of(Kind::Npu).map(|preset| preset.name) {
                let arch = preset(name, None);
                for (_, file) in NETWORKS {
                    let what = format!("{name}: {file}");
                    progress(&format!("  {what}"));
                    let graph = read(&folder.join(file))?;
                    let predicted = network(&graph, &arch)?;
                    let cycles = format!(
                        "{what}: {} cycles, {} expected",
                        predicted.cycles, predicted.expected
                    );
                    rows.push(row(&cycles, predicted.error()));
                }
            }
        }
    }
    progress("  random networks");
    let networks = (0..PAIRS).map(|seed| Ok(npu::predict_random(seed)?.1));
    random("random networks on random cores", rows, networks)?;
    progress("  random jobs");
    let jobs = (0..PAIRS).map(|seed| Ok(matmul::predict_random(seed)?.2));
    random("random jobs on random matmul cores", rows, jobs)
}
