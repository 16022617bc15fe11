//! Parameters of layers, loaded when those before them are no longer needed.

use super::Schedule;
use super::program::{POST_UNIT, semaphore};
use crate::compiler::constants::LayerConstants;
use crate::compiler::region;
use crate::isa::npu::{Load, Operation, TABLE_ENTRIES, TABLE_WORDS, Target};
use std::ops::Range;

impl Schedule<'_> {
    /// Where the parameters of so many channels are put next.
    pub(super) fn next_parameters(&self, channels: u32) -> Range<u32> {
        let first = match self.next_channel + channels <= self.arch.parameter_channels {
            true => self.next_channel,
            false => 0,
        };
        first..first + channels
    }

    /// A place for the parameters of some channels of a layer; gives the first one.
    pub(super) fn place_parameters(&mut self, index: usize, channels: u32) -> u32 {
        let range = self.next_parameters(channels);
        self.next_channel = range.end;
        self.channels.push((index, range.clone()));
        range.start
    }

    /// Reads the parameters of some channels of a layer to the place that it was given last, behind its first
    /// weights, and with the first of them its tables.
    pub(super) fn load_parameters(&mut self, index: usize, channels: Range<usize>) {
        let of_layer = |(layer, _): &&(usize, Range<u32>)| *layer == index;
        let place = self.channels.iter().rposition(|of| of_layer(&of));
        let place = place.expect("a layer has a place for its parameters");
        let range = self.channels[place].1.clone();
        let is_first =
            channels.start == 0 && !self.channels[..place].iter().any(|of| of_layer(&of));
        let behind = 4 * channels.start as u32;
        let (first, channels) = (range.start, channels.len() as u32);
        let constants = self.constants.layers[index];
        let overlaps = |other: &Range<u32>| other.start < range.end && range.start < other.end;
        let mut earlier = self.channels[..place].iter().rev();
        let latest = earlier.find(|(_, other)| overlaps(other));
        let latest = latest.map(|(layer, _)| *layer);
        // There is one place for tables.
        let has_tables = |layer: &LayerConstants| layer.tables.is_some();
        let mut earlier = self.constants.layers[..index].iter();
        let tables = earlier.rposition(|layer| has_tables(layer) && has_tables(&constants));
        let latest = latest.max(tables.filter(|_| is_first));
        let latest = latest.filter(|layer| *layer >= self.fenced);
        let done = latest.map(|layer| self.done.range(layer..).next().map(|(_, signals)| *signals));
        if done == Some(None) {
            self.program.fence(POST_UNIT);
        }
        let loads = self.program.instructions.len();
        let mut tables = vec![(Target::Bias, constants.bias + behind, first, channels)];
        if let Some([multipliers, shifts]) = constants.factors {
            tables.push((Target::Multiplier, multipliers + behind, first, channels));
            tables.push((Target::Shift, shifts + behind, first, channels));
        }
        if let Some([result, residual]) = constants.tables.filter(|_| is_first) {
            let words = TABLE_ENTRIES + TABLE_WORDS;
            tables.push((Target::ResultTable, result, 0, words));
            tables.push((Target::ResidualTable, residual, 0, TABLE_ENTRIES));
        }
        for (number, (target, offset, address, words)) in tables.iter().enumerate() {
            self.program.put(Operation::Load(Load {
                region: region::CONSTANTS,
                offset: *offset,
                target: *target as u32,
                address: *address,
                run: 4 * words,
                rows: 1,
                planes: 1,
                ..Load::default()
            }));
            if let (0, Some(Some((semaphore, signals)))) = (number, done) {
                self.program.wait_until(semaphore, signals);
            }
        }
        self.program.signal(semaphore::PARAMETERS);
        let loads = self.program.instructions.split_off(loads);
        self.program.soon.extend(loads);
    }
}
