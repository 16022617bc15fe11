//! Job control: takes jobs, sends them through the units, and ends them.

use super::front::{Front, FrontInputs, FrontParams, FrontState, front};
use super::job_error::{StreamErrors, stream_errors};
use super::ports::{ComputeJob, DrainJob, LoadJob, Orders, PacketErrors};
use super::units::{Units, UnitsInputs, jobs_in_units, units};
use super::{JobShapes, SIZE};
use crate::arch::Limits;
use crate::hdl::{
    Block, Fsm, HardwareEnum, Module, Reg, Signal, bit, bundle, hardware, hardware_enum,
};
use crate::isa::JobError;

hardware_enum! {
    /// States of the job control.
    pub enum JobState {
        /// Jobs come and go.
        Run,
        /// The oldest job has failed: the units are told.
        Abandon,
        /// Waiting until the streams are at packet boundaries.
        Flush,
    }
}

bundle! {
    /// Inputs of [`JobControl`].
    pub struct JobInputs {
        /// The host asks for a job.
        start: bit(),
        /// The host gives all jobs up.
        abort: bit(),
        /// Rows of A and C.
        m_size: SIZE,
        /// Columns of A, rows of B.
        k_size: SIZE,
        /// Columns of B and C.
        n_size: SIZE,
        /// What the loader of A finds wrong.
        a: PacketErrors(),
        /// What the loader of B finds wrong.
        b: PacketErrors(),
        /// Neither loader has a packet.
        loaders_idle: bit(),
        /// No pass runs or waits.
        sequencer_idle: bit(),
        /// No results are on their way.
        drain_idle: bit(),
        /// The last beat of C has left: the cycle before drain_idle.
        job_done: bit(),
    }
}

bundle! {
    /// What a host sees: all of one time.
    pub struct JobStatus {
        /// A start that finds no job in the units.
        first: bit(),
        /// A job is in the units.
        working: bit(),
        /// A job runs or waits.
        busy: bit(),
        /// A job waits for the loaders.
        queued: bit(),
        /// A job has ended since the last start.
        done: bit(),
        /// Why it ended: a [`JobError`].
        error: JobError::shape(),
        /// A job ends.
        ended: bit(),
    }
}

bundle! {
    /// Outputs of [`JobControl`].
    pub struct JobOutputs(shapes: JobShapes) {
        /// What a host sees.
        flat status: JobStatus(),
        /// It has failed.
        failed: bit(),
        /// To every unit.
        orders: Orders(),
        load: LoadJob(shapes),
        compute: ComputeJob(shapes),
        drain: DrainJob(shapes),
    }
}

/// Control of the jobs: one waits in front, and each of load, compute and drain has one.
///
/// A job moves on to the loaders when both operands of the one before have arrived whole. From
/// then on that one cannot fail; so a job that fails is the last in the units, and when the jobs
/// before it have ended it is also the only one.
#[derive(Debug, Clone, PartialEq)]
pub struct JobControl {
    /// Module name.
    pub name: String,
    /// Columns of the array.
    pub columns: u32,
    /// What jobs must keep to.
    pub limits: Limits,
    /// Shapes of the sizes of checked jobs.
    pub shapes: JobShapes,
}

#[hardware]
impl Block for JobControl {
    fn build<'m>(&self, m: &'m Module, io: JobInputs<'m>) -> JobOutputs<'m> {
        m.doc(
            "Job control: checks jobs, sends them through load, compute and drain, and ends them when C has \
             left or a stream is wrong.",
        );
        let loaders_idle = m.delay(io.loaders_idle).named("loaders_idle_1");
        let sequencer_idle = m.delay(io.sequencer_idle).named("sequencer_idle_1");
        // 1 from reset on too: what it clears needs no reset.
        let aborted = m.reg(bit()).reset(1).next(io.abort);
        let state = m.fsm(JobState::Run);
        let run = state.is(JobState::Run);
        /// the last cycle of a failed job
        let flushed = m.reg(bit()).reset(0);
        let failed = m.reg(bit()).reset(0);
        let errors = stream_errors(m, &io.a, &io.b, failed | aborted);
        /// the last cycle of a job of bad sizes
        let refuse = m.reg(bit()).reset(0);
        let load_take = m.reg(bit()).reset(0);

        m.section("the job that was started last");
        let params = FrontParams {
            limits: &self.limits,
            columns: self.columns,
            shapes: self.shapes,
        };
        let inputs = FrontInputs {
            start: io.start,
            sizes: [io.m_size, io.k_size, io.n_size],
            clear: io.abort,
            launch: *load_take,
            refuse: *refuse,
        };
        let front = front(m, &params, &inputs);

        m.section("the jobs in the units");
        let gives_up = state.is(JobState::Abandon) | io.abort;
        let inputs = UnitsInputs {
            offered: (front.state.is(FrontState::Ready) & run).named("front_offers"),
            loaders_done: loaders_idle & !errors.any,
            sequencer_idle,
            job_done: io.job_done,
            clear: gives_up,
        };
        let units = units(m, &front, load_take, &inputs);
        let launched = m.flag(units.load.start);
        let forgets_jobs = flushed | aborted;
        let jobs_in_units = jobs_in_units(m, launched, io.job_done, forgets_jobs);

        m.section("end");
        let job = Job {
            io: &io,
            state,
            run,
            aborted,
            front: &front,
            units: &units,
            errors: &errors,
            jobs_in_units,
        };
        job.fail(m, flushed, loaders_idle);
        let outputs = JobOutputs {
            status: job.status(m, failed, refuse, *flushed),
            failed: *failed,
            // The units hear of it a cycle later, from registers.
            orders: Orders {
                abandon: m.flag(state.is(JobState::Abandon)).named("abandon"),
                clear: aborted,
                forget: m.reg(bit()).named("forget").reset(1).next(gives_up),
            },
            load: units.load_job,
            compute: units.compute_job,
            drain: units.drain_job,
        };
        m.cover(
            "a_job_waits_for_another",
            front.state.is(FrontState::Ready) & units.load.valid,
        );
        m.cover("three_jobs_in_the_units", jobs_in_units.eq(3));
        outputs
    }
}

