//! What the blocks of the matmul core need to know of its architecture.

use super::super::array::ArrayParams;
use super::super::buffer::{Accumulators, MemoryParams};
use super::super::control::{
    Drain, JobControl, JobShapes, LoadA, LoadB, OutputStationarySequencer, SequencerParams,
    WeightStationarySequencer,
};
use super::super::datapath::DatapathParams;
use super::super::pe::{PeFormat, shape};
use crate::arch::{BANKS, Dataflow, IntType, MatmulArch, MemoryStyle};
use crate::hdl::{bits_for, index_bits, unsigned};

/// Cycles of a pass of the array, which are more where an output-stationary array has a longer K.
pub(super) fn pass_cycles(arch: &MatmulArch) -> u32 {
    match arch.dataflow {
        Dataflow::WeightStationary => {
            let distance = accumulators(arch).reuse_distance();
            WeightStationarySequencer::pass_cycles(arch.rows, distance)
        }
        Dataflow::OutputStationary => OutputStationarySequencer::least_pass_cycles(arch.rows),
    }
}

fn job_shapes(arch: &MatmulArch) -> JobShapes {
    let limits = &arch.limits;
    let fits = |most: u32| unsigned(bits_for(most.into()));
    JobShapes {
        k: fits(limits.max_k.max(arch.rows).max(arch.a.group)),
        panels: fits(limits.max_panels.max(2)),
        panel_columns: fits(arch.columns),
    }
}

fn name(arch: &MatmulArch, part: &str) -> String {
    format!("{}_{part}", arch.module_name())
}

pub(super) fn job_control(arch: &MatmulArch) -> JobControl {
    JobControl {
        name: name(arch, "job"),
        columns: arch.columns,
        limits: arch.limits,
        shapes: job_shapes(arch),
    }
}

pub(super) fn load_a(arch: &MatmulArch) -> LoadA {
    LoadA {
        name: name(arch, "load_a"),
        dataflow: arch.dataflow,
        rows: arch.rows,
        format: arch.a,
        buffer: arch.a_buffer,
        k: job_shapes(arch).k,
    }
}

pub(super) fn load_b(arch: &MatmulArch) -> LoadB {
    LoadB {
        name: name(arch, "load_b"),
        columns: arch.columns,
        format: arch.b,
        buffer: arch.b_buffer,
        shapes: job_shapes(arch),
    }
}

fn sequencer(arch: &MatmulArch) -> SequencerParams {
    SequencerParams {
        rows: arch.rows,
        shapes: job_shapes(arch),
        a_bank_depth: arch.a_buffer.bank_depth,
        a_words_per_row: arch.a_buffer.words_per_row,
        b_bank_depth: arch.b_buffer.bank_depth,
        sum_bank_depth: arch.accumulators.bank_depth,
        sum_panels: arch.accumulators.panels,
    }
}

pub(super) fn weight_stationary(arch: &MatmulArch) -> WeightStationarySequencer {
    WeightStationarySequencer {
        name: name(arch, "sequencer"),
        params: sequencer(arch),
        cycles: pass_cycles(arch),
    }
}

pub(super) fn output_stationary(arch: &MatmulArch) -> OutputStationarySequencer {
    OutputStationarySequencer {
        name: name(arch, "sequencer"),
        params: sequencer(arch),
        a_word_elements: arch.a_buffer.word_elements,
    }
}

pub(super) fn drain(arch: &MatmulArch) -> Drain {
    Drain {
        name: name(arch, "drain"),
        rows: arch.rows,
        buffer: arch.accumulators,
        output_register: arch.output_register,
        lane_bits: [arch.accumulator, arch.result].map(|lane| shape(lane).width),
        format: arch.c,
        shapes: job_shapes(arch),
    }
}

/// The sums that leave the array.
fn sum(arch: &MatmulArch) -> IntType {
    match arch.dataflow {
        Dataflow::WeightStationary => arch.partial_sum,
        Dataflow::OutputStationary => arch.accumulator,
    }
}

pub(super) fn array(arch: &MatmulArch) -> ArrayParams {
    ArrayParams {
        name: name(arch, "array"),
        dataflow: arch.dataflow,
        rows: arch.rows,
        columns: arch.columns,
        format: PeFormat {
            activation: shape(arch.activation),
            weight: shape(arch.weight),
            product: shape(arch.product),
            sum: shape(sum(arch)),
            product_register: arch.product_register,
            target: arch.target,
        },
    }
}

fn memory(arch: &MatmulArch, width: u32, depth: u32, style: MemoryStyle) -> MemoryParams {
    MemoryParams {
        core: arch.module_name(),
        width,
        depth,
        style,
        output_register: arch.output_register,
    }
}

pub(super) fn datapath(arch: &MatmulArch) -> DatapathParams {
    let (a, b) = (&arch.a_buffer, &arch.b_buffer);
    let [a_depth, b_depth] = [a.bank_depth, b.bank_depth].map(|depth| BANKS * depth);
    let b_style = arch.memory_style(b.word_bits, b_depth);
    DatapathParams {
        core: arch.module_name(),
        array: array(arch),
        a_buffer: memory(arch, a.word_bits, a_depth, arch.a_buffer_style()),
        b_buffer: memory(arch, b.word_bits, b_depth, b_style),
        target_bits: index_bits(arch.accumulators.bank_depth.into()),
    }
}

pub(super) fn accumulators(arch: &MatmulArch) -> Accumulators {
    let (width, depth) = (arch.accumulators.word_bits, arch.accumulators.bank_depth);
    Accumulators {
        name: name(arch, "accumulators"),
        partial: arch.dataflow == Dataflow::WeightStationary,
        maximum: false,
        columns: arch.columns,
        sum: shape(sum(arch)),
        lane: shape(arch.accumulator),
        bank: memory(arch, width, depth, arch.memory_style(width, depth)),
    }
}
