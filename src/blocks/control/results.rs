//! From words of sums to the beats of the result stream.

use crate::arch::StreamFormat;
use crate::hdl::{AxiStream, Module, Reg, Signal, bit, concat, hardware, join, unsigned};

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

/// What [`send`] is given and told.
pub(super) struct SendInputs<'m> {
    /// What to send.
    pub word: Word<'m>,
    /// The job has failed: end the packet.
    pub close: Signal<'m>,
    /// Forget everything at once.
    pub clear: Signal<'m>,
    /// Forget what has not been offered yet.
    pub forget: Signal<'m>,
}

/// What becomes of the beats.
pub(super) struct Sent<'m> {
    /// Words go on in the next cycle.
    pub next_advance: Signal<'m>,
    /// The beat that ends the packet has been taken.
    pub last: Signal<'m>,
    /// All beats have been taken, and the packet is closed.
    pub all: Signal<'m>,
}

/// Cuts words, lanes of `lane_bits` bits (of a sum, of a result), into beats and sends them; says
/// with `advance` where it takes a word.
///
/// The stream is cut by registers in both directions, so that nothing waits for `tready` within
/// the cycle: a beat that finds the output taken goes into a spare register.
#[hardware]
#[track_caller]
pub(super) fn send<'m>(
    m: &'m Module,
    format: &StreamFormat,
    lane_bits: [u32; 2],
    advance: Reg<'m>,
    io: &SendInputs<'m>,
    stream: &AxiStream<'m>,
) -> Sent<'m> {
    let (word, beats_shape) = (&io.word, io.word.beats.shape());
    m.section("beats, and the stream");
    /// the spare register is free: the stream takes a beat
    let room = m.reg(bit()).reset(1);
    let none = (1u64 << beats_shape.width) - 1;
    /// beats from this one on, less 2
    let beats_left = m.reg(beats_shape).reset(none);
    let none = m.lit(none, beats_shape);
    // The last beat leaves, or there is none.
    let takes_word = beats_left.msb().named("takes_word");
    let taken = word.valid.mux(word.beats, none);
    let next = takes_word.mux(taken, beats_left - 1);
    let next_beats_left = room.mux(next, *beats_left).named("next_beats_left");
    m.when(io.forget, || beats_left.set(none))
        .otherwise(|| beats_left.set(next_beats_left));
    let beat_valid = m.reg(bit()).reset(0);
    beat_valid.next(advance.mux(word.valid, *beat_valid) & !io.forget);
    let last_word = m.capture(advance, word.last);
    let beats = padded(m, format, lane_bits, word.data);
    let data = m.reg(beats.shape()).named("data");
    let behind = (format.beats_per_group - 1) * format.width;
    data.enable(room).next(if behind > 0 {
        // Nothing follows the last beat: its place may always take what the memory shows.
        let shifted = data.slice(format.width, behind);
        let top = beats.slice(behind, format.width);
        concat(&[top, takes_word.mux(beats.truncate(behind), shifted)])
    } else {
        beats
    });

    let last = (takes_word & last_word).named("last");
    let packet_open = m.reg(bit()).reset(0);
    let still_open = (room & *beat_valid).mux(!last, *packet_open);
    packet_open.next(still_open & !io.close & !io.clear);
    /// a zero beat ends the packet of a failed job
    let closing = m.reg(bit()).reset(0);

    let out_valid = m.reg(bit()).reset(0);
    let out_loads = !out_valid | stream.tready;
    // The closing beat waits until nothing is offered, and so nothing spare.
    let close = (closing & !out_valid).named("close");
    let must_close = (io.close & *packet_open) | (closing & *out_valid);
    closing.next(must_close & !io.clear);
    let offers = beat_valid | close | !room;
    out_valid.next((!out_loads | offers) & !io.clear);
    let next_room = out_loads | (room & !beat_valid);
    room.next(next_room | io.clear);
    let next_advance = (next_room & next_beats_left.msb()).named("next_advance");
    advance.next(next_advance);
    let beat = data.truncate(format.width);
    let spare = m.capture(room, beat);
    let spare_last = m.capture(room, last);
    let out_data = m.capture(out_loads, room.mux(beat.gate(!closing), spare));
    let out_last = m.capture(out_loads, room.mux(last | *closing, spare_last));
    stream.tdata.drive(out_data);
    stream.tvalid.drive(*out_valid);
    stream.tlast.drive(out_last);

    let nothing = !word.valid & !beat_valid;
    m.assert(
        "moves_with_the_beats",
        nothing | advance.eq(room & takes_word),
        "words move without the beats, or beats without the words",
    );
    m.cover("word_waits_for_the_host", word.valid & !advance);
    m.cover("packet_closed_after_an_error", close);
    let last_sent = out_valid & stream.tready & out_last;
    let all_sent = m.flag(io.close & !packet_open & !closing & !out_valid);
    Sent {
        next_advance,
        last: last_sent,
        all: all_sent,
    }
}

/// The word as the beats of a group: sums sign-extended to results, zeros behind the last.
fn padded<'m>(
    m: &'m Module,
    format: &StreamFormat,
    [sum, result]: [u32; 2],
    word: Signal<'m>,
) -> Signal<'m> {
    let padding = format.group_padding() * result;
    if sum == result && padding == 0 {
        return word;
    }
    let mut lanes: Vec<_> = word
        .split(sum)
        .into_iter()
        .map(|value| value.as_signed().sign_extend(result).as_unsigned())
        .collect();
    if padding > 0 {
        lanes.push(m.zero(unsigned(padding)));
    }
    join(&lanes)
}
