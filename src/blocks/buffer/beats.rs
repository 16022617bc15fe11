//! Where the rows and groups of a stream end, worked out a beat ahead.

use crate::arch::StreamFormat;
use crate::hdl::{Module, Reg, Shape, Signal, hardware, index_bits, join, unsigned};

/// What is known of the beat at the port before it comes, in registers.
pub(in crate::blocks) struct Beat<'m> {
    /// It is the last of its group.
    pub group_end: Signal<'m>,
    /// Its place in the group, where groups have more beats than one.
    pub index: Option<Signal<'m>>,
}

/// The position of the beat that comes next.
pub(in crate::blocks) struct BeatPosition<'m> {
    format: StreamFormat,
    /// Elements of the row behind the beat, less one: negative, its top bit 1, in the last beat.
    behind: Reg<'m>,
    /// Place in the group, where groups have more beats than one.
    index: Option<Reg<'m>>,
    /// It is the last of a full group, where groups have more beats than one.
    last_of_group: Option<Signal<'m>>,
    /// It is the last of its row.
    pub row_end: Signal<'m>,
}

impl<'m> BeatPosition<'m> {
    /// The position in rows of up to `size` elements.
    #[track_caller]
    pub fn new(m: &'m Module, format: &StreamFormat, size: Shape) -> Self {
        let behind = m
            .reg(unsigned(size.width + 1))
            .named("elements_behind")
            .comment("of the row, behind the next beat, less one; negative in the last");
        let beats = format.beats_per_group;
        let index = (beats > 1).then(|| {
            m.reg(unsigned(index_bits(beats.into())))
                .named("next_index")
        });
        let last_of_group = index.map(|index| index.eq(beats - 1).named("last_beat_of_group"));
        BeatPosition {
            format: *format,
            behind,
            index,
            last_of_group,
            row_end: behind.msb().named("row_ends"),
        }
    }

    /// Elements of a beat that is not the last of its group.
    fn full_beat(&self) -> u32 {
        self.format.elements_per_beat.min(self.format.group)
    }

    /// What is behind the first beat of a row, as [`run`](BeatPosition::run) takes it.
    #[track_caller]
    pub fn behind_first(&self, elements: Signal<'m>) -> Signal<'m> {
        let width = self.behind.width();
        elements.zero_extend(width) - (self.full_beat() + 1)
    }

    /// Of the elements of the beat but the first, which is always there, a bit for each that
    /// belongs to the row, caught where `step` is 1; none where beats have one element.
    #[track_caller]
    pub fn lanes(&self, m: &'m Module, step: Signal<'m>) -> Option<Signal<'m>> {
        let (full, tail) = (self.full_beat(), self.format.tail());
        // In the last beat of a row, the low bits of a small negative number.
        let bits = index_bits(full.into()).min(self.behind.width());
        let low = self.behind.truncate(bits);
        let there = |lane: u32, used: u32| match used.checked_sub(lane) {
            Some(behind) if behind > 0 => low.ge((1 << bits) - behind),
            _ => m.low(),
        };
        let lanes: Vec<_> = (1..full)
            .map(|lane| {
                let in_full = there(lane, full);
                let there = match self.last_of_group {
                    Some(last) if tail != full => last.mux(there(lane, tail), in_full),
                    _ => in_full,
                };
                !self.row_end | there
            })
            .collect();
        (!lanes.is_empty()).then(|| m.capture(step, join(&lanes)).named("lanes"))
    }

    /// Begins with a row of which `first` is behind its first beat where `start` is 1, and goes on
    /// where `step` is 1, behind the end of a row with `next_row`: the beat that came next is the
    /// beat then.
    #[hardware]
    #[track_caller]
    pub fn run(
        self,
        (start, first): (Signal<'m>, Signal<'m>),
        (step, next_row): (Signal<'m>, Signal<'m>),
    ) -> Beat<'m> {
        let m = start.module();
        let (full, tail) = (self.full_beat(), self.format.tail());
        let (behind, row_end) = (self.behind, self.row_end);
        let mut used = m.lit(full, behind.shape());
        let mut beat = Beat {
            group_end: m.high(),
            index: None,
        };
        if let (Some(next_index), Some(last)) = (self.index, self.last_of_group) {
            let group_ends = last | row_end;
            let group_end = m.capture(step, group_ends);
            let index = m.capture(step, *next_index);
            m.when(start, || next_index.set(0)).else_when(step, || {
                m.when(group_ends, || next_index.set(0))
                    .otherwise(|| next_index.set(next_index + 1));
            });
            if tail != full {
                let next_is_last = next_index.eq(self.format.beats_per_group - 2);
                used = next_is_last.mux(m.lit(tail, behind.shape()), used);
            }
            beat = Beat {
                group_end,
                index: Some(index),
            };
        }
        m.when(start, || behind.set(first)).else_when(step, || {
            m.when(row_end, || behind.set(next_row))
                .otherwise(|| behind.set(behind - used));
        });
        beat
    }
}
