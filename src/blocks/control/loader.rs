//! What the loaders of A and B have in common: the packet on their stream.

use crate::hdl::{AxiStream, Module, Signal, state_enum};

state_enum! {
    /// States of a loader.
    pub enum LoadState {
        /// No job, or the job's packet has arrived.
        Idle,
        /// Taking the job's packet.
        Load,
        /// The job has failed: discarding the rest of the packet.
        Discard,
    }
}

/// Takes beats while loading and `space`, and discards them after an error. Returns the bit that
/// says that a beat of the job's packet is taken.
///
/// `expected_last` says that the present beat should carry TLAST.
#[track_caller]
pub(super) fn packet<'m>(
    m: &'m Module,
    stream: &AxiStream<'m>,
    job: &LoaderJob<'m>,
    space: Signal<'m>,
    expected_last: Signal<'m>,
) -> Signal<'m> {
    let state = m.fsm("state", LoadState::Idle);
    let expected_last = expected_last.named("expected_last");
    let loading = state.is(LoadState::Load);
    let ready = (loading & space) | state.is(LoadState::Discard);
    stream.tready.drive(ready);
    let take = (loading & space & stream.tvalid).named("take");
    let truncated = (take & stream.tlast & !expected_last).named("truncated");
    let overlong = (take & !stream.tlast & expected_last).named("overlong");

    state.go(LoadState::Idle, job.start, LoadState::Load);
    state.go(LoadState::Load, job.clear, LoadState::Idle);
    state.go(LoadState::Load, overlong, LoadState::Discard);
    state.go(LoadState::Load, take & stream.tlast, LoadState::Idle);
    state.go(LoadState::Load, job.abandon, LoadState::Discard);
    state.go(LoadState::Discard, job.clear, LoadState::Idle);
    state.go(
        LoadState::Discard,
        stream.tvalid & stream.tlast,
        LoadState::Idle,
    );

    m.output("idle", state.is(LoadState::Idle));
    m.output("truncated", truncated);
    m.output("overlong", overlong);
    take
}

/// What job control tells a loader.
pub(super) struct LoaderJob<'m> {
    /// A job starts.
    pub start: Signal<'m>,
    /// The job has failed: take the packet to its end and forget it.
    pub abandon: Signal<'m>,
    /// Forget everything at once.
    pub clear: Signal<'m>,
}

impl<'m> LoaderJob<'m> {
    /// The ports.
    #[track_caller]
    pub fn ports(m: &'m Module) -> Self {
        let bit = crate::hdl::bit();
        LoaderJob {
            start: m.input("start", bit).comment("a job starts"),
            abandon: m
                .input("abandon", bit)
                .comment("the job has failed: discard its packet"),
            clear: m.input("clear", bit).comment("forget everything at once"),
        }
    }
}
