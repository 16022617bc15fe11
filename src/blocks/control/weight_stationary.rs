//! Sequencer of weight-stationary arrays.

use super::super::buffer::{Accumulators, bank_address};
use super::super::ports::{PortSizes, Target, WeightStationaryIssue};
use super::passes::{Needs, SequencerState, Supplies, drive_next_pass};
use super::tiles::{SequencerJob, b_bank, resize, walk};
use crate::arch::MatmulArch;
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
        arch.rows.max(Accumulators::reuse_distance(arch))
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
            "Sequencer of a weight-stationary array: streams the vectors of a tile while the weights of \
             the next tile are loaded.",
        );
        let job = SequencerJob::ports(m, arch);
        let supplies = Supplies::ports(m, arch, &job);
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
        let block = (weights_valid & weights_block_first).named("begins_block");
        let needs = Needs {
            more: (tile.valid | *weights_valid).named("more_passes"),
            b: tile.valid,
            b_end: tile.b_end,
            block,
            holds_a: *stream_valid,
            last_step,
        };
        drive_next_pass(next, state, &job, &supplies, &needs);
        let bank = m
            .reg("bank", bit())
            .reset(1)
            .comment("of the A buffer and the accumulators");
        let next_bank = bank ^ (next & block);
        bank.next(job.clear | next_bank);
        let b_bank = b_bank(m, &job);

        m.section("issue: vectors of A and weights of B");
        let sizes = PortSizes::of(arch);
        let issue: WeightStationaryIssue<'_> = m.source_port("issue", sizes.weight_stationary());
        let target: Target<'_> = m.source_port("target", sizes.target);
        let clear = job.clear;
        let width = step.width().max(stream_rows.width()).max(weights_k.width());
        let count = step.zero_extend(width);
        let stream_rows = stream_rows.zero_extend(width);
        let weights_k = weights_k.zero_extend(width);
        let vector = (pass & stream_valid & count.lt(stream_rows)).named("vector");
        let weight = (pass & weights_valid & count.lt(weights_k)).named("weight");
        let vector_1 = m.flag("vector_1", vector & !clear);
        let a_offset = stream_a_offset + resize(*step, sizes.a_offset_bits);
        let a_address = bank_address(*bank, a_offset, arch.a_buffer.bank_depth);
        issue.a_read.drive(vector_1);
        issue.a_address.drive(m.delay("a_address_1", a_address));
        m.output("active", vector);
        m.output("a_release", last_step & stream_valid & stream_block_last);

        let b_next = m
            .reg("b_next", tile.b_base.shape())
            .comment("place of the next weights");
        b_next.next(next.mux(tile.b_base, weight.mux(b_next + 1, *b_next)));
        // Weights enter the array a cycle behind the activations.
        let weight_1 = m.flag("weight_1", weight & !clear);
        issue.b_read.drive(m.flag("weight_2", weight_1 & !clear));
        let b_address = bank_address(
            b_bank,
            b_next.truncate(sizes.b_offset_bits),
            arch.b_buffer.bank_depth,
        );
        issue.b_address.drive(m.delay_by("b_address", b_address, 2));

        m.section("issue: tokens");
        let first_step = pass & step.eq(0);
        issue
            .pass_start
            .drive(m.flag("pass_start_1", first_step & !clear));
        let last_vector = (count + 1).eq(stream_rows) & stream_block_last;
        let sum_offset = stream_sum_offset + resize(*step, sizes.target.0);
        target.valid.drive(vector_1);
        target.first.drive(m.delay("first_1", stream_k_first));
        target.last.drive(m.delay("last_1", last_vector));
        target.bank.drive(m.delay("bank_1", bank));
        target.address.drive(m.delay("sum_offset_1", sum_offset));
    }
}
