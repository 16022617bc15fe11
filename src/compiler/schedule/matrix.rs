//! MATRIX: a chunk of vectors through tiles of weights, when its image is there.

use super::Schedule;
use super::layer::Work;
use super::program::semaphore;
use crate::compiler::tiling::{Chunk, Part};
use crate::isa::npu::{Matrix, Operation};
use std::ops::Range;

impl Schedule<'_> {
    /// A part of the passes of a chunk for tiles of C channels, from a tile of the ring on.
    pub(super) fn matrix(
        &mut self,
        work: &Work<'_>,
        chunk: &Chunk,
        columns: Range<usize>,
        part: &Part,
        tile: usize,
        release: bool,
    ) {
        let (layer, tiling) = (work.layer, work.tiling);
        let [height, width, channels] = layer.image;
        let [down, right] = layer.strides;
        let [top, left] = layer.padding;
        let first_row = (chunk.row * down + part.kernel_rows.start * layer.dilations[0]) as i32;
        let first_column = (chunk.column * right) as i32 - left as i32;
        // A pool takes the channels that it gives.
        let first_channel = layer
            .pool
            .map_or(0, |_| columns.start * self.arch.columns as usize);
        let behind = first_channel
            + part.blocks.start * self.arch.rows as usize
            + part.taps.start * tiling.tap_step;
        self.program.put(Operation::Matrix(Matrix {
            address: self.image_address(work),
            pitch: (width * channels) as u32,
            width: (width * channels) as u32,
            height: height as u32,
            first_row: first_row - top as i32,
            first_byte: first_column * channels as i32 + behind as i32,
            blocks: part.blocks.len() as u32,
            kernel_rows: part.kernel_rows.len() as u32,
            kernel_row_step: layer.dilations[0] as u32,
            taps: part.taps.len() as u32,
            tap_step: tiling.tap_step as u32,
            rows: (chunk.rows * columns.len()) as u32,
            row_step: if columns.len() > 1 { 0 } else { down as u32 },
            columns: chunk.columns as u32,
            column_step: (right * channels) as u32,
            padding: layer.padding_value,
            tile: tile as u32,
            release,
            begin: part.tiles.start == 0,
            end: part.tiles.end == tiling.tiles(layer),
            row_tiles: columns.len() > 1,
            windows: tiling.windows,
        }));
        let is_of_blocks = !tiling.spans && layer.pool.is_none();
        let image = match layer.image {
            [1, 1, channels] if is_of_blocks => {
                channels.min(part.blocks.end * self.arch.rows as usize)
            }
            _ => layer.image_rows(&chunk.all_rows()).end * layer.image_row(),
        };
        self.wait_for_image(work, chunk, image);
    }

    /// The MATRIX put last waits for the first bytes of its image, and for LOAD what POST reads behind it.
    fn wait_for_image(&mut self, work: &Work<'_>, chunk: &Chunk, bytes: usize) {
        let layer = work.layer;
        if let Some([input, activation]) = self.before_fence.take() {
            self.program.wait_until(semaphore::INPUT, input);
            self.program.wait_until(semaphore::ACTIVATION, activation);
        }
        let residual = layer.residual.as_ref();
        if let Some(progress) = residual.and_then(|residual| self.progress.get(&residual.tensor))
            && progress.layer.is_none()
        {
            let bytes = chunk.all_rows().end * layer.result_row();
            let needed = progress.parts.iter().find(|(_, there)| *there >= bytes);
            if let Some((signals, _)) = needed {
                self.program.wait_until(semaphore::INPUT, *signals);
            }
        }
        let Some(progress) = self.progress.get(&layer.input) else {
            return;
        };
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
