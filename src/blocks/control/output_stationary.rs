//! Sequencer of output-stationary arrays.

use super::super::buffer::bank_address;
use super::super::ports::{OutputStationaryIssue, PortSizes, Target};
use super::passes::{
    MIN_PASS_CYCLES, Needs, PassEnd, SequencerState, Supplies, decide_next_pass, first_cycles,
};
use super::tiles::{Advance, SequencerJob, b_bank, walk};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, bit, bits_for, unsigned};

/// Issues the passes of a job. In a pass, the whole K of one tile of C streams through the array
/// while the sums of the tile before are drained. A last pass without operands drains the last
/// tile.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStationarySequencer {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl OutputStationarySequencer {
    /// Cycles of a pass without operands, and the least of the others: enough to drain the sums of
    /// a tile.
    pub fn least_pass_cycles(arch: &MatmulArch) -> u32 {
        arch.rows.max(MIN_PASS_CYCLES)
    }
}

impl Block for OutputStationarySequencer {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    // `tile` comes next, `sums` is the tile whose sums are in the array.
    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let arch = &self.arch;
        m.doc(
            "Sequencer of an output-stationary array: streams the operands of a tile while the sums of \
             the tile before are drained.",
        );
        let job = SequencerJob::ports(m, arch);
        let supplies = Supplies::ports(m, arch, &job);
        let clear = job.clear;
        let advance = Advance::new(m, &job);
        let next = *advance.next;

        m.section("the next tile, and the tile in the array");
        let sizes = PortSizes::of(arch);
        let tile = walk(m, arch, &job, &advance);
        let sums_valid = m.reg(bit()).named("sums_valid").reset(0);
        sums_valid.next(next.mux(tile.valid, *sums_valid) & !clear);
        let sums_bank = m.capture(next, tile.bank).named("sums_bank");
        let sums_offset = m.capture(next, tile.sum_offset).named("sums_offset");
        let sums_block_last = m.capture(next, tile.block_last).named("sums_block_last");

        m.section("state");
        let state = m.fsm(SequencerState::Idle).named("state");
        let pass = state.is(SequencerState::Pass);
        let least = Self::least_pass_cycles(arch);
        let shape = unsigned(job.k.width().max(bits_for(least.into())));
        let k = job.k.zero_extend(shape.width);
        let k_is_long = m.delay(k.gt(least)).named("k_is_long");
        let cycles = (tile.valid & k_is_long).mux(k, least);
        let left = m
            .reg(shape)
            .named("cycles_left")
            .comment("of the pass, from this one on");
        left.next(next.mux(cycles, left - 1));
        let two_before = (pass & left.eq(3)).named("two_before_last");
        let end = PassEnd::after(two_before);
        let needs = Needs {
            more: tile.valid | *sums_valid,
            b: tile.valid,
            b_end: tile.b_end,
            block: (tile.valid & tile.block_first).named("begins_block"),
            holds_a: pass & *sums_valid & !end.last,
        };
        decide_next_pass(&advance, state, end, &job, &supplies, &needs);

        m.section("issue: operands");
        let issue: OutputStationaryIssue<'_> = m.source_port("issue", sizes.output_stationary());
        let target: Target<'_> = m.source_port("target", sizes.target);
        let [operand, _] = first_cycles("operand", next, tile.valid, job.k, clear);
        let lane = m
            .reg(unsigned(sizes.a_lane_bits))
            .named("lane")
            .comment("element of the words of A");
        let zero = m.zero(lane.shape());
        let word_end = lane.eq(arch.a_buffer.word_elements - 1).named("word_end");
        lane.next((next | word_end).mux(zero, lane + 1));
        let no_offset = m.zero(unsigned(sizes.a_offset_bits));
        let a_base = bank_address(tile.bank, no_offset, arch.a_buffer.bank_depth);
        let a_address = m.reg(a_base.shape()).named("a_address");
        a_address.walk(next, a_base, word_end, a_address + 1);
        issue.read.drive(operand);
        issue.a_address.drive(*a_address);
        issue.a_lane.drive(*lane);
        m.output("active", operand);
        let release = two_before & *sums_valid & sums_block_last & !clear;
        m.output("a_release", m.flag(release).named("a_release_1"));
        let b_bank = b_bank(m, &job);
        let b_offset = tile.b_base.truncate(sizes.b_offset_bits);
        let b_base = bank_address(b_bank, b_offset, arch.b_buffer.bank_depth);
        let b_address = m.reg(b_base.shape()).named("b_address");
        issue
            .b_address
            .drive(b_address.next(next.mux(b_base, b_address + 1)));

        m.section("issue: tokens");
        // A pass begins where the sums of the tile before are complete: the target is theirs.
        issue.pass_start.drive(m.flag(next).named("pass_begins"));
        let completes = m.flag(next & *sums_valid & !clear).named("sums_complete");
        target.valid.drive(completes);
        target.first.drive(m.high());
        target.last.drive(
            m.capture(next, sums_block_last)
                .named("complete_block_last"),
        );
        target
            .bank
            .drive(m.capture(next, sums_bank).named("complete_bank"));
        target
            .address
            .drive(m.capture(next, sums_offset).named("complete_offset"));
    }
}
