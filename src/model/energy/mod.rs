//! What a run takes: energies of events, times how often they happen.
//!
//! Events are counted in a prediction as in a run: products, those with a zero apart, clocks of registers, accesses of
//! memories, beats of DRAM.

mod technology;

pub use technology::Technology;

use super::area::registers;
use crate::arch::{Dataflow, JobShape, MatmulArch, NpuArch};
use crate::isa::npu::COUNTERS_OF;
use serde::Serialize;

/// What a run takes, unit by unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Energy {
    /// Names of the units, and joules.
    pub units: Vec<(&'static str, f64)>,
    /// Joules of them that clocks take, whatever is done.
    pub waiting: f64,
    /// Name of the technology.
    pub technology: &'static str,
}

impl Energy {
    /// Joules.
    pub fn total(&self) -> f64 {
        self.units.iter().map(|(_, joules)| joules).sum()
    }

    /// Joules of one unit; none of one that is not there.
    pub fn of(&self, unit: &str) -> f64 {
        let units = self.units.iter().filter(|(name, _)| *name == unit);
        units.map(|(_, joules)| joules).sum()
    }

    fn new(technology: &'static Technology) -> Energy {
        Energy {
            technology: &technology.name,
            ..Energy::default()
        }
    }

    /// The clocks of the registers outside the array; those inside are counted with it.
    fn clock(&mut self, array: &Array, others: f64, cycles: u64, technology: &Technology) {
        let others = technology.clock * others * cycles as f64;
        self.add("clock", others);
        let still = ArrayEvents {
            cycles,
            ..ArrayEvents::default()
        };
        self.waiting = 1e-12 * (others + array.energy(still, technology));
    }

    fn add(&mut self, unit: &'static str, picojoules: f64) {
        self.units.push((unit, 1e-12 * picojoules));
    }
}

/// What an array does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ArrayEvents {
    /// Cycles, all of them.
    pub cycles: u64,
    /// Those in which vectors go through.
    pub active: u64,
    /// Share of activations that are 0.
    pub zeros: f64,
}

/// An array as energy sees it.
struct Array {
    multipliers: f64,
    registers: f64,
    dataflow: Dataflow,
    bits: [f64; 2],
    sum_bits: f64,
}

impl Array {
    /// Picojoules of its events.
    fn energy(&self, events: ArrayEvents, technology: &Technology) -> f64 {
        let [a, b] = self.bits;
        let waits = technology.clock * self.registers + technology.still * a * b;
        // Nothing changes where a 0 follows a 0.
        let changes = 1.0 - events.zeros * events.zeros;
        let sum = match self.dataflow {
            Dataflow::WeightStationary => technology.moving_sum,
            Dataflow::OutputStationary => technology.staying_sum,
        };
        let weights = match self.dataflow {
            Dataflow::WeightStationary => 0.0,
            Dataflow::OutputStationary => technology.moving_weight * b,
        };
        let works = changes * (technology.product * a * b + sum * self.sum_bits) + weights;
        self.multipliers * (waits * events.cycles as f64 + works * events.active as f64)
    }
}

fn of_matmul(arch: &MatmulArch) -> Array {
    let multipliers = f64::from(arch.rows * arch.columns);
    let sum_bits = match arch.dataflow {
        Dataflow::WeightStationary => arch.partial_sum.bits,
        Dataflow::OutputStationary => arch.accumulator.bits,
    };
    Array {
        multipliers,
        registers: registers(arch).0 / multipliers,
        dataflow: arch.dataflow,
        bits: [arch.activation.bits, arch.weight.bits].map(f64::from),
        sum_bits: f64::from(sum_bits),
    }
}

fn of_npu(arch: &NpuArch) -> Array {
    let multipliers = f64::from(arch.tile_bytes());
    Array {
        multipliers,
        registers: registers(arch).0 / multipliers,
        dataflow: Dataflow::WeightStationary,
        bits: [8.0; 2],
        sum_bits: f64::from(arch.sum_bits()),
    }
}

/// Joules of the array of a matmul core alone.
pub fn matmul_array(arch: &MatmulArch, events: ArrayEvents, technology: &Technology) -> f64 {
    1e-12 * of_matmul(arch).energy(events, technology)
}

/// Joules of the array of an NPU alone.
pub fn npu_array(arch: &NpuArch, events: ArrayEvents, technology: &Technology) -> f64 {
    1e-12 * of_npu(arch).energy(events, technology)
}

