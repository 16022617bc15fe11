//! Sequencer of output-stationary arrays.

use super::super::buffer::bank_address;
use super::super::ports::{OutputStationaryIssue, Target};
use super::passes::{
    MIN_PASS_CYCLES, Needs, PassEnd, SequencerState, decide_next_pass, first_cycles,
};
use super::sequencer::{SequencerInputs, SequencerParams, SequencerStatus, b_bank};
use super::tiles::{Advance, tiles};
use crate::hdl::{Block, Module, Shapes, bit, bits_for, bundle, hardware, index_bits, unsigned};

bundle! {
    /// Outputs of [`OutputStationarySequencer`].
    pub struct OutputStationaryOutputs(a_bits: u32, lane_bits: u32, b_bits: u32, sum_bits: u32) {
        /// Operands.
        issue: OutputStationaryIssue(a_bits, lane_bits, b_bits),
        /// Where the sums go that are drained.
        target: Target(sum_bits),
        /// For counters and job control.
        status: SequencerStatus(),
        /// A bank of A has been used up.
        a_release: bit(),
    }
}

/// Issues the passes of a job. In a pass, the whole K of one tile of C streams through the array
/// while the sums of the tile before are drained. A last pass without operands drains the last
/// tile.
///
/// `tile` comes next, `sums` is the tile whose sums are in the array.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStationarySequencer {
    /// Module name.
    pub name: String,
    /// Sizes.
    pub params: SequencerParams,
    /// Elements of a word of the A buffer.
    pub a_word_elements: u32,
}

impl OutputStationarySequencer {
    /// Cycles of a pass without operands, and the least of the others: enough to drain the sums of
    /// a tile from so many rows.
    pub fn least_pass_cycles(rows: u32) -> u32 {
        rows.max(MIN_PASS_CYCLES)
    }
}

#[hardware]
impl Block for OutputStationarySequencer {
    fn inputs(&self) -> Shapes<SequencerInputs<'static>> {
        SequencerInputs::of(&self.params)
    }

    fn build<'m>(&self, m: &'m Module, io: SequencerInputs<'m>) -> OutputStationaryOutputs<'m> {
        let (p, job, clear) = (&self.params, io.job, io.clear);
        m.doc(
            "Sequencer of an output-stationary array: streams the operands of a tile while the sums of \
             the tile before are drained.",
        );
        let advance = Advance::new(m, &io);
        let next_pass = advance.next;

        m.section("the next tile, and the tile in the array");
        let tile = tiles(m, p, &io, &advance, false);
        let sums_valid = m.reg(bit()).reset(0);
        sums_valid.next(next_pass.mux(tile.valid, *sums_valid) & !clear);
        let sums_bank = m.capture(next_pass, tile.bank);
        let sums_offset = m.capture(next_pass, tile.sum_offset);
        let sums_block_last = m.capture(next_pass, tile.block_last);

        m.section("state");
        let state = m.fsm(SequencerState::Idle);
        let pass = state.is(SequencerState::Pass);
        let least = Self::least_pass_cycles(p.rows);
        let shape = unsigned(job.k.width().max(bits_for(least.into())));
        let k = job.k.zero_extend(shape.width);
        let k_is_long = m.delay(k.gt(least));
        let cycles_left = m.reg(shape).comment("of the pass, from this one on");
        m.when(next_pass, || {
            m.when(tile.valid & k_is_long, || cycles_left.set(k))
                .otherwise(|| cycles_left.set(least));
        })
        .otherwise(|| cycles_left.set(cycles_left - 1));
        let two_before_last = pass & cycles_left.eq(3);
        let end = PassEnd::after(two_before_last);
        let begins_block = tile.valid & tile.block_first;
        let needs = Needs {
            more: tile.valid | *sums_valid,
            b: tile.valid,
            b_end: tile.b_end,
            block: begins_block,
            holds_a: pass & *sums_valid & !end.last,
        };
        let [operand, _] = first_cycles("operand", *next_pass, tile.valid, job.k, clear);
        let status = decide_next_pass(&advance, state, end, &io, &needs, operand);

        m.section("issue: operands");
        /// element of the words of A
        let lane = m.reg(unsigned(index_bits(self.a_word_elements.into())));
        let word_end = lane.eq(self.a_word_elements - 1);
        m.when(next_pass | word_end, || lane.set(0))
            .otherwise(|| lane.set(lane + 1));
        let no_offset = m.zero(unsigned(p.a_offset_bits()));
        let a_base = bank_address(tile.bank, no_offset, p.a_bank_depth);
        let a_address = m.reg(a_base.shape());
        m.when(next_pass, || a_address.set(a_base))
            .else_when(word_end, || a_address.set(a_address + 1));
        let release = two_before_last & *sums_valid & sums_block_last & !clear;
        let a_release = m.flag(release).named("a_release_1");
        let b_offset = tile.b_base.truncate(p.b_offset_bits());
        let b_base = bank_address(b_bank(m, &io), b_offset, p.b_bank_depth);
        let b_address = m.reg(b_base.shape());
        m.when(next_pass, || b_address.set(b_base))
            .otherwise(|| b_address.set(b_address + 1));

        m.section("issue: tokens");
        // A pass begins where the sums of the tile before are complete: the target is theirs.
        let pass_begins = m.flag(next_pass);
        let sums_complete = m.flag(next_pass & *sums_valid & !clear);
        let complete_block_last = m.capture(next_pass, sums_block_last);
        let complete_bank = m.capture(next_pass, sums_bank);
        let complete_offset = m.capture(next_pass, sums_offset);
        OutputStationaryOutputs {
            issue: OutputStationaryIssue {
                read: operand,
                a_address: *a_address,
                a_lane: *lane,
                b_address: *b_address,
                pass_start: pass_begins,
            },
            target: Target {
                valid: sums_complete,
                first: m.high(),
                last: complete_block_last,
                bank: complete_bank,
                address: complete_offset,
            },
            status,
            a_release,
        }
    }
}
