//! Layers in tiles of weights and chunks of vectors.

use super::CompileError;
use super::lower::Layer;
use crate::arch::NpuArch;

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
    /// In the order of the result.
    pub chunks: Vec<Chunk>,
    /// All tiles of the layer are in the ring while chunks pass, and each chunk takes all of them;
    /// otherwise each tile of C channels takes all chunks.
    pub resident: bool,
}

/// Vectors that an accumulator bank holds: a rectangle of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub row: usize,
    pub rows: usize,
    pub column: usize,
    pub columns: usize,
}

impl Tiling {
    /// Passes of a chunk for a tile of C channels: tiles of weights.
    pub fn tiles(&self, layer: &Layer) -> usize {
        match layer.pool {
            Some(_) => self.blocks,
            None => self.blocks * layer.kernel[0] * self.taps,
        }
    }

    /// How many times as many tiles the layer has: pools have the same ones for all channels.
    pub fn sets(&self, layer: &Layer) -> usize {
        match layer.pool {
            Some(_) => 1,
            None => self.columns,
        }
    }
}

/// Cuts a layer for an architecture; at a border its input comes from DRAM or its result goes there.
pub(super) fn tile(layer: &Layer, is_border: bool, arch: &NpuArch) -> Result<Tiling, CompileError> {
    let (rows, columns) = (arch.rows as usize, arch.columns as usize);
    let channels = layer.image[2];
    let window = match layer.pool {
        Some(_) => layer.kernel[0] * layer.kernel[1],
        None => 1,
    };
    let refuse = |reason| CompileError::Node {
        node: layer.name.clone(),
        operator: layer.operator,
        reason,
    };
    if window > arch.accumulator_vectors as usize {
        return Err(refuse(format!(
            "a window of {window} is larger than an accumulator bank of {} vectors: make [memory] accumulators larger",
            arch.accumulator_vectors
        )));
    }
    let outputs = layer.result[2];
    if outputs.next_multiple_of(columns) > arch.parameter_channels as usize {
        return Err(refuse(format!(
            "its {outputs} channels are more than the {} that have parameters: make [memory] parameters larger",
            arch.parameter_channels
        )));
    }
    let whole = (channels.div_ceil(rows), layer.kernel[1]);
    let run = (1, (layer.kernel[1] * channels).div_ceil(rows));
    // A run of a kernel row may span taps, if they lie side by side.
    let spans = layer.dilations[1] == 1 && run.1 < whole.0 * whole.1;
    let spans = spans && layer.pool.is_none();
    let (blocks, taps) = match layer.pool {
        // An identity for C channels.
        Some(_) => (columns.div_ceil(rows), layer.kernel[1]),
        None if spans => run,
        None => whole,
    };
    let tap_step = match spans {
        true => rows,
        false => layer.dilations[1] * channels,
    };
    let [height, width, outputs] = layer.result;
    // Half a bank: what follows waits for POST of a layer's last chunk. A quarter, where DRAM waits, or is
    // waited for.
    let part = if is_border { 4 } else { 2 };
    let most = (arch.accumulator_vectors as usize / part / window).max(1);
    let mut chunks = Vec::new();
    let chunk_columns = width.min(most);
    let chunk_rows = (most / chunk_columns).min(height);
    for row in (0..height).step_by(chunk_rows) {
        for column in (0..width).step_by(chunk_columns) {
            chunks.push(Chunk {
                row,
                rows: chunk_rows.min(height - row),
                column,
                columns: chunk_columns.min(width - column),
            });
        }
    }
    let mut tiling = Tiling {
        blocks,
        taps,
        tap_step,
        spans,
        columns: outputs.div_ceil(columns),
        chunks,
        resident: false,
    };
    let tiles = tiling.tiles(layer);
    tiling.resident = tiles * tiling.sets(layer) <= arch.ring_tiles as usize;
    let least = match tiling.chunks.len() {
        // One chunk may take its blocks in several instructions.
        1 => tiles / blocks,
        _ => tiles,
    };
    if least > arch.ring_tiles as usize {
        return Err(CompileError::Node {
            node: layer.name.clone(),
            operator: layer.operator,
            reason: format!(
                "{C} of its channels need {least} tiles of weights at once, and the ring holds {}: make [memory] weights larger",
                arch.ring_tiles,
                C = arch.columns,
            ),
        });
    }
    Ok(tiling)
}
