//! Where the rows and groups of a stream end, worked out a beat ahead.

use crate::arch::StreamFormat;
use crate::hdl::{Module, Reg, Signal, concat, index_bits, unsigned};

/// What is known of the beat at the port before it comes, in registers.
pub(in crate::blocks) struct Beat<'m> {
    /// It is the last of its row.
    pub row_end: Signal<'m>,
    /// It is the last of its group.
    pub group_end: Signal<'m>,
    /// Its elements but the first, which is always there: a bit for each that belongs to the row.
    pub lanes: Option<Signal<'m>>,
    /// Its place in the group, where groups have more beats than one.
    pub index: Option<Signal<'m>>,
}

/// How the beats of a packet follow each other.
pub(in crate::blocks) struct BeatWalk<'m> {
    left: Reg<'m>,
    index: Option<Reg<'m>>,
    /// Elements in the beat that comes next.
    used: Signal<'m>,
    /// The beat that comes next is the last of its group.
    group_end: Signal<'m>,
    /// The beat that comes next is the last of its row.
    pub row_end: Signal<'m>,
}

/// A walk over rows of elements counted by `left`, a register of the caller's: those of the row
/// from the beat on that comes next, at least 1.
#[track_caller]
pub(in crate::blocks) fn beat_walk<'m>(
    m: &'m Module,
    format: &StreamFormat,
    left: Reg<'m>,
) -> BeatWalk<'m> {
    let beats = format.beats_per_group;
    let size = left.shape();
    if beats == 1 {
        return BeatWalk {
            index: None,
            used: m.lit(format.group, size),
            group_end: m.high(),
            row_end: left.le(format.group).named("row_ends"),
            left,
        };
    }
    let index = m.reg("next_index", unsigned(index_bits(beats.into())));
    let last_beat = index.eq(beats - 1).named("last_beat_of_group");
    let used = last_beat
        .mux(m.lit(format.tail(), size), format.elements_per_beat)
        .named("elements_in_beat");
    let row_end = left.le(used).named("row_ends");
    BeatWalk {
        left,
        index: Some(index),
        used,
        group_end: (last_beat | row_end).named("group_ends"),
        row_end,
    }
}

impl<'m> BeatWalk<'m> {
    /// Begins with a row of `first` elements where `start` is 1, and goes on where `step` is 1,
    /// behind the end of a row with one of `next_row`: the beat that came next is the beat then.
    #[track_caller]
    pub fn run(
        self,
        format: &StreamFormat,
        (start, first): (Signal<'m>, Signal<'m>),
        (step, next_row): (Signal<'m>, Signal<'m>),
    ) -> Beat<'m> {
        let m = start.module();
        let BeatWalk {
            left,
            index,
            used,
            group_end,
            row_end,
        } = self;
        let lanes: Vec<_> = (1..format.elements_per_beat.min(format.group))
            .rev()
            .map(|lane| left.gt(lane))
            .collect();
        let beat = Beat {
            row_end: m.capture("row_end", step, row_end),
            group_end: match index {
                Some(_) => m.capture("group_end", step, group_end),
                None => m.high(),
            },
            lanes: (!lanes.is_empty()).then(|| m.capture("lanes", step, concat(&lanes))),
            index: index.map(|index| m.capture("index", step, *index)),
        };
        if let Some(index) = index {
            let zero = m.zero(index.shape());
            index.walk(start, 0, step, group_end.mux(zero, index + 1));
        }
        left.walk(start, first, step, row_end.mux(next_row, left - used));
        beat
    }
}
