//! Sequencer of weight-stationary arrays.

use super::super::buffer::bank_address;
use super::super::ports::{Target, WeightStationaryIssue};
use super::passes::{
    MIN_PASS_CYCLES, Needs, PassEnd, SequencerState, decide_next_pass, first_cycles,
};
use super::sequencer::{SequencerInputs, SequencerParams, SequencerStatus, b_bank};
use super::tiles::{Advance, tiles};
use crate::hdl::{Block, Module, Shapes, Signal, bit, bundle, hardware, index_bits, unsigned};

bundle! {
    /// Outputs of [`WeightStationarySequencer`].
    pub struct WeightStationaryOutputs(a_bits: u32, b_bits: u32, sum_bits: u32) {
        /// Vectors and weights.
        issue: WeightStationaryIssue(a_bits, b_bits),
        /// Where the sums of the vectors go.
        target: Target(sum_bits),
        /// For counters and job control.
        status: SequencerStatus(),
        /// A bank of A has been used up.
        a_release: bit(),
    }
}

/// Issues the passes of a job. In a pass, the vectors of one tile stream through the array while
/// the weights of the next tile are loaded into it.
///
/// `tile` comes next, the tile `weights` is being loaded, and the tile `stream` computes.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightStationarySequencer {
    /// Module name.
    pub name: String,
    /// Sizes.
    pub params: SequencerParams,
    /// Cycles of a pass; see [`Self::pass_cycles`].
    pub cycles: u32,
}

impl WeightStationarySequencer {
    /// Cycles of a pass: enough to load a tile of weights into so many rows, and to come back to
    /// an accumulator.
    pub fn pass_cycles(rows: u32, reuse_distance: u32) -> u32 {
        rows.max(reuse_distance).max(MIN_PASS_CYCLES)
    }
}

#[hardware]
impl Block for WeightStationarySequencer {
    fn inputs(&self) -> Shapes<SequencerInputs<'static>> {
        SequencerInputs::of(&self.params)
    }

    fn build<'m>(&self, m: &'m Module, io: SequencerInputs<'m>) -> WeightStationaryOutputs<'m> {
        let (p, clear) = (&self.params, io.clear);
        m.doc(
            "Sequencer of a weight-stationary array: streams the vectors of a tile while the weights of \
             the next tile are loaded.",
        );
        let advance = Advance::new(m, &io);
        let next_pass = advance.next;

        m.section("the next tile");
        let tile = tiles(m, p, &io, &advance, true);

        m.section("the tile whose weights are loaded");
        let weights_valid = m.reg(bit()).reset(0);
        weights_valid.next(next_pass.mux(tile.valid, *weights_valid) & !clear);
        let weights_begin_block = m.reg(bit()).reset(0);
        let block_first = next_pass.mux(tile.valid & tile.block_first, *weights_begin_block);
        weights_begin_block.next(block_first & !clear);
        let a_base = bank_address(tile.bank, tile.a_offset, p.a_bank_depth);
        let weights_a_base = m.capture(next_pass, a_base);
        let weights_bank = m.capture(next_pass, tile.bank);
        let weights_sum_offset = m.capture(next_pass, tile.sum_offset);
        let weights_rows = m.capture(next_pass, tile.rows);
        let weights_block_last = m.capture(next_pass, tile.block_last);
        let weights_k_first = m.capture(next_pass, tile.k_first);

        m.section("state");
        let state = m.fsm(SequencerState::Idle);
        /// cycle of the pass
        let step = m.reg(unsigned(index_bits(self.cycles.into())));
        m.when(next_pass, || step.set(0))
            .otherwise(|| step.set(step + 1));
        let two_before_last = state.is(SequencerState::Pass) & step.eq(self.cycles - 3);
        let end = PassEnd::after(two_before_last);
        let stream_valid = m.reg(bit()).reset(0);
        let streams_on = stream_valid & !end.last;
        stream_valid.next(next_pass.mux(*weights_valid, streams_on) & !clear);
        let needs = Needs {
            more: tile.valid | *weights_valid,
            b: tile.valid,
            b_end: tile.b_end,
            block: *weights_begin_block,
            holds_a: streams_on,
        };
        let [vector, last_vector] =
            first_cycles("vector", *next_pass, *weights_valid, weights_rows, clear);
        let status = decide_next_pass(&advance, state, end, &io, &needs, vector);

        m.section("issue: the tile that computes");
        let pass_begins = m.flag(next_pass);
        let a_address = address(m, *next_pass, weights_a_base);
        let stream_block_last = m.capture(next_pass, weights_block_last);
        let stream_k_first = m.capture(next_pass, weights_k_first);
        let bank = m.capture(next_pass, weights_bank);
        let sum_address = address(m, *next_pass, weights_sum_offset);
        let release = two_before_last & *stream_valid & stream_block_last & !clear;
        let a_release = m.flag(release).named("a_release_1");

        m.section("issue: weights, which enter the array a cycle behind the activations");
        let [weight, _] = first_cycles("weight", *next_pass, tile.valid, tile.b_vectors, clear);
        let b_offset = tile.b_base.truncate(p.b_offset_bits());
        let b_base = bank_address(b_bank(m, &io), b_offset, p.b_bank_depth);
        let b_next = address(m, *next_pass, b_base);
        let weight_1 = m.flag(weight & !clear);
        let b_address_1 = m.delay(b_next);
        WeightStationaryOutputs {
            issue: WeightStationaryIssue {
                a_read: vector,
                a_address,
                b_read: weight_1,
                b_address: b_address_1,
                pass_start: pass_begins,
            },
            target: Target {
                valid: vector,
                first: stream_k_first,
                last: last_vector & stream_block_last,
                bank,
                address: sum_address,
            },
            status,
            a_release,
        }
    }
}

/// An address that begins at `first` with a pass and goes up with each cycle.
#[hardware]
#[track_caller]
fn address<'m>(m: &'m Module, next_pass: Signal<'m>, first: Signal<'m>) -> Signal<'m> {
    let address = m.reg(first.shape());
    m.when(next_pass, || address.set(first))
        .otherwise(|| address.set(address + 1));
    *address
}
