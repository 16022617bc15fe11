//! MATRIX: a chunk of vectors through tiles of weights, when its image is there.

use super::Schedule;
use super::program::semaphore;
use super::steps::Step;
use super::work::Work;
use crate::compiler::lower::Layer;
use crate::compiler::tiling::Part;
use crate::graph::TensorId;
use crate::isa::npu::{Matrix, Operation, Unit};
use std::ops::Range;

impl Schedule<'_> {
    /// A part of the passes of a step, from a tile of the ring on.
    pub(super) fn matrix(&mut self, work: &Work<'_>, step: &Step, part: &Part, tile: usize) {
        let (chunk, columns) = (&step.chunk, &step.columns);
        let (layer, tiling) = (work.layer, work.tiling);
        let [height, width, channels] = layer.image;
        let [down, right] = layer.strides;
        let [top, left] = layer.padding;
        let first_column = (chunk.column * right) as i32 - left as i32;
        // A pool takes the channels that it gives.
        let first_channel = layer
            .pool
            .map_or(0, |_| columns.start * self.arch.columns as usize);
        let mut behind = first_channel
            + part.blocks.start * self.arch.rows as usize
            + part.taps.start * tiling.tap_step;
        let (mut first_kernel_row, mut taps, mut tap_step) =
            (part.kernel_rows.start, part.taps.len(), tiling.tap_step);
        if layer.packed_pitch.is_some() {
            // Where in a kernel row the pass begins, what is left of that row, and those behind it.
            let row = layer.kernel_row();
            first_kernel_row = behind / row;
            behind %= row;
            (taps, tap_step) = ((row - behind).min(self.arch.rows as usize), row);
        }
        let first_row = chunk.row * down + first_kernel_row * layer.dilations[0];
        self.program.put(Operation::Matrix(Matrix {
            address: self.image_address(work),
            pitch: layer.image_pitch() as u32,
            width: (width * channels) as u32,
            height: height as u32,
            first_row: first_row as i32 - top as i32,
            first_byte: first_column * channels as i32 + behind as i32,
            blocks: part.blocks.len() as u32,
            kernel_rows: part.kernel_rows.len() as u32,
            kernel_row_step: layer.dilations[0] as u32,
            taps: taps as u32,
            tap_step: tap_step as u32,
            rows: (chunk.rows * columns.len()) as u32,
            row_step: if columns.len() > 1 { 0 } else { down as u32 },
            columns: chunk.columns as u32,
            column_step: (right * channels) as u32,
            padding: layer.padding_value,
            tile: tile as u32,
            release: step.leaves,
            begin: part.tiles.start == 0,
            end: part.tiles.end == tiling.tiles(layer),
            row_tiles: columns.len() > 1,
            windows: tiling.windows,
            packed: layer.packed_pitch.is_some(),
        }));
        let blocks = (!tiling.spans && layer.pool.is_none()).then(|| part.blocks.clone());
        let done = self.wait_for_image(work, step, blocks);
        self.signal_done(layer.unit, done, None);
    }

    /// What a step reads: the tensor, of how many of its first bytes, which channels.
    pub(super) fn needs(
        &self,
        work: &Work<'_>,
        step: &Step,
    ) -> impl Iterator<Item = (TensorId, usize, Range<usize>)> {
        let layer = work.layer;
        let bytes = layer.image_rows(&step.chunk.all_rows()).end * layer.image_row();
        let channels = match layer.unit {
            Unit::Vector => self.channels_of(layer, step.columns.clone()),
            _ => 0..usize::MAX,
        };
        let image = (layer.input, bytes, channels);
        let added = layer.residual.as_ref().map(|residual| {
            let bytes = step.chunk.all_rows().end * layer.result_row();
            (residual.tensor, bytes, 0..usize::MAX)
        });
        std::iter::once(image).chain(added)
    }

    /// The channels that VECTOR reads for tiles of C channels.
    fn channels_of(&self, layer: &Layer, tiles: Range<usize>) -> Range<usize> {
        let columns = self.arch.columns as usize;
        // The last bytes of a vector may be the first channels of the next pixel.
        match self.is_made_like(layer) && layer.image[2].is_multiple_of(columns) {
            true => tiles.start * columns..tiles.end * columns,
            false => 0..usize::MAX,
        }
    }

    /// Whether the image of a layer is made as it is read, so that its channels are those of its maker.
    pub(super) fn is_made_like(&self, layer: &Layer) -> bool {
        let mut layers = self.layers.iter();
        let maker = layers.find(|maker| maker.output == layer.input);
        maker.is_some_and(|maker| maker.result == layer.image)
    }

    /// The MATRIX or VECTOR put last waits for its image, or some blocks of R of its channels, and for LOAD what POST reads
    /// behind it. Gives the layer that is done then.
    pub(super) fn wait_for_image(
        &mut self,
        work: &Work<'_>,
        step: &Step,
        blocks: Option<Range<usize>>,
    ) -> Option<usize> {
        let layer = work.layer;
        let [of_load, of_post] = Self::semaphores(layer.unit);
        let before_fence = &mut self.before_fence[usize::from(layer.unit == Unit::Vector)];
        if let Some([input, activation]) = before_fence.take() {
            self.program.wait_until(of_load, input);
            self.program.wait_until(of_post, activation);
        }
        let needs = Vec::from_iter(self.needs(work, step));
        for (tensor, bytes, channels) in &needs[1..] {
            if let Some(progress) = self.progress.get(tensor)
                && progress.layer.is_none()
                && let Some(signals) = progress.signals(layer.unit, *bytes, channels)
            {
                self.program.wait_until(of_load, signals);
            }
        }
        let progress = self.progress.get(&layer.input)?;
        let (_, mut bytes, mut channels) = needs[0].clone();
        if let Some(blocks) = blocks {
            let end = layer.image[2].min(blocks.end * self.arch.rows as usize);
            if self.is_made_like(layer) {
                channels = 0..end;
            }
            if layer.image[..2] == [1, 1] {
                bytes = end;
            }
        }
        let signals = progress.signals(layer.unit, bytes, &channels)?;
        let semaphore = if progress.layer.is_some() {
            of_post
        } else {
            of_load
        };
        // Where nothing tells the unit, a fence stands in front.
        let signals = signals.min(self.program.signals[semaphore as usize]);
        let producer = (progress.layer).filter(|_| progress.is_whole_with(layer.unit, signals));
        let news = self.program.taken[semaphore as usize] < signals;
        self.program.wait_until(semaphore, signals);
        // The producer and all before it are done with their parameters.
        producer.filter(|_| news)
    }

    /// The MATRIX or VECTOR put last signals at its end that a layer that it has waited for is done, and that its own
    /// layer needs its weights no more.
    pub(super) fn signal_done(
        &mut self,
        unit: Unit,
        producer: Option<usize>,
        of_vector: Option<usize>,
    ) {
        if producer.is_none() && of_vector.is_none() {
            return;
        }
        let semaphore = match unit {
            Unit::Vector => semaphore::VECTOR_DONE,
            _ => semaphore::LAYER_DONE,
        };
        if let Some(signals) = self.program.signal_if_few(semaphore) {
            let done = producer.map(|layer| (layer, (semaphore, signals)));
            self.done.extend(done);
            let done = of_vector.map(|layer| (layer, signals));
            self.vector_done.extend(done);
        }
    }
}
