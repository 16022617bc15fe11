//! POST: the sums of a chunk as bytes, and who is told of them.

use super::Schedule;
use super::band::{RESIDUAL, RESULT};
use super::program::{MOST_WAITING, semaphore};
use super::work::Work;
use crate::compiler::lower::{Factor, Reduction};
use crate::compiler::tiling::Chunk;
use crate::isa::npu::{Operation, Post, Store, Unit};
use std::ops::Range;

impl Schedule<'_> {
    /// A chunk of sums for tiles of C channels; its bytes are there at a time, as estimated.
    pub(super) fn post(
        &mut self,
        work: &mut Work<'_>,
        chunk: &Chunk,
        tiles: Range<usize>,
        time: u64,
    ) {
        let layer = work.layer;
        let [_, width, channels] = layer.result;
        let columns = self.arch.columns as usize;
        let tile = tiles.start;
        let place = (chunk.row * width + chunk.column) * channels + tile * columns;
        let per_channel = self.constants.layers[work.index].factors.is_some();
        let inside = layer.inside(0, chunk.row) * layer.inside(1, chunk.column);
        let factor = layer.factors_inside.get(&inside);
        let (float, multiplier, shift) = match factor.unwrap_or(&layer.factors[0]) {
            Factor::Float(scale) => (true, scale.to_bits(), 0),
            Factor::Fixed(multiplier, shift) => (false, *multiplier, *shift),
        };
        let result = self.first_byte(work, layer.output, RESULT);
        let residual = layer.residual.as_ref();
        let residual = residual.map(|residual| self.first_byte(work, residual.tensor, RESIDUAL));
        let place = |first: i64| (first + place as i64) as u32;
        self.program.fence_results();
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
            window: work.tiling.window as u32,
            maximum: work.tiling.window > 1 && layer.pool == Some(Reduction::Maximum),
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
            vector: layer.unit == Unit::Vector,
        }));
        if work.first {
            let signals = self.program.signals[semaphore::PARAMETERS as usize];
            self.program.wait_until(semaphore::PARAMETERS, signals);
            work.first = false;
        }
        if let Some(progress) = self.progress.get_mut(&layer.output) {
            let made = tiles.start * columns..channels.min(tiles.end * columns);
            let first = match layer.result {
                [1, 1, _] => made.start,
                _ => chunk.row * width * channels,
            };
            progress.put(first, made, time);
        }
        let behind = (chunk.row + chunk.rows) * width * channels;
        let is_last = behind == layer.result.iter().product::<usize>() && chunk.columns == width;
        if let (Some(output), true) = (work.output, is_last) {
            self.store_as_it_comes(work, output, result, chunk, tiles);
            return;
        }
        let bytes = match layer.result {
            [1, 1, _] => channels.min(tiles.end * columns),
            // Rows are there when the last tile of channels and the last columns are; but some layers need not wait
            // for all channels.
            _ if tiles.end == work.tiling.columns && chunk.column + chunk.columns == width => {
                behind
            }
            _ if work.output.is_none() && work.tells_all => 0,
            _ => return,
        };
        match work.output {
            Some(output) => {
                self.program.signal(semaphore::RESULT);
                let results = self.program.signals[semaphore::RESULT as usize];
                self.store(output, result, work.stored..bytes, results);
                work.stored = bytes;
            }
            None => {
                // Where many wait to be taken, the whole is enough.
                let Some(progress) = self.progress.get_mut(&layer.output) else {
                    return;
                };
                let semaphore = progress.semaphore as usize;
                let waiting = self.program.signals[semaphore] - self.program.taken[semaphore];
                if waiting >= MOST_WAITING && bytes < layer.result.iter().product() {
                    return;
                }
                self.program.signal(progress.semaphore);
                // POST goes on in order: the unit that is told nothing of this may wait for what it is told next.
                progress.signalled([Unit::Matrix, Unit::Vector].map(|unit| {
                    let [_, other] = Self::semaphores(unit);
                    self.program.signals[other as usize] + u32::from(other != progress.semaphore)
                }));
            }
        }
    }

    /// Writes what the POST put last makes of the last chunk, each tile by itself: the host waits. The last tile is
    /// written in parts.
    fn store_as_it_comes(
        &mut self,
        work: &Work<'_>,
        (region, offset): (u32, u32),
        result: i64,
        chunk: &Chunk,
        tiles: Range<usize>,
    ) {
        /// Parts of the last tile.
        const PARTS: usize = 4;
        let [_, width, channels] = work.layer.result;
        let columns = self.arch.columns as usize;
        let [from, to] = [tiles.start, tiles.end].map(|tile| channels.min(tile * columns));
        let parts = match tiles.end == work.tiling.columns && tiles.len() == 1 {
            true => PARTS,
            false => 1,
        };
        let rows = chunk.rows.div_ceil(parts);
        let period = if rows < chunk.rows { rows } else { 0 };
        let firsts = (0..chunk.rows).step_by(rows);
        let before = self.program.signals[semaphore::RESULT as usize];
        self.program
            .signal_each(semaphore::RESULT, period, firsts.len());
        for (part, first) in (1..).zip(firsts) {
            let at = (chunk.row + first) * width * channels + from;
            self.program.put(Operation::Store(Store {
                region,
                offset: offset + at as u32,
                address: (result + at as i64) as u32,
                run: (to - from) as u32,
                rows: (rows.min(chunk.rows - first) * width) as u32,
                row_stride: channels as u32,
                row_pitch: channels as u32,
                planes: 1,
                ..Store::default()
            }));
            self.program.wait_until(semaphore::RESULT, before + part);
        }
    }
}
