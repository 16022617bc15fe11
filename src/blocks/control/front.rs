//! The front of job control: takes a job from the host and checks its sizes while others run.

use super::{SIZE, k_shape, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{Fsm, Module, Signal, bits_for, state_enum, unsigned};

state_enum! {
    /// States of the front.
    pub enum FrontState {
        /// Ready for a start.
        Idle,
        /// Counting the panels of B and their vectors.
        Count,
        /// Comparing with what the buffers take.
        Verdict,
        /// The job waits for the loaders.
        Ready,
        /// The sizes are bad: the job waits until those before it have ended, and ends.
        Refused,
    }
}

/// A job that was started and has not begun.
pub(super) struct Front<'m> {
    /// Its state.
    pub state: Fsm<'m, FrontState>,
    /// A start is taken.
    pub accept: Signal<'m>,
    /// M.
    pub m: Signal<'m>,
    /// K, when it was checked.
    pub k: Signal<'m>,
    /// Panels of B, when they were counted.
    pub panels: Signal<'m>,
    /// Columns of the last panel, when it was counted.
    pub last_columns: Signal<'m>,
}

/// The front. `start` asks for a job of `sizes` (M, K, N), `launch` and `refuse` take it away.
#[track_caller]
pub(super) fn front<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    start: Signal<'m>,
    sizes: [Signal<'m>; 3],
    clear: Signal<'m>,
    (launch, refuse): (Signal<'m>, Signal<'m>),
) -> Front<'m> {
    let state = m.fsm("front_state", FrontState::Idle);
    let accept = (state.is(FrontState::Idle) & start).named("accept");
    let [m_size, k_size, n_size] = sizes;
    let m_job = m.capture("front_m", accept, m_size);
    let k_job = m.capture("front_k", accept, k_size);

    m.section("check: count the panels of B and their vectors");
    let limits = &arch.limits;
    let counted_panels = unsigned(bits_for(u64::from(limits.max_panels) + 1));
    let panels = m.reg("panels", counted_panels).comment("panels counted");
    let vectors_shape = unsigned(bits_for(u64::from(limits.max_b_vectors) + 65_535));
    let vectors = m
        .reg("vectors", vectors_shape)
        .comment("vectors of B counted");
    let too_many =
        (panels.gt(limits.max_panels) | vectors.gt(limits.max_b_vectors)).named("too_many_vectors");
    let n_left = m
        .reg("n_left", SIZE)
        .comment("columns from the panel on that is counted; in the end those of the last one");
    let panel_end = n_left.le(arch.columns).named("panel_end");
    let count = (state.is(FrontState::Count) & !too_many).named("count");
    n_left.walk(accept, n_size, count & !panel_end, n_left - arch.columns);
    panels.walk(accept, 0, count, panels + 1);
    let more = vectors + k_job.zero_extend(vectors_shape.width);
    vectors.walk(accept, 0, count, more);
    let empty = m_job.eq(0) | k_job.eq(0) | n_left.eq(0);
    let bad = (empty | k_job.gt(limits.max_k) | too_many).named("bad_size");

    for from in [
        FrontState::Count,
        FrontState::Verdict,
        FrontState::Ready,
        FrontState::Refused,
    ] {
        state.go(from, clear, FrontState::Idle);
    }
    state.go(FrontState::Idle, accept, FrontState::Count);
    state.go(FrontState::Count, panel_end | too_many, FrontState::Verdict);
    state.go(FrontState::Verdict, bad, FrontState::Refused);
    state.then(FrontState::Verdict, FrontState::Ready);
    state.go(FrontState::Ready, launch, FrontState::Idle);
    state.go(FrontState::Refused, refuse, FrontState::Idle);
    Front {
        state,
        accept,
        m: m_job,
        k: k_job.truncate(k_shape(arch).width),
        panels: panels.truncate(panels_shape(arch).width),
        last_columns: n_left.truncate(panel_columns_shape(arch).width),
    }
}
