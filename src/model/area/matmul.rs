//! The units of a matmul core.

use super::array::Array;
use super::parts::{MemoryKind, Parts};
use crate::arch::{BANKS, Dataflow, MatmulArch, MemoryStyle, StreamFormat};

/// Bits of an index of so many.
fn log2(count: u32) -> u32 {
    count.next_power_of_two().ilog2()
}

fn bits(count: u32) -> f64 {
    f64::from(log2(count))
}

/// What a core is made of, unit by unit. Products of widths are what the blocks have; other numbers come of counting
/// registers, sums and choices in the hardware of many cores.
pub(super) fn units(arch: &MatmulArch) -> Vec<(&'static str, Parts)> {
    vec![
        ("array", array(arch).elements()),
        ("datapath", datapath(arch)),
        ("accumulators", accumulators(arch)),
        ("drain", drain(arch)),
        ("loaders", loaders(arch)),
        ("control", control(arch)),
    ]
}

/// The array alone.
pub(super) fn array(arch: &MatmulArch) -> Array {
    Array {
        rows: arch.rows,
        columns: arch.columns,
        dataflow: arch.dataflow,
        activation: arch.activation,
        weight: arch.weight,
        product_bits: arch.product.bits,
        sum_bits: sum_bits(arch),
        product_register: arch.product_register,
        target: arch.target,
    }
}

/// Of a sum that leaves the array.
fn sum_bits(arch: &MatmulArch) -> u32 {
    match arch.dataflow {
        Dataflow::WeightStationary => arch.partial_sum.bits,
        Dataflow::OutputStationary => arch.accumulator.bits,
    }
}

fn kind(style: MemoryStyle) -> MemoryKind {
    match style {
        MemoryStyle::Any => MemoryKind::Clocked,
        MemoryStyle::Block => MemoryKind::Block,
        MemoryStyle::Ultra => MemoryKind::Ultra,
        MemoryStyle::Registered(_) => MemoryKind::Registered,
        MemoryStyle::SinglePort => MemoryKind::Large,
    }
}

/// Whether output registers stand beside the memory.
fn has_registers(arch: &MatmulArch, kind: MemoryKind) -> bool {
    let inside = matches!(
        kind,
        MemoryKind::Registered | MemoryKind::Block | MemoryKind::Ultra
    );
    arch.output_register && !inside
}

/// The buffers of the operands, and what stands between them and the array.
fn datapath(arch: &MatmulArch) -> Parts {
    let (a, b) = (&arch.a_buffer, &arch.b_buffer);
    let array = array(arch);
    let operands = arch.rows * arch.activation.bits + b.word_bits;
    let registers = match arch.dataflow {
        Dataflow::WeightStationary => operands + arch.rows + 2,
        Dataflow::OutputStationary => operands + 4 * arch.rows + 16,
    };
    let choice = match arch.dataflow {
        Dataflow::WeightStationary => 0.29 * f64::from(b.word_bits),
        // A row takes one element of its word.
        Dataflow::OutputStationary => 0.35 * f64::from(arch.rows * a.word_bits) + 5.0,
    };
    let mut parts = Parts::new(f64::from(registers), 0.0, choice);
    for (count, width, depth, style) in [
        (
            a.memories,
            a.word_bits,
            BANKS * a.bank_depth,
            arch.a_buffer_style(),
        ),
        (
            1,
            b.word_bits,
            BANKS * b.bank_depth,
            arch.memory_style(b.word_bits, BANKS * b.bank_depth),
        ),
    ] {
        let kind = kind(style);
        parts = match kind {
            MemoryKind::Large => parts.memory(count * BANKS, width, depth / BANKS, kind),
            _ => parts.memory(count, width, depth, kind),
        };
        if has_registers(arch, kind) {
            parts.registers += f64::from(count * width);
        }
    }
    let token = 3 + log2(arch.accumulators.bank_depth);
    parts += array.tokens(token, 1 + u32::from(arch.output_register));
    parts += array.skews();
    parts
}

fn accumulators(arch: &MatmulArch) -> Parts {
    let buffer = &arch.accumulators;
    let (word, address) = (f64::from(buffer.word_bits), bits(buffer.bank_depth));
    let (late, sums) = (
        f64::from(u32::from(arch.output_register)),
        sum_bits(arch) * arch.columns,
    );
    let sums = f64::from(sums);
    let kind = kind(arch.memory_style(buffer.word_bits, buffer.bank_depth));
    let mut parts = match arch.dataflow {
        Dataflow::WeightStationary => Parts::new(
            2.0 * word + (2.0 + late) * sums + (6.0 + late) * address + 19.0 + 7.0 * late,
            word,
            1.9 * word + 30.0,
        ),
        Dataflow::OutputStationary => Parts::new(
            sums + 4.0 * address + 9.0 + 3.0 * late,
            0.0,
            0.8 * word + 2.3 * address,
        ),
    };
    if has_registers(arch, kind) {
        parts.registers += f64::from(BANKS) * word;
    }
    parts.memory(BANKS, buffer.word_bits, buffer.bank_depth, kind)
}

