//! What the sequencers of both dataflows have in common: when the next pass may begin.

use super::countdown::run_down;
use super::tiles::{Advance, SequencerJob};
use super::{BANK_COUNT, b_count, bank_counter};
use crate::arch::MatmulArch;
use crate::hdl::{Fsm, Module, Signal, bit, hardware_enum};

/// Cycles of the shortest pass: what is known of a tile takes three to decide on the next pass.
pub(super) const MIN_PASS_CYCLES: u32 = 4;

hardware_enum! {
    /// States of a sequencer.
    pub enum SequencerState {
        /// No job.
        Idle,
        /// The first tile of the job is found out.
        Begin,
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
        let b_loaded = m
            .input("b_loaded", b_count(arch.b_buffer.bank_depth))
            .comment("vectors of B that are in the buffer in the next cycle");
        Supplies {
            a_full: m
                .input("a_full", BANK_COUNT)
                .comment("row blocks in the A buffer"),
            b_loaded: m.delay(b_loaded).named("b_loaded_1"),
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
        .reg(bit())
        .named("b_whole")
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
}

/// The ends of passes: registers.
#[derive(Clone, Copy)]
pub(super) struct PassEnd<'m> {
    /// The last cycle but one.
    pub penultimate: Signal<'m>,
    /// The last cycle.
    pub last: Signal<'m>,
}

impl<'m> PassEnd<'m> {
    /// From what is 1 two cycles before the last one of a pass.
    #[track_caller]
    pub fn after(two_before: Signal<'m>) -> Self {
        let m = two_before.module();
        let penultimate = m.delay(two_before).named("penultimate_step");
        let last = m.delay(penultimate).named("last_step");
        PassEnd { penultimate, last }
    }
}

/// Runs the state machine and decides when the next pass begins. Makes the outputs that say what
/// passes wait for.
///
/// What a pass waits for comes and does not go until the pass takes it. So it may be looked at
/// ahead: two cycles before a pass begins, and from the second cycle of the pass before on.
#[track_caller]
pub(super) fn decide_next_pass<'m>(
    advance: &Advance<'m>,
    state: Fsm<'m, SequencerState>,
    end: PassEnd<'m>,
    job: &SequencerJob<'m>,
    supplies: &Supplies<'m>,
    needs: &Needs<'m>,
) {
    let next = *advance.next;
    let m = next.module();
    let waiting = state.is(SequencerState::Wait);
    let claim = (next & needs.block).named("claim_bank");
    let claimed = bank_counter("claimed_banks", claim, supplies.drained, job.clear);

    let full = supplies.a_full;
    let full = full.eq(2) | (full.eq(1) & !needs.holds_a);
    let a_there = (!needs.block | full).named("a_there");
    let needs_b = (needs.b & !supplies.b_whole).named("needs_b");
    let b_short = supplies.b_loaded.lt(needs.b_end).named("b_short");
    let bank_there = (!needs.block | claimed.ne(2)).named("bank_there");
    let has_a = m.delay(a_there).named("has_a");
    let lacks_b = m.delay(needs_b).named("needs_b_1") & m.delay(b_short).named("b_short_1");
    let has_b = (!lacks_b).named("has_b");
    let has_bank = m.delay(bank_there).named("has_bank");
    let more = m.flag(needs.more).named("more_passes");
    let ready = (more & has_a & has_b & has_bank).named("ready");
    let due = ((waiting & !next) | end.penultimate).named("due");
    advance.decide(
        (due & ready).named("pass_follows"),
        state.is(SequencerState::Idle),
    );
    m.assert(
        "passes_have_all",
        !next | (a_there & !(needs_b & b_short) & bank_there),
        "a pass begins without its operands or its bank",
    );

    for from in [
        SequencerState::Begin,
        SequencerState::Wait,
        SequencerState::Pass,
    ] {
        state.go(from, job.clear, SequencerState::Idle);
    }
    state.go(SequencerState::Idle, job.start, SequencerState::Begin);
    state.go(SequencerState::Begin, more, SequencerState::Wait);
    state.go(SequencerState::Wait, next, SequencerState::Pass);
    let ends = end.last & !more;
    state.go(SequencerState::Pass, ends, SequencerState::Idle);
    let pauses = end.last & !next;
    state.go(SequencerState::Pass, pauses, SequencerState::Wait);

    m.cover("waits_for_a", waiting & !has_a);
    m.cover("waits_for_b", waiting & !has_b);
    m.cover("waits_for_c", waiting & !has_bank);
    m.cover("passes_without_a_gap", end.last & next);
    m.output("idle", state.is(SequencerState::Idle));
    m.output("stall_a", waiting & !has_a);
    m.output("stall_b", waiting & has_a & !has_b);
    m.output("stall_c", waiting & has_a & has_b & !has_bank);
}

/// What is issued in the first `count` cycles of a pass, where that is `valid`: two registers, one
/// that is 1 in these cycles, and what is 1 in the last of them.
#[track_caller]
pub(super) fn first_cycles<'m>(
    name: &str,
    next: Signal<'m>,
    valid: Signal<'m>,
    count: Signal<'m>,
    clear: Signal<'m>,
) -> [Signal<'m>; 2] {
    let m = next.module();
    let behind_first = run_down(count, 2);
    let left = m
        .reg(behind_first.shape())
        .named(format!("{name}s_left"))
        .comment("behind the next one; below 0 in the last cycle");
    left.next(next.mux(behind_first, left - 1));
    let last = left.msb().named(format!("last_{name}"));
    let runs = m.reg(bit()).named(name).reset(0);
    runs.next(next.mux(valid, runs & !last) & !clear);
    [*runs, last]
}
