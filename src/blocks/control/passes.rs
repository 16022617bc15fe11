//! What the sequencers of both dataflows have in common: when the next pass may begin.

use super::tiles::SequencerJob;
use super::{BANK_COUNT, b_count, bank_counter};
use crate::arch::MatmulArch;
use crate::hdl::{Fsm, Module, Signal, bit, state_enum};

state_enum! {
    /// States of a sequencer.
    pub enum SequencerState {
        /// No job.
        Idle,
        /// The next pass waits for operands or for an accumulator bank.
        Wait,
        /// Issuing vectors.
        Pass,
    }
}

/// What passes wait for.
pub(super) struct Supplies<'m> {
    a_full: Signal<'m>,
    b_loaded: Signal<'m>,
    b_whole: Signal<'m>,
    drained: Signal<'m>,
}

impl<'m> Supplies<'m> {
    /// The ports.
    #[track_caller]
    pub fn ports(m: &'m Module, arch: &MatmulArch, job: &SequencerJob<'m>) -> Self {
        Supplies {
            a_full: m
                .input("a_full", BANK_COUNT)
                .comment("row blocks in the A buffer"),
            b_loaded: m
                .input("b_loaded", b_count(arch.b_buffer.bank_depth))
                .comment("vectors of B that the loader has written"),
            b_whole: b_whole(m, job),
            drained: m
                .input("drained", bit())
                .comment("an accumulator bank is free again"),
        }
    }
}

/// The loader is past the job of the sequencer: all of its B is there.
#[track_caller]
fn b_whole<'m>(m: &'m Module, job: &SequencerJob<'m>) -> Signal<'m> {
    let next_loads = m
        .input("next_job_loads", bit())
        .comment("the loaders begin with the job behind");
    let whole = m
        .reg("b_whole", bit())
        .reset(0)
        .comment("all of B is in the buffer: the loader is at the next job");
    whole.next(next_loads | (whole & !job.start))
}

/// What the next pass needs.
pub(super) struct Needs<'m> {
    /// There is a next pass.
    pub more: Signal<'m>,
    /// It uses or loads the vectors of B up to [`Self::b_end`].
    pub b: Signal<'m>,
    /// Place in the bank behind the last of them.
    pub b_end: Signal<'m>,
    /// It begins a row block: it needs a full A bank and a free accumulator bank.
    pub block: Signal<'m>,
    /// The present pass still holds an A bank.
    pub holds_a: Signal<'m>,
    /// The last cycle of the present pass.
    pub last_step: Signal<'m>,
}

/// Runs the state machine and drives `next`, which says that the next pass begins after this
/// cycle. Makes the outputs that say what passes wait for.
#[track_caller]
pub(super) fn drive_next_pass<'m>(
    next: Signal<'m>,
    state: Fsm<'m, SequencerState>,
    job: &SequencerJob<'m>,
    supplies: &Supplies<'m>,
    needs: &Needs<'m>,
) {
    let m = next.module();
    let waiting = state.is(SequencerState::Wait);
    let claim = (next & needs.block).named("claim_bank");
    let claimed = bank_counter("claimed_banks", claim, supplies.drained, job.clear);

    let full = supplies.a_full;
    let a_ready = full.eq(2) | (full.eq(1) & !needs.holds_a);
    let lacks_a = (needs.block & !a_ready).named("lacks_a");
    // Looked at ahead: in the first two cycles of a tile, what was seen is of the one before.
    let moves = (next | job.start).named("tile_moves");
    let moved = m.flag("tile_moved", moves);
    let b_there = (supplies.b_whole | supplies.b_loaded.ge(needs.b_end)).named("b_there");
    let has_b = m.flag("has_b", b_there & !moves & !moved);
    let lacks_b = (needs.b & !has_b).named("lacks_b");
    let lacks_bank = (needs.block & claimed.eq(2)).named("lacks_bank");
    let ready = (needs.more & !lacks_a & !lacks_b & !lacks_bank).named("ready");
    next.drive((waiting | needs.last_step) & ready);

    for from in [SequencerState::Wait, SequencerState::Pass] {
        state.go(from, job.clear, SequencerState::Idle);
    }
    state.go(SequencerState::Idle, job.start, SequencerState::Wait);
    state.go(SequencerState::Wait, next, SequencerState::Pass);
    state.go(
        SequencerState::Pass,
        needs.last_step & !needs.more,
        SequencerState::Idle,
    );
    state.go(
        SequencerState::Pass,
        needs.last_step & !next,
        SequencerState::Wait,
    );

    m.cover("waits_for_a", waiting & lacks_a);
    m.cover("waits_for_b", waiting & lacks_b);
    m.cover("waits_for_c", waiting & lacks_bank);
    m.cover("passes_without_a_gap", needs.last_step & next);
    m.output("idle", state.is(SequencerState::Idle));
    m.output("stall_a", waiting & lacks_a);
    m.output("stall_b", waiting & lacks_b & !lacks_a);
    m.output("stall_c", waiting & lacks_bank & !lacks_a & !lacks_b);
}
