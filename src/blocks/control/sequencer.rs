//! Parameters and ports that the sequencers of both dataflows have in common.

use super::ports::ComputeJob;
use super::{BANK_COUNT, JobShapes, b_count};
use crate::hdl::{Module, Signal, bit, bundle, hardware, index_bits};

/// Sizes of the array and of the memories that a sequencer addresses.
#[derive(Debug, Clone, PartialEq)]
pub struct SequencerParams {
    /// Rows of the array.
    pub rows: u32,
    /// Shapes of the sizes of a job.
    pub shapes: JobShapes,
    /// Words of a bank of the A buffer.
    pub a_bank_depth: u32,
    /// Words of a row of A in a bank.
    pub a_words_per_row: u32,
    /// Words of a bank of the B buffer.
    pub b_bank_depth: u32,
    /// Words of a bank of the accumulators.
    pub sum_bank_depth: u32,
    /// Panels of B whose sums a bank of the accumulators holds.
    pub sum_panels: u32,
}

impl SequencerParams {
    /// Bits of a place in a bank of the A buffer.
    pub(super) fn a_offset_bits(&self) -> u32 {
        index_bits(self.a_bank_depth.into())
    }

    /// Bits of a place in a bank of the B buffer.
    pub(super) fn b_offset_bits(&self) -> u32 {
        index_bits(self.b_bank_depth.into())
    }

    /// Bits of a place in a bank of the accumulators.
    pub(super) fn sum_offset_bits(&self) -> u32 {
        index_bits(self.sum_bank_depth.into())
    }
}

bundle! {
    /// Inputs of a sequencer.
    pub struct SequencerInputs(params: &SequencerParams) {
        /// Forget everything at once.
        clear: bit(),
        /// The job to compute.
        job: ComputeJob(params.shapes),
        /// The loaders begin with the job behind.
        next_job_loads: bit(),
        /// Row blocks in the A buffer.
        a_full: BANK_COUNT,
        /// Vectors of B that are in the buffer in the next cycle.
        b_loaded: b_count(params.b_bank_depth),
        /// An accumulator bank is free again.
        drained: bit(),
    }
}

bundle! {
    /// What a sequencer does, for counters and for job control.
    pub struct SequencerStatus {
        /// There is no job.
        idle: bit(),
        /// Operands are issued.
        active: bit(),
        /// A pass waits for A.
        stall_a: bit(),
        /// A pass waits for B.
        stall_b: bit(),
        /// A pass waits for the drain.
        stall_c: bit(),
    }
}

/// The bank of B of the job: by turns, as the loader fills them.
#[hardware]
#[track_caller]
pub(super) fn b_bank<'m>(m: &'m Module, io: &SequencerInputs<'m>) -> Signal<'m> {
    let b_bank = m.reg(bit()).reset(1);
    b_bank.next(io.clear | (b_bank ^ io.job.start))
}