/// A word that is cut into beats, and the two beats in front of the stream.
fn drain(arch: &MatmulArch) -> Parts {
    let format = &arch.c;
    let word = f64::from(format.beats_per_group * format.width);
    let beat = f64::from(format.width);
    let beats = bits(format.beats_per_group);
    let panels = bits(arch.accumulators.bank_depth);
    let late = f64::from(u32::from(arch.output_register));
    // The lanes are wider than the sums in them.
    let sums = f64::from(arch.accumulators.word_bits) / f64::from(arch.result.bits * arch.columns);
    let held = match format.beats_per_group {
        1 => beat,
        _ => word,
    } * sums;
    Parts::new(
        54.0 + 6.6 * late + held + 2.0 * beat + 2.2 * panels + 2.8 * beats,
        25.0 + 1.4 * panels + 0.7 * beats,
        75.0 + 0.8 * held + 0.29 * beat + 5.0 * panels + 1.9 * beats,
    )
}

fn loaders(arch: &MatmulArch) -> Parts {
    let (a, b) = (&arch.a, &arch.b);
    let vector = |format: &StreamFormat| f64::from(format.group * format.element_bits);
    let gathers = |format: &StreamFormat| match format.beats_per_group {
        1 => 0.0,
        _ => vector(format),
    };
    let (depth, per_beat) = (bits(arch.a_buffer.bank_depth), bits(a.elements_per_beat));
    let (rows, beats) = (bits(arch.rows), bits(a.beats_per_group));
    let mut parts = match arch.dataflow {
        Dataflow::WeightStationary => Parts::new(
            40.0 + vector(a) + 3.1 * depth + 2.5 * rows + 1.7 * beats,
            14.0 + 1.7 * rows + 2.0 * depth + 2.8 * beats + 0.8 * per_beat,
            67.0 + 0.11 * gathers(a) + 5.0 * depth + 3.0 * rows + 13.0 * beats,
        ),
        Dataflow::OutputStationary => Parts::new(
            47.0 + vector(a) + 3.1 * depth + 2.5 * rows,
            23.0 + 1.6 * depth + 0.8 * per_beat,
            67.0 + 4.3 * depth + 3.8 * rows + 1.8 * f64::from(arch.rows),
        ),
    };
    let (depth, columns) = (bits(arch.b_buffer.bank_depth), bits(arch.columns));
    let beats = bits(b.beats_per_group);
    parts += Parts::new(
        24.0 + vector(b) + 1.9 * depth + 4.2 * columns + 0.9 * bits(arch.accumulators.bank_depth),
        12.0 + 2.2 * depth + 2.0 * columns + 1.2 * beats,
        68.0 + 0.17 * gathers(b) + 2.5 * depth + 18.0 * columns,
    );
    parts
}

/// Registers, the job, the sequencer, and what the top has of its own.
fn control(arch: &MatmulArch) -> Parts {
    let a = bits(arch.a_buffer.bank_depth);
    let b = bits(arch.b_buffer.bank_depth);
    let sums = bits(arch.accumulators.bank_depth);
    let (rows, columns) = (bits(arch.rows), bits(arch.columns));
    let (fixed, by_row) = match arch.dataflow {
        Dataflow::WeightStationary => ([85.0, 9.0, 88.0], 1.0),
        Dataflow::OutputStationary => ([57.0, 9.0, 69.0], 0.0),
    };
    let mut parts = Parts::new(
        fixed[0] + 2.2 * by_row * rows + 2.1 * a + 6.9 * b + 4.4 * sums,
        fixed[1] + 1.9 * by_row * rows + 1.7 * a + 2.2 * b + 1.8 * sums + 1.3 * columns,
        fixed[2] + 1.5 * by_row * rows + 4.7 * a + 4.7 * b + 4.7 * sums + 2.2 * columns,
    );
    // The registers behind AXI4-Lite and what the top has of its own are the same in all cores.
    parts += Parts::new(294.0 + 230.0, 96.0, 480.0 + 270.0);
    parts += Parts::new(
        204.0 + 3.8 * sums + 1.8 * columns,
        37.0 + 0.3 * sums,
        180.0 + 1.0 * sums,
    );
    parts
}
