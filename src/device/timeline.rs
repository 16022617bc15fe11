//! When the units of a core were at work.

use super::SinkBeat;
use crate::isa::npu::{EVENT_BITS, Instruction, Unit};

/// An instruction on its unit. Those of MATRIX and LOAD overlap a little: the last cycles of one count for
/// the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The cycle in which its work begins, from the start of the program.
    pub start: u64,
    /// The cycle in which its work, or the unit's until it takes the next one, has ended.
    pub end: u64,
}

/// What each unit did, from the start of a program on: an instruction each, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline([Vec<Span>; Unit::ALL.len()]);

impl Timeline {
    /// From the beats of a core's events, of a program that was started in a cycle.
    pub(super) fn new(events: &[SinkBeat], start: u64) -> Timeline {
        let events = Vec::from_iter(events.iter().filter(|event| event.cycle >= start));
        Timeline(Unit::ALL.map(|unit| {
            let unit = unit as u32;
            let mut spans: Vec<Span> = Vec::new();
            let mut worked = false;
            let mut has_worked = false;
            for event in &events {
                let cycle = event.cycle - start;
                let now = event.data[0] >> (EVENT_BITS + unit) & 1 == 1;
                if let Some(last) = spans.last_mut() {
                    if now && !has_worked {
                        last.start = cycle;
                    }
                    if worked || !has_worked {
                        last.end = cycle;
                    }
                }
                has_worked |= now;
                worked = now;
                if event.data[0] >> unit & 1 == 1 {
                    spans.push(Span {
                        start: cycle,
                        end: cycle,
                    });
                    has_worked = now;
                }
            }
            spans
        }))
    }

    /// Of a program that did not run: its units take its instructions, and end their work, in these cycles.
    pub(super) fn expected(program: &[Instruction], spans: &[Option<[u64; 2]>]) -> Timeline {
        let mut timeline = Timeline::default();
        for (instruction, span) in program.iter().zip(spans) {
            if let (Some(unit), Some([start, end])) = (instruction.operation.opcode().unit(), *span)
            {
                timeline.0[unit as usize].push(Span { start, end });
            }
        }
        timeline
    }

    /// The work of each instruction of a program: none for those of the front end, and those that it did
    /// not come to.
    pub fn of_program(&self, program: &[Instruction]) -> Vec<Option<Span>> {
        let mut taken = [0; Unit::ALL.len()];
        let spans = program.iter().map(|instruction| {
            let unit = instruction.operation.opcode().unit()? as usize;
            taken[unit] += 1;
            self.0[unit].get(taken[unit] - 1).copied()
        });
        spans.collect()
    }
}
