//! Layers in tiles of weights and chunks of vectors.

use super::lower::{Layer, Lowered};
use super::units::{self, groups_of_row};
use super::{CompileError, MOST_INSTRUCTIONS};
use crate::arch::NpuArch;
use crate::isa::npu::Unit;
use std::ops::Range;

/// The most blocks, kernel rows and taps of a MATRIX.
const MOST: [usize; 3] = [255, 63, 255];
/// So many banks of vectors are many.
const MANY: usize = 16;
/// The most rows, and columns, of a chunk, and vectors of a window.
pub(super) const LONGEST: usize = 255;

/// How the array walks a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tiling {
    /// Blocks of R channels: 1 where taps span kernel columns.
    pub blocks: usize,
    /// Taps of a kernel row.
    pub taps: usize,
    /// Bytes from a tap to the next.
    pub tap_step: usize,
    /// A tap is a run of R bytes of a kernel row; otherwise it is a kernel column.
    pub spans: bool,
    /// Tiles of C output channels.
    pub columns: usize,
    /// POST reduces windows, whose vectors meet one tile; otherwise the accumulators add up all there is.
    pub windows: bool,
    /// Vectors that POST makes one.
    pub window: usize,
    /// Results that a bank holds, and into how many parts it is cut.
    of_bank: usize,
    parts_of_bank: usize,
    /// R.
    rows: usize,
    /// The image comes from DRAM.
    from_dram: bool,
    /// The results go to DRAM.
    to_dram: bool,
    /// Results of the smallest chunks that keep the array busy.
    few: usize,
    /// Its steps wait for those of others that could begin then, while the layer behind it has enough to do.
    pub waits: bool,
}

/// Vectors that an accumulator bank holds: a rectangle of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub row: usize,
    pub rows: usize,
    pub column: usize,
    pub columns: usize,
}

impl Chunk {
    /// Its rows of the result.
    pub fn all_rows(&self) -> Range<usize> {
        self.row..self.row + self.rows
    }
}

/// Passes of one MATRIX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub blocks: Range<usize>,
    pub kernel_rows: Range<usize>,
    pub taps: Range<usize>,
    /// Its tiles among those of C channels.
    pub tiles: Range<usize>,
}

impl Tiling {
    /// Into how many parts an accumulator bank is cut, each for the vectors of a chunk.
    pub fn parts_of_bank(&self) -> usize {
        self.parts_of_bank
    }

    /// Cuts a bank into so many parts.
    pub fn cut_bank(&mut self, parts: usize) {
        self.parts_of_bank = parts;
    }

    /// Blocks, kernel rows and taps that have a tile each.
    pub fn passes(&self, layer: &Layer) -> [usize; 3] {
        match self.windows || layer.packed_pitch.is_some() {
            false => [self.blocks, layer.kernel[0], self.taps],
            true if self.windows => [self.blocks, 1, 1],
            true => [1, 1, self.taps],
        }
    }

    /// Passes of a chunk for a tile of C channels: tiles of weights.
    pub fn tiles(&self, layer: &Layer) -> usize {
        match layer.unit {
            Unit::Vector => 0,
            _ => self.passes(layer).iter().product(),
        }
    }

    /// Tiles for so many times C channels: pools have the same ones for all.
    pub fn all_tiles(&self, layer: &Layer, columns: usize) -> usize {
        let sets = if layer.pool.is_some() { 1 } else { columns };
        sets * self.tiles(layer)
    }

    /// The passes of a chunk, as many in a MATRIX as a ring of so many tiles holds.
    pub fn parts(&self, layer: &Layer, ring: usize) -> Vec<Part> {
        let passes = self.passes(layer);
        let [_, kernel_rows, taps] = passes;
        let of = [kernel_rows * taps, taps, 1];
        // What is cut: all in front of it is walked one by one, all behind it is whole.
        let is_whole = |level: usize| {
            let behind = level + 1..3;
            of[level] <= ring && behind.clone().all(|level| passes[level] <= MOST[level])
        };
        let cut = (0..3).find(|level| is_whole(*level)).unwrap_or(2);
        let step = (ring / of[cut]).clamp(1, MOST[cut]);
        let steps = [0, 1, 2].map(|level| match level {
            // Rows begin elsewhere in each vector.
            _ if layer.packed_pitch.is_some() => 1,
            _ if level < cut => 1,
            _ if level == cut => step,
            _ => passes[level],
        });
        let ranges = |level: usize| {
            let (all, step) = (passes[level], steps[level]);
            (0..all)
                .step_by(step)
                .map(move |first| first..(first + step).min(all))
        };
        let mut parts = Vec::new();
        let mut first = 0;
        for block in ranges(0) {
            for row in ranges(1) {
                for tap in ranges(2) {
                    let tiles = block.len() * row.len() * tap.len();
                    let (kernel_rows, taps) = match self.windows {
                        false => (row.clone(), tap),
                        true => (0..layer.kernel[0], 0..self.taps),
                    };
                    parts.push(Part {
                        blocks: block.clone(),
                        kernel_rows,
                        taps,
                        tiles: first..first + tiles,
                    });
                    first += tiles;
                }
            }
        }
        parts
    }