/// What a job of a matmul core takes, of so many cycles.
pub fn matmul(
    arch: &MatmulArch,
    shape: JobShape,
    events: ArrayEvents,
    technology: &'static Technology,
) -> Energy {
    let mut energy = Energy::new(technology);
    let array = of_matmul(arch);
    energy.add("array", array.energy(events, technology));
    let beats = arch.beats(shape);
    let (a, b, sums) = (&arch.a_buffer, &arch.b_buffer, &arch.accumulators);
    let active = events.active as f64;
    let words =
        |beats: u64, width: u32, word: u32| (beats * u64::from(width)) as f64 / f64::from(word);
    let [read, write] = technology.sram(a.word_bits, 2 * a.bank_depth);
    let written = words(beats.a, arch.a.width, a.word_bits);
    energy.add("A", read * active * reads_of_a(arch) + write * written);
    let [read, write] = technology.sram(b.word_bits, 2 * b.bank_depth);
    let written = words(beats.b, arch.b.width, b.word_bits);
    energy.add("B", read * active + write * written);
    let [read, write] = technology.sram(sums.word_bits, sums.bank_depth);
    let results = (shape.macs() / u64::from(shape.k)) as f64 / f64::from(arch.columns);
    // Partial sums come back once for each tile of K.
    let partial = match arch.dataflow {
        Dataflow::WeightStationary => active,
        Dataflow::OutputStationary => results,
    };
    energy.add("accumulators", (read + write) * partial + read * results);
    energy.clock(&array, registers(arch).1, events.cycles, technology);
    energy
}

/// Words of A that are read with a vector: one, or those of all rows where each has a memory, of several elements.
fn reads_of_a(arch: &MatmulArch) -> f64 {
    f64::from(arch.a_buffer.memories)
        / match arch.dataflow {
            Dataflow::WeightStationary => 1.0,
            Dataflow::OutputStationary => f64::from(arch.a_buffer.word_elements),
        }
}

/// What a run of an NPU takes, by its cycles and the counters that it has, in the order of [`COUNTERS_OF`]. `zeros` is the
/// share of activations that are 0, as far as it is known.
pub fn npu(
    arch: &NpuArch,
    cycles: u64,
    counters: &[u64; COUNTERS_OF.len()],
    zeros: f64,
    technology: &'static Technology,
) -> Energy {
    let count = |name: &str| {
        let mut pairs = COUNTERS_OF.iter().zip(counters);
        pairs
            .find(|((of, _), _)| *of == name)
            .map_or(0.0, |(_, count)| *count as f64)
    };
    let mut energy = Energy::new(technology);
    let (matrix, vector, post) = (
        count("matrix_active"),
        count("vector_active"),
        count("post_active"),
    );
    let beats = count("read_beats") + count("write_beats");
    let events = ArrayEvents {
        cycles,
        active: matrix as u64,
        zeros,
    };
    let array = of_npu(arch);
    energy.add("array", array.energy(events, technology));
    let changes = 1.0 - zeros * zeros;
    let product = changes * (technology.product * 64.0 + technology.moving_sum * 20.0);
    let lanes = f64::from(arch.vector_channels() * arch.vector_taps);
    energy.add("vector", product * lanes * vector);
    // Four products of 16 x 16 bits for each lane.
    let requantize = 4.0 * 256.0 * technology.product + 64.0 * technology.moving_sum;
    energy.add("post", requantize * f64::from(arch.lanes) * post);
    let [read, write] = technology.sram(8, arch.scratchpad_bytes / 2 / arch.rows);
    let (rows, beat) = (f64::from(arch.rows), f64::from(arch.bus_bytes()));
    let read_bytes = rows * (matrix + vector) + beat * count("write_beats");
    let written_bytes = beat * count("read_beats") + f64::from(arch.lanes) * post;
    energy.add("scratchpad", read * read_bytes + write * written_bytes);
    let [read, write] = technology.sram(32 * arch.columns, arch.accumulator_vectors);
    let post_reads = post * f64::from(arch.lanes) / f64::from(arch.columns);
    energy.add(
        "accumulators",
        (read + write) * (matrix + vector) + read * post_reads,
    );
    let [read, write] = technology.sram(8 * arch.columns, arch.ring_tiles * arch.rows);
    // A row of the next tile with each vector, and no more than have come.
    let rows_of_weights = beat * count("read_beats") / f64::from(arch.columns);
    energy.add(
        "weights",
        read * rows_of_weights.min(matrix) + write * rows_of_weights,
    );
    energy.clock(&array, registers(arch).1, cycles, technology);

    energy.add(
        "DRAM",
        technology.dram_bit * beats * f64::from(arch.bus_bits),
    );
    energy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;

    #[test]
    fn zeros_and_waiting_take_less() {
        let core = arch::from_preset("matmul-4x4").unwrap();
        let of = |active, zeros| {
            let events = ArrayEvents {
                cycles: 1000,
                active,
                zeros,
            };
            matmul_array(&core, events, Default::default())
        };
        assert!(of(0, 0.0) < of(500, 0.0) && of(500, 0.0) < of(1000, 0.0));
        assert!(of(1000, 0.5) < of(1000, 0.0) && of(1000, 1.0) >= of(0, 0.0));
    }

    #[test]
    fn larger_memories_and_words_take_more() {
        let technology = <&Technology>::default();
        assert_eq!(Technology::named(&technology.name), Some(technology));
        let [read, write] = technology.sram(32, 256);
        let [larger, _] = technology.sram(32, 4096);
        let [_, wider] = technology.sram(128, 256);
        assert!(read < larger && write < wider);
    }
}
