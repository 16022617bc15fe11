//! What the loaders of A and B have in common: the packet on their stream.

use crate::hdl::{AxiStream, Module, Signal, bit, hardware_enum};

hardware_enum! {
    /// States of a loader.
    pub enum LoadState {
        /// No job, or the job's packet has arrived.
        Idle,
        /// Taking the sizes of the job.
        Begin,
        /// Looking at the first beat ahead.
        Look,
        /// Taking the job's packet.
        Load,
        /// The job has failed: discarding the rest of the packet.
        Discard,
    }
}

/// What happens to the packet in this cycle: wires.
pub(super) struct Packet<'m> {
    /// A beat of the job's packet is taken.
    pub take: Signal<'m>,
    /// The walk over the beats begins.
    pub begins: Signal<'m>,
    /// It goes on: a beat is taken, or the first comes into sight.
    pub step: Signal<'m>,
}

impl<'m> Packet<'m> {
    /// For [`packet`] to drive.
    #[track_caller]
    pub fn wires(m: &'m Module) -> Self {
        let [take, begins, step] = ["take", "begins", "step"].map(|name| m.wire(bit()).named(name));
        Packet { take, begins, step }
    }
}

/// Takes beats while loading where there is space, and discards them after an error.
///
/// `next_space` says that there is space in the next cycle, `last_beat` that the present beat should
/// carry TLAST.
#[track_caller]
pub(super) fn packet<'m>(
    m: &'m Module,
    packet: &Packet<'m>,
    stream: &AxiStream<'m>,
    job: &LoaderJob<'m>,
    next_space: Signal<'m>,
    last_beat: Signal<'m>,
) {
    let state = m.fsm(LoadState::Idle).named("state");
    let loading = state.is(LoadState::Load);
    // Decided a cycle ahead: all that moves on with a beat waits for `tvalid` and this alone.
    let takes = m.reg(bit()).named("takes").reset(0);
    let takes = takes.comment("loading, and there is space");
    stream.tready.drive(takes | state.is(LoadState::Discard));
    let take = packet.take;
    take.drive(takes & stream.tvalid);
    let ends = (take & (stream.tlast | last_beat)).named("packet_ends");
    let loads = state.is(LoadState::Look) | (loading & !ends);
    takes.next(loads & next_space & !job.forget);
    packet.begins.drive(state.is(LoadState::Begin));
    packet.step.drive(state.is(LoadState::Look) | take);
    let truncated = take & stream.tlast & !last_beat;
    let overlong = (take & !stream.tlast & last_beat).named("ends_late");

    state.go(LoadState::Idle, job.start, LoadState::Begin);
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
    // A job cannot fail before its first beat.
    for (from, to) in [
        (LoadState::Begin, LoadState::Look),
        (LoadState::Look, LoadState::Load),
    ] {
        state.go(from, job.clear, LoadState::Idle);
        state.then(from, to);
    }

    m.output("idle", state.is(LoadState::Idle));
    // Registered: a stream's handshake would otherwise reach every unit within the cycle.
    m.output(
        "truncated",
        m.flag(truncated & !job.clear).named("truncated"),
    );
    m.output("overlong", m.flag(overlong & !job.clear).named("overlong"));
}

/// What job control tells a loader.
pub(super) struct LoaderJob<'m> {
    /// A job starts.
    pub start: Signal<'m>,
    /// The job has failed: take the packet to its end and forget it.
    pub abandon: Signal<'m>,
    /// Forget everything at once.
    pub clear: Signal<'m>,
    /// Either of these.
    pub forget: Signal<'m>,
}

impl<'m> LoaderJob<'m> {
    /// The ports.
    #[track_caller]
    pub fn ports(m: &'m Module) -> Self {
        LoaderJob {
            start: m.input("start", bit()).comment("a job starts"),
            abandon: m
                .input("abandon", bit())
                .comment("the job has failed: discard its packet"),
            clear: m.input("clear", bit()).comment("forget everything at once"),
            forget: m.input("forget", bit()).comment("`abandon` or `clear`"),
        }
    }
}
