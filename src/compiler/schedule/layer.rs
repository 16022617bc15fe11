//! A layer: in which order its tiles of weights meet its chunks of vectors.

use super::program::{Program, semaphore};
use super::{Progress, Schedule};
use crate::compiler::bands::Bands;
use crate::compiler::lower::Layer;
use crate::compiler::memory::Home;
use crate::compiler::tiling::{LONGEST, Part, Tiling};
use crate::compiler::{Binding, region};
use crate::isa::npu::{Operation, Weights};
use std::ops::Range;

/// A layer on its way.
pub(super) struct Work<'a> {
    pub index: usize,
    pub layer: &'a Layer,
    pub tiling: &'a Tiling,
    pub bands: Option<Bands>,
    /// Rows of the result under way.
    pub band: Range<usize>,
    /// The region and the offset that its result goes to.
    pub output: Option<(u32, u32)>,
    /// Tiles of C channels under way, and the first channel of theirs among the parameters.
    pub columns: Range<usize>,
    pub parameters: u32,
    /// Bytes of the result that were stored.
    pub stored: usize,
    /// No POST has waited for the parameters yet.
    pub first: bool,
}

impl Schedule<'_> {
    /// A layer; its result goes to DRAM where there is an output.
    pub(super) fn layer(
        &mut self,
        index: usize,
        layer: &Layer,
        tiling: &Tiling,
        output: Option<&Binding>,
    ) {
        let columns = self.arch.columns as usize;
        let bands = self.plan.bands[index];
        let earlier = index
            .checked_sub(1)
            .and_then(|index| self.plan.bands[index]);
        if bands.is_some() || earlier.is_some() {
            self.fence_all(index);
        }
        let output = match self.plan.homes[&layer.output] {
            Home::Dram { region, offset } => Some((region, offset)),
            Home::Scratchpad(_) => output.map(|output| (region::OUTPUTS, output.offset)),
        };
        let height = layer.result[0];
        let rows = bands.map_or(height, |bands| bands.rows);
        // As many tiles of C channels at a time as have parameters.
        let most = self.arch.parameter_channels as usize / columns;
        let is_parted = tiling.columns > most;
        let mut work = Work {
            index,
            layer,
            tiling,
            bands,
            band: 0..height,
            output,
            columns: 0..tiling.columns,
            parameters: 0,
            stored: 0,
            first: true,
        };
        if output.is_none() {
            self.progress.insert(
                layer.output,
                Progress {
                    parts: Vec::new(),
                    semaphore: semaphore::ACTIVATION,
                    layer: Some(index),
                },
            );
        }
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
            self.load_band(&work, &first_chunk, has_weights);
            for first in (0..tiling.columns).step_by(most) {
                if begins {
                    work.columns = first..(first + most).min(tiling.columns);
                    let channels = work.columns.start * columns..work.columns.end * columns;
                    work.parameters = self.parameters(index, channels);
                    work.first = true;
                }
                self.columns(&mut work, begins, ends);
            }
        }
    }

    /// A band for the tiles of C channels under way. What all bands need of the ring comes when the first begins,
    /// and leaves when the last ends.
    fn columns(&mut self, work: &mut Work<'_>, begins: bool, ends: bool) {
        let (layer, tiling) = (work.layer, work.tiling);
        let ring = self.arch.ring_tiles as usize;
        let tiles = tiling.tiles(layer);
        let parts = tiling.parts(layer, ring);
        let chunks = tiling.chunks(layer, &work.band);
        let last = chunks.len() - 1;
        let columns = work.columns.clone();
        // One vector takes the tiles of many channels one behind the other.
        let group = self.tiles_of_a_vector(work);
        if group > 1 {
            for group in self.groups(work, group) {
                self.weights(work, group.start * tiles, group.len() * tiles);
                for part in self.parts_as_they_come(work, &group, &parts[0]) {
                    self.matrix(work, &chunks[0], group.clone(), &part, 0, true);
                }
                self.post(work, &chunks[0], group);
            }
            return;
        }
        // A pool has the same tiles for all channels.
        let is_shared = layer.pool.is_some();
        let first_tile = |column: usize| if is_shared { 0 } else { column * tiles };
        let all = tiling.all_tiles(layer, columns.len());
        if all <= ring {
            if begins {
                self.weights(work, first_tile(columns.start), all);
            }
            for (number, chunk) in chunks.iter().enumerate() {
                for column in columns.clone() {
                    // Tiles of the last chunk leave the ring as they are used.
                    let is_last_use = !is_shared || column + 1 == columns.end;
                    let leave = ends && number == last && is_last_use;
                    let behind = first_tile(column) - first_tile(columns.start);
                    for part in &parts {
                        let tile = if leave { 0 } else { behind + part.tiles.start };
                        self.matrix(work, chunk, column..column + 1, part, tile, leave);
                    }
                    self.post(work, chunk, column..column + 1);
                }
            }
            return;
        }
        for column in columns {
            // Where the ring does not hold the tiles of C channels, each chunk reads them anew.
            let stay = tiles <= ring;
            for (number, chunk) in chunks.iter().enumerate() {
                for part in &parts {
                    if number == 0 || !stay {
                        let first = first_tile(column) + part.tiles.start;
                        self.weights(work, first, part.tiles.len());
                    }
                    let leave = number == last || !stay;
                    let tile = if leave { 0 } else { part.tiles.start };
                    self.matrix(work, chunk, column..column + 1, part, tile, leave);
                }
                self.post(work, chunk, column..column + 1);
            }
        }
    }

    /// Tiles of C channels that a MATRIX takes where a layer has one vector; 1 where it has more.
    fn tiles_of_a_vector(&self, work: &Work<'_>) -> usize {
        let (layer, tiling) = (work.layer, work.tiling);
        let [height, width, channels] = layer.result;
        let is_whole = channels.is_multiple_of(self.arch.columns as usize);
        let parts = tiling.parts(layer, self.arch.ring_tiles as usize);
        if (height, width) != (1, 1) || !is_whole || layer.pool.is_some() || parts.len() > 1 {
            return 1;
        }
        // Half of the ring: the other half is filled meanwhile.
        let fit = self.arch.ring_tiles as usize / 2 / tiling.tiles(layer);
        fit.min(self.arch.accumulator_vectors as usize)
            .min(work.columns.len())
            .min(LONGEST)
    }

    /// The tiles of C channels of one vector in groups of so many at most. The next layer waits for the last group,
    /// and the first group for the last one of the layer before: these two are of one tile.
    fn groups(&self, work: &Work<'_>, most: usize) -> Vec<Range<usize>> {
        let Range { start, end } = work.columns;
        let begin = match self.progress.get(&work.layer.input) {
            Some(progress) if progress.layer.is_some() => start + 1,
            _ => start,
        };
        let middle = (begin..end - 1).step_by(most);
        let middle = middle.map(|first| first..(first + most).min(end - 1));
        let groups = [start..begin].into_iter().chain(middle);
        let groups = groups.chain([(end - 1).max(begin)..end]);
        groups.filter(|group| !group.is_empty()).collect()
    }

    /// The passes of a group: those of the first group of a layer go as far as POST of the layer before had come one
    /// group before its last.
    fn parts_as_they_come(&self, work: &Work<'_>, group: &Range<usize>, all: &Part) -> Vec<Part> {
        let progress = self.progress.get(&work.layer.input);
        let progress = progress.filter(|progress| progress.layer.is_some());
        let there = progress.and_then(|progress| Some(progress.parts.iter().nth_back(1)?.1));
        let blocks = there.map_or(0, |bytes| bytes / self.arch.rows as usize);
        let is_first = group.start == work.columns.start && group.len() == 1;
        let fits = work.tiling.taps == 1 && all.kernel_rows.len() == 1;
        if !is_first || !fits || blocks == 0 || blocks >= all.blocks.len() {
            return vec![all.clone()];
        }
        let of = |blocks: Range<usize>| Part {
            tiles: blocks.clone(),
            blocks,
            ..all.clone()
        };
        vec![of(0..blocks), of(blocks..all.blocks.end)]
    }

    /// Tiles of a layer, by their number, into the ring. Parameters come behind those of the first C channels, what
    /// is late behind all of them.
    fn weights(&mut self, work: &Work<'_>, first: usize, tiles: usize) {
        let constants = self.constants.layers[work.index].weights;
        let tile_bytes = self.arch.tile_bytes();
        let load = |program: &mut Program, tiles: Range<usize>| {
            if !tiles.is_empty() {
                program.put(Operation::Weights(Weights {
                    region: region::CONSTANTS,
                    offset: constants + tiles.start as u32 * tile_bytes,
                    tiles: tiles.len() as u32,
                }));
            }
        };
        let program = &mut self.program;
        let end = first + tiles;
        let soon = match program.soon.is_empty() {
            true => end,
            false => end.min(first + work.tiling.tiles(work.layer)),
        };
        load(program, first..soon);
        program.instructions.append(&mut program.soon);
        load(program, soon..end);
        program.put_late();
    }
}
