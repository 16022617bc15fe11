//! In which order the tiles of a layer meet its chunks of vectors.

use super::Schedule;
use super::work::Work;
use crate::compiler::lower::Layer;
use crate::compiler::tiling::{Chunk, LONGEST};
use crate::isa::npu::Unit;
use std::ops::Range;

/// A chunk for some of the tiles of C channels: an accumulator bank that POST takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub chunk: Chunk,
    pub columns: Range<usize>,
    /// Tiles of the layer that are read into the ring in front of it.
    pub weights: Range<usize>,
    /// The tiles of each MATRIX are read in front of it.
    pub streams: bool,
    /// The tiles leave the ring.
    pub leaves: bool,
}

impl Step {
    /// The first byte of the result in a row that it makes.
    pub fn first_byte(&self, result_row: usize) -> usize {
        self.chunk.row * result_row
    }
}

impl Schedule<'_> {
    /// The steps of a band for the tiles of C channels under way. What all bands need of the ring comes when the
    /// first begins, and leaves when the last ends.
    pub(super) fn steps(&self, work: &Work<'_>, begins: bool, ends: bool) -> Vec<Step> {
        let (layer, tiling) = (work.layer, work.tiling);
        let ring = self.arch.ring_tiles as usize;
        let tiles = tiling.tiles(layer);
        let chunks = tiling.chunks(layer, &work.band);
        let last = chunks.len() - 1;
        let columns = work.columns.clone();
        let none = 0..0;
        // One vector takes the tiles of many channels one behind the other.
        let group = self.tiles_of_a_vector(work);
        if group > 1 {
            let steps = self.groups(work, group).into_iter().map(|columns| Step {
                chunk: chunks[0],
                weights: columns.start * tiles..columns.end * tiles,
                columns,
                streams: false,
                leaves: true,
            });
            return steps.collect();
        }
        let is_shared = layer.pool.is_some();
        let mut steps = Vec::new();
        if tiling.all_tiles(layer, columns.len()) <= ring {
            for (number, chunk) in chunks.into_iter().enumerate() {
                for column in columns.clone() {
                    let is_first = begins && number == 0 && column == columns.start;
                    // Tiles of the last chunk leave the ring as they are used.
                    let is_last_use = !is_shared || column + 1 == columns.end;
                    let first = work.first_tile(column);
                    let all = first..first + tiling.all_tiles(layer, columns.len());
                    let parts = match last == 0 && column + 1 == columns.end {
                        true => self.halves(layer, chunk),
                        false => vec![chunk],
                    };
                    let last_part = parts.len() - 1;
                    for (part, chunk) in parts.into_iter().enumerate() {
                        steps.push(Step {
                            chunk,
                            columns: column..column + 1,
                            weights: if is_first && part == 0 {
                                all.clone()
                            } else {
                                none.clone()
                            },
                            streams: false,
                            leaves: ends && number == last && is_last_use && part == last_part,
                        });
                    }
                }
            }
            return steps;
        }
        // Where the ring does not hold the tiles of C channels, each chunk reads them anew.
        let stay = tiles <= ring;
        for column in columns {
            for (number, chunk) in chunks.iter().enumerate() {
                let first = work.first_tile(column);
                let reads = stay && number == 0;
                steps.push(Step {
                    chunk: *chunk,
                    columns: column..column + 1,
                    weights: if reads {
                        first..first + tiles
                    } else {
                        none.clone()
                    },
                    streams: !stay,
                    leaves: number == last || !stay,
                });
            }
        }
        steps
    }

    /// The only chunk for the last channels of a layer of VECTOR, or of one in front of it, for which the next layer
    /// waits: two halves, where they keep the unit busy.
    fn halves(&self, layer: &Layer, chunk: Chunk) -> Vec<Chunk> {
        let first = chunk.rows / 2;
        let is_busy = match layer.unit {
            Unit::Vector => first > 0,
            _ => {
                let is_for_vector = self.reader(layer.output) == Unit::Vector;
                is_for_vector && first * chunk.columns >= self.arch.rows as usize
            }
        };
        let behind = Chunk {
            row: chunk.row + first,
            rows: chunk.rows - first,
            ..chunk
        };
        match is_busy {
            true => vec![
                Chunk {
                    rows: first,
                    ..chunk
                },
                behind,
            ],
            false => vec![chunk],
        }
    }

    /// Tiles of C channels that a MATRIX takes where a layer has one vector; 1 where it has more.
    fn tiles_of_a_vector(&self, work: &Work<'_>) -> usize {
        let (layer, tiling) = (work.layer, work.tiling);
        let [height, width, channels] = layer.result;
        let is_whole = channels.is_multiple_of(self.arch.columns as usize);
        let parts = tiling.parts(layer, self.arch.ring_tiles as usize);
        let has_tiles = layer.unit == Unit::Matrix && layer.pool.is_none();
        if (height, width) != (1, 1) || !is_whole || !has_tiles || parts.len() > 1 {
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
        let groups = std::iter::once(start..begin).chain(middle);
        let groups = groups.chain(std::iter::once((end - 1).max(begin)..end));
        groups.filter(|group| !group.is_empty()).collect()
    }
}
