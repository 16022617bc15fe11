//! From beats of a stream to vectors of an operand buffer.

use super::beats::Beat;
use crate::arch::StreamFormat;
use crate::hdl::{Module, Signal, join, unsigned};

/// The beat `data` with zeros in place of the elements past the end of the row, whatever the
/// padding holds; `lanes` is as [`BeatPosition::lanes`](super::BeatPosition::lanes) gives it.
#[track_caller]
pub(in crate::blocks) fn masked<'m>(
    format: &StreamFormat,
    data: Signal<'m>,
    lanes: Option<Signal<'m>>,
) -> Signal<'m> {
    let bits = format.element_bits;
    let mut elements = vec![data.slice(0, bits)];
    if let Some(lanes) = lanes {
        let lane = |lane| data.slice((lane + 1) * bits, bits).gate(lanes.bit(lane));
        elements.extend((0..lanes.width()).map(lane));
    }
    join(&elements).named("masked_beat")
}

/// Collects the beats of groups into vectors. Returns the vector, complete in the cycle after the
/// last beat of its group.
///
/// `take` is 1 where `data`, the beat that `beat` tells of, is taken.
#[track_caller]
pub(in crate::blocks) fn unpack<'m>(
    m: &'m Module,
    format: &StreamFormat,
    data: Signal<'m>,
    take: Signal<'m>,
    beat: &Beat<'m>,
) -> Signal<'m> {
    let bits = format.element_bits;
    let Some(index) = beat.index else {
        let vector = m.reg(unsigned(format.group * bits)).named("vector");
        return vector.enable(take).next(data.truncate(format.group * bits));
    };
    // The first beat of a group also clears the places of the beats that may not come.
    let first_beat = index.eq(0).named("first_beat_of_group");
    let mut parts = Vec::new();
    for beat in 0..format.beats_per_group {
        let lanes = if beat + 1 == format.beats_per_group {
            format.tail()
        } else {
            format.elements_per_beat
        };
        let bits = lanes * bits;
        let part = m.reg(unsigned(bits)).named(format!("vector_{beat}"));
        let mine = index.eq(beat);
        let part = if beat == 0 {
            part.enable(take & first_beat).next(data.slice(0, bits))
        } else {
            part.enable(take & (first_beat | mine))
                .next(data.slice(0, bits).gate(mine))
        };
        parts.push(part);
    }
    join(&parts)
}
