//! Sequencer of weight-stationary arrays.

use super::super::buffer::{Accumulators, bank_address};
use super::super::ports::{PortSizes, Target, WeightStationaryIssue};
use super::passes::{
    MIN_PASS_CYCLES, Needs, PassEnd, SequencerState, Supplies, decide_next_pass, first_cycles,
};
use super::tiles::{Advance, SequencerJob, b_bank, walk};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, Signal, bit, index_bits, unsigned};

/// Issues the passes of a job. In a pass, the vectors of one tile stream through the array while
/// the weights of the next tile are loaded into it.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightStationarySequencer {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl WeightStationarySequencer {
    /// Cycles of a pass: enough to load a tile of weights, and to come back to an accumulator.
    pub fn pass_cycles(arch: &MatmulArch) -> u32 {
        let least = Accumulators::reuse_distance(arch).max(MIN_PASS_CYCLES);
        arch.rows.max(least)
    }
}

impl Block for WeightStationarySequencer {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    // The walk is two tiles ahead of the array: `tile` comes next, the tile `weights` is being
    // loaded, and the tile `stream` computes.
    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let arch = &self.arch;
        let cycles = Self::pass_cycles(arch);
        m.doc(
            "Sequencer of a weight-stationary array: streams the vectors of a tile while the weights of \
             the next tile are loaded.",
        );
        let job = SequencerJob::ports(m, arch);
        let supplies = Supplies::ports(m, arch, &job);
        let clear = job.clear;
        let advance = Advance::new(m, &job);
        let next = *advance.next;

        m.section("the next tile");
        let tile = walk(m, arch, &job, &advance);

        m.section("the tile whose weights are loaded");
        let sizes = PortSizes::of(arch);
        let weights_valid = m.reg(bit()).named("weights_valid").reset(0);
        weights_valid.next(next.mux(tile.valid, *weights_valid) & !clear);
        let begins_block = m.reg(bit()).named("weights_begin_block").reset(0);
        let block_first = next.mux(tile.valid & tile.block_first, *begins_block);
        begins_block.next(block_first & !clear);
        let a_base = bank_address(tile.bank, tile.a_offset, arch.a_buffer.bank_depth);
        let weights_a_base = m.capture(next, a_base).named("weights_a_base");
        let weights_bank = m.capture(next, tile.bank).named("weights_bank");
        let weights_sum_offset = m.capture(next, tile.sum_offset).named("weights_sum_offset");
        let weights_rows = m.capture(next, tile.rows).named("weights_rows");
        let weights_block_last = m.capture(next, tile.block_last).named("weights_block_last");
        let weights_k_first = m.capture(next, tile.k_first).named("weights_k_first");

        m.section("state");
        let state = m.fsm(SequencerState::Idle).named("state");
        let step = m
            .reg(unsigned(index_bits(cycles.into())))
            .named("step")
            .comment("cycle of the pass");
        step.next(next.mux(m.zero(step.shape()), step + 1));
        let two_before = state.is(SequencerState::Pass) & step.eq(cycles - 3);
        let two_before = two_before.named("two_before_last");
        let end = PassEnd::after(two_before);
        let stream_valid = m.reg(bit()).named("stream_valid").reset(0);
        let streams_on = (stream_valid & !end.last).named("streams_on");
        stream_valid.next(next.mux(*weights_valid, streams_on) & !clear);
        let needs = Needs {
            more: tile.valid | *weights_valid,
            b: tile.valid,
            b_end: tile.b_end,
            block: *begins_block,
            holds_a: streams_on,
        };
        decide_next_pass(&advance, state, end, &job, &supplies, &needs);

        m.section("issue: the tile that computes");
        let issue: WeightStationaryIssue<'_> = m.source_port("issue", sizes.weight_stationary());
        let target: Target<'_> = m.source_port("target", sizes.target);
        issue.pass_start.drive(m.flag(next).named("pass_begins"));
        let [vector, last_vector] =
            first_cycles("vector", next, *weights_valid, weights_rows, clear);
        issue.a_read.drive(vector);
        issue
            .a_address
            .drive(place("a_address", next, weights_a_base));
        let block_last = m
            .capture(next, weights_block_last)
            .named("stream_block_last");
        target.valid.drive(vector);
        target
            .first
            .drive(m.capture(next, weights_k_first).named("stream_k_first"));
        target.last.drive(last_vector & block_last);
        target
            .bank
            .drive(m.capture(next, weights_bank).named("bank"));
        target
            .address
            .drive(place("sum_address", next, weights_sum_offset));
        m.output("active", vector);
        let release = two_before & *stream_valid & block_last & !clear;
        m.output("a_release", m.flag(release).named("a_release_1"));

        m.section("issue: weights, which enter the array a cycle behind the activations");
        let [weight, _] = first_cycles("weight", next, tile.valid, tile.b_vectors, clear);
        let b_bank = b_bank(m, &job);
        let b_offset = tile.b_base.truncate(sizes.b_offset_bits);
        let b_base = bank_address(b_bank, b_offset, arch.b_buffer.bank_depth);
        let b_next = place("b_next", next, b_base);
        issue
            .b_read
            .drive(m.flag(weight & !clear).named("weight_1"));
        issue.b_address.drive(m.delay(b_next).named("b_address_1"));
    }
}

/// A place that a pass begins at and goes on from, one each cycle.
#[track_caller]
fn place<'m>(name: &str, next: Signal<'m>, first: Signal<'m>) -> Signal<'m> {
    let place = next.module().reg(first.shape()).named(name);
    place.next(next.mux(first, place + 1))
}
