//! The front of job control: takes a job from the host and checks its sizes while others run.

use super::{JobShapes, SIZE};
use crate::arch::Limits;
use crate::hdl::{Fsm, Module, Signal, bits_for, hardware, hardware_enum, unsigned};

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

/// What the front checks jobs against.
pub(super) struct FrontParams<'a> {
    /// What jobs must keep to.
    pub limits: &'a Limits,
    /// Columns of the array.
    pub columns: u32,
    /// Shapes of the sizes of a checked job.
    pub shapes: JobShapes,
}

/// What the front is told.
pub(super) struct FrontInputs<'m> {
    /// The host asks for a job.
    pub start: Signal<'m>,
    /// M, K and N, which are taken a cycle later.
    pub sizes: [Signal<'m>; 3],
    /// Forget the job.
    pub clear: Signal<'m>,
    /// The loaders take the job.
    pub launch: Signal<'m>,
    /// The job of bad sizes ends.
    pub refuse: Signal<'m>,
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

/// The front. Each panel takes two cycles, so that all that is compared stands in registers when it
/// decides.
#[hardware]
#[track_caller]
pub(super) fn front<'m>(m: &'m Module, p: &FrontParams<'_>, io: &FrontInputs<'m>) -> Front<'m> {
    use FrontState::{Compare, Count, Idle, Ready, Refused};
    let clear = io.clear;
    let front_state = m.fsm(Idle);
    let started = m.flag(front_state.is(Idle) & io.start & !clear);
    let count = front_state.is(Count);
    let [m_size, k_size, n_size] = io.sizes;
    let front_m = m.capture(started, m_size);
    let front_k = m.capture(started, k_size);

    m.section("check: count the panels of B and their vectors");
    let limits = p.limits;
    // Once too many, they are counted once more.
    /// panels counted
    let panels = m.reg(unsigned(bits_for(u64::from(limits.max_panels) + 2)));
    let vectors_shape = unsigned(bits_for(u64::from(limits.max_b_vectors) + 2 * 65_535));
    let vectors = m.reg(vectors_shape).comment("vectors of B counted");
    /// columns from the panel on that is counted; in the end those of the last one
    let n_left = m.reg(SIZE);
    let max_panels = m.constant("MAX_PANELS", limits.max_panels.into(), panels.shape());
    let max_vectors = m.constant("MAX_VECTORS", limits.max_b_vectors.into(), vectors_shape);
    let max_k = m.constant("MAX_K", limits.max_k.into(), SIZE);
    let columns = m.constant("COLUMNS", p.columns.into(), SIZE);
    let too_many_panels = m.delay(panels.gt(max_panels));
    let too_many_vectors = m.delay(vectors.gt(max_vectors));
    let too_many = too_many_panels | too_many_vectors;
    // Not `le(columns)`: tools would share the subtraction, whose carry then leaves the chain.
    let panel_end = m.delay(n_left.lt(columns + 1));
    let counted = m.delay(count & (panel_end | too_many));
    /// all panels have been counted and compared
    let verdict = m.delay(counted);
    let n_next = m.delay(n_left - columns);
    m.when(started, || {
        n_left.set(n_size);
        panels.set(0);
        vectors.set(0);
    })
    .else_when(count, || {
        m.when(!panel_end, || n_left.set(n_next));
        panels.set(panels + 1);
        vectors.set(vectors + front_k.zero_extend(vectors_shape.width));
    });
    let no_rows = m.delay(front_m.eq(0));
    let no_depth = m.delay(front_k.eq(0));
    let no_columns = m.delay(n_left.eq(0));
    let too_deep = m.delay(front_k.gt(max_k));
    // Sizes stand long before the panels are counted.
    let bad_size = m.delay(no_rows | no_depth | no_columns | too_deep);

    m.switch(front_state)
        .case(Idle, || {
            m.when(started & !clear, || front_state.set(Compare))
        })
        .case(Compare, || {
            m.when(clear, || front_state.set(Idle))
                .else_when(verdict & (bad_size | too_many), || front_state.set(Refused))
                .else_when(verdict, || front_state.set(Ready))
                .else_when(!counted, || front_state.set(Count));
        })
        .case(Count, || {
            m.when(clear, || front_state.set(Idle))
                .otherwise(|| front_state.set(Compare))
        })
        .case(Ready, || {
            m.when(clear | io.launch, || front_state.set(Idle))
        })
        .case(Refused, || {
            m.when(clear | io.refuse, || front_state.set(Idle))
        });
    Front {
        state: front_state,
        started,
        m: front_m,
        k: front_k.truncate(p.shapes.k.width),
        panels: panels.truncate(p.shapes.panels.width),
        last_columns: n_left.truncate(p.shapes.panel_columns.width),
    }
}