/// What is known of the jobs.
struct Job<'a, 'm> {
    io: &'a JobInputs<'m>,
    state: Fsm<'m, JobState>,
    run: Signal<'m>,
    aborted: Signal<'m>,
    front: &'a Front<'m>,
    units: &'a Units<'m>,
    errors: &'a StreamErrors<'m>,
    jobs_in_units: Signal<'m>,
}

#[hardware]
impl<'m> Job<'_, 'm> {
    /// Ends a job whose stream is wrong, when it is alone and the streams are at packet boundaries.
    #[track_caller]
    fn fail(&self, m: &'m Module, flushed: Reg<'m>, loaders_idle: Signal<'m>) {
        use JobState::{Abandon, Flush, Run};
        let (state, errors, abort) = (self.state, self.errors, self.io.abort);
        // A cycle late: a job that has just come cannot be wrong yet.
        let one_job = m.delay(self.jobs_in_units.eq(1));
        let fail = self.run & errors.any & one_job & self.units.load.valid;
        let units_idle = loaders_idle & self.io.drain_idle;
        flushed.next(state.is(Flush) & units_idle & !flushed & !abort);
        m.switch(state)
            .case(Run, || m.when(fail & !abort, || state.set(Abandon)))
            .case(Abandon, || {
                m.when(abort, || state.set(Run))
                    .otherwise(|| state.set(Flush))
            })
            .case(Flush, || m.when(abort | *flushed, || state.set(Run)));
        m.cover("job_fails", fail);
        m.cover(
            "a_failed_job_waits_for_another",
            self.run & errors.any & !one_job,
        );
        m.assert(
            "ends_alone",
            !(self.io.job_done & self.run & errors.any & one_job),
            "a job whose stream is wrong ends as if it were right",
        );
    }

    /// What a host sees: a cycle later for all of it, so that it is of one time.
    #[track_caller]
    fn status(
        &self,
        m: &'m Module,
        failed: Reg<'m>,
        refuse: Reg<'m>,
        flushed: Signal<'m>,
    ) -> JobStatus<'m> {
        let (abort, job_done) = (self.io.abort, self.io.job_done);
        let (front, load) = (self.front, &self.units.load);
        let no_job = self.jobs_in_units.eq(0);
        let at_work = !no_job | !self.run;
        let at_rest = !at_work & !load.valid;
        refuse.next(front.state.is(FrontState::Refused) & at_rest & !refuse & !abort);

        let given_up = abort | self.aborted;
        let ended = m.flag((job_done | refuse | flushed) & !given_up);
        failed.next((refuse | flushed) & !given_up);
        let done = m.reg(bit()).reset(0);
        done.next((ended | (done & !front.started)) & !abort);
        let error = m.reg(JobError::shape()).reset(0);
        let code = |error: JobError| m.value(error).signal();
        m.when(abort, || error.set(code(JobError::None)))
            // With `done`; what is wrong with a stream is known before.
            .else_when(failed & !self.errors.any, || {
                error.set(code(JobError::Size))
            })
            .else_when(self.state.is(JobState::Abandon), || {
                error.set(self.errors.code)
            })
            // A start while a job fails is one of the next.
            .else_when((front.started & self.run) | job_done, || {
                error.set(code(JobError::None))
            });
        let waits = front.started | !front.state.is(FrontState::Idle);
        let queued = m.flag(waits);
        let busy = m.flag(waits | load.valid | at_work);
        let first = m.reg(bit()).reset(1).next(front.started & at_rest);
        let working = m.flag(at_work);
        m.cover("refuses_a_job", *refuse);
        m.cover("job_ends", job_done);
        JobStatus {
            first,
            working,
            busy,
            queued,
            done: *done,
            error: *error,
            ended,
        }
    }
}
