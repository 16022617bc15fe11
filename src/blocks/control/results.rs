//! From words of sums to the beats of the result stream.

use super::super::pe::shape;
use crate::arch::MatmulArch;
use crate::hdl::{AxiStream, Module, Reg, Signal, bit, concat, join, unsigned};

/// A word of C that has been read from the accumulators.
pub(super) struct Word<'m> {
    /// There is one.
    pub valid: Signal<'m>,
    /// Its beats less 2, to [run down](super::countdown::run_down).
    pub beats: Signal<'m>,
    /// It ends C.
    pub last: Signal<'m>,
    /// The sums.
    pub data: Signal<'m>,
}

/// What the drain is told.
pub(super) struct Orders<'m> {
    /// The job has failed: end the packet.
    pub close: Signal<'m>,
    /// Forget everything at once.
    pub clear: Signal<'m>,
    /// Forget what has not been offered yet.
    pub forget: Signal<'m>,
}

/// What becomes of the beats.
pub(super) struct Sent<'m> {
    /// Words move on in the next cycle.
    pub next_moves: Signal<'m>,
    /// The beat that ends the packet has been taken.
    pub last: Signal<'m>,
    /// All beats have been taken, and the packet is closed.
    pub all: Signal<'m>,
}

/// Cuts words into beats and sends them; says with `moves` where it takes a word.
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
    m.section("beats, and the stream");
    let room = m
        .reg(bit())
        .named("room")
        .reset(1)
        .comment("the spare register is free: the stream takes a beat");
    let none = m.lit((1u64 << beats_shape.width) - 1, beats_shape);
    let beats_left = m
        .reg(beats_shape)
        .named("beats_left")
        .reset((1u64 << beats_shape.width) - 1)
        .comment("beats from this one on, less 2");
    // The last beat leaves, or there is none.
    let takes = beats_left.msb().named("takes_word");
    let taken = word.valid.mux(word.beats, none);
    let next = takes.mux(taken, beats_left - 1);
    let next = room.mux(next, *beats_left).named("next_beats_left");
    beats_left.next(orders.forget.mux(none, next));
    let valid = m.reg(bit()).named("beat_valid").reset(0);
    valid.next(moves.mux(word.valid, *valid) & !orders.forget);
    let last_word = m.capture(*moves, word.last).named("last_word");
    let beats = padded(m, arch, word.data);
    let data = m.reg(beats.shape()).named("data");
    let behind = (format.beats_per_group - 1) * format.width;
    data.enable(*room).next(if behind > 0 {
        // Nothing follows the last beat: its place may always take what the memory shows.
        let shifted = data.slice(format.width, behind);
        let top = beats.slice(behind, format.width);
        concat(&[top, takes.mux(beats.truncate(behind), shifted)])
    } else {
        beats
    });

    let last = (takes & last_word).named("last");
    let open = m.reg(bit()).named("packet_open").reset(0);
    let still_open = (room & valid).mux(!last, *open);
    open.next(still_open & !orders.close & !orders.clear);
    let closing = m
        .reg(bit())
        .named("closing")
        .reset(0)
        .comment("a zero beat ends the packet of a failed job");

    let out_valid = m.reg(bit()).named("out_valid").reset(0);
    let load = (!out_valid | stream.tready).named("out_loads");
    // The closing beat waits until nothing is offered, and so nothing spare.
    let closed = (closing & !out_valid).named("close");
    let close = (orders.close & open) | (closing & out_valid);
    closing.next(close & !orders.clear);
    let offers = valid | closed | !room;
    out_valid.next((!load | offers) & !orders.clear);
    let free = (load | (room & !valid)).named("next_room");
    room.next(free | orders.clear);
    let next_moves = (free & next.msb()).named("next_moves");
    moves.next(next_moves);
    let beat = data.truncate(format.width);
    let spare = m.capture(*room, beat).named("spare");
    let spare_last = m.capture(*room, last).named("spare_last");
    let next = room.mux(beat.gate(!closing), spare);
    stream.tdata.drive(m.capture(load, next).named("out_data"));
    stream.tvalid.drive(*out_valid);
    let next = room.mux(last | *closing, spare_last);
    let out_last = m.capture(load, next).named("out_last");
    stream.tlast.drive(out_last);

    let nothing = !word.valid & !valid;
    m.assert(
        "moves_with_the_beats",
        nothing | moves.eq(room & takes),
        "words move without the beats, or beats without the words",
    );
    m.cover("word_waits_for_the_host", word.valid & !moves);
    m.cover("packet_closed_after_an_error", closed);
    Sent {
        next_moves,
        last: (out_valid & stream.tready & out_last).named("last_sent"),
        all: m
            .flag(orders.close & !open & !closing & !out_valid)
            .named("all_sent"),
    }
}

/// The word as the beats of a group: lanes sign-extended to results, zeros behind the last.
fn padded<'m>(m: &'m Module, arch: &MatmulArch, word: Signal<'m>) -> Signal<'m> {
    let (lane, result) = (shape(arch.accumulator), shape(arch.result));
    let padding = arch.c.group_padding() * result.width;
    if lane == result && padding == 0 {
        return word;
    }
    let mut lanes: Vec<_> = word
        .split(lane.width)
        .into_iter()
        .map(|value| value.as_signed().sign_extend(result.width).as_unsigned())
        .collect();
    if padding > 0 {
        lanes.push(m.zero(unsigned(padding)));
    }
    join(&lanes)
}
