//! The units of an NPU.

use super::array::Array;
use super::parts::{MemoryKind, Multipliers, Parts};
use crate::arch::{ControlOrder, Dataflow, IntType, NpuArch, Requantization, Target};

/// Bits of an instruction in front of its unit.
const INSTRUCTION_BITS: u32 = 257;
/// Units with a queue of instructions.
const UNITS: u32 = 5;
/// Queues of up to so many are registers, longer ones words of LUTs.
const REGISTERS: u32 = 2;

fn log2(count: u32) -> f64 {
    f64::from(count.ilog2())
}

/// What a core is made of, unit by unit. Products of widths are what the blocks have; other numbers come of counting
/// registers, sums and choices in the hardware of many cores.
pub(super) fn units(arch: &NpuArch) -> Vec<(&'static str, Parts)> {
    let mut units = vec![
        ("array", array(arch).elements()),
        ("matrix", matrix(arch)),
        (
            "accumulators",
            accumulators(arch, arch.columns, arch.sum_bits()),
        ),
        ("scratchpad", scratchpad(arch)),
        ("post", post(arch)),
        ("front", front(arch)),
        ("load", load(arch)),
        ("store", store(arch)),
        ("bus", bus(arch)),
        // The same in all cores.
        ("registers", Parts::new(693.0 + 769.0, 352.0, 1_040.0)),
    ];
    if arch.vector_taps > 0 {
        units.insert(5, ("vector", vector(arch)));
    }
    units
}

/// The array alone.
pub(super) fn array(arch: &NpuArch) -> Array {
    Array {
        rows: arch.rows,
        columns: arch.columns,
        dataflow: Dataflow::WeightStationary,
        activation: NpuArch::ACTIVATION,
        weight: NpuArch::WEIGHT,
        product_bits: 16,
        sum_bits: arch.sum_bits(),
        product_register: arch.product_register,
        target: arch.target,
    }
}

/// Multipliers for places of vectors: of a nest of counters.
fn places(parts: Parts) -> Parts {
    parts.multiplier(1, [17, 14]).multiplier(2, [17, 6])
}

fn matrix(arch: &NpuArch) -> Parts {
    let (rows, reach) = (f64::from(arch.rows), f64::from(arch.image_rows()));
    let (address, ring) = (log2(arch.scratchpad_bytes), log2(arch.ring_tiles));
    let columns = f64::from(arch.columns);
    let mut parts = places(Parts::new(
        1_520.0 + 16.0 * rows + 5.5 * address * reach + 8.0 * ring + 8.0 * columns,
        184.0 + 80.0 * reach + 11.0 * address + 6.0 * ring,
        780.0 + 14.0 * rows * reach + 15.0 * address - 9.8 * reach * log2(arch.rows) + 5.8 * ring,
    ));
    let array = array(arch);
    parts += array.skews();
    let token = 3 + arch.accumulator_vectors.ilog2();
    parts += array.tokens(token, 4);
    parts.memory(
        1,
        8 * arch.columns,
        arch.ring_tiles * arch.rows,
        MemoryKind::Clocked,
    )
}

/// Two banks for the sums of so many columns.
fn accumulators(arch: &NpuArch, columns: u32, sum_bits: u32) -> Parts {
    let lanes = f64::from(columns);
    let address = log2(arch.accumulator_vectors);
    let word = NpuArch::ACCUMULATOR_BITS * columns;
    Parts::new(
        lanes * f64::from(2 * NpuArch::ACCUMULATOR_BITS + 2 * sum_bits) + 6.0 * address + 19.0,
        f64::from(word),
        64.0 * lanes + 26.0,
    )
    .memory(2, word, arch.accumulator_vectors, MemoryKind::Block)
}

fn scratchpad(arch: &NpuArch) -> Parts {
    let (rows, reach) = (f64::from(arch.rows), f64::from(arch.image_rows()));
    let (address, steps) = (log2(arch.scratchpad_bytes), log2(arch.rows));
    Parts::new(
        53.0 + 48.0 * rows + 4.9 * address * reach + 0.15 * rows * rows,
        4.0 * reach * address - 3.0 * address + 6.1 * steps - 5.2 * steps * reach,
        915.0 + 12.6 * rows * reach * steps + 18.5 * rows * address + 33.0 * steps * reach
            - 73.0 * address
            + 6.9 * address * reach,
    )
    .memory(
        2 * arch.rows,
        8,
        arch.scratchpad_bytes / 2 / arch.rows,
        MemoryKind::Clocked,
    )
}

