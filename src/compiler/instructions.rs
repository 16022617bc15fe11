//! Which instructions of a program are a layer's.

use std::ops::Range;

/// Numbers of instructions, in their order: layers are worked on in turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instructions(Vec<Range<usize>>);

impl Instructions {
    /// Of ranges, in their order; none where one begins in front of the end of another.
    pub fn of(ranges: Vec<Range<usize>>) -> Option<Instructions> {
        let mut end = 0;
        for range in &ranges {
            if range.start < end || range.end < range.start {
                return None;
            }
            end = range.end;
        }
        Some(Instructions(ranges))
    }

    /// Adds those behind all so far.
    pub(super) fn add(&mut self, more: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if last.end == more.start => last.end = more.end,
            _ if more.is_empty() => {}
            _ => self.0.push(more),
        }
    }

    /// The ranges, in their order.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.0
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().cloned().flatten()
    }

    /// Whether one is among them.
    pub fn contains(&self, instruction: usize) -> bool {
        self.0.iter().any(|range| range.contains(&instruction))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(Range::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number behind the last one.
    pub fn end(&self) -> usize {
        self.0.last().map_or(0, |last| last.end)
    }
}
