//! Sequencer of output-stationary arrays.

use super::super::buffer::bank_address;
use super::super::ports::{OutputStationaryIssue, PortSizes, Target};
use super::passes::{Needs, SequencerState, Supplies, drive_next_pass};
use super::tiles::{SequencerJob, b_bank, walk};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, bit, index_bits, unsigned};

/// Issues the passes of a job. In a pass, the whole K of one tile of C streams through the array
/// while the sums of the tile before are drained. A last pass without operands drains the last
/// tile.
#[derive(Debug, Clone)]
pub struct OutputStationarySequencer {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for OutputStationarySequencer {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    /// `tile` comes next, `sums` is the tile whose sums are in the array.
    fn build(&self, m: &Module) {
        let arch = &self.arch;
        let rows = arch.rows;
        m.doc(
            "Sequencer of an output-stationary array: streams the operands of a tile while the sums of \
             the tile before are drained.",
        );
        let job = SequencerJob::ports(m, arch);
        let supplies = Supplies::ports(m, arch, &job);
        let restart = (job.start | job.clear).named("restart");
        let next = m.wire("next_pass", bit());
        let last_step = m.wire("last_step", bit());

        m.section("the next tile, and the tile in the array");
        let tile = walk(m, arch, &job, next);
        let sums_valid = m.reg("sums_valid", bit()).reset(0);
        sums_valid.next(next.mux(tile.valid, *sums_valid) & !restart);
        let sums_offset = m.capture("sums_offset", next, tile.sum_offset);
        let sums_block_last = m.capture("sums_block_last", next, tile.block_last);

        m.section("state");
        let state = m.fsm("state", SequencerState::Idle);
        let pass = state.is(SequencerState::Pass);
        let k_left = m
            .reg("k_left", job.k.shape())
            .comment("operands of the pass from this cycle on");
        let operands = (pass & k_left.ne(0)).named("operands_left");
        let pass_k = tile.valid.mux(job.k, m.zero(job.k.shape()));
        k_left.next(next.mux(pass_k, operands.mux(k_left - 1, *k_left)));
        let drain_left = m
            .reg("drain_left", unsigned(index_bits(rows.into())))
            .comment("cycles until the sums of the tile before have left");
        let drains = drain_left.ne(0);
        let drain_next = drains.mux(drain_left - 1, *drain_left);
        drain_left.next(next.mux(m.lit(rows - 1, drain_left.shape()), drain_next));
        last_step.drive(pass & !drains & k_left.le(1));
        let block = (tile.valid & tile.block_first).named("begins_block");
        let needs = Needs {
            more: (tile.valid | *sums_valid).named("more_passes"),
            b: tile.valid,
            b_end: tile.b_end,
            block,
            holds_a: pass & sums_valid,
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

        m.section("issue: operands");
        let sizes = PortSizes::of(arch);
        let issue: OutputStationaryIssue<'_> = m.source_port("issue", sizes.output_stationary());
        let target: Target<'_> = m.source_port("target", sizes.target);
        let clear = job.clear;
        let elements = arch.a_buffer.word_elements;
        let lane = m
            .reg("lane", unsigned(sizes.a_lane_bits))
            .comment("element of the words of A");
        let word = m
            .reg("word", unsigned(sizes.a_offset_bits))
            .comment("word of the rows of A");
        let word_end = operands & lane.eq(elements - 1);
        let next_lane = word_end.mux(m.zero(lane.shape()), operands.mux(lane + 1, *lane));
        lane.next(next.mux(m.zero(lane.shape()), next_lane));
        let next_word = word_end.mux(word + 1, *word);
        word.next(next.mux(m.zero(word.shape()), next_word));
        let a_address = bank_address(*bank, *word, arch.a_buffer.bank_depth);
        issue.read.drive(m.flag("operands_1", operands & !clear));
        issue.a_address.drive(m.delay("a_address_1", a_address));
        issue.a_lane.drive(m.delay("lane_1", lane));
        m.output("active", operands);
        m.output("a_release", last_step & sums_valid & sums_block_last);
        let b_next = m
            .reg("b_next", tile.b_base.shape())
            .comment("place of the next vector of B");
        b_next.next(next.mux(tile.b_base, operands.mux(b_next + 1, *b_next)));
        let b_address = bank_address(
            b_bank,
            b_next.truncate(sizes.b_offset_bits),
            arch.b_buffer.bank_depth,
        );
        issue.b_address.drive(m.delay("b_address_1", b_address));

        m.section("issue: tokens");
        // A pass begins where the sums of the tile before are complete: the target is theirs.
        let begins = m.flag("pass_begins", next & !restart);
        let completes = m.flag("sums_complete", next & sums_valid & !restart);
        issue
            .pass_start
            .drive(m.flag("pass_start_1", begins & !clear));
        target
            .valid
            .drive(m.flag("sums_complete_1", completes & !clear));
        target.first.drive(m.high());
        let of_sums = |name: &str, value| m.capture(name, next, value);
        let last = of_sums("complete_block_last", sums_block_last);
        let of_bank = of_sums("complete_bank", *bank);
        let offset = of_sums("complete_offset", sums_offset);
        target.last.drive(m.delay("last_1", last));
        target.bank.drive(m.delay("bank_1", of_bank));
        target.address.drive(m.delay("offset_1", offset));
    }
}