    /// Rows of a layer's result in chunks, in the order of the result.
    pub fn chunks(&self, layer: &Layer, rows: &Range<usize>) -> Vec<Chunk> {
        let width = layer.result[1];
        // As many columns as fit, and about as many in each chunk of a row.
        let most = (self.of_bank / self.parts_of_bank).max(1);
        let chunk_columns = width.div_ceil(width.div_ceil(most.min(LONGEST)));
        let chunk_rows = (most / chunk_columns).min(rows.len()).min(LONGEST);
        let mut chunks = Vec::new();
        for alike in alike(layer, 0, rows) {
            for rows in self.cut(&alike, rows, chunk_rows, chunk_columns) {
                for alike_columns in self::alike(layer, 1, &(0..width)) {
                    for column in alike_columns.clone().step_by(chunk_columns) {
                        chunks.push(Chunk {
                            row: rows.start,
                            rows: rows.len(),
                            column,
                            columns: chunk_columns.min(alike_columns.end - column),
                        });
                    }
                }
            }
        }
        chunks
    }

    /// Some of all rows in those of chunks.
    fn cut(
        &self,
        some: &Range<usize>,
        all: &Range<usize>,
        chunk_rows: usize,
        chunk_columns: usize,
    ) -> Vec<Range<usize>> {
        // The host waits for the last chunk.
        let last = match self.to_dram && some.end == all.end {
            true => self.few.div_ceil(chunk_columns).min(chunk_rows),
            false => 0,
        };
        // With two vectors for each row of a tile there is time to read what follows beside the weights.
        let first = match self.from_dram && some.start == 0 {
            true => self.few.max(2 * self.rows).div_ceil(chunk_columns),
            false => chunk_rows,
        };
        let mut cuts: Vec<Range<usize>> = Vec::new();
        let mut row = some.start;
        while row < some.end {
            let left = some.end - row;
            let most = if row == some.start { first } else { chunk_rows };
            let rows = match left.checked_sub(last) {
                Some(others) if others <= chunk_rows && others >= last => others,
                _ => left,
            };
            let rows = rows.min(most).min(chunk_rows);
            cuts.push(row..row + rows);
            row += rows;
        }
        cuts
    }
}