/// Requantizers, their parameters and their tables.
fn post(arch: &NpuArch) -> Parts {
    let lanes = f64::from(arch.lanes);
    let is = |of: &[Requantization]| f64::from(u32::from(of.contains(&arch.requantization)));
    let float = is(&[Requantization::Float, Requantization::Both]);
    let fixed = is(&[Requantization::Fixed, Requantization::Both]);
    let both = is(&[Requantization::Both]);
    let (address, bus) = (log2(arch.scratchpad_bytes), f64::from(arch.bus_bytes()));
    let (rows, columns) = (log2(arch.rows), f64::from(arch.columns));
    let cells = arch.target == Target::Ecp5;

    let mut parts = Parts::new(
        450.0 + (480.0 + 229.0 * both + 146.0 * float) * lanes + 13.0 * address + 100.0 * float,
        168.0 + (210.0 + 39.0 * float + 16.0 * fixed) * lanes,
        315.0
            + (1_010.0 + 320.0 * both - 62.0 * fixed) * lanes
            + 1.8 * columns * rows
            + 23.0 * log2(arch.columns),
    )
    // What goes with a sum, and what lanes keep beside their products.
    .line(8 + arch.scratchpad_bytes.ilog2(), 32)
    .line(170 * arch.lanes, 4);
    // Tables of functions, two for each lane.
    let words = arch.bus_bits / 32;
    parts += Parts::new(
        48.0 + 63.7 * lanes,
        32.0 * lanes,
        20.0 + (100.0 + 12.0 * bus) * lanes,
    )
    .memory(
        2 * arch.lanes,
        arch.bus_bits,
        256 / words,
        MemoryKind::Clocked,
    );
    let groups = arch.parameter_channels / arch.lanes;
    let factor = match arch.requantization {
        Requantization::Float => 8,
        Requantization::Fixed | Requantization::Both => 15,
    };
    parts
        .multipliers
        .extend([16, factor].map(|bits| Multipliers {
            count: 2 * arch.lanes,
            bits: [16, bits],
            // On ECP5 they are within the cells already.
            registers: if cells { 0 } else { 62 },
            adders: 0,
            cells,
        }));
    parts
        .memory(2, 32 * arch.lanes, groups, MemoryKind::Masked)
        .memory(1, 6 * arch.lanes, groups, MemoryKind::Masked)
}

fn vector(arch: &NpuArch) -> Parts {
    let (taps, channels) = (
        f64::from(arch.vector_taps),
        f64::from(arch.vector_channels()),
    );
    let address = log2(arch.scratchpad_bytes);
    let groups = log2(arch.vector_weights);
    let three = f64::from(u32::from(arch.vector_taps == 3));
    // What the sums of its channels go through is counted with the rest.
    let sums = accumulators(arch, arch.vector_channels(), 18);
    let cells = arch.target == Target::Ecp5;

    let mut parts = places(Parts::new(
        716.0
            + 36.0 * channels * taps
            + 85.0 * channels
            + 11.2 * address
            + 15.0 * log2(arch.accumulator_vectors),
        328.0 + 17.1 * channels * taps + 14.9 * channels + 5.8 * address + 2.3 * three * address,
        1_000.0 + 74.0 * channels * taps + 139.0 * channels + 15.0 * address + 5.0 * three * groups
            - 18.0 * log2(arch.bus_bytes())
            + 8.5 * log2(arch.accumulator_vectors),
    ));
    parts.memories.extend(sums.memories);
    parts = parts.line(46, 4);
    let weight = IntType::signed(8).bits;
    parts.multipliers.push(Multipliers {
        count: arch.vector_taps * arch.vector_channels(),
        bits: [NpuArch::ACTIVATION.bits, weight],
        registers: if cells { 0 } else { 33 },
        adders: 0,
        cells,
    });
    parts.memory(
        arch.vector_taps,
        8 * arch.vector_channels(),
        arch.vector_weights,
        MemoryKind::Clocked,
    )
}

/// The queues of instructions, and their semaphores.
fn front(arch: &NpuArch) -> Parts {
    let depth = arch.queue_depth;
    let central = f64::from(u32::from(arch.order == ControlOrder::Central));
    let index = f64::from(depth.next_power_of_two().ilog2());
    let parts = Parts::new(
        2_300.0 + 15.0 * index,
        571.0 + 9.3 * index,
        3_400.0 + 40.0 * central,
    );
    let parts = match depth <= REGISTERS {
        true => {
            let mut parts = parts;
            parts.registers += f64::from(UNITS * INSTRUCTION_BITS * depth);
            parts
        }
        false => parts.memory(UNITS, INSTRUCTION_BITS, depth, MemoryKind::Words),
    };
    parts.memory(1, INSTRUCTION_BITS + 1, 8, MemoryKind::Words)
}

fn load(arch: &NpuArch) -> Parts {
    let (bus, steps) = (f64::from(arch.bus_bytes()), log2(arch.bus_bytes()));
    let (address, ring) = (log2(arch.scratchpad_bytes), log2(arch.ring_tiles));
    Parts::new(
        458.0 + 9.0 * bus + 2.0 * ring + 2.1 * address,
        327.0 + 25.0 * f64::from(arch.vector_taps) + 1.5 * ring + 1.6 * address,
        597.0 + 1.5 * bus * steps + 2.9 * ring,
    )
    .memory(1, 54 + arch.scratchpad_bytes.ilog2(), 16, MemoryKind::Words)
}

fn store(arch: &NpuArch) -> Parts {
    let (bus, steps) = (f64::from(arch.bus_bytes()), log2(arch.bus_bytes()));
    let address = arch.scratchpad_bytes.ilog2();
    Parts::new(
        421.0 + 5.0 * bus + 2.0 * f64::from(address),
        280.0 + 1.5 * f64::from(address),
        525.0 + 1.6 * bus * steps,
    )
    .memory(1, 9 * arch.bus_bytes(), 8, MemoryKind::Words)
    .memory(1, 26 + address, 16, MemoryKind::Words)
    .memory(1, 45, 16, MemoryKind::Words)
}

/// Bursts of reads and of writes.
fn bus(arch: &NpuArch) -> Parts {
    let outstanding = f64::from(arch.outstanding);
    let index = log2(arch.outstanding.next_power_of_two());
    Parts::new(
        260.0 + 12.4 * outstanding,
        254.0 + 7.0 * index,
        880.0 + 6.6 * outstanding + 32.0 * index,
    )
}
