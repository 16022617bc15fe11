//! A layer on its way: the weights and passes of its steps.

use super::Schedule;
use super::program::{POST_UNIT, semaphore};
use super::progress::Progress;
use super::steps::Step;
use super::work::Work;
use crate::compiler::lower::Layer;
use crate::compiler::memory::Home;
use crate::compiler::tiling::{Part, Tiling};
use crate::compiler::{Binding, region};
use crate::isa::npu::{Operation, Unit, Weights};
use std::cmp::Ordering;
use std::ops::Range;

/// Steps of which each may signal.
const FEW_STEPS: usize = 256;

impl<'a> Schedule<'a> {
    /// A layer of which nothing has been done; its result goes to DRAM where there is an output.
    pub(super) fn work(
        &mut self,
        index: usize,
        (layer, tiling): (&'a Layer, &'a Tiling),
        output: Option<&Binding>,
    ) -> Work<'a> {
        let output = match self.plan.homes[&layer.output] {
            Home::Dram { region, offset } => Some((region, offset)),
            Home::Scratchpad(_) => output.map(|output| (region::OUTPUTS, output.offset)),
        };
        if output.is_none() {
            let [_, semaphore] = Self::semaphores(self.reader(layer.output));
            self.progress
                .insert(layer.output, Progress::new(semaphore, Some(index)));
        }
        Work {
            index,
            layer,
            tiling,
            bands: self.plan.bands[index],
            band: 0..layer.result[0],
            output,
            columns: 0..tiling.columns,
            parameters: 0,
            vector_weights: 0,
            stored: 0,
            tells_all: tiling.columns * tiling.chunks(layer, &(0..layer.result[0])).len()
                <= FEW_STEPS,
            first: true,
        }
    }

    /// All of a layer, behind all in front of it.
    pub(super) fn whole_layer(&mut self, work: &mut Work<'_>) {
        let (index, layer, tiling) = (work.index, work.layer, work.tiling);
        let columns = self.arch.columns as usize;
        let earlier = index.checked_sub(1);
        if work.bands.is_some() || earlier.is_some_and(|index| self.plan.bands[index].is_some()) {
            self.fence_all(index);
        }
        let height = layer.result[0];
        let rows = work.bands.map_or(height, |bands| bands.rows);
        let most = self.most_columns();
        let is_parted = tiling.columns > most;
        for first_row in (0..height).step_by(rows) {
            work.band = first_row..(first_row + rows).min(height);
            if first_row > 0 {
                self.fence_all(index);
            }
            let begins = is_parted || first_row == 0;
            let ends = is_parted || work.band.end == height;
            let first_chunk = tiling.chunks(layer, &work.band)[0];
            let tiles = tiling.all_tiles(layer, tiling.columns);
            let has_weights = begins || tiles > self.arch.ring_tiles as usize;
            self.load_band(work, &first_chunk, has_weights);
            for first in (0..tiling.columns).step_by(most) {
                if begins {
                    work.columns = first..(first + most).min(tiling.columns);
                    let channels = work.columns.start * columns..work.columns.end * columns;
                    work.parameters = self.place_parameters(index, channels.len() as u32);
                    self.load_constants(work, channels);
                    work.first = true;
                }
                let steps = self.steps(work, begins, ends);
                for (left, step) in (0..steps.len()).rev().zip(&steps) {
                    self.step(work, step, left == 0);
                }
            }
        }
    }

    /// As many tiles of C channels at a time as have parameters.
    pub(super) fn most_columns(&self) -> usize {
        (self.arch.parameter_channels / self.arch.columns) as usize
    }

    /// Reads the parameters of some channels of a layer, and the weights of VECTOR.
    pub(super) fn load_constants(&mut self, work: &mut Work<'_>, channels: Range<usize>) {
        if work.layer.unit == Unit::Vector {
            work.vector_weights = self.load_vector_weights(work);
        }
        self.load_parameters(work.index, channels);
    }

    /// The instructions of a step, the last one of the layer or not.
    pub(super) fn step(&mut self, work: &mut Work<'_>, step: &Step, is_last: bool) {
        self.fence_untold(work, step);
        match work.layer.unit {
            Unit::Vector => {
                self.put_late(work, step, is_last);
                self.vector(work, step, is_last);
            }
            _ => self.passes(work, step, is_last),
        }
        let time = self.estimate(work, step);
        self.post(work, &step.chunk, step.columns.clone(), time);
    }

    /// A fence in front of a step whose image POST has made, or will have, where it has told only the other unit, and
    /// this one of nothing since.
    fn fence_untold(&mut self, work: &Work<'_>, step: &Step) {
        let unit = work.layer.unit;
        let [_, of_post] = Self::semaphores(unit);
        let so_far = self.program.signals[of_post as usize];
        let image = self.needs(work, step).next();
        let untold = image.filter(|(tensor, bytes, channels)| {
            let progress = self.progress.get(tensor);
            let progress = progress.filter(|progress| progress.layer.is_some());
            progress.is_some_and(|progress| !progress.is_told(unit, *bytes, channels, so_far))
        });
        if let Some((tensor, ..)) = untold {
            self.program.fence(POST_UNIT);
            let progress = self.progress.get_mut(&tensor);
            progress.into_iter().for_each(|progress| progress.fenced());
        }
    }

    /// Adds what of LOAD comes late and the step needs, and the next of it; with the last step of a layer all.
    fn put_late(&mut self, work: &Work<'_>, step: &Step, is_last: bool) {
        if is_last || work.bands.is_some() {
            return self.program.put_late();
        }
        let needs = self.needs(work, step);
        let signals = needs.filter_map(|(tensor, bytes, channels)| {
            let progress = self.progress.get(&tensor)?;
            let signals = progress.signals(work.layer.unit, bytes, &channels)?;
            Some((progress.semaphore, signals))
        });
        // VECTOR begins when all is there that was asked for with its weights.
        let all = (work.layer.unit == Unit::Vector).then_some((semaphore::VECTOR_INPUT, u32::MAX));
        let signals = Vec::from_iter(signals.chain(all));
        self.program.put_needed(&signals, work.first.into());
    }

    /// The passes of a step through the array.
    fn passes(&mut self, work: &Work<'_>, step: &Step, is_last: bool) {
        let ring = self.arch.ring_tiles as usize;
        let parts = work.tiling.parts(work.layer, ring);
        let parts = match step.columns.len() {
            1 => parts,
            _ => vec![parts[0].clone()],
        };
        if !step.weights.is_empty() {
            self.weights(work, step.weights.clone());
        }
        for (number, part) in (0..).zip(self.parts_as_they_come(work, step, parts)) {
            let first = work.first_tile(step.columns.start);
            let tiles = first + part.tiles.start..first + part.tiles.end;
            if step.streams {
                self.weights(work, tiles.clone());
            }
            if number == 0 {
                self.put_late(work, step, is_last);
            }
            let tile = match step.leaves {
                true => 0,
                false => self.ring.distance(work.index, tiles.start),
            };
            self.matrix(work, step, &part, tile);
            if step.leaves {
                self.ring.release(step.columns.len() * tiles.len());
            }
        }
    }

    /// Lets time go by for a step; gives when its results are there.
    fn estimate(&mut self, work: &Work<'_>, step: &Step) -> u64 {
        let layer = work.layer;
        let needs = self.needs(work, step);
        let times = needs.filter_map(|(tensor, bytes, channels)| {
            Some(self.progress.get(&tensor)?.time(bytes, &channels))
        });
        let begin = times.max().unwrap_or(0);
        let vectors = step.chunk.rows * step.chunk.columns * work.tiling.window;
        let groups =
            self.arch.columns / self.arch.lanes * (1 + u32::from(layer.residual.is_some()));
        let cycles = match layer.unit {
            Unit::Vector => {
                let reads = layer.strides[1].min(layer.kernel[1]);
                layer.kernel[0] * work.tiling.taps * vectors * reads
            }
            _ => {
                let passes = step.columns.len() * work.tiling.tiles(layer);
                passes * vectors.max(self.arch.rows as usize)
            }
        };
        let of_post = step.columns.len() * vectors * groups as usize;
        self.clock
            .step(layer.unit, begin, cycles as u64, of_post as u64)
    }

    /// The passes of a step: the first one of a layer goes as far as POST of the layer before had come two steps
    /// before its last, and then a step further.
    fn parts_as_they_come(&self, work: &Work<'_>, step: &Step, all: Vec<Part>) -> Vec<Part> {
        let layer = work.layer;
        let is_first = step.columns.start == work.columns.start && step.columns.len() == 1;
        let is_whole = all.len() == 1 && !step.streams;
        let fits = work.tiling.taps == 1 && all[0].kernel_rows.len() == 1;
        let is_vector = layer.image[..2] == [1, 1];
        let progress = self.progress.get(&layer.input);
        let progress = progress.filter(|progress| progress.layer.is_some());
        let progress = progress.filter(|_| is_vector || self.is_made_like(layer));
        let (Some(progress), true) = (
            progress,
            is_first && is_whole && fits && !work.tiling.windows,
        ) else {
            return all;
        };
        let blocks = all[0].blocks.end;
        let there = progress.last_begin(is_vector);
        let there = if is_vector { &there[1..] } else { &there };
        let mut ends = Vec::from_iter(there.iter().map(|of| of / self.arch.rows as usize));
        ends.retain(|end| (1..blocks).contains(end));
        ends.push(blocks);
        ends.dedup();
        let begins = std::iter::once(0).chain(ends.clone());
        let parts = begins.zip(ends).map(|(begin, end)| Part {
            tiles: begin..end,
            blocks: begin..end,
            ..all[0].clone()
        });
        parts.collect()
    }

    /// Tiles of a layer, by their number, into the ring, but for those that are there. Parameters come behind those of
    /// the first C channels.
    fn weights(&mut self, work: &Work<'_>, tiles: Range<usize>) {
        let there = match self.fetched {
            (layer, tiles) if layer == work.index => tiles,
            (layer, _) if layer > work.index => tiles.end,
            _ => 0,
        };
        let tiles = tiles.start.max(there).min(tiles.end)..tiles.end;
        let soon = match self.program.soon.is_empty() {
            true => tiles.end,
            false => (tiles.end).min(tiles.start + work.tiling.tiles(work.layer)),
        };
        self.fetch(work.index, tiles.start..soon);
        self.program.put_soon();
        self.fetch(work.index, soon..tiles.end);
    }

    /// Tiles of a layer into the ring.
    fn fetch(&mut self, layer: usize, tiles: Range<usize>) {
        if tiles.is_empty() {
            return;
        }
        let tile_bytes = self.arch.tile_bytes();
        self.program.put(Operation::Weights(Weights {
            region: region::CONSTANTS,
            offset: self.constants.layers[layer].weights + tiles.start as u32 * tile_bytes,
            tiles: tiles.len() as u32,
        }));
        let beats = tiles.len() as u64 * u64::from(tile_bytes / self.arch.bus_bytes());
        self.clock.load(beats);
        for tile in tiles {
            self.ring.put(layer, tile);
        }
    }

    /// Tiles of a layer that comes later, as long as LOAD has time and the ring has room; gives whether it may go on
    /// with the layer behind that one.
    pub(super) fn fetch_ahead(&mut self, layer: usize, tiles: usize) -> bool {
        /// Tiles of a WEIGHTS: parameters of layers in front may wait behind it.
        const AHEAD: usize = 16;
        match self.fetched.0.cmp(&layer) {
            Ordering::Less => self.fetched = (layer, 0),
            Ordering::Equal => {}
            Ordering::Greater => return true,
        }
        let (_, first) = self.fetched;
        let room = self.arch.ring_tiles as usize - self.ring.len();
        let count = AHEAD.min(tiles - first).min(room);
        if count > 0 && self.clock.may_load() {
            self.fetch(layer, first..first + count);
            self.fetched.1 += count;
        }
        self.fetched.1 == tiles
    }
}
