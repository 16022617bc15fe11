//! The job that goes with a core as an example.

use crate::arch::{IntType, JobShape, MatmulArch};
use crate::device::matmul::MatmulJob;
use ndarray::Array2;

/// A small product with edges, and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// A and B.
    pub job: MatmulJob,
    /// A x B: from the golden model.
    pub product: Array2<i64>,
}

impl Example {
    /// The operands: two row blocks, two tiles of K and two panels, the second of each almost
    /// empty, as far as the buffers take them; extreme values among others. The same for every
    /// run of the program.
    pub fn job(arch: &MatmulArch) -> MatmulJob {
        let JobShape { m, k, n } = shape(arch);
        let mut index = 0;
        let mut matrix = |rows: u32, columns: u32, element: IntType| {
            Array2::from_shape_simple_fn((rows as usize, columns as usize), || {
                index += 1;
                value(index, element)
            })
        };
        MatmulJob {
            a: matrix(m, k, arch.activation),
            b: matrix(k, n, arch.weight),
        }
    }
}

/// The largest of a few shapes that the core can run.
fn shape(arch: &MatmulArch) -> JobShape {
    let (rows, columns) = (arch.rows, arch.columns);
    let m = rows + 1;
    let candidates = [
        (rows + 2, columns + 1),
        (rows + 2, columns),
        (rows, columns + 1),
        (rows, columns),
        (1, columns),
    ];
    let shapes = candidates.map(|(k, n)| JobShape { m, k, n });
    let fits = |shape: &JobShape| arch.check_shape(*shape).is_ok();
    // One vector of A, of B and of sums fits every buffer.
    shapes
        .into_iter()
        .find(fits)
        .unwrap_or(JobShape { m: 1, k: 1, n: 1 })
}

/// The `index`-th element: an extreme one now and then, else any.
fn value(index: u64, element: IntType) -> i64 {
    let (min, max) = (element.min(), element.max());
    match index % 8 {
        0 => min,
        5 => max,
        _ => {
            // The finalizer of SplitMix64: a fixed scattering of the numbers from 1 on.
            let mut bits = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            let span = max.abs_diff(min) + 1;
            min + ((bits ^ bits >> 31) % span) as i64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::config::PRESETS;

    #[test]
    fn every_preset_runs_its_example_with_edges() {
        for preset in PRESETS {
            let arch = arch::from_preset(preset.name).unwrap();
            let job = Example::job(&arch);
            let (rows, columns) = (arch.rows, arch.columns);
            let expected = JobShape {
                m: rows + 1,
                k: rows + 2,
                n: columns + 1,
            };
            assert_eq!(job.shape(), expected, "{}", preset.name);
            for (matrix, element) in [(&job.a, arch.activation), (&job.b, arch.weight)] {
                assert!(matrix.iter().all(|value| element.contains(*value)));
                for extreme in [element.min(), element.max()] {
                    assert!(matrix.iter().any(|value| *value == extreme));
                }
            }
            assert_eq!(job, Example::job(&arch), "the same again");
        }
    }
}