/// Runs of rows (axis 0) or columns (1) of a result whose windows have the same factor.
fn alike(layer: &Layer, axis: usize, all: &Range<usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in all.clone() {
        let inside = |at| layer.inside(axis, at);
        match runs.last_mut() {
            Some(run) if layer.factors_inside.is_empty() || inside(run.start) == inside(at) => {
                run.end = at + 1;
            }
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// Cuts the layers for an architecture.
pub(super) fn tile(lowered: &Lowered, arch: &NpuArch) -> Vec<Tiling> {
    let tilings = lowered.layers.iter().map(|layer| {
        let from_dram = lowered.inputs.contains(&layer.input);
        let to_dram = lowered.outputs.contains(&layer.output);
        tile_layer(layer, from_dram, to_dram, arch)
    });
    tilings.collect()
}

/// The most bytes of tiles that hand the places of windows on: those of a layer that are no weights of the network.
const MOST_IDENTITIES: usize = 64 << 20;

/// Says which layers are larger than a program may be, before there are instructions for them.
pub(super) fn check(
    lowered: &Lowered,
    tilings: &[Tiling],
    arch: &NpuArch,
) -> Result<(), CompileError> {
    let mut instructions = 0_usize;
    for (layer, tiling) in lowered.layers.iter().zip(tilings) {
        // At least one for each chunk, C channels and full ring of weights.
        let chunks = (layer.result[0] * layer.result[1]).div_ceil(tiling.of_bank.max(1));
        let parts = tiling.tiles(layer).div_ceil(arch.ring_tiles as usize);
        let least = chunks.saturating_mul(tiling.columns);
        instructions = instructions.saturating_add(least.saturating_mul(parts.max(1)));
        let identities = tiling
            .tiles(layer)
            .saturating_mul(arch.tile_bytes() as usize);
        if layer.pool.is_some() && identities > MOST_IDENTITIES {
            let reason = format!("the places of its window take {identities} bytes of weights");
            let node = layer.name.clone();
            return Err(CompileError::Size { node, reason });
        }
    }
    match instructions > MOST_INSTRUCTIONS {
        true => Err(CompileError::Program),
        false => Ok(()),
    }
}

/// Cuts a layer; its input may come from DRAM, and its result go there.
fn tile_layer(layer: &Layer, from_dram: bool, to_dram: bool, arch: &NpuArch) -> Tiling {
    let (rows, columns) = (arch.rows as usize, arch.columns as usize);
    let channels = layer.image[2];
    let run = runs_of_row(layer, arch);
    let spans = run.is_some() || layer.packed_pitch.is_some();
    let (blocks, taps) = match layer.pool {
        _ if layer.unit == Unit::Vector => (1, groups_of_row(layer, arch)),
        // An identity for C channels.
        Some(_) => (columns.div_ceil(rows), layer.kernel[1]),
        None if layer.packed_pitch.is_some() => {
            (1, (layer.kernel[0] * layer.kernel_row()).div_ceil(rows))
        }
        None => run.map_or((channels.div_ceil(rows), layer.kernel[1]), |run| (1, run)),
    };
    let tap_step = match spans {
        true => rows,
        false => layer.dilations[1] * channels,
    };
    let windows =
        layer.pool.is_some() && layer.unit == Unit::Matrix && has_room(layer.kernel, arch);
    let window = match layer.unit {
        Unit::Vector => units::window(layer, arch),
        _ if windows => layer.kernel[0] * layer.kernel[1],
        _ => 1,
    };
    // Half a bank: what follows waits for POST of a layer's last chunk. A quarter, where DRAM waits, or is
    // waited for. But all of it where there are many chunks: each costs POST some cycles.
    let [height, width, _] = layer.result;
    let vectors = arch.accumulator_vectors as usize;
    let part = match height * width * window >= MANY * vectors {
        true => 1,
        false if from_dram || to_dram => 4,
        false => 2,
    };
    let mut tiling = Tiling {
        blocks,
        taps,
        tap_step,
        spans,
        columns: layer.result[2].div_ceil(columns),
        windows,
        window,
        of_bank: vectors / window,
        parts_of_bank: 1,
        rows,
        from_dram,
        to_dram,
        few: 0,
        waits: false,
    };
    tiling.cut_bank(part);
    tiling.few = few(tiling.passes(layer).iter().product(), arch);
    tiling
}

/// Runs of R bytes of a kernel row, where they are fewer than blocks of channels of all taps.
fn runs_of_row(layer: &Layer, arch: &NpuArch) -> Option<usize> {
    let rows = arch.rows as usize;
    let blocks = layer.kernel[1] * layer.image[2].div_ceil(rows);
    let runs = layer.kernel_row().div_ceil(rows);
    // A run may span taps, if they lie side by side.
    let spans = layer.dilations[1] == 1 && layer.pool.is_none() && layer.unit == Unit::Matrix;
    (spans && runs < blocks).then_some(runs)
}

/// Passes of a vector of the results, each within a kernel row.
pub(super) fn passes_of_rows(layer: &Layer, arch: &NpuArch) -> usize {
    let blocks = layer.kernel[1] * layer.image[2].div_ceil(arch.rows as usize);
    layer.kernel[0] * runs_of_row(layer, arch).unwrap_or(blocks)
}

/// Vectors whose passes take the array at least as long as the other bank is away: for as many passes of its own, until
/// the last sums are there, and while POST reads them. A pass takes R cycles at least.
fn few(passes: usize, arch: &NpuArch) -> usize {
    /// Cycles in which a sum goes through the array, beside those of R and C, and POST begins and ends.
    const HANDOVER: u32 = 24;
    let on_its_way = (arch.rows + arch.columns + HANDOVER) as usize;
    let of_post = (arch.columns / arch.lanes) as usize;
    match passes > of_post {
        true => on_its_way
            .div_ceil(passes - of_post)
            .max(arch.rows as usize),
        false => usize::MAX,
    }
}

/// Whether an accumulator bank holds a window.
pub(super) fn has_room(kernel: [usize; 2], arch: &NpuArch) -> bool {
    let window = kernel[0] * kernel[1];
    window <= LONGEST.min(arch.accumulator_vectors as usize) && kernel[0] <= MOST[1]
}

#[cfg(test)]
mod tests;
