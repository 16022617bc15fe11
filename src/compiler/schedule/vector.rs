//! VECTOR: a chunk of vectors and the weights of each channel, when its image is there.

use super::Schedule;
use super::program::semaphore;
use super::steps::Step;
use super::work::Work;
use crate::compiler::lower::Reduction;
use crate::compiler::region;
use crate::compiler::units::{groups, groups_of_row};
use crate::isa::npu::{Load, Operation, Target, Vector};
use std::ops::Range;

impl Schedule<'_> {
    /// Reads the weights of a layer of VECTOR, when those in their place are no longer needed; gives the first group.
    pub(super) fn load_vector_weights(&mut self, work: &Work<'_>) -> u32 {
        let count = groups(work.layer, self.arch) as u32;
        if count == 0 {
            return 0;
        }
        let first = match self.next_group + count <= self.arch.vector_weights {
            true => self.next_group,
            false => 0,
        };
        self.next_group = first + count;
        let range = first..first + count;
        let overlaps =
            |(_, other): &&(usize, Range<u32>)| other.start < range.end && range.start < other.end;
        let latest = self.groups.iter().rev().find(overlaps);
        let latest = latest
            .map(|(layer, _)| *layer)
            .filter(|layer| *layer >= self.fenced);
        let done = latest.map(|layer| self.vector_done.get(&layer).copied());
        if done == Some(None) {
            self.program.fence(super::program::VECTOR_UNIT);
        }
        let bytes = self.arch.vector_taps * self.arch.vector_channels();
        self.program.put(Operation::Load(Load {
            region: region::CONSTANTS,
            offset: self.constants.layers[work.index].weights,
            target: Target::VectorWeights as u32,
            address: first,
            run: count * bytes,
            rows: 1,
            planes: 1,
            ..Load::default()
        }));
        if let Some(Some(signals)) = done {
            self.program.wait_until(semaphore::VECTOR_DONE, signals);
        }
        self.program.signal(semaphore::VECTOR_INPUT);
        self.groups.push((work.index, range));
        first
    }

    /// A step of a layer of VECTOR, its last or not.
    pub(super) fn vector(&mut self, work: &Work<'_>, step: &Step, is_last: bool) {
        let (layer, chunk) = (work.layer, &step.chunk);
        let [height, width, channels] = layer.image;
        let [down, right] = layer.strides;
        let [top, left] = layer.padding;
        let block = step.columns.start;
        let groups = groups_of_row(layer, self.arch);
        let taps = layer.kernel[1] - (groups - 1) * self.arch.vector_taps as usize;
        let first_column = (chunk.column * right) as i32 - left as i32;
        let first_channel = (block * self.arch.columns as usize) as i32;
        self.program.put(Operation::Vector(Vector {
            address: self.image_address(work),
            pitch: (width * channels) as u32,
            width: (width * channels) as u32,
            height: height as u32,
            first_row: (chunk.row * down) as i32 - top as i32,
            first_byte: first_column * channels as i32 + first_channel,
            kernel_rows: layer.kernel[0] as u32,
            kernel_row_step: layer.dilations[0] as u32,
            groups: groups as u32,
            taps: taps as u32,
            tap_step: (layer.dilations[1] * channels) as u32,
            rows: chunk.rows as u32,
            row_step: down as u32,
            columns: chunk.columns as u32,
            column_step: (right * channels) as u32,
            padding: layer.padding_value,
            weights: match layer.pool {
                None => work.vector_weights + (block * layer.kernel[0] * groups) as u32,
                Some(_) => work.vector_weights,
            },
            maximum: layer.pool == Some(Reduction::Maximum),
            begin: true,
            end: true,
        }));
        let done = self.wait_for_image(work, step, None);
        let waits = self.program.signals[semaphore::VECTOR_INPUT as usize];
        // Its weights are there from then on, until others of the layer are read.
        if work.first {
            self.program.wait_until(semaphore::VECTOR_INPUT, waits);
        }
        self.signal_done(layer.unit, done, is_last.then_some(work.index));
    }
}
