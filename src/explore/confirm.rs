//! What a core of a point takes and computes in the simulator.

use super::evaluate::{Core, Exploration};
use super::workload::{Work, Workload};
use crate::arch::{JobShape, MatmulArch, NpuArch};
use crate::compiler::{Options, Rounding};
use crate::device::matmul::{self, MatmulJob};
use crate::device::{Accelerator, Executable, Inference, Native, Stalls, Watch, expected};
use crate::graph::Graph;
use crate::number::{IntType, Matrix};
use crate::product::Part;
use crate::reference;
use crate::reference::graph::{Mode, run as golden};
use crate::report::{MatmulReport, NetworkReport, TimelinePicture};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A workload of a point that was simulated; every integer was what the golden model says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confirmed {
    /// The workload.
    pub workload: String,
    /// Cycles in the simulator.
    pub cycles: u64,
    /// Cycles as the model had them, of the same program.
    pub expected: u64,
    /// The report of the run.
    pub report: serde_json::Value,
}

/// Why a point is not confirmed.
#[derive(Debug, Error)]
#[error("point {point}, `{workload}`: {reason}")]
pub struct ConfirmError {
    point: u64,
    workload: String,
    reason: String,
}

impl Exploration {
    /// Simulates a point's core with each workload, on random values, and compares every integer with the golden
    /// model's. With `timeline`, reports say which unit was at work when. Networks are compiled with the usual effort, so
    /// that they may take fewer cycles than the point's.
    ///
    /// # Errors
    /// When the simulator or the model differs, or `watch` ended it.
    pub fn confirm(
        &self,
        point: u64,
        timeline: bool,
        watch: &mut Watch,
    ) -> Result<Vec<Confirmed>, ConfirmError> {
        let failed = |workload: &str, reason| ConfirmError {
            point,
            workload: workload.to_owned(),
            reason,
        };
        let core = self.core(point).map_err(|reason| failed("", reason))?;
        let design = core.product().design(Part::Core);
        let design = design.map_err(|error| failed("", error.to_string()))?;
        let native = || Native::new(&design).map_err(|error| error.to_string());
        let mut of_workload = |workload: &Workload| {
            let (cycles, expected, report) = match (&core, &workload.work) {
                (Core::Npu(arch), Work::Network { graph, rounding }) => {
                    self.infer((arch, native()?), (graph, *rounding), timeline, watch)
                }
                (Core::Matmul(arch), Work::Product(shape)) => {
                    self.multiply(arch, native()?, *shape, watch)
                }
                _ => unreachable!("the kinds have been compared"),
            }?;
            Ok(Confirmed {
                workload: workload.name.clone(),
                cycles,
                expected,
                report,
            })
        };
        let workloads = self.workloads.iter();
        let all = workloads
            .map(|workload| of_workload(workload).map_err(|reason| failed(&workload.name, reason)));
        all.collect()
    }

    fn infer(
        &self,
        (arch, native): (&NpuArch, Native),
        (graph, rounding): (&Graph, Rounding),
        timeline: bool,
        watch: &mut Watch,
    ) -> Result<Run, String> {
        let network = Executable::compile(graph, arch, Options::from(rounding));
        let network = network.map_err(|error| error.to_string())?;
        let inputs = network.random_inputs(1);
        let mode = match rounding {
            Rounding::Float => Mode::Float,
            Rounding::Fixed => Mode::FixedPoint,
        };
        let golden = golden(graph, &inputs, mode).map_err(|error| error.to_string())?;
        let mut accelerator = Accelerator::new(arch, Box::new(native));
        let mut loaded = accelerator
            .load(&network)
            .map_err(|error| error.to_string())?;
        let inference = loaded.infer_watched(&inputs, watch);
        let inference = inference.map_err(|error| error.to_string())?;
        let mut tensors = inference.tensors.iter();
        if let Some((tensor, _)) = tensors.find(|(tensor, found)| golden.get(tensor) != Some(found))
        {
            return Err(format!(
                "`{}` is not what the golden model says",
                graph[*tensor].name
            ));
        }
        let expected = Inference::expected(arch, &network).cycles;
        let picture = timeline.then(|| TimelinePicture::new(&arch.name, &network, &inference));
        let mut report = NetworkReport::new(arch, &network, "native", self.clock(), &[inference]);
        report.timeline = picture;
        Ok((report.cycles, expected, json(&report)))
    }

    fn multiply(
        &self,
        arch: &MatmulArch,
        mut native: Native,
        shape: JobShape,
        watch: &mut Watch,
    ) -> Result<Run, String> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut matrix = |element: IntType, [rows, columns]: [u32; 2]| {
            let size = (rows as usize, columns as usize);
            let mut value = || random.random_range(element.min()..=element.max());
            Matrix::of_integers(element, &Array2::from_shape_simple_fn(size, &mut value))
        };
        let a = matrix(arch.activation, [shape.m, shape.k]).map_err(|error| error.to_string())?;
        let b = matrix(arch.weight, [shape.k, shape.n]).map_err(|error| error.to_string())?;
        let job = MatmulJob { a, b };
        let result = matmul::run(arch, &mut native, &job, &Stalls::default(), watch);
        let result = result.map_err(|error| error.to_string())?;
        let golden = reference::matmul(&job.a, &job.b, result.c.format());
        if golden.map_err(|error| error.to_string())? != result.c {
            return Err("the product is not what the golden model says".into());
        }
        let expected = expected(arch, shape).counters.cycles;
        let report = MatmulReport::new(arch, "native", shape, self.clock(), &result);
        Ok((report.cycles, expected, json(&report)))
    }
}

/// Cycles in the simulator, those of the model, and the report.
type Run = (u64, u64, serde_json::Value);

fn json(report: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(report).expect("plain data")
}
