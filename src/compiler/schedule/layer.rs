//! A layer: in which order its tiles of weights meet its chunks of vectors.

use super::program::semaphore;
use super::{Progress, Schedule};
use crate::compiler::lower::Layer;
use crate::compiler::tiling::Tiling;
use crate::compiler::{Binding, region};
use crate::isa::npu::{Operation, Weights};

/// A layer on its way.
pub(super) struct Work<'a> {
    pub index: usize,
    pub layer: &'a Layer,
    pub tiling: &'a Tiling,
    /// Where its result goes in DRAM.
    pub output: Option<&'a Binding>,
    /// Its first channel among the parameters.
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
        let columns = self.arch.columns;
        let parameters = self.parameters(index, tiling.columns as u32 * columns);
        let tiles = tiling.tiles(layer);
        let mut work = Work {
            index,
            layer,
            tiling,
            output,
            parameters,
            stored: 0,
            first: true,
        };
        self.progress.insert(
            layer.output,
            Progress {
                parts: Vec::new(),
                semaphore: semaphore::ACTIVATION,
                layer: Some(index),
            },
        );
        let last = tiling.chunks.len() - 1;
        if layer.pool.is_some() {
            self.weights(index, 0, tiles);
            for (number, chunk) in tiling.chunks.iter().enumerate() {
                for tile in 0..tiling.columns {
                    let release = number == last && tile + 1 == tiling.columns;
                    let column = tile..tile + 1;
                    self.matrix(&work, chunk, column.clone(), 0..tiling.blocks, 0, release);
                    self.post(&mut work, chunk, column);
                }
            }
            return;
        }
        // One vector takes the tiles of many channels one behind the other.
        let group = self.tiles_of_a_vector(layer, tiling);
        if group > 1 {
            for first in (0..tiling.columns).step_by(group) {
                let group = first..(first + group).min(tiling.columns);
                self.weights(index, first * tiles, group.len() * tiles);
                let chunk = &tiling.chunks[0];
                self.matrix(&work, chunk, group.clone(), 0..tiling.blocks, 0, true);
                self.post(&mut work, chunk, group);
            }
            return;
        }
        if tiling.resident {
            self.weights(index, 0, tiles * tiling.columns);
            for (number, chunk) in tiling.chunks.iter().enumerate() {
                for tile in 0..tiling.columns {
                    // Tiles of the last chunk leave the ring as they are used.
                    let first = if number == last { 0 } else { tile * tiles };
                    let column = tile..tile + 1;
                    self.matrix(
                        &work,
                        chunk,
                        column.clone(),
                        0..tiling.blocks,
                        first,
                        number == last,
                    );
                    self.post(&mut work, chunk, column);
                }
            }
            return;
        }
        for tile in 0..tiling.columns {
            let blocks = match tiling.chunks.len() {
                1 => (self.arch.ring_tiles as usize / (tiles / tiling.blocks)).min(tiling.blocks),
                _ => tiling.blocks,
            };
            for (number, chunk) in tiling.chunks.iter().enumerate() {
                for block in (0..tiling.blocks).step_by(blocks) {
                    let part = block..(block + blocks).min(tiling.blocks);
                    let of_block = tiles / tiling.blocks;
                    if number == 0 {
                        let first = tile * tiles + block * of_block;
                        self.weights(index, first, part.len() * of_block);
                    }
                    self.matrix(&work, chunk, tile..tile + 1, part, 0, number == last);
                }
                self.post(&mut work, chunk, tile..tile + 1);
            }
        }
    }

    /// Tiles of C channels that a MATRIX takes where a layer has one vector; 1 where it has more.
    fn tiles_of_a_vector(&self, layer: &Layer, tiling: &Tiling) -> usize {
        let [height, width, channels] = layer.result;
        let whole = channels.is_multiple_of(self.arch.columns as usize);
        if (height, width) != (1, 1) || !whole {
            return 1;
        }
        // Half of the ring: the other half is filled meanwhile.
        let fit = self.arch.ring_tiles as usize / 2 / tiling.tiles(layer);
        fit.min(self.arch.accumulator_vectors as usize)
            .min(tiling.columns)
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
