//! What the blocks of the matmul core need to know of its architecture.

use super::super::buffer::Accumulators;
use super::super::control::{
    Drain, JobControl, JobShapes, LoadA, LoadB, OutputStationarySequencer, SequencerParams,
    WeightStationarySequencer,
};
use super::super::pe::shape;
use crate::arch::{Dataflow, MatmulArch};
use crate::hdl::{bits_for, unsigned};

/// Cycles of a pass of the array, which are more where an output-stationary array has a longer K.
pub(super) fn pass_cycles(arch: &MatmulArch) -> u32 {
    match arch.dataflow {
        Dataflow::WeightStationary => {
            let distance = Accumulators::reuse_distance(arch);
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

pub(super) fn accumulators(arch: &MatmulArch) -> Accumulators {
    Accumulators {
        name: name(arch, "accumulators"),
        arch: arch.clone(),
    }
}
