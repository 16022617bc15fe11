//! Sizes at the edges of tiles, on every preset, and at the limits of buffers.

use crate::support::{all_pass, case};
use ferrogrid::arch::{self, JobShape};
use ferrogrid::config::{Kind, presets_of};
use ferrogrid::verify::matmul::{DataKind, Host, Job, MatmulCase};

/// Sizes around a tile.
fn around(tile: u32) -> Vec<u32> {
    let mut sizes = vec![1, tile - 1, tile, tile + 1];
    sizes.retain(|size| *size > 0);
    sizes.dedup();
    sizes
}

#[test]
fn every_preset_at_the_edges_of_tiles() {
    for preset in presets_of(Kind::Matmul) {
        let arch = arch::from_preset(preset.name).expect("a preset");
        let (rows, columns) = (arch.rows, arch.columns);
        let mut shapes = Vec::new();
        if rows <= 16 {
            for m in around(rows) {
                for k in around(rows) {
                    shapes.extend(around(columns).into_iter().map(|n| JobShape { m, k, n }));
                }
            }
        }
        for (m, k, n) in [(1, 1, 1), (2, rows + 1, 3), (rows + 1, 2, columns + 1)] {
            shapes.push(JobShape { m, k, n });
        }
        let cases: Vec<MatmulCase> = shapes
            .into_iter()
            .zip(DataKind::ALL.into_iter().cycle())
            .map(|(shape, data)| MatmulCase::new(arch.clone(), shape, data))
            .collect();
        all_pass(&cases);
    }
}

/// One below, at and above each limit: the core runs what `check_shape` takes and refuses what it
/// does not, and a good job behind each works.
#[test]
fn hardware_and_check_shape_draw_the_same_line() {
    let cores = [
        "rows=3 columns=2 streams=32,16,32 buffers=36,96,192",
        "rows=2 columns=3 dataflow=output_stationary streams=16,32,64 buffers=32,120,144",
        "rows=1 columns=1 buffers=4,14,24",
    ];
    for core in cores {
        let base = case(&format!("{core} job=1x1x1:random seed=5"));
        let limits = base.arch.limits;
        let near = |limit: u32| [limit - 1, limit, limit + 1, limit + 2, 65_535];
        let mut shapes = Vec::new();
        for k in near(limits.max_k) {
            for n in near(limits.max_n) {
                shapes.push(JobShape { m: 2, k, n });
            }
        }
        for k in 1..=limits.max_k {
            let panels = limits.max_b_vectors / k;
            for n in near(panels * base.arch.columns) {
                shapes.push(JobShape { m: 1, k, n });
            }
        }
        for zero in [(0, 1, 1), (1, 0, 1), (1, 1, 0), (0, 0, 0)] {
            let (m, k, n) = zero;
            shapes.push(JobShape { m, k, n });
        }
        let refused = |shape: &JobShape| base.arch.check_shape(*shape).is_err();
        let count = shapes.iter().filter(|shape| refused(shape)).count();
        let taken = shapes.len() - count;
        assert!(count > 5 && taken > 5, "{count} refused, {taken} taken");
        let cases: Vec<MatmulCase> = shapes
            .into_iter()
            .map(|shape| MatmulCase {
                jobs: vec![Job::new(shape, DataKind::Random), base.jobs[0]],
                // Operands of the good job wait: a refused one must not take them.
                host: Host::Eager,
                ..base.clone()
            })
            .collect();
        all_pass(&cases);
    }
}

#[test]
fn jobs_back_to_back() {
    let mut cases = Vec::new();
    for dataflow in ["weight_stationary", "output_stationary"] {
        for host in ["patient", "eager", "meddling", "queueing"] {
            cases.push(case(&format!(
                "rows=3 columns=4 dataflow={dataflow} host={host} job=7x5x9:random \
                 job=1x1x1:min job=3x3x4:alternate job=4x7x5:random seed=3"
            )));
        }
    }
    let (first, second) = cases.split_at(4);
    all_pass(first);
    all_pass(second);
}
