//! What the model expects of a job, beside what the core takes.

use super::random_case;
use crate::arch::{JobShape, MatmulArch};
use crate::blocks::MatmulCore;
use crate::device::matmul::{MatmulError, MatmulJob, MatmulResult, run};
use crate::device::{Error, Native, Stalls, unwatched};
use crate::hdl::elaborate;
use crate::model::matmul::predict;
use crate::verify::Predicted;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows and columns at most of a random core, and sizes of a random job.
const MOST_OF_ARRAY: u32 = 16;
const MOST_OF_JOB: u32 = 200;

/// Of a job that has run.
pub fn predicted(arch: &MatmulArch, shape: JobShape, result: &MatmulResult) -> Predicted {
    let expected = predict(arch, shape);
    let counted = &result.counters;
    Predicted {
        expected: expected.cycles,
        cycles: counted.cycles,
        counters: vec![
            ("active", expected.active, counted.active),
            ("stall_a", expected.stall_a, counted.stall_a),
            ("stall_b", expected.stall_b, counted.stall_b),
            ("stall_c", expected.stall_c, counted.stall_c),
            ("span", expected.span, result.span),
        ],
        first_off: None,
    }
}

/// A random job that fits the random core of a seed, whose streams never pause.
///
/// # Errors
/// When the core does not run it.
pub fn predict_random(seed: u64) -> Result<(MatmulArch, JobShape, Predicted), MatmulError> {
    let arch = random_case(seed, MOST_OF_ARRAY).arch;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let shape = loop {
        let shape = JobShape {
            m: rng.random_range(1..=4 * arch.rows + 3),
            k: rng.random_range(1..=arch.limits.max_k.min(MOST_OF_JOB)),
            n: rng.random_range(1..=arch.limits.max_n.min(MOST_OF_JOB)),
        };
        if arch.check_shape(shape).is_ok() {
            break shape;
        }
    };
    let zeros = |rows: u32, columns: u32| Array2::zeros((rows as usize, columns as usize));
    let job = MatmulJob::of_integers(&arch, &zeros(shape.m, shape.k), &zeros(shape.k, shape.n));
    let job = job.map_err(|error| Error::Signal(error.to_string()))?;
    let design = elaborate(&MatmulCore::new(&arch));
    let design = design.map_err(|error| Error::Signal(error.to_string()))?;
    let mut backend = Native::new(&design)?;
    let result = run(
        &arch,
        &mut backend,
        &job,
        &Stalls::default(),
        &mut unwatched,
    )?;
    let predicted = predicted(&arch, shape, &result);
    Ok((arch, shape, predicted))
}
