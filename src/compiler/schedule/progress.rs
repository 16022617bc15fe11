//! What is there of an activation, and which signals say so.

use crate::isa::npu::Unit;
use std::ops::Range;

/// A part of an activation: some channels from a byte on.
#[derive(Clone, Debug)]
struct Part {
    first_byte: usize,
    channels: Range<usize>,
    /// It is there when the semaphores of MATRIX and VECTOR have been signalled so often, over the whole program; none
    /// as long as no signal says so.
    signals: Option<[u32; 2]>,
    /// When it is there, as estimated.
    time: u64,
}

/// The place of what MATRIX is told, and of what VECTOR is.
fn of_unit(unit: Unit) -> usize {
    usize::from(unit == Unit::Vector)
}

/// The parts of an activation so far, in their order.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    parts: Vec<Part>,
    /// The semaphore that says when they are there.
    pub semaphore: u32,
    /// The layer that makes them; none where LOAD reads them.
    pub layer: Option<usize>,
    /// No part follows.
    pub is_whole: bool,
}

impl Progress {
    /// Nothing yet.
    pub fn new(semaphore: u32, layer: Option<usize>) -> Progress {
        Progress {
            parts: Vec::new(),
            semaphore,
            layer,
            is_whole: false,
        }
    }

    /// A part comes; a later signal says so.
    pub fn put(&mut self, first_byte: usize, channels: Range<usize>, time: u64) {
        self.parts.push(Part {
            first_byte,
            channels,
            signals: None,
            time,
        });
    }

    /// With so many signals to MATRIX, or to VECTOR, all parts so far are there.
    pub fn signalled(&mut self, signals: [u32; 2]) {
        for part in self.parts.iter_mut().rev() {
            if part.signals.is_some() {
                break;
            }
            part.signals = Some(signals);
        }
    }

    /// All parts so far were there at a fence.
    pub fn fenced(&mut self) {
        self.parts
            .iter_mut()
            .for_each(|part| part.signals = Some([0; 2]));
    }

    /// The parts that some channels of the first bytes are in.
    fn of(&self, bytes: usize, channels: &Range<usize>) -> impl Iterator<Item = &Part> {
        let channels = channels.clone();
        let meets = move |part: &&Part| {
            part.first_byte < bytes
                && part.channels.start < channels.end
                && channels.start < part.channels.end
        };
        self.parts.iter().filter(meets)
    }

    /// The signals to a unit with which some channels of the first bytes are there.
    pub fn signals(&self, unit: Unit, bytes: usize, channels: &Range<usize>) -> Option<u32> {
        let signals = self.of(bytes, channels).filter_map(|part| part.signals);
        signals.map(|signals| signals[of_unit(unit)]).max()
    }

    /// Whether one of so many signals to a unit says that they are there.
    pub fn is_told(&self, unit: Unit, bytes: usize, channels: &Range<usize>, so_far: u32) -> bool {
        let mut parts = self.of(bytes, channels);
        parts.all(|part| (part.signals).is_some_and(|signals| signals[of_unit(unit)] <= so_far))
    }

    /// When they are there, as estimated.
    pub fn time(&self, bytes: usize, channels: &Range<usize>) -> u64 {
        let times = self.of(bytes, channels).map(|part| part.time);
        times.max().unwrap_or(0)
    }

    /// Whether so many signals to a unit say that all is there.
    pub fn is_whole_with(&self, unit: Unit, signals: u32) -> bool {
        self.is_whole && self.is_told(unit, usize::MAX, &(0..usize::MAX), signals)
    }

    /// Where the last two parts begin: their channels, or of a single vector their bytes.
    pub fn last_begin(&self, is_vector: bool) -> [usize; 2] {
        let begin = |part: &Part| match is_vector {
            true => part.first_byte,
            false => part.channels.start,
        };
        let last = self.parts.last().map_or(0, begin);
        let others = self.parts.iter().map(begin).filter(|of| *of < last);
        [others.max().unwrap_or(0), last]
    }
}
