//! Sequencer of weight-stationary arrays.

use super::passes::{Needs, SequencerState, Supplies, next_pass};
use super::tiles::{SequencerJob, resize, walk};
use super::{LoadA, LoadB};
use crate::arch::MatmulArch;
use crate::blocks::buffer::{Accumulators, bank_address};
use crate::hdl::{Block, Module, bit, index_bits, unsigned};

/// Issues the passes of a job. In a pass, the vectors of one tile stream through the array while
/// the weights of the next tile are loaded into it.
#[derive(Debug, Clone)]
pub struct WeightStationarySequencer {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl WeightStationarySequencer {
    /// Cycles of a pass: enough to load a tile of weights, and to come back to an accumulator.
    pub fn pass_cycles(arch: &MatmulArch) -> u32 {
        arch.rows.max(Accumulators::REUSE_DISTANCE)
    }
}

impl Block for WeightStationarySequencer {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    /// The walk is two tiles ahead of the array: `tile` comes next, the tile `weights` is being
    /// loaded, and the tile `stream` computes.
    fn build(&self, m: &Module) {
        let arch = &self.arch;
        let cycles = Self::pass_cycles(arch);
        m.doc(
            "Sequencer of a weight-stationary array: streams the vectors of a tile while the weights of\n\
             the next tile are loaded.",
        );
        let job = SequencerJob::ports(m);
        let supplies = Supplies::ports(m, arch);
        let restart = (job.start | job.clear).named("restart");
        let next = m.wire("next_pass", bit());
        let last_step = m.wire("last_step", bit());

        m.section("the next tile");
        let tile = walk(m, arch, &job, next);

        m.section("the tile whose weights are loaded, and the tile that computes");
        let weights_valid = m.reg("weights_valid", bit()).reset(0);
        weights_valid.next((next.mux(tile.valid, *weights_valid)) & !restart);
        let weights_k = m.capture("weights_k", next, tile.b_vectors);
        let weights_a_offset = m.capture("weights_a_offset", next, tile.a_offset);
        let weights_sum_offset = m.capture("weights_sum_offset", next, tile.sum_offset);
        let weights_rows = m.capture("weights_rows", next, tile.rows);
        let weights_block_first = m.capture("weights_block_first", next, tile.block_first);
        let weights_block_last = m.capture("weights_block_last", next, tile.block_last);
        let weights_k_first = m.capture("weights_k_first", next, tile.k_first);

        let stream_valid = m.reg("stream_valid", bit()).reset(0);
        let streams_on = stream_valid & !last_step;
        stream_valid.next(next.mux(*weights_valid, streams_on) & !restart);
        let stream_a_offset = m.capture("stream_a_offset", next, weights_a_offset);
        let stream_sum_offset = m.capture("stream_sum_offset", next, weights_sum_offset);
        let stream_rows = m.capture("stream_rows", next, weights_rows);
        let stream_block_last = m.capture("stream_block_last", next, weights_block_last);
        let stream_k_first = m.capture("stream_k_first", next, weights_k_first);

        m.section("state");
        let state = m.fsm("state", SequencerState::Idle);
        let pass = state.is(SequencerState::Pass);
        let step = m
            .reg("step", unsigned(index_bits(cycles.into())))
            .comment("cycle of the pass");
        step.next(next.mux(m.zero(step.shape()), step + 1));
        last_step.drive(pass & step.eq(cycles - 1));
        let block = weights_valid & weights_block_first;
        let needs = Needs {
            more: tile.valid | *weights_valid,
            b: tile.valid,
            b_end: tile.b_end,
            block,
            holds_a: *stream_valid,
            last_step,
        };
        next.drive(next_pass(m, state, &job, &supplies, &needs));
        let bank = m
            .reg("bank", bit())
            .reset(1)
            .comment("of the A buffer and the accumulators");
        let next_bank = bank ^ (next & block);
        bank.next(restart | next_bank);

        m.section("issue: vectors of A and weights of B");
        let width = step.width().max(stream_rows.width()).max(weights_k.width());
        let step_wide = step.zero_extend(width);
        let vector =
            (pass & stream_valid & step_wide.lt(stream_rows.zero_extend(width))).named("vector");
        let weight =
            (pass & weights_valid & step_wide.lt(weights_k.zero_extend(width))).named("weight");
        let clear = job.clear;
        let a_offset = stream_a_offset + resize(*step, LoadA::offset_bits(arch));
        let a_address = bank_address(*bank, a_offset, arch.a_buffer.bank_depth);
        let vector_1 = m.flag("vector_1", vector & !clear);
        m.output("a_read", vector_1);
        m.output("a_address", m.delay("a_address_1", a_address));
        let release = (last_step & stream_valid & stream_block_last).named("release");
        m.output("a_release", release);

        let b_next = m
            .reg("b_next", tile.b_base.shape())
            .comment("address of the next weights");
        b_next.next(next.mux(tile.b_base, weight.mux(b_next + 1, *b_next)));
        // Weights enter the array a cycle behind the activations.
        let b_address = b_next.truncate(LoadB::address_bits(arch));
        m.output(
            "b_read",
            m.flag("weight_2", m.flag("weight_1", weight & !clear) & !clear),
        );
        m.output(
            "b_address",
            m.delay("b_address_2", m.delay("b_address_1", b_address)),
        );

        m.section("issue: tokens");
        m.output(
            "pass_start",
            m.flag("pass_start_1", pass & step.eq(0) & !clear),
        );
        m.output("result_valid", vector_1);
        m.output("active", vector);
        m.output("result_first", m.delay("result_first_1", stream_k_first));
        let last_vector = (step_wide + 1).eq(stream_rows.zero_extend(width));
        m.output(
            "result_last",
            m.delay("result_last_1", last_vector & stream_block_last),
        );
        m.output("result_bank", m.delay("result_bank_1", bank));
        let address = stream_sum_offset + resize(*step, Accumulators::address_bits(arch));
        m.output("result_address", m.delay("result_address_1", address));
    }
}
