//! MATRIX: a chunk of vectors through tiles of weights, when its image is there.

use super::Schedule;
use super::layer::Work;
use super::program::semaphore;
use crate::compiler::lower::Layer;
use crate::compiler::tiling::Chunk;
use crate::isa::npu::{Matrix, Operation};
use std::ops::Range;

impl Schedule<'_> {
    pub(super) fn matrix(
        &mut self,
        work: &Work<'_>,
        chunk: &Chunk,
        columns: Range<usize>,
        blocks: Range<usize>,
        tile: usize,
        release: bool,
    ) {
        let (layer, tiling) = (work.layer, work.tiling);
        let [height, width, channels] = layer.image;
        let [down, right] = layer.strides;
        let [top, left] = layer.padding;
        let first_column = (chunk.column * right) as i32 - left as i32;
        let first_block = match layer.pool {
            Some(_) => columns.start * self.arch.columns as usize,
            None => blocks.start * self.arch.rows as usize,
        } as i32;
        let address = self.places[&layer.input];
        self.program.put(Operation::Matrix(Matrix {
            address,
            pitch: (width * channels) as u32,
            width: (width * channels) as u32,
            height: height as u32,
            first_row: (chunk.row * down) as i32 - top as i32,
            first_byte: first_column * channels as i32 + first_block,
            blocks: blocks.len() as u32,
            kernel_rows: layer.kernel[0] as u32,
            kernel_row_step: layer.dilations[0] as u32,
            taps: tiling.taps as u32,
            tap_step: tiling.tap_step as u32,
            rows: (chunk.rows * columns.len()) as u32,
            row_step: if columns.len() > 1 { 0 } else { down as u32 },
            columns: chunk.columns as u32,
            column_step: (right * channels) as u32,
            padding: layer.padding_value,
            tile: tile as u32,
            release,
            begin: blocks.start == 0,
            end: blocks.end == tiling.blocks,
            row_tiles: columns.len() > 1,
            windows: layer.pool.is_some(),
        }));
        if let Some(residual) = &layer.residual {
            // POST knows of LOAD what MATRIX knows.
            let progress = &self.progress[&residual.tensor];
            if let (None, Some((signals, _))) = (progress.layer, progress.parts.last()) {
                self.program.wait_until(semaphore::INPUT, *signals);
            }
        }
        let progress = &self.progress[&layer.input];
        let bytes = bytes_needed(layer, chunk);
        let needed = progress.parts.iter().find(|(_, there)| *there >= bytes);
        if let Some(&(signals, bytes)) = needed {
            let semaphore = progress.semaphore;
            let whole = progress.parts.last() == Some(&(signals, bytes));
            let producer = progress.layer.filter(|_| whole);
            let news = self.program.taken[semaphore as usize] < signals;
            self.program.wait_until(semaphore, signals);
            // The producer and all before it are done with their parameters.
            if let (Some(producer), true) = (producer, news) {
                self.program.signal(semaphore::LAYER_DONE);
                let signals = self.program.signals[semaphore::LAYER_DONE as usize];
                self.done.insert(producer, signals);
            }
        }
    }
}

/// Bytes of the image up to the last row that a chunk reads.
pub(super) fn bytes_needed(layer: &Layer, chunk: &Chunk) -> usize {
    let [height, width, channels] = layer.image;
    let kernel = (layer.kernel[0] - 1) * layer.dilations[0];
    let last_row = (chunk.row + chunk.rows - 1) * layer.strides[0] + kernel;
    let rows = (last_row + 1).saturating_sub(layer.padding[0]);
    rows.clamp(1, height) * width * channels
}
