//! The front of job control: takes a job from the host and checks its sizes while others run.

use super::{SIZE, k_shape, panel_columns_shape, panels_shape};
use crate::arch::MatmulArch;
use crate::hdl::{Fsm, Module, Signal, bits_for, hardware_enum, unsigned};

hardware_enum! {
    /// States of the front.
    pub enum FrontState {
        /// Ready for a start.
        Idle,
        /// Comparing what has been counted with what the buffers take.
        Compare,
        /// Counting a panel of B and its vectors.
        Count,
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
    /// A start was taken a cycle ago.
    pub started: Signal<'m>,
    /// M.
    pub m: Signal<'m>,
    /// K, when it was checked.
    pub k: Signal<'m>,
    /// Panels of B, when they were counted.
    pub panels: Signal<'m>,
    /// Columns of the last panel, when it was counted.
    pub last_columns: Signal<'m>,
}

/// The front. `start` asks for a job of `sizes` (M, K, N), which are taken a cycle later; `launch`
/// and `refuse` take it away.
///
/// Each panel takes two cycles, so that all that is compared stands in registers when it decides.
#[track_caller]
pub(super) fn front<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    start: Signal<'m>,
    sizes: [Signal<'m>; 3],
    clear: Signal<'m>,
    (launch, refuse): (Signal<'m>, Signal<'m>),
) -> Front<'m> {
    let state = m.fsm(FrontState::Idle).named("front_state");
    let started = m
        .flag(state.is(FrontState::Idle) & start & !clear)
        .named("started");
    let count = state.is(FrontState::Count).named("count");
    let [m_size, k_size, n_size] = sizes;
    let m_job = m.capture(started, m_size).named("front_m");
    let k_job = m.capture(started, k_size).named("front_k");

    m.section("check: count the panels of B and their vectors");
    let limits = &arch.limits;
    // Once too many, they are counted once more.
    let counted_panels = unsigned(bits_for(u64::from(limits.max_panels) + 2));
    let panels = m
        .reg(counted_panels)
        .named("panels")
        .comment("panels counted");
    let vectors_shape = unsigned(bits_for(u64::from(limits.max_b_vectors) + 2 * 65_535));
    let vectors = m
        .reg(vectors_shape)
        .named("vectors")
        .comment("vectors of B counted");
    let n_left = m
        .reg(SIZE)
        .named("n_left")
        .comment("columns from the panel on that is counted; in the end those of the last one");
    let too_many_panels = m
        .delay(panels.gt(limits.max_panels))
        .named("too_many_panels");
    let too_many_vectors = m
        .delay(vectors.gt(limits.max_b_vectors))
        .named("too_many_vectors");
    let too_many = (too_many_panels | too_many_vectors).named("too_many");
    // Not `le(columns)`: tools would share the subtraction, whose carry then leaves the chain.
    let panel_end = m.delay(n_left.lt(arch.columns + 1)).named("panel_end");
    let counted = m.delay(count & (panel_end | too_many)).named("counted");
    let verdict = m
        .delay(counted)
        .named("verdict")
        .comment("all panels have been counted and compared");
    let n_next = m.delay(n_left - arch.columns).named("n_next");
    n_left.walk(started, n_size, count & !panel_end, n_next);
    panels.walk(started, 0, count, panels + 1);
    let more = vectors + k_job.zero_extend(vectors_shape.width);
    vectors.walk(started, 0, count, more);
    let empty = [
        ("no_rows", m_job),
        ("no_depth", k_job),
        ("no_columns", *n_left),
    ]
    .map(|(name, size)| m.delay(size.eq(0)).named(name));
    let too_deep = m.delay(k_job.gt(limits.max_k)).named("too_deep");
    // Sizes stand long before the panels are counted.
    let bad = m
        .delay(empty[0] | empty[1] | empty[2] | too_deep)
        .named("bad_size");
    let bad = bad | too_many;

    for from in [
        FrontState::Compare,
        FrontState::Count,
        FrontState::Ready,
        FrontState::Refused,
    ] {
        state.go(from, clear, FrontState::Idle);
    }
    state.go(FrontState::Idle, started & !clear, FrontState::Compare);
    state.go(FrontState::Compare, verdict & bad, FrontState::Refused);
    state.go(FrontState::Compare, verdict, FrontState::Ready);
    state.go(FrontState::Compare, !counted, FrontState::Count);
    state.then(FrontState::Count, FrontState::Compare);
    state.go(FrontState::Ready, launch, FrontState::Idle);
    state.go(FrontState::Refused, refuse, FrontState::Idle);
    Front {
        state,
        started,
        m: m_job,
        k: k_job.truncate(k_shape(arch).width),
        panels: panels.truncate(panels_shape(arch).width),
        last_columns: n_left.truncate(panel_columns_shape(arch).width),
    }
}
