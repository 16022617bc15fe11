//! Part of the time in which the multipliers work, from the first beat in to the last beat out.

use super::{BenchError, Bound, Figure, Row};
use crate::arch::{Dataflow, JobShape, MatmulArch};
use crate::blocks::MatmulCore;
use crate::config::MatmulConfig;
use crate::device::matmul::{self, MatmulJob};
use crate::device::{Backend, Native, Stalls, unwatched};
use crate::hdl::elaborate;
use crate::number::Matrix;
use crate::reference;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Size of the cube, and the least utilization in percent of a weight-stationary core.
const CASES: [(u32, f64); 3] = [(64, 65.0), (128, 90.0), (256, 97.0)];

/// How much less an output-stationary core may reach, in points.
const BEHIND: f64 = 5.0;

/// The int8 core of 16 x 16 PEs with streams of 128 bits and default buffers.
pub fn sixteen_by_sixteen(dataflow: Dataflow) -> MatmulArch {
    let mut config = MatmulConfig::new(16, 16);
    config.array.dataflow = dataflow;
    for width in [
        &mut config.streams.a,
        &mut config.streams.b,
        &mut config.streams.c,
    ] {
        *width = Some(128);
    }
    MatmulArch::new(&config).expect("a configuration of defaults is valid")
}

/// Jobs that are queued one behind the other, and their size.
const QUEUED: (usize, u32) = (8, 64);

/// Random operands of a job, the same at every call.
pub(super) fn random_job(arch: &MatmulArch, shape: JobShape) -> MatmulJob {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut matrix = |rows: u32, columns: u32, range: std::ops::RangeInclusive<i64>| {
        Array2::from_shape_simple_fn((rows as usize, columns as usize), || {
            random.random_range(range.clone())
        })
    };
    let (activation, weight) = (arch.activation, arch.weight);
    let a = matrix(shape.m, shape.k, activation.min()..=activation.max());
    let b = matrix(shape.k, shape.n, weight.min()..=weight.max());
    MatmulJob::of_integers(arch, &a, &b).expect("every element is in range")
}

/// Compares a product with the golden one.
pub(super) fn check(what: &str, job: &MatmulJob, c: &Matrix) -> Result<(), BenchError> {
    let wrong = |how: String| BenchError::Wrong {
        what: what.to_owned(),
        how,
    };
    let golden = reference::matmul(&job.a, &job.b, c.format());
    let golden = golden.map_err(|error| wrong(error.to_string()))?;
    if c.dim() != golden.dim() {
        return Err(wrong(format!("a {:?} matrix", c.dim())));
    }
    match c.differences(&golden).next() {
        None => Ok(()),
        Some((row, column)) => Err(wrong(format!(
            "C[{row}, {column}] = {}, not {}",
            c.number(row, column),
            golden.number(row, column)
        ))),
    }
}

/// Utilization in percent of a random job from the first beat in to the last beat out, with a host
/// that never pauses. The product is checked.
///
/// # Errors
/// When the job gave no result, or a wrong one.
pub fn utilization(
    arch: &MatmulArch,
    backend: &mut dyn Backend,
    shape: JobShape,
) -> Result<f64, BenchError> {
    let job = random_job(arch, shape);
    let result = matmul::run(arch, backend, &job, &Stalls::default(), &mut unwatched)?;
    check(&arch.name, &job, &result.c)?;
    Ok(100.0 * arch.ideal_cycles(shape) as f64 / result.span as f64)
}

/// Utilization in percent of equal jobs that are queued one behind the other, from the first beat
/// in to the last beat out of all, with a host that never pauses. The products are checked.
///
/// # Errors
/// When a job gave no result, or a wrong one.
pub fn queued_utilization(
    arch: &MatmulArch,
    backend: &mut dyn Backend,
    shape: JobShape,
    jobs: usize,
) -> Result<f64, BenchError> {
    let jobs = vec![random_job(arch, shape); jobs];
    let stalls = Stalls::default();
    let result = matmul::run_queued(arch, backend, &jobs, &stalls, &mut unwatched)?;
    for (job, c) in jobs.iter().zip(&result.c) {
        check(&arch.name, job, c)?;
    }
    let ideal = arch.ideal_cycles(shape) * jobs.len() as u64;
    Ok(100.0 * ideal as f64 / result.span as f64)
}

/// The native simulator: cycles are the same in every simulator.
pub(super) fn measure(
    rows: &mut Vec<Row>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BenchError> {
    let mut weight_stationary = Vec::new();
    for dataflow in [Dataflow::WeightStationary, Dataflow::OutputStationary] {
        let arch = sixteen_by_sixteen(dataflow);
        let mut backend = Native::new(&elaborate(&MatmulCore::new(&arch))?)?;
        for (index, (size, least)) in CASES.into_iter().enumerate() {
            let shape = JobShape {
                m: size,
                k: size,
                n: size,
            };
            progress(&format!("  {shape}, {dataflow}"));
            let percent = utilization(&arch, &mut backend, shape)?;
            let least = match dataflow {
                Dataflow::WeightStationary => {
                    weight_stationary.push(percent);
                    least
                }
                Dataflow::OutputStationary => weight_stationary[index] - BEHIND,
            };
            let what = format!("16x16, {dataflow}: utilization at {shape}");
            let row = Row::info(Figure::Utilization, &what, percent, "%", 1);
            rows.push(row.bound(Bound::AtLeast(least)));
        }
        let (jobs, size) = QUEUED;
        let shape = JobShape {
            m: size,
            k: size,
            n: size,
        };
        let what = format!("16x16, {dataflow}: utilization at {jobs} jobs of {shape}, queued");
        let percent = queued_utilization(&arch, &mut backend, shape, jobs)?;
        rows.push(Row::info(Figure::Utilization, &what, percent, "%", 1));
    }
    Ok(())
}
