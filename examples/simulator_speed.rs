//! Speed of the native simulator on a weight-stationary int8 array.
//!
//!     cargo run --release --example simulator_speed -- [ROWS COLUMNS]

use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{Block, Module, bit, elaborate, signed};
use std::time::Instant;

/// Multiply-accumulate element: the weight moves down and is swapped in, the activation moves
/// right, the sum moves down.
#[derive(Debug, Clone, PartialEq)]
struct Element {
    sum_bits: u32,
}

impl Block for Element {
    fn module_name(&self) -> String {
        format!("element_{}", self.sum_bits)
    }

    ferrogrid::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let load = m.input("load", bit());
        let swap_in = m.input("swap_in", bit());
        let weight_in = m.input("weight_in", signed(8));
        let activation_in = m.input("activation_in", signed(8));
        let sum_in = m.input("sum_in", signed(self.sum_bits));

        let next_weight = m.reg(signed(8)).named("next_weight").enable(load);
        next_weight.next(weight_in);
        let weight = m.reg(signed(8)).named("weight").enable(swap_in);
        weight.next(next_weight);
        let activation = m.reg(signed(8)).named("activation");
        activation.next(activation_in);
        let swap = m.reg(bit()).named("swap").reset(0);
        swap.next(swap_in);
        let product = m.reg(signed(16)).named("product");
        product.next(activation_in * weight);
        let sum = m.reg(signed(self.sum_bits)).named("sum");
        sum.next(sum_in + product.extend(self.sum_bits));

        m.output("weight_out", next_weight);
        m.output("activation_out", activation);
        m.output("swap_out", swap);
        m.output("sum_out", sum);
    }
}

/// A grid of elements.
#[derive(Debug, Clone, PartialEq)]
struct Array {
    rows: usize,
    columns: usize,
}

impl Block for Array {
    fn module_name(&self) -> String {
        format!("array_{}x{}", self.rows, self.columns)
    }

    ferrogrid::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let element = Element {
            sum_bits: 16 + self.rows.ilog2(),
        };
        let sum_shape = signed(element.sum_bits);
        let load = m.input("load", bit());
        let inputs = |name: &str, count: usize, shape| {
            (0..count)
                .map(|i| m.input(format!("{name}_{i}"), shape))
                .collect::<Vec<_>>()
        };
        let mut weights = inputs("weight", self.columns, signed(8));
        let mut swaps = inputs("swap", self.columns, bit());
        let activations = inputs("activation", self.rows, signed(8));
        let mut sums = vec![m.zero(sum_shape); self.columns];
        for (row, mut activation) in activations.into_iter().enumerate() {
            for column in 0..self.columns {
                let pe = m
                    .untyped_instance(format!("pe_{row}_{column}"), &element)
                    .input("load", load)
                    .input("swap_in", swaps[column])
                    .input("weight_in", weights[column])
                    .input("activation_in", activation)
                    .input("sum_in", sums[column]);
                weights[column] = pe.output("weight_out");
                swaps[column] = pe.output("swap_out");
                sums[column] = pe.output("sum_out");
                activation = pe.output("activation_out");
            }
        }
        for (column, sum) in sums.into_iter().enumerate() {
            m.output(format!("sum_{column}"), sum);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .map(|size| size.parse())
        .collect::<Result<_, _>>()?;
    let (rows, columns) = match sizes[..] {
        [rows, columns] => (rows, columns),
        _ => (16, 16),
    };
    let design = elaborate(&Array { rows, columns })?;
    let start = Instant::now();
    let mut sim = Simulator::new(&design);
    let compiled = start.elapsed();

    sim.reset(2);
    let name = |name: &str, i: usize| format!("{name}_{i}");
    let activations: Vec<_> = (0..rows)
        .filter_map(|i| sim.signal(&name("activation", i)))
        .collect();
    let weights: Vec<_> = (0..columns)
        .filter_map(|i| sim.signal(&name("weight", i)))
        .collect();
    let swaps: Vec<_> = (0..columns)
        .filter_map(|i| sim.signal(&name("swap", i)))
        .collect();
    let sums: Vec<_> = (0..columns)
        .filter_map(|i| sim.signal(&name("sum", i)))
        .collect();
    let load = sim.signal("load").ok_or("the array has no load")?;
    let cycles = 40_000_000 / (rows * columns) as u64;
    let (mut random, mut check) = (1u64, 0u64);
    let start = Instant::now();
    for cycle in 0..cycles {
        // A new tile of weights loads while the old one computes.
        let phase = cycle % (4 * rows as u64);
        sim.set(load, u64::from(phase < rows as u64));
        for handle in activations.iter().chain(&weights) {
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            sim.set(*handle, random >> 56);
        }
        for handle in &swaps {
            sim.set(*handle, u64::from(phase == rows as u64));
        }
        sim.step();
        for handle in &sums {
            check = check.rotate_left(1) ^ sim.get(*handle);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{rows}x{columns}: {} instructions, compiled in {compiled:?}",
        sim.instructions()
    );
    println!(
        "{cycles} cycles in {seconds:.2} s: {:.0} k cycles/s (check {check:016x})",
        cycles as f64 / seconds / 1e3
    );
    Ok(())
}
