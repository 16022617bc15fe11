//! From words of sums to the beats of the result stream.

use super::super::pe::shape;
use crate::arch::MatmulArch;
use crate::hdl::{AxiStream, Module, Reg, Shape, Signal, bit, bits_for, concat, unsigned};

/// A word of C that has been read from the accumulators.
pub(super) struct Word<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// Its beats, as a [count](countdown).
    pub beats: Signal<'m>,
    /// It ends C.
    pub last: Signal<'m>,
    /// The sums.
    pub data: Signal<'m>,
}

/// What the drain is told.
pub(super) struct Orders<'m> {
    /// The job has failed: end the packet.
    pub abandon: Signal<'m>,
    /// Forget everything at once.
    pub clear: Signal<'m>,
    /// Either.
    pub forget: Signal<'m>,
}

/// What becomes of the beats.
pub(super) struct Sent<'m> {
    /// The beat that ends the packet has been taken.
    pub last: Signal<'m>,
    /// All beats have been taken.
    pub all: Signal<'m>,
}

/// The shape of a [`countdown`] from at most `most`.
pub(super) fn countdown_shape(most: u32) -> Shape {
    unsigned(bits_for(most.into()) + 1)
}

/// A count that runs down to -1: its top bit stands on the last of `count`, so that nothing is
/// compared.
#[track_caller]
pub(super) fn countdown(count: Signal<'_>) -> Signal<'_> {
    count.zero_extend(count.width() + 1) - 2
}

/// Cuts words into beats and sends them. `moves` is where words are taken.
///
/// The stream is cut by registers in both directions, so that nothing waits for `tready` within
/// the cycle: a beat that finds the output taken goes into a spare register.
#[track_caller]
pub(super) fn send<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    word: &Word<'m>,
    moves: Reg<'m>,
    orders: &Orders<'m>,
    stream: &AxiStream<'m>,
) -> Sent<'m> {
    let (format, beats_shape) = (&arch.c, word.beats.shape());
    m.section("beats of a word");
    let room = m
        .reg("room", bit())
        .reset(1)
        .comment("the stream takes a beat");
    let none = m.lit((1u64 << beats_shape.width) - 1, beats_shape);
    let beats_left = m
        .reg("beats_left", beats_shape)
        .reset((1u64 << beats_shape.width) - 1)
        .comment("beats from this one on, less 2");
    // The last beat leaves, or there is none.
    let takes = beats_left.msb().named("takes_word");
    let next = word.valid.mux(word.beats, none);
    let next = room.mux(takes.mux(next, beats_left - 1), *beats_left);
    let next = orders.forget.mux(none, next).named("next_beats_left");
    beats_left.next(next);
    let valid = m.reg("beat_valid", bit()).reset(0);
    valid.next(moves.mux(word.valid, *valid) & !orders.forget);
    let last_word = m.capture("last_word", *moves, word.last);
    let data = m.reg("data", unsigned(format.beats_per_group * format.width));
    let shifted = if format.beats_per_group > 1 {
        *data >> format.width
    } else {
        *data
    };
    data.enable(*room)
        .next(takes.mux(padded(m, arch, word.data), shifted));

    m.section("end of the packet");
    let closing = m
        .reg("closing", bit())
        .reset(0)
        .comment("a zero beat ends the packet of a failed job");
    let offers = (*valid | *closing).named("offers");
    let last = ((takes & last_word) | *closing).named("last");
    let open = m.reg("packet_open", bit()).reset(0);
    let still_open = (room & offers).mux(!last, *open).named("still_open");
    open.next(still_open & !orders.clear);
    let close = (orders.abandon & still_open) | (closing & !room);
    closing.next(close & !orders.clear);

    m.section("stream");
    let beat = data.truncate(format.width).gate(!closing).named("beat");
    let out_valid = m.reg("out_valid", bit()).reset(0);
    let load = (!out_valid | stream.tready).named("out_loads");
    let spare = m.capture("spare", *room, beat);
    let spare_last = m.capture("spare_last", *room, last);
    // Behind a spare beat there is an offered one.
    out_valid.next((!load | offers | !room) & !orders.clear);
    let free = (load | (room & !offers) | orders.clear).named("next_room");
    room.next(free);
    moves.next(free & next.msb());
    m.assert(
        "moves_with_room",
        moves.eq(room & takes),
        "a word moves without room for it",
    );
    let out_last = m.capture("out_last", load, room.mux(last, spare_last));
    stream
        .tdata
        .drive(m.capture("out_data", load, room.mux(beat, spare)));
    stream.tvalid.drive(*out_valid);
    stream.tlast.drive(out_last);

    m.cover("word_waits_for_the_host", word.valid & !moves);
    m.cover("words_without_a_gap", word.valid & moves & valid);
    m.cover("packet_closed_after_an_error", closing & room);
    Sent {
        last: (out_valid & stream.tready & out_last).named("last_sent"),
        all: !closing & !out_valid,
    }
}

/// The word as the beats of a group: lanes sign-extended to results, zeros behind the last.
fn padded<'m>(m: &'m Module, arch: &MatmulArch, word: Signal<'m>) -> Signal<'m> {
    let (lane, result) = (shape(arch.accumulator), shape(arch.result));
    let mut lanes: Vec<_> = word
        .split(lane.width)
        .into_iter()
        .map(|value| value.as_signed().sign_extend(result.width).as_unsigned())
        .collect();
    let padding = arch.c.group_padding() * result.width;
    if padding > 0 {
        lanes.push(m.zero(unsigned(padding)));
    }
    lanes.reverse();
    concat(&lanes)
}
