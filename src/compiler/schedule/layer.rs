//! A layer: in which order its tiles of weights meet its chunks of vectors.

use super::program::semaphore;
use super::{Progress, Schedule};
use crate::compiler::bands::Bands;
use crate::compiler::lower::Layer;
use crate::compiler::memory::Home;
use crate::compiler::tiling::{LONGEST, Tiling};
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
    /// Signals of INPUT that say that what is in DRAM of the band is in the scratchpad.
    pub loaded: Option<u32>,
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
            loaded: None,
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
            work.loaded = self.load_band(&work);
            for first in (0..tiling.columns).step_by(most) {
                if is_parted || first_row == 0 {
                    work.columns = first..(first + most).min(tiling.columns);
                    let channels = work.columns.start * columns..work.columns.end * columns;
                    work.parameters = self.parameters(index, channels);
                    work.first = true;
                }
                let begins = is_parted || first_row == 0;
                let ends = is_parted || work.band.end == height;
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
            for first in columns.clone().step_by(group) {
                let group = first..(first + group).min(columns.end);
                self.weights(work.index, first * tiles, group.len() * tiles);
                self.matrix(work, &chunks[0], group.clone(), &parts[0], 0, true);
                self.post(work, &chunks[0], group);
            }
            return;
        }
        // A pool has the same tiles for all channels.
        let is_shared = layer.pool.is_some();
        let first_tile = |column: usize| if is_shared { 0 } else { column * tiles };
        let all = if is_shared {
            tiles
        } else {
            columns.len() * tiles
        };
        if all <= ring {
            if begins {
                self.weights(work.index, first_tile(columns.start), all);
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
                        self.weights(work.index, first, part.tiles.len());
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

    /// Tiles of a layer, by their number, into the ring.
    fn weights(&mut self, index: usize, first: usize, tiles: usize) {
        let offset = self.constants.layers[index].weights + first as u32 * self.arch.tile_bytes();
        self.program.put(Operation::Weights(Weights {
            region: region::CONSTANTS,
            offset,
            tiles: tiles as u32,
        }));
        let program = &mut self.program;
        program.instructions.append(&mut program.late);
    }
}
