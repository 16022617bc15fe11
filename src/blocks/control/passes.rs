//! What the sequencers of both dataflows have in common: when the next pass may begin.

use super::bank_counter;
use super::countdown::run_down;
use super::sequencer::{SequencerInputs, SequencerStatus};
use super::tiles::Advance;
use crate::hdl::{Fsm, Module, Signal, bit, hardware, hardware_enum};

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

#[hardware]
impl<'m> PassEnd<'m> {
    /// From what is 1 two cycles before the last one of a pass.
    #[track_caller]
    pub fn after(two_before: Signal<'m>) -> Self {
        let m = two_before.module();
        let penultimate_step = m.delay(two_before);
        let last_step = m.delay(penultimate_step);
        PassEnd {
            penultimate: penultimate_step,
            last: last_step,
        }
    }
}

/// What there is of what a pass needs.
struct Supplies<'m> {
    /// A.
    a: Signal<'m>,
    /// B.
    b: Signal<'m>,
    /// An accumulator bank.
    bank: Signal<'m>,
}

/// Compares what the next pass needs with what there is. What a pass waits for comes and does not
/// go until the pass takes it. So it may be looked at ahead: two cycles before a pass begins, and
/// from the second cycle of the pass before on.
#[hardware]
#[track_caller]
fn supplies<'m>(
    m: &'m Module,
    next_pass: Signal<'m>,
    io: &SequencerInputs<'m>,
    needs: &Needs<'m>,
) -> Supplies<'m> {
    let b_loaded = m.delay(io.b_loaded).named("b_loaded_1");
    /// all of B is in the buffer: the loader is at the next job
    let b_whole = m.reg(bit()).reset(0);
    b_whole.next(io.next_job_loads | (b_whole & !io.job.start));
    let claim_bank = next_pass & needs.block;
    let claimed = bank_counter("claimed_banks", claim_bank, io.drained, io.clear);

    let full = io.a_full.eq(2) | (io.a_full.eq(1) & !needs.holds_a);
    let a_there = (!needs.block | full).named("a_there");
    let needs_b = (needs.b & !b_whole).named("needs_b");
    let b_short = b_loaded.lt(needs.b_end).named("b_short");
    let bank_there = (!needs.block | claimed.ne(2)).named("bank_there");
    m.assert(
        "passes_have_all",
        !next_pass | (a_there & !(needs_b & b_short) & bank_there),
        "a pass begins without its operands or its bank",
    );
    let has_a = m.delay(a_there);
    let lacks_b = m.delay(needs_b).named("needs_b_1") & m.delay(b_short).named("b_short_1");
    let has_b = (!lacks_b).named("has_b");
    let has_bank = m.delay(bank_there);
    Supplies {
        a: has_a,
        b: has_b,
        bank: has_bank,
    }
}

/// Runs the state machine and decides when the next pass begins; `active` says that operands are
/// issued.
#[hardware]
#[track_caller]
pub(super) fn decide_next_pass<'m>(
    advance: &Advance<'m>,
    state: Fsm<'m, SequencerState>,
    end: PassEnd<'m>,
    io: &SequencerInputs<'m>,
    needs: &Needs<'m>,
    active: Signal<'m>,
) -> SequencerStatus<'m> {
    use SequencerState::{Begin, Idle, Pass, Wait};
    let m = advance.next.module();
    let has = supplies(m, *advance.next, io, needs);
    let more_passes = m.flag(needs.more);
    let ready = more_passes & has.a & has.b & has.bank;
    let waiting = state.is(Wait);
    let due = ((waiting & !*advance.next) | end.penultimate).named("due");
    let pass_follows = due & ready;
    advance.decide(pass_follows, state.is(Idle));

    m.switch(state)
        .case(Idle, || m.when(io.job.start, || state.set(Begin)))
        .case(Begin, || {
            m.when(io.clear, || state.set(Idle))
                .else_when(more_passes, || state.set(Wait))
        })
        .case(Wait, || {
            m.when(io.clear, || state.set(Idle))
                .else_when(*advance.next, || state.set(Pass))
        })
        .case(Pass, || {
            m.when(io.clear, || state.set(Idle))
                .else_when(end.last & !more_passes, || state.set(Idle))
                .else_when(end.last & !*advance.next, || state.set(Wait));
        });

    m.cover("waits_for_a", waiting & !has.a);
    m.cover("waits_for_b", waiting & !has.b);
    m.cover("waits_for_c", waiting & !has.bank);
    m.cover("passes_without_a_gap", end.last & *advance.next);
    SequencerStatus {
        idle: state.is(Idle),
        active,
        stall_a: waiting & !has.a,
        stall_b: waiting & has.a & !has.b,
        stall_c: waiting & has.a & has.b & !has.bank,
    }
}

/// What is issued in the first `count` cycles of a pass, where that is `valid`: two registers, one
/// that is 1 in these cycles, and what is 1 in the last of them.
#[track_caller]
pub(super) fn first_cycles<'m>(
    name: &str,
    next_pass: Signal<'m>,
    valid: Signal<'m>,
    count: Signal<'m>,
    clear: Signal<'m>,
) -> [Signal<'m>; 2] {
    let m = next_pass.module();
    let behind_first = run_down(count, 2);
    let left = m
        .reg(behind_first.shape())
        .named(format!("{name}s_left"))
        .comment("behind the next one; below 0 in the last cycle");
    m.when(next_pass, || left.set(behind_first))
        .otherwise(|| left.set(left - 1));
    let last = left.msb().named(format!("last_{name}"));
    let issued = m.reg(bit()).named(name).reset(0);
    issued.next(next_pass.mux(valid, issued & !last) & !clear);
    [*issued, last]
}
