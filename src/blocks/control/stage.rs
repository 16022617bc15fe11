//! The stages that a job passes through: loaders, array, drain. Each has at most one job, so that
//! the next job is loaded while one computes and the one before is drained.

use crate::hdl::{Module, Signal, bit};

/// What decides when a stage takes a job and when it is done with it.
pub(super) struct Moves<'m> {
    /// The stage before has a job to hand over.
    pub offered: Signal<'m>,
    /// The units of the stage were done, a cycle ago, with what they were started for.
    pub idle: Signal<'m>,
    /// A wire, for [`stage`] to drive: a job is taken at the end of this cycle. A register.
    pub take: Signal<'m>,
    /// The same of the stage behind; the last stage has none.
    pub handed_on: Option<Signal<'m>>,
    /// Forget the job.
    pub clear: Signal<'m>,
}

/// A stage: the job in it, and the start of its units.
pub(super) struct Stage<'m> {
    /// It has a job.
    pub valid: Signal<'m>,
    /// The first cycle of a job: the units start.
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
    let valid = m.reg(format!("{name}_valid"), bit()).reset(0);
    let take = moves.take;
    let first = m.flag(format!("{name}_first"), take & !moves.clear);
    // Units that were just started do not look busy yet: a job stays at least three cycles.
    let (settled, offers) = match moves.handed_on {
        Some(handed_on) => {
            // In its third cycle at the earliest, as the stage behind first decides to take it.
            let taken = m
                .reg(format!("{name}_taken"), bit())
                .reset(0)
                .comment("the stage behind has it too");
            taken.next((taken | handed_on) & !take);
            (*taken, (valid & !taken).named(format!("{name}_offers")))
        }
        None => {
            let second = m.flag(format!("{name}_second"), first);
            (!(first | second), m.low())
        }
    };
    let done = (valid & settled & moves.idle).named(format!("{name}_done"));
    // Decided a cycle ahead; what is offered is still offered while it is taken.
    let takes = moves.offered & (!valid | done) & !take & !moves.clear;
    take.drive(m.flag(format!("{name}_takes"), takes));
    valid.next((take | (valid & !done)) & !moves.clear);
    let captured = sizes.iter().map(|(size_name, size)| {
        let kept = m.capture(format!("{name}_{size_name}"), take, *size);
        (*size_name, kept)
    });
    Stage {
        valid: *valid,
        start: (first & !moves.clear).named(format!("{name}_start")),
        offers,
        sizes: captured.collect(),
    }
}
