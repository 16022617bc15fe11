//! Sequencer of output-stationary arrays.

use super::passes::{Needs, SequencerState, Supplies, next_pass};
use super::tiles::{SequencerJob, walk};
use super::{LoadA, LoadB, SIZE};
use crate::arch::MatmulArch;
use crate::blocks::buffer::bank_address;
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
            "Sequencer of an output-stationary array: streams the operands of a tile while the sums of\n\
             the tile before are drained.",
        );
        let job = SequencerJob::ports(m);
        let supplies = Supplies::ports(m, arch);
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
            .reg("k_left", SIZE)
            .comment("operands of the pass from this cycle on");
        let operands = (pass & k_left.ne(0)).named("operands_left");
        let pass_k = tile.valid.mux(job.k, m.zero(SIZE));
        k_left.next(next.mux(pass_k, operands.mux(k_left - 1, *k_left)));
        let drain_left = m
            .reg("drain_left", unsigned(index_bits(rows.into())))
            .comment("cycles until the sums of the tile before have left");
        let drains = drain_left.ne(0);
        let drain_next = drains.mux(drain_left - 1, *drain_left);
        drain_left.next(next.mux(m.lit(rows - 1, drain_left.shape()), drain_next));
        last_step.drive(pass & !drains & k_left.le(1));
        let block = tile.valid & tile.block_first;
        let needs = Needs {
            more: tile.valid | *sums_valid,
            b: tile.valid,
            b_end: tile.b_end,
            block,
            holds_a: pass & sums_valid,
            last_step,
        };
        next.drive(next_pass(m, state, &job, &supplies, &needs));
        let bank = m
            .reg("bank", bit())
            .reset(1)
            .comment("of the A buffer and the accumulators");
        let next_bank = bank ^ (next & block);
        bank.next(restart | next_bank);

        m.section("issue: operands");
        let clear = job.clear;
        let operands_1 = m.flag("operands_1", operands & !clear);
        let elements = arch.a.elements_per_beat;
        let word_shape = unsigned(LoadA::offset_bits(arch));
        let word = m.reg("a_word", word_shape).comment("word of the rows of A");
        let advance_word = if elements == 1 {
            operands
        } else {
            let lane = m
                .reg("lane", unsigned(index_bits(elements.into())))
                .comment("element of the word");
            let zero = m.zero(lane.shape());
            let next_lane = operands.mux(lane + 1, *lane);
            lane.next(next.mux(zero, next_lane));
            m.output("a_lane", m.delay("a_lane_1", lane));
            operands & lane.eq(elements - 1)
        };
        let next_word = advance_word.mux(word + 1, *word);
        word.next(next.mux(m.zero(word_shape), next_word));
        let a_address = bank_address(*bank, *word, arch.a_buffer.bank_depth);
        m.output("operands", operands_1);
        m.output("active", operands);
        m.output("a_address", m.delay("a_address_1", a_address));
        m.output("a_release", last_step & sums_valid & sums_block_last);
        let b_next = m
            .reg("b_next", tile.b_base.shape())
            .comment("address of the next vector of B");
        b_next.next(next.mux(tile.b_base, operands.mux(b_next + 1, *b_next)));
        let b_address = b_next.truncate(LoadB::address_bits(arch));
        m.output("b_address", m.delay("b_address_1", b_address));

        m.section("issue: tokens");
        // A pass begins where the sums of the tile before are complete.
        let begins = m.flag("pass_begins", next & !restart);
        let result = m.flag("result", next & sums_valid & !restart);
        // These belong to the tile whose sums are complete, not to the one that begins.
        m.output("pass_start", m.flag("pass_start_1", begins & !clear));
        m.output("result_valid", m.flag("result_1", result & !clear));
        m.output(
            "result_last",
            m.delay(
                "result_last_2",
                m.capture("result_last_1", next, sums_block_last),
            ),
        );
        m.output(
            "result_bank",
            m.delay("result_bank_2", m.capture("result_bank_1", next, bank)),
        );
        m.output(
            "result_address",
            m.delay(
                "result_address_2",
                m.capture("result_address_1", next, sums_offset),
            ),
        );
    }
}
