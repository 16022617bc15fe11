//! The jobs in the units: the stages load, compute and drain.

use super::front::Front;
use super::ports::{ComputeJob, DrainJob, LoadJob};
use super::stage::{Stage, StageInputs, stage};
use crate::hdl::{Module, Reg, Signal, bit, hardware, unsigned};

/// What decides how jobs go through the units.
pub(super) struct UnitsInputs<'m> {
    /// The front has a job for the loaders.
    pub offered: Signal<'m>,
    /// Both operands have arrived whole.
    pub loaders_done: Signal<'m>,
    /// No pass runs or waits.
    pub sequencer_idle: Signal<'m>,
    /// The last beat of C has left.
    pub job_done: Signal<'m>,
    /// Forget the jobs.
    pub clear: Signal<'m>,
}

/// The stages, and the job in each.
pub(super) struct Units<'m> {
    /// The stage of the loaders.
    pub load: Stage<'m>,
    /// The job in the loaders.
    pub load_job: LoadJob<'m>,
    /// The job in the array.
    pub compute_job: ComputeJob<'m>,
    /// The job in the drain.
    pub drain_job: DrainJob<'m>,
}

/// The stages load, compute and drain.
#[hardware]
#[track_caller]
pub(super) fn units<'m>(
    m: &'m Module,
    front: &Front<'m>,
    load_take: Reg<'m>,
    io: &UnitsInputs<'m>,
) -> Units<'m> {
    let compute_take = m.reg(bit()).reset(0);
    let drain_take = m.reg(bit()).reset(0);
    let inputs = StageInputs {
        offered: io.offered,
        idle: io.loaders_done,
        take: load_take,
        handed_on: Some(*compute_take),
        clear: io.clear,
    };
    let load = stage(m, "load", &inputs);
    let load_m = m.capture(load_take, front.m);
    let load_k = m.capture(load_take, front.k);
    let load_panels = m.capture(load_take, front.panels);
    let load_last_columns = m.capture(load_take, front.last_columns);

    let inputs = StageInputs {
        offered: load.offers,
        idle: io.sequencer_idle,
        take: compute_take,
        handed_on: Some(*drain_take),
        clear: io.clear,
    };
    let compute = stage(m, "compute", &inputs);
    let compute_m = m.capture(compute_take, load_m);
    let compute_k = m.capture(compute_take, load_k);
    let compute_panels = m.capture(compute_take, load_panels);
    let compute_last_columns = m.capture(compute_take, load_last_columns);

    let inputs = StageInputs {
        offered: compute.offers,
        idle: io.job_done,
        take: drain_take,
        handed_on: None,
        clear: io.clear,
    };
    let drain = stage(m, "drain", &inputs);
    let drain_m = m.capture(drain_take, compute_m);
    let drain_panels = m.capture(drain_take, compute_panels);
    let drain_last_columns = m.capture(drain_take, compute_last_columns);

    m.cover("loads_while_another_computes", load.offers & compute.valid);
    m.cover(
        "computes_while_another_drains",
        compute.offers & drain.valid,
    );
    Units {
        load_job: LoadJob {
            start: load.start,
            m: load_m,
            k: load_k,
            panels: load_panels,
            last_columns: load_last_columns,
        },
        compute_job: ComputeJob {
            start: compute.start,
            m: compute_m,
            k: compute_k,
            panels: compute_panels,
        },
        drain_job: DrainJob {
            start: drain.start,
            m: drain_m,
            panels: drain_panels,
            last_columns: drain_last_columns,
        },
        load,
    }
}

/// Counts the jobs in the units, from their second cycle in the loaders on.
#[hardware]
#[track_caller]
pub(super) fn jobs_in_units<'m>(
    m: &'m Module,
    launched: Signal<'m>,
    job_done: Signal<'m>,
    clear: Signal<'m>,
) -> Signal<'m> {
    /// jobs from their second cycle in the loaders on
    let jobs_in_units = m.reg(unsigned(2)).reset(0);
    m.when(clear, || jobs_in_units.set(0))
        .else_when(launched & !job_done, || {
            jobs_in_units.set(jobs_in_units + 1)
        })
        .else_when(job_done & !launched, || {
            jobs_in_units.set(jobs_in_units - 1)
        });
    *jobs_in_units
}
