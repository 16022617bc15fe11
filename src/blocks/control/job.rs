//! Job control: takes jobs, sends them through the units, and ends them.

use super::SIZE;
use super::front::{FrontState, front};
use super::stage::{Moves, stage};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, Signal, bit, first_match, state_enum, unsigned};
use crate::isa::JobError;

state_enum! {
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

/// Bits of an error code.
const ERROR_BITS: u32 = 4;

/// Control of the jobs: one waits in front, and each of load, compute and drain has one.
///
/// A job moves on to the loaders when both operands of the one before have arrived whole. From
/// then on that one cannot fail; so a job that fails is the last in the units, and when the jobs
/// before it have ended it is also the only one.
#[derive(Debug, Clone)]
pub struct JobControl {
    /// Module name.
    pub name: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for JobControl {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    fn build(&self, m: &Module) {
        m.doc(
            "Job control: checks jobs, sends them through load, compute and drain, and ends them when C has \
             left or a stream is wrong.",
        );
        let start = m.input("start", bit()).comment("the host asks for a job");
        let abort = m
            .input("abort", bit())
            .comment("the host gives all jobs up");
        let sizes = ["m_size", "k_size", "n_size"].map(|name| m.input(name, SIZE));
        let loaders_idle = m.input("loaders_idle", bit());
        let sequencer_idle = m.input("sequencer_idle", bit());
        let drain_idle = m.input("drain_idle", bit());
        let job_done = m
            .input("job_done", bit())
            .comment("the last beat of C has left");
        let errors = stream_errors(m);

        let state = m.fsm("state", JobState::Run);
        let run = state.is(JobState::Run);
        let abandon = state.is(JobState::Abandon).named("abandon");
        let refuse = m.wire("refuse", bit());
        let [load_take, compute_take, drain_take] =
            ["load_take", "compute_take", "drain_take"].map(|name| m.wire(name, bit()));

        m.section("the job that was started last");
        let front = front(
            m,
            &self.arch,
            start & !abort,
            sizes,
            abort,
            (load_take, refuse),
        );

        m.section("the jobs in the units");
        let in_units = m
            .reg("jobs_in_units", unsigned(2))
            .reset(0)
            .comment("jobs from their first cycle in the loaders on");
        let alone = in_units.eq(1).named("one_job");
        let forget = (abandon | abort).named("forget");
        let load = Moves {
            offered: front.state.is(FrontState::Ready) & run,
            idle: loaders_idle & !errors.any,
            take: load_take,
            handed_on: Some(compute_take),
            clear: forget,
        };
        let load = stage(
            m,
            "load",
            &load,
            &[
                ("m", front.m),
                ("k", front.k),
                ("panels", front.panels),
                ("last_columns", front.last_columns),
            ],
        );
        let compute = Moves {
            offered: load.offers,
            idle: sequencer_idle,
            take: compute_take,
            handed_on: Some(drain_take),
            clear: forget,
        };
        let sizes = load.sizes(["m", "k", "panels", "last_columns"]);
        let compute = stage(m, "compute", &compute, &sizes);
        let drain = Moves {
            offered: compute.offers,
            idle: drain_idle,
            take: drain_take,
            handed_on: None,
            clear: forget,
        };
        let sizes = compute.sizes(["m", "panels", "last_columns"]);
        let drain = stage(m, "drain", &drain, &sizes);

        m.section("end");
        let fail = (run & errors.any & alone & load.valid).named("fail");
        let units_idle = (loaders_idle & drain_idle).named("units_idle");
        let flush = state.is(JobState::Flush);
        let flushed = (flush & units_idle).named("flushed");
        state.go(JobState::Run, fail & !abort, JobState::Abandon);
        state.go(JobState::Abandon, abort, JobState::Run);
        state.then(JobState::Abandon, JobState::Flush);
        state.go(JobState::Flush, abort | flushed, JobState::Run);
        errors.forget.drive(flushed | abort);

        let begins = load.start & !job_done;
        let ends = job_done & !load.start;
        let moved = first_match(&[(begins, in_units + 1), (ends, in_units - 1)], in_units);
        in_units.next((flushed | abort).mux(m.zero(in_units.shape()), moved));
        let none = in_units.eq(0).named("no_job");
        refuse.drive(front.state.is(FrontState::Refused) & none & !load.valid & run);

        let code = |error: JobError| m.lit(error as u32, unsigned(ERROR_BITS));
        let ended = ((job_done | refuse | flushed) & !abort).named("ended");
        let error = m.reg("error", unsigned(ERROR_BITS)).reset(0);
        let next_error = first_match(
            &[
                (abort, code(JobError::None)),
                (refuse, code(JobError::Size)),
                (fail, errors.code),
                // A start while a job fails is one of the next.
                ((front.accept & run) | job_done, code(JobError::None)),
            ],
            error,
        );
        error.next(next_error);
        let done = m.reg("done", bit()).reset(0);
        done.next(ended | (done & !front.accept & !abort));
        let queued = (!front.state.is(FrontState::Idle)).named("queued");
        let working = (!none | !run).named("units_work");

        m.cover("refuses_a_job", refuse);
        m.cover("job_fails", fail);
        m.cover("job_ends", job_done);
        m.cover(
            "a_job_waits_for_another",
            front.state.is(FrontState::Ready) & load.valid,
        );
        m.cover("loads_while_another_computes", load.offers & compute.valid);
        m.cover(
            "computes_while_another_drains",
            compute.offers & drain.valid,
        );
        m.cover("three_jobs_in_the_units", in_units.eq(3));
        m.cover("a_failed_job_waits_for_another", run & errors.any & !alone);
        m.assert(
            "ends_alone",
            !(job_done & fail),
            "a job fails in the cycle in which it ends",
        );
        m.output("first", front.accept & !working & !load.valid);
        // The drain says a cycle after the last beat that it has left.
        m.output("working", working & !(alone & job_done));
        m.output("busy", queued | load.valid | working);
        m.output("queued", queued);
        m.output("done", done);
        m.output("error", error);
        m.output("ended", ended);
        m.output("failed", (refuse | flushed) & !abort);
        m.output("abandon", abandon);
        m.output("load_start", load.start);
        for (name, size) in load.sizes(["m", "k", "panels", "last_columns"]) {
            m.output(format!("load_{name}"), size);
        }
        m.output("compute_start", compute.start);
        for (name, size) in compute.sizes(["m", "k", "panels"]) {
            m.output(format!("compute_{name}"), size);
        }
        m.output("drain_start", drain.start);
        for (name, size) in drain.sizes(["m", "panels", "last_columns"]) {
            m.output(format!("drain_{name}"), size);
        }
    }
}

/// What is wrong with the streams of the job in the loaders.
struct StreamErrors<'m> {
    /// Something is.
    any: Signal<'m>,
    /// What came first.
    code: Signal<'m>,
    /// A wire: forget it.
    forget: Signal<'m>,
}

/// Inputs from the loaders, and a register that keeps the first error.
#[track_caller]
fn stream_errors(m: &Module) -> StreamErrors<'_> {
    let forget = m.wire("forget_error", bit());
    let code = |error: JobError| m.lit(error as u32, unsigned(ERROR_BITS));
    let events = [
        ("a_truncated", JobError::ATruncated),
        ("a_overlong", JobError::AOverlong),
        ("b_truncated", JobError::BTruncated),
        ("b_overlong", JobError::BOverlong),
    ]
    .map(|(name, error)| (m.input(name, bit()), code(error)));
    let kept = m.reg("stream_error", unsigned(ERROR_BITS)).reset(0);
    let first = first_match(&events, *kept);
    let code = kept.ne(0).mux(*kept, first).named("stream_error_now");
    kept.next(forget.mux(m.zero(kept.shape()), code));
    StreamErrors {
        any: code.ne(0).named("any_stream_error"),
        code,
        forget,
    }
}
