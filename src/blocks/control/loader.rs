//! What the loaders of A and B have in common: the packet on their stream.

use super::ports::{Orders, PacketErrors};
use crate::hdl::{AxiStream, Module, Signal, bit, hardware, hardware_enum};

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
    /// Counts of beats and rows begin.
    pub begins: Signal<'m>,
    /// They go on: a beat is taken, or the first comes into sight.
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

/// What [`packet`] is told.
pub(super) struct PacketInputs<'a, 'm> {
    /// A job starts.
    pub start: Signal<'m>,
    /// What job control tells the loader.
    pub orders: &'a Orders<'m>,
    /// The packets.
    pub stream: &'a AxiStream<'m>,
    /// There is space in the next cycle.
    pub next_space: Signal<'m>,
    /// The present beat should carry TLAST.
    pub last_beat: Signal<'m>,
}

/// Takes beats while loading where there is space, and discards them after an error. Says whether
/// it is idle, and what is wrong.
#[hardware]
#[track_caller]
pub(super) fn packet<'m>(
    m: &'m Module,
    packet: &Packet<'m>,
    io: &PacketInputs<'_, 'm>,
) -> (Signal<'m>, PacketErrors<'m>) {
    use LoadState::{Begin, Discard, Idle, Load, Look};
    let (stream, orders) = (io.stream, io.orders);
    let state = m.fsm(Idle);
    // Decided a cycle ahead: all that goes on with a beat waits for `tvalid` and this alone.
    let takes = m.reg(bit()).reset(0).comment("loading, and there is space");
    stream.tready.drive(takes | state.is(Discard));
    packet.take.drive(takes & stream.tvalid);
    let packet_ends = packet.take & (stream.tlast | io.last_beat);
    let loads = state.is(Look) | (state.is(Load) & !packet_ends);
    takes.next(loads & io.next_space & !orders.forget);
    packet.begins.drive(state.is(Begin));
    packet.step.drive(state.is(Look) | packet.take);
    let ends_early = packet.take & stream.tlast & !io.last_beat;
    let ends_late = packet.take & !stream.tlast & io.last_beat;

    m.switch(state)
        .case(Idle, || m.when(io.start, || state.set(Begin)))
        // A job cannot fail before its first beat.
        .case(Begin, || {
            m.when(orders.clear, || state.set(Idle))
                .otherwise(|| state.set(Look))
        })
        .case(Look, || {
            m.when(orders.clear, || state.set(Idle))
                .otherwise(|| state.set(Load))
        })
        .case(Load, || {
            m.when(orders.clear, || state.set(Idle))
                .else_when(ends_late, || state.set(Discard))
                .else_when(packet.take & stream.tlast, || state.set(Idle))
                .else_when(orders.abandon, || state.set(Discard))
        })
        .case(Discard, || {
            m.when(orders.clear, || state.set(Idle))
                .else_when(stream.tvalid & stream.tlast, || state.set(Idle))
        });

    // Registered: a stream's handshake would otherwise reach every unit within the cycle.
    let truncated = m.flag(ends_early & !orders.clear);
    let overlong = m.flag(ends_late & !orders.clear);
    let errors = PacketErrors {
        truncated,
        overlong,
    };
    (state.is(Idle), errors)
}
