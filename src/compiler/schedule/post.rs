//! POST: the sums of a chunk as bytes, and who is told of them.

use super::Schedule;
use super::band::{RESIDUAL, RESULT};
use super::layer::Work;
use super::program::semaphore;
use crate::compiler::lower::{Factor, Reduction};
use crate::compiler::tiling::Chunk;
use crate::isa::npu::{Operation, Post};
use std::ops::Range;

impl Schedule<'_> {
    pub(super) fn post(&mut self, work: &mut Work<'_>, chunk: &Chunk, tiles: Range<usize>) {
        let layer = work.layer;
        let [_, width, channels] = layer.result;
        let columns = self.arch.columns as usize;
        let tile = tiles.start;
        let place = (chunk.row * width + chunk.column) * channels + tile * columns;
        let per_channel = self.constants.layers[work.index].factors.is_some();
        let (float, multiplier, shift) = match layer.factors[0] {
            Factor::Float(scale) => (true, scale.to_bits(), 0),
            Factor::Fixed(multiplier, shift) => (false, multiplier, shift),
        };
        let result = self.first_byte(work, layer.output, RESULT);
        let residual = layer.residual.as_ref();
        let residual = residual.map(|residual| self.first_byte(work, residual.tensor, RESIDUAL));
        let place = |first: i64| (first + place as i64) as u32;
        self.program.put(Operation::Post(Post {
            address: place(result),
            rows: (chunk.rows * tiles.len()) as u32,
            row_pitch: match tiles.len() {
                1 => width * channels,
                _ => columns,
            } as u32,
            columns: chunk.columns as u32,
            column_pitch: channels as u32,
            channels: (channels - tile * columns).min(columns) as u32,
            window: if work.tiling.windows {
                (layer.kernel[0] * layer.kernel[1]) as u32
            } else {
                1
            },
            maximum: layer.pool == Some(Reduction::Maximum),
            parameters: work.parameters + ((tile - work.columns.start) * columns) as u32,
            row_parameters: tiles.len() > 1,
            per_channel,
            float,
            multiplier: if per_channel { 0 } else { multiplier },
            shift: if per_channel { 0 } else { shift },
            zero_point: layer.zero_point,
            low: layer.low,
            high: layer.high,
            residual: residual.is_some(),
            residual_address: residual.map_or(0, place),
        }));
        if work.first {
            let signals = self.program.signals[semaphore::PARAMETERS as usize];
            self.program.wait_until(semaphore::PARAMETERS, signals);
            work.first = false;
        }
        // Rows are there when the last tile of channels and the last columns are.
        if tiles.end < work.tiling.columns || chunk.column + chunk.columns < width {
            return;
        }
        let bytes = (chunk.row + chunk.rows) * width * channels;
        match work.output {
            Some(output) => {
                self.program.signal(semaphore::RESULT);
                self.store(output, result, work.stored..bytes);
                let signals = self.program.signals[semaphore::RESULT as usize];
                self.program.wait_until(semaphore::RESULT, signals);
                work.stored = bytes;
            }
            None => {
                self.program.signal(semaphore::ACTIVATION);
                let signals = self.program.signals[semaphore::ACTIVATION as usize];
                let progress = self.progress.entry(layer.output).or_default();
                progress.parts.push((signals, bytes));
            }
        }
    }
}
