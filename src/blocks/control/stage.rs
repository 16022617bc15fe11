//! The stages that a job passes through: loaders, array, drain. Each has at most one job, so that
//! the next job is loaded while one computes and the one before is drained.

use crate::hdl::{Module, Reg, Signal, bit, hardware};

/// What decides when a stage takes a job and when it is done with it.
pub(super) struct StageInputs<'m> {
    /// The stage before has a job to hand over.
    pub offered: Signal<'m>,
    /// The units of the stage are done with what they were started for, up to a cycle ago: units
    /// that were just started do not look busy yet.
    pub idle: Signal<'m>,
    /// For [`stage`] to drive: a job is taken at the end of this cycle.
    pub take: Reg<'m>,
    /// The same of the stage behind; the last stage has none.
    pub handed_on: Option<Signal<'m>>,
    /// Forget the job.
    pub clear: Signal<'m>,
}

/// A stage: whether it has a job, and the start of its units.
pub(super) struct Stage<'m> {
    /// It has a job.
    pub valid: Signal<'m>,
    /// The units start: the first cycle of a job, a register. Of a job that is forgotten in this
    /// cycle they hear in the next.
    pub start: Signal<'m>,
    /// The stage behind may take the job.
    pub offers: Signal<'m>,
}

/// A stage called `name`.
///
/// It has a job until its units are idle and the stage behind has taken it: a unit that follows
/// another finds the sizes of its job there.
#[hardware]
#[track_caller]
pub(super) fn stage<'m>(m: &'m Module, name: &str, io: &StageInputs<'m>) -> Stage<'m> {
    let take = io.take;
    let valid = m.reg(bit()).named(format!("{name}_valid")).reset(0);
    let start = m.flag(take & !io.clear).named(format!("{name}_start"));
    let (handed_on, offers) = match io.handed_on {
        Some(handed_on) => {
            // In the job's third cycle at the earliest: only then is `idle` of this job.
            let taken = m
                .reg(bit())
                .named(format!("{name}_taken"))
                .reset(0)
                .comment("the stage behind has it too");
            taken.next((taken | handed_on) & !take);
            (*taken, (valid & !taken).named(format!("{name}_offers")))
        }
        None => (m.high(), m.low()),
    };
    let done = (valid & handed_on & io.idle).named(format!("{name}_done"));
    let has_room = (!valid | done).named(format!("{name}_has_room"));
    // Decided a cycle ahead: what is offered is still offered while it is taken.
    take.next(io.offered & has_room & !take & !io.clear);
    valid.next((take | (valid & !done)) & !io.clear);
    Stage {
        valid: *valid,
        start,
        offers,
    }
}
