//! From beats of a stream to vectors of an operand buffer.

use crate::arch::StreamFormat;
use crate::hdl::{Module, Signal, concat, index_bits, unsigned};

/// What [`unpack`] makes of the beats of a row.
pub(in crate::blocks) struct Unpacked<'m> {
    /// The vector of the group, in the cycle after its last beat.
    pub vector: Signal<'m>,
    /// The present beat is the last of its group.
    pub group_end: Signal<'m>,
    /// The present beat is the last of its row.
    pub row_end: Signal<'m>,
    /// `left` for the next beat of the row.
    pub left_after: Signal<'m>,
}

/// Collects the beats of groups into vectors and puts zeros where a row has ended.
///
/// `take` is 1 where the beat `data` is taken; `left` is the number of elements of the row from
/// this beat on, at least 1; `clear` returns to the first beat of a group.
#[track_caller]
pub(in crate::blocks) fn unpack<'m>(
    m: &'m Module,
    format: &StreamFormat,
    data: Signal<'m>,
    take: Signal<'m>,
    left: Signal<'m>,
    clear: Signal<'m>,
) -> Unpacked<'m> {
    let StreamFormat {
        element_bits,
        elements_per_beat,
        group,
        beats_per_group: beats,
        ..
    } = *format;
    let tail = group - (beats - 1) * elements_per_beat;
    let size = left.shape();

    // Elements past the end of the row are zero, whatever the padding holds.
    let lanes_in_beat = elements_per_beat.min(group);
    let mut masked = Vec::new();
    for lane in 0..lanes_in_beat {
        let element = data.slice(lane * element_bits, element_bits);
        // A beat is sent only for at least one element.
        masked.push(if lane == 0 {
            element
        } else {
            element.gate(left.gt(lane))
        });
    }
    masked.reverse();
    let masked = concat(&masked).named("masked_beat");

    if beats == 1 {
        let row_end = left.le(group).named("row_end");
        let vector = m
            .reg("vector", unsigned(group * element_bits))
            .enable(take)
            .next(masked);
        return Unpacked {
            vector,
            group_end: m.high(),
            row_end,
            left_after: left - group,
        };
    }

    let index = m
        .reg("beat_index", unsigned(index_bits(beats.into())))
        .reset(0);
    let last_beat = index.eq(beats - 1).named("last_beat_of_group");
    let used = last_beat
        .mux(m.lit(tail, size), elements_per_beat)
        .named("elements_in_beat");
    let row_end = left.le(used).named("row_end");
    let group_end = (last_beat | row_end).named("group_end");
    let zero = m.zero(index.shape());
    let next_index = take.mux(group_end.mux(zero, index + 1), *index);
    index.next(clear.mux(zero, next_index));

    // The first beat of a group also clears the places of the beats that may not come.
    let first_beat = index.eq(0).named("first_beat_of_group");
    let mut parts = Vec::new();
    for beat in 0..beats {
        let lanes = if beat + 1 == beats {
            tail
        } else {
            elements_per_beat
        };
        let bits = lanes * element_bits;
        let part = m.reg(format!("vector_{beat}"), unsigned(bits));
        let mine = index.eq(beat);
        let part = if beat == 0 {
            part.enable(take & first_beat).next(masked.slice(0, bits))
        } else {
            part.enable(take & (first_beat | mine))
                .next(masked.slice(0, bits).gate(mine))
        };
        parts.push(part);
    }
    parts.reverse();
    Unpacked {
        vector: concat(&parts),
        group_end,
        row_end,
        left_after: left - used,
    }
}
