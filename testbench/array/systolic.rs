//! Arrays of random sizes and formats: tiles back to back, without a gap, against plain sums.

use ferrogrid::arch::{Dataflow, ElementType, MatmulArch, OperandPair};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::MatmulConfig;
use ferrogrid::hdl::{elaborate, sim::Simulator};
use num_bigint::BigInt;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// An architecture of this size and format.
fn arch(
    rows: u32,
    columns: u32,
    dataflow: Dataflow,
    operands: OperandPair,
    register: bool,
) -> MatmulArch {
    let mut config = MatmulConfig::new(rows, columns);
    config.array.dataflow = dataflow;
    config.array.activation = operands.activation;
    config.array.weight = Some(operands.weight);
    config.array.product_register = register;
    MatmulArch::new(&config).expect("a legal architecture")
}

/// What stands at the array's edges: by port, lane and cycle.
#[derive(Default)]
struct Edges {
    values: BTreeMap<(&'static str, u32, u64), i64>,
}

impl Edges {
    fn put(&mut self, port: &'static str, lane: u32, cycle: u64, value: i64) {
        let old = self.values.insert((port, lane, cycle), value);
        assert!(
            old.is_none(),
            "{port} lane {lane} is used twice in cycle {cycle}"
        );
    }

    /// The port's lanes in a cycle, lane 0 lowest; what is not set is 0.
    fn word(&self, port: &'static str, lanes: u32, width: u32, cycle: u64) -> BigInt {
        let modulus = BigInt::from(1) << width;
        (0..lanes).rev().fold(BigInt::from(0), |word, lane| {
            let value = self.values.get(&(port, lane, cycle)).copied().unwrap_or(0);
            (word << width) + ((BigInt::from(value) % &modulus) + &modulus) % &modulus
        })
    }
}

/// Extremes as often as anything between.
fn element(rng: &mut ChaCha8Rng, kind: ElementType) -> i64 {
    let int = kind.int();
    match rng.random_range(0..4) {
        0 => int.min(),
        1 => int.max(),
        _ => rng.random_range(int.min()..=int.max()),
    }
}

/// Runs the array and compares lane c of the sums in each cycle of `expected`.
fn run(
    arch: &MatmulArch,
    ports: &[(&'static str, u32, u32)],
    edges: &Edges,
    expected: &BTreeMap<(u32, u64), i64>,
) {
    let array = MatmulCore::array_params(arch);
    let width = array.format.sum.width;
    let mut sim = Simulator::new(&elaborate(&*array.block()).expect("a legal design"));
    let last = expected
        .keys()
        .map(|(_, cycle)| *cycle)
        .max()
        .expect("something is expected");
    for cycle in 0..=last {
        for &(port, lanes, width) in ports {
            sim.poke(port, edges.word(port, lanes, width, cycle));
        }
        let sums = sim.peek("sums");
        for column in 0..arch.columns {
            if let Some(value) = expected.get(&(column, cycle)) {
                let modulus = BigInt::from(1) << width;
                let lane: BigInt = (&sums >> (column * width)) % &modulus;
                let wanted = ((BigInt::from(*value) % &modulus) + &modulus) % &modulus;
                assert_eq!(
                    lane, wanted,
                    "{} {}x{} {}: column {column}, cycle {cycle}",
                    arch.dataflow, arch.rows, arch.columns, arch.operands
                );
            }
        }
        sim.step();
    }
}

fn weight_stationary(rng: &mut ChaCha8Rng, rows: u32, columns: u32, operands: OperandPair) {
    let arch = arch(
        rows,
        columns,
        Dataflow::WeightStationary,
        operands,
        rng.random(),
    );
    let latency = u64::from(MatmulCore::array_params(&arch).latency());
    let tiles = 4u64;
    // As many vectors as rows is the least that hides the loading of the next weights.
    let pass = u64::from(rows + rng.random_range(0..3)).max(2);
    let mut edges = Edges::default();
    let mut expected = BTreeMap::new();
    for tile in 0..tiles {
        // The weights of a tile are caught during the pass before it.
        let (load, start) = (tile * pass, (tile + 1) * pass);
        let weights: Vec<Vec<i64>> = (0..rows)
            .map(|_| {
                (0..columns)
                    .map(|_| element(rng, operands.weight))
                    .collect()
            })
            .collect();
        for r in 0..rows {
            edges.put("swaps", r, load + u64::from(r), 1);
            for c in 0..columns {
                let cycle = load + 1 + u64::from(r + c);
                edges.put("weights", c, cycle, weights[r as usize][c as usize]);
            }
        }
        for vector in 0..pass {
            let activations: Vec<i64> = (0..rows)
                .map(|_| element(rng, operands.activation))
                .collect();
            for r in 0..rows {
                edges.put(
                    "activations",
                    r,
                    start + vector + u64::from(r),
                    activations[r as usize],
                );
            }
            for c in 0..columns {
                let sum = (0..rows as usize)
                    .map(|r| activations[r] * weights[r][c as usize])
                    .sum();
                expected.insert((c, start + vector + latency + u64::from(c)), sum);
            }
        }
    }
    for r in 0..rows {
        edges.put("swaps", r, tiles * pass + u64::from(r), 1);
    }
    let ports = [
        ("swaps", rows, 1),
        ("activations", rows, arch.activation.bits),
        ("weights", columns, arch.weight.bits),
    ];
    run(&arch, &ports, &edges, &expected);
}

fn output_stationary(rng: &mut ChaCha8Rng, rows: u32, columns: u32, operands: OperandPair) {
    let arch = arch(
        rows,
        columns,
        Dataflow::OutputStationary,
        operands,
        rng.random(),
    );
    let latency = u64::from(MatmulCore::array_params(&arch).latency());
    // A tile may be no longer than it takes to drain the one before.
    let depth = u64::from(rows + rng.random_range(0..3));
    let tiles = 3u64;
    let mut edges = Edges::default();
    let mut expected = BTreeMap::new();
    for tile in 0..=tiles {
        let start = tile * depth;
        for r in 0..rows {
            edges.put("starts", r, start + u64::from(r), 1);
        }
        if tile == tiles {
            break;
        }
        let mut sums = vec![vec![0i64; columns as usize]; rows as usize];
        for k in 0..depth {
            let a: Vec<i64> = (0..rows)
                .map(|_| element(rng, operands.activation))
                .collect();
            let b: Vec<i64> = (0..columns)
                .map(|_| element(rng, operands.weight))
                .collect();
            for r in 0..rows {
                edges.put("activations", r, start + k + u64::from(r), a[r as usize]);
            }
            for c in 0..columns {
                edges.put("weights", c, start + k + u64::from(c), b[c as usize]);
            }
            for (row, a) in sums.iter_mut().zip(&a) {
                for (sum, b) in row.iter_mut().zip(&b) {
                    *sum += a * b;
                }
            }
        }
        // The bottom row leaves first; row r of the chain moves r times.
        let caught = start + depth + latency;
        for r in 1..rows {
            for step in 0..u64::from(r) {
                edges.put("shifts", r, caught + step, 1);
            }
        }
        for r in 0..rows {
            for c in 0..columns {
                let cycle = caught + u64::from(rows - 1 - r) + u64::from(c);
                expected.insert((c, cycle), sums[r as usize][c as usize]);
            }
        }
    }
    let ports = [
        ("starts", rows, 1),
        ("shifts", rows, 1),
        ("activations", rows, arch.activation.bits),
        ("weights", columns, arch.weight.bits),
    ];
    run(&arch, &ports, &edges, &expected);
}

#[test]
fn arrays_of_all_formats_and_sizes_sum_exactly() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for operands in OperandPair::ALL {
        for (rows, columns) in [
            (1, 1),
            (1, 5),
            (5, 1),
            (2, 2),
            (3, 7),
            (7, 3),
            (8, 8),
            (16, 4),
        ] {
            weight_stationary(&mut rng, rows, columns, operands);
            output_stationary(&mut rng, rows, columns, operands);
        }
        for _ in 0..20 {
            let (rows, columns) = (rng.random_range(1..=12), rng.random_range(1..=12));
            weight_stationary(&mut rng, rows, columns, operands);
            output_stationary(&mut rng, rows, columns, operands);
        }
    }
}

#[test]
fn the_largest_array_sums_exactly() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let int8 = OperandPair {
        activation: ElementType::Int8,
        weight: ElementType::Int8,
    };
    weight_stationary(&mut rng, 64, 64, int8);
    output_stationary(&mut rng, 64, 64, int8);
}
