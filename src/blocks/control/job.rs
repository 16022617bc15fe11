//! Job control: checks a job, starts the units and ends the job.

use super::SIZE;
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, bit, bits_for, first_match, state_enum, unsigned};
use crate::isa::JobError;

state_enum! {
    /// States of the job control.
    pub enum JobState {
        /// Waiting for a start.
        Idle,
        /// Comparing the sizes with the buffers.
        Check,
        /// All units work.
        Run,
        /// The job has failed: waiting until the streams are at packet boundaries.
        Flush,
    }
}

/// Bits of an error code.
const ERROR_BITS: u32 = 4;

/// The state machine of jobs.
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
        let arch = &self.arch;
        m.doc("Job control: checks a job, starts the units, and ends the job when C has left or a stream is wrong.");
        let start = m.input("start", bit()).comment("the host asks for a job");
        let abort = m.input("abort", bit()).comment("the host gives the job up");
        let m_size = m.input("m_size", SIZE);
        let k_size = m.input("k_size", SIZE);
        let n_size = m.input("n_size", SIZE);
        let a_truncated = m.input("a_truncated", bit());
        let a_overlong = m.input("a_overlong", bit());
        let b_truncated = m.input("b_truncated", bit());
        let b_overlong = m.input("b_overlong", bit());
        let units_idle = m.input("units_idle", bit()).comment("loaders and drain");
        let job_done = m
            .input("job_done", bit())
            .comment("the last beat of C has left");

        let state = m.fsm("state", JobState::Idle);
        let idle = state.is(JobState::Idle);
        let check = state.is(JobState::Check);
        let run = state.is(JobState::Run);
        let accept = (idle & start & !abort).named("accept");

        m.section("job");
        let m_job = m.reg("m", SIZE).enable(accept).next(m_size);
        let k_job = m.reg("k", SIZE).enable(accept).next(k_size);
        let n_job = m.reg("n", SIZE).enable(accept).next(n_size);

        m.section("check: count the panels of B and their vectors");
        let limits = &arch.limits;
        let n_left = m.reg("n_left", SIZE).comment("columns not yet counted");
        let panel_end = n_left.le(arch.columns).named("panel_end");
        let n_after = check.mux(n_left - arch.columns, *n_left);
        n_left.next(accept.mux(n_size, n_after));
        let panels_shape = unsigned(bits_for(u64::from(limits.max_panels) + 1));
        let panels = m.reg("panels", panels_shape).comment("panels counted");
        let zero = m.zero(panels_shape);
        panels.next(accept.mux(zero, check.mux(panels + 1, *panels)));
        let vectors_shape = unsigned(bits_for(u64::from(limits.max_b_vectors) + 65_535));
        let vectors = m
            .reg("vectors", vectors_shape)
            .comment("vectors of B counted");
        let more_vectors = (vectors + k_job.zero_extend(vectors_shape.width)).named("more_vectors");
        let zero = m.zero(vectors_shape);
        vectors.next(accept.mux(zero, check.mux(more_vectors, *vectors)));

        let empty = m_job.eq(0) | k_job.eq(0) | n_job.eq(0);
        let too_large = k_job.gt(limits.max_k)
            | panels.ge(limits.max_panels)
            | more_vectors.gt(limits.max_b_vectors);
        let bad = (empty | too_large).named("bad_size");
        let launch = (check & panel_end & !bad).named("size_ok");
        let refuse = (check & bad).named("refuse");

        m.section("end");
        // Registered: a stream's handshake would otherwise reach every unit within the cycle.
        let a_truncated = m.flag("a_truncated_1", a_truncated);
        let a_overlong = m.flag("a_overlong_1", a_overlong);
        let b_truncated = m.flag("b_truncated_1", b_truncated);
        let b_overlong = m.flag("b_overlong_1", b_overlong);
        let stream_error =
            (a_truncated | a_overlong | b_truncated | b_overlong).named("stream_error");
        let fail = (run & stream_error).named("fail");
        for from in [JobState::Check, JobState::Run, JobState::Flush] {
            state.go(from, abort, JobState::Idle);
        }
        state.go(JobState::Idle, accept, JobState::Check);
        state.go(JobState::Check, refuse, JobState::Idle);
        state.go(JobState::Check, launch, JobState::Run);
        state.go(JobState::Run, stream_error, JobState::Flush);
        state.go(JobState::Run, job_done, JobState::Idle);
        // In its first cycle the units have not yet seen that the job has failed.
        let flushing = m
            .reg("flushing", bit())
            .reset(0)
            .next(state.is(JobState::Flush));
        let flushed = (flushing & units_idle & state.is(JobState::Flush)).named("flushed");
        state.go(JobState::Flush, flushed, JobState::Idle);

        let code = |error: JobError| m.lit(error as u32, unsigned(ERROR_BITS));
        let stream_code = first_match(
            &[
                (a_truncated, code(JobError::ATruncated)),
                (a_overlong, code(JobError::AOverlong)),
                (b_truncated, code(JobError::BTruncated)),
            ],
            code(JobError::BOverlong),
        );
        let error = m.reg("error", unsigned(ERROR_BITS)).reset(0);
        let next_error = first_match(
            &[
                (accept | abort, code(JobError::None)),
                (refuse, code(JobError::Size)),
                (fail, stream_code),
            ],
            error,
        );
        error.next(next_error);
        let ended = (((run & job_done & !stream_error) | refuse | flushed) & !abort).named("ended");
        let done = m.reg("done", bit()).reset(0);
        done.next((ended | done) & !accept & !abort);

        m.cover("refuses_a_job", refuse);
        m.cover("job_fails", fail);
        m.cover("job_ends", run & job_done);
        m.output("accepted", accept);
        m.output("working", run | state.is(JobState::Flush));
        m.output("busy", !idle);
        m.output("done", done);
        m.output("error", error);
        m.output("ended", ended);
        m.output("failed", (refuse | flushed) & !abort);
        m.output("launch", launch & !abort);
        m.output("abandon", fail & !abort);
        m.output("clear", abort);
        m.output("m", m_job);
        m.output("k", k_job);
        m.output("n", n_job);
    }
}
