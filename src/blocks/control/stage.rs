//! The stages that a job passes through: loaders, array, drain. Each has at most one job, so that
//! the next job is loaded while one computes and the one before is drained.

use crate::hdl::{Module, Reg, Signal, bit};

/// What decides when a stage takes a job and when it is done with it.
pub(super) struct Moves<'m> {
    /// The stage before has a job to hand over.
    pub offered: Signal<'m>,
    /// The units of the stage are done with what they were started for, up to a cycle ago: units
    /// that were just started do not look busy yet.
    pub idle: Signal<'m>,
    /// For [`stage`] to give a value: a job is taken at the end of this cycle.
    pub take: Reg<'m>,
    /// The same of the stage behind; the last stage has none.
    pub handed_on: Option<Signal<'m>>,
    /// Forget the job.
    pub clear: Signal<'m>,
}

/// A stage: the job in it, and the start of its units.
pub(super) struct Stage<'m> {
    /// It has a job.
    pub valid: Signal<'m>,
    /// The units start: the first cycle of a job, a register. Of a job that is forgotten in this
    /// cycle they hear in the next.
    pub start: Signal<'m>,
    /// The stage behind may take the job.
    pub offers: Signal<'m>,
    /// Sizes of the job by their names, as far as the stage needs them.
    sizes: Vec<(&'static str, Signal<'m>)>,
}

impl<'m> Stage<'m> {
    /// Some of the sizes of its job.
    pub fn sizes<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> [(&'static str, Signal<'m>); N] {
        names.map(|name| {
            let size = self.sizes.iter().find(|(known, _)| *known == name);
            *size.unwrap_or_else(|| panic!("the stage does not have the size `{name}`"))
        })
    }
}

/// A stage called `name`, whose jobs have the sizes `sizes`, each with its name.
///
/// It keeps a job until its units are idle and the stage behind has taken it: a unit that follows
/// another finds the sizes of its job there.
#[track_caller]
pub(super) fn stage<'m>(
    m: &'m Module,
    name: &str,
    moves: &Moves<'m>,
    sizes: &[(&'static str, Signal<'m>)],
) -> Stage<'m> {
    let valid = m.reg(bit()).named(format!("{name}_valid")).reset(0);
    let take = *moves.take;
    let start = m.flag(take & !moves.clear).named(format!("{name}_start"));
    let (handed_on, offers) = match moves.handed_on {
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
    let done = (valid & handed_on & moves.idle).named(format!("{name}_done"));
    let room = (!valid | done).named(format!("{name}_has_room"));
    // Decided a cycle ahead: what is offered is still offered while it is taken.
    (moves.take).next(moves.offered & room & !take & !moves.clear);
    valid.next((take | (valid & !done)) & !moves.clear);
    let captured = sizes.iter().map(|(size_name, size)| {
        let kept = m.capture(take, *size).named(format!("{name}_{size_name}"));
        (*size_name, kept)
    });
    Stage {
        valid: *valid,
        start,
        offers,
        sizes: captured.collect(),
    }
}
