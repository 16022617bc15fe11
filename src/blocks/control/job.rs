//! Job control: takes jobs, sends them through the units, and ends them.

use super::SIZE;
use super::front::{FrontState, front};
use super::stage::{Moves, stage};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, Signal, bit, first_match, hardware_enum, unsigned};
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

/// Bits of an error code.
const ERROR_BITS: u32 = 4;

/// Control of the jobs: one waits in front, and each of load, compute and drain has one.
///
/// A job moves on to the loaders when both operands of the one before have arrived whole. From
/// then on that one cannot fail; so a job that fails is the last in the units, and when the jobs
/// before it have ended it is also the only one.
#[derive(Debug, Clone, PartialEq)]
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

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc(
            "Job control: checks jobs, sends them through load, compute and drain, and ends them when C has \
             left or a stream is wrong.",
        );
        let start = m.input("start", bit()).comment("the host asks for a job");
        let abort = m
            .input("abort", bit())
            .comment("the host gives all jobs up");
        let sizes = ["m_size", "k_size", "n_size"].map(|name| m.input(name, SIZE));
        let [loaders_idle, sequencer_idle] = ["loaders_idle", "sequencer_idle"]
            .map(|name| m.delay(m.input(name, bit())).named(format!("{name}_1")));
        let drain_idle = m.input("drain_idle", bit());
        let job_done = m
            .input("job_done", bit())
            .comment("the last beat of C has left: the cycle before drain_idle");
        // 1 from reset on too: what it clears needs no reset.
        let aborted = m.reg(bit()).named("aborted").reset(1).next(abort);

        let state = m.fsm(JobState::Run).named("state");
        let run = state.is(JobState::Run);
        let abandon = state.is(JobState::Abandon);
        let flushed = m
            .reg(bit())
            .named("flushed")
            .reset(0)
            .comment("the last cycle of a failed job");
        let failed = m.reg(bit()).named("failed").reset(0);
        let errors = stream_errors(m, failed | aborted);
        let refuse = m
            .reg(bit())
            .named("refuse")
            .reset(0)
            .comment("the last cycle of a job of bad sizes");
        let [load_take, compute_take, drain_take] = ["load_take", "compute_take", "drain_take"]
            .map(|name| m.reg(bit()).named(name).reset(0));

        m.section("the job that was started last");
        let front = front(m, &self.arch, start, sizes, abort, (*load_take, *refuse));
        let started = front.started;

        m.section("the jobs in the units");
        let in_units = m
            .reg(unsigned(2))
            .named("jobs_in_units")
            .reset(0)
            .comment("jobs from their second cycle in the loaders on");
        // A cycle late: a job that has just come cannot be wrong yet.
        let alone = m.delay(in_units.eq(1)).named("one_job");
        let gives_up = (abandon | abort).named("gives_up");
        let load = Moves {
            offered: (front.state.is(FrontState::Ready) & run).named("front_offers"),
            idle: loaders_idle & !errors.any,
            take: load_take,
            handed_on: Some(*compute_take),
            clear: gives_up,
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
            handed_on: Some(*drain_take),
            clear: gives_up,
        };
        let sizes = load.sizes(["m", "k", "panels", "last_columns"]);
        let compute = stage(m, "compute", &compute, &sizes);
        let drain = Moves {
            offered: compute.offers,
            idle: job_done,
            take: drain_take,
            handed_on: None,
            clear: gives_up,
        };
        let sizes = compute.sizes(["m", "panels", "last_columns"]);
        let drain = stage(m, "drain", &drain, &sizes);

        m.section("end");
        let fail = (run & errors.any & alone & load.valid).named("fail");
        let flush = state.is(JobState::Flush);
        let units_idle = (loaders_idle & drain_idle).named("units_idle");
        flushed.next(flush & units_idle & !flushed & !abort);
        state.go(JobState::Run, fail & !abort, JobState::Abandon);
        state.go(JobState::Abandon, abort, JobState::Run);
        state.then(JobState::Abandon, JobState::Flush);
        state.go(JobState::Flush, abort | *flushed, JobState::Run);

        let launched = m.flag(load.start).named("launched");
        let begins = launched & !job_done;
        let ends = job_done & !launched;
        let moved = first_match(&[(begins, in_units + 1), (ends, in_units - 1)], in_units);
        in_units.next((flushed | aborted).mux(m.zero(in_units.shape()), moved));
        let none = in_units.eq(0).named("no_job");
        let at_work = (!none | !run).named("at_work");
        let at_rest = (!at_work & !load.valid).named("at_rest");
        refuse.next(front.state.is(FrontState::Refused) & at_rest & !refuse & !abort);

        // What a host sees of these comes a cycle later for all of them, so that it is of one time.
        let given_up = (abort | aborted).named("given_up");
        let ended = m
            .flag((job_done | refuse | *flushed) & !given_up)
            .named("ended");
        failed.next((refuse | flushed) & !given_up);
        let done = m.reg(bit()).named("done").reset(0);
        done.next((ended | (done & !started)) & !abort);
        let code = |error: JobError| m.lit(error as u32, unsigned(ERROR_BITS));
        let error = m.reg(unsigned(ERROR_BITS)).named("error").reset(0);
        let next_error = first_match(
            &[
                (abort, code(JobError::None)),
                // With `done`; what is wrong with a stream is known before.
                (failed & !errors.any, code(JobError::Size)),
                (abandon, errors.code),
                // A start while a job fails is one of the next.
                ((started & run) | job_done, code(JobError::None)),
            ],
            error,
        );
        error.next(next_error);
        let waits = (started | !front.state.is(FrontState::Idle)).named("waits");
        let queued = m.flag(waits).named("queued");
        let busy = m.flag(waits | load.valid | at_work).named("busy");
        let first = m.reg(bit()).named("first").reset(1).next(started & at_rest);

        m.cover("refuses_a_job", *refuse);
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
            !(job_done & run & errors.any & alone),
            "a job whose stream is wrong ends as if it were right",
        );
        m.output("first", first);
        m.output("working", m.flag(at_work).named("working"));
        m.output("aborted", aborted);
        m.output("busy", busy);
        m.output("queued", queued);
        m.output("done", done);
        m.output("error", error);
        m.output("ended", ended);
        m.output("failed", failed);
        // The units hear of it a cycle later, from registers.
        m.output("abandon", m.flag(abandon).named("abandon"));
        let forgets = m.reg(bit()).named("forget").reset(1).next(gives_up);
        m.output("forget", forgets);
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
    /// Something is. Known when the loaders are seen idle, or before.
    any: Signal<'m>,
    /// What came first.
    code: Signal<'m>,
}

/// Inputs from the loaders, and registers that keep the first error until `forget`.
#[track_caller]
fn stream_errors<'m>(m: &'m Module, forget: Signal<'m>) -> StreamErrors<'m> {
    let events = [
        ("a_truncated", JobError::ATruncated),
        ("a_overlong", JobError::AOverlong),
        ("b_truncated", JobError::BTruncated),
        ("b_overlong", JobError::BOverlong),
    ]
    .map(|(name, error)| {
        let code = m.lit(error as u32, unsigned(ERROR_BITS));
        (m.input(name, bit()), code)
    });
    let [a_truncated, a_overlong, b_truncated, b_overlong] = events.map(|(event, _)| event);
    let any = m.reg(bit()).named("any_stream_error").reset(0);
    let now = a_truncated | a_overlong | b_truncated | b_overlong;
    any.next((any | now) & !forget);
    let code = m
        .capture(!any, first_match(&events[..3], events[3].1))
        .named("stream_error");
    StreamErrors { any: *any, code }
}
