//! Speed of the native simulator on a weight-stationary int8 array.
//!
//!     cargo run --release --example simulator_speed -- [ROWS COLUMNS]

use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{Block, Module, bit, bundle, elaborate, hardware, signed};
use std::time::Instant;

/// Multiply-accumulate element: the weight moves down and is swapped in, the activation moves
/// right, the sum moves down.
#[derive(Debug, Clone, PartialEq)]
struct Element {
    sum_bits: u32,
}

bundle! {
    struct ElementInputs(element: &Element) {
        load: bit(),
        swap: bit(),
        weight: signed(8),
        activation: signed(8),
        sum: signed(element.sum_bits),
    }
}

bundle! {
    struct ElementOutputs(sum_bits: u32) {
        weight_out: signed(8),
        activation_out: signed(8),
        swap_out: bit(),
        sum_out: signed(sum_bits),
    }
}

#[hardware]
impl Block for Element {
    fn module_name(&self) -> String {
        format!("element_{}", self.sum_bits)
    }

    fn build<'m>(&self, m: &'m Module, io: ElementInputs<'m>) -> ElementOutputs<'m> {
        let next_weight = m.capture(io.load, io.weight);
        let held_weight = m.capture(io.swap, next_weight);
        let product = m.delay(io.activation * held_weight);
        ElementOutputs {
            weight_out: next_weight,
            activation_out: m.delay(io.activation),
            swap_out: m.flag(io.swap),
            sum_out: m.delay(io.sum + product.extend(self.sum_bits)),
        }
    }
}

/// A grid of elements.
#[derive(Debug, Clone, PartialEq)]
struct Array {
    rows: usize,
    columns: usize,
}

impl Array {
    fn element(&self) -> Element {
        Element {
            sum_bits: 16 + self.rows.ilog2(),
        }
    }
}

bundle! {
    struct ArrayInputs(array: &Array) {
        load: bit(),
        weight: [signed(8); array.columns],
        swap: [bit(); array.columns],
        activation: [signed(8); array.rows],
    }
}

bundle! {
    struct ArrayOutputs(array: &Array) {
        sum: [signed(array.element().sum_bits); array.columns],
    }
}

#[hardware]
impl Block for Array {
    fn module_name(&self) -> String {
        format!("array_{}x{}", self.rows, self.columns)
    }

    fn build<'m>(&self, m: &'m Module, io: ArrayInputs<'m>) -> ArrayOutputs<'m> {
        let element = self.element();
        let (mut weights, mut swaps) = (io.weight, io.swap);
        let mut sums = vec![m.zero(signed(element.sum_bits)); self.columns];
        for mut activation in io.activation {
            for column in 0..self.columns {
                let inputs = ElementInputs {
                    load: io.load,
                    swap: swaps[column],
                    weight: weights[column],
                    activation,
                    sum: sums[column],
                };
                let pe = m.instance(&element, inputs);
                weights[column] = pe.weight_out;
                swaps[column] = pe.swap_out;
                sums[column] = pe.sum_out;
                activation = pe.activation_out;
            }
        }
        ArrayOutputs { sum: sums }
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
