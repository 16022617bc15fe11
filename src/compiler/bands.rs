//! Layers in bands of rows, where their tensors are in DRAM.

use super::lower::Layer;
use super::room::{Block, half_bytes, room};
use crate::arch::NpuArch;

/// What of a layer is in DRAM: its image, what is added to its results, its result.
pub(super) type InDram = [bool; 3];

/// How a layer goes through the scratchpad, a band of rows of its result after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bands {
    /// Rows of a band; the last may have fewer.
    pub rows: usize,
    /// Scratchpad addresses of the buffers of what is in DRAM, in its order.
    pub buffers: [Option<u32>; 3],
}

/// The largest bands whose buffers fit beside live blocks; otherwise the bytes that a half must have
/// for bands of one row.
pub(super) fn cut(
    layer: &Layer,
    in_dram: InDram,
    live: &[Block],
    arch: &NpuArch,
) -> Result<Bands, u64> {
    let height = layer.result[0];
    let mut last = 0;
    for count in 1..=height {
        let rows = height.div_ceil(count);
        if rows == last {
            continue;
        }
        last = rows;
        if let Some(buffers) = buffers(sizes(layer, in_dram, rows), live, arch) {
            return Ok(Bands { rows, buffers });
        }
    }
    let sizes = sizes(layer, in_dram, 1);
    let aligned = |half: usize, of: usize| {
        let in_half = (0..3).filter(|buffer| of >> buffer & 1 == half);
        let bytes = in_half.filter_map(|buffer| sizes[buffer]);
        bytes
            .map(|bytes| u64::from(bytes).next_multiple_of(arch.rows.into()))
            .sum::<u64>()
    };
    let fullest = (0..8).map(|of| aligned(0, of).max(aligned(1, of)));
    Err(fullest.min().unwrap_or(0))
}

/// Bytes of each buffer of a band of so many rows.
fn sizes(layer: &Layer, in_dram: InDram, rows: usize) -> [Option<u32>; 3] {
    let kernel = (layer.kernel[0] - 1) * layer.dilations[0] + 1;
    let image_rows = ((rows - 1) * layer.strides[0] + kernel).min(layer.image[0]);
    let result = rows * layer.result_row();
    let bytes = [image_rows * layer.image_row(), result, result];
    [0, 1, 2].map(|buffer| in_dram[buffer].then_some(bytes[buffer] as u32))
}

/// Addresses of buffers beside live blocks. A half is read once in a cycle: what is added to the results is
/// in the other one than the image, where there is room.
fn buffers(sizes: [Option<u32>; 3], live: &[Block], arch: &NpuArch) -> Option<[Option<u32>; 3]> {
    let places = |halves: [u32; 3]| {
        let mut live = live.to_vec();
        let mut buffers = [None; 3];
        for ((size, half), buffer) in sizes.iter().zip(halves).zip(&mut buffers) {
            if let Some(bytes) = *size {
                let in_half = live.iter().filter(|block| block.place == half);
                let offset = room(in_half, bytes, arch.rows)?;
                if u64::from(offset) + u64::from(bytes) > half_bytes(arch) {
                    return None;
                }
                live.push(Block {
                    place: half,
                    offset,
                    bytes,
                    last: 0,
                });
                *buffer = Some(half * arch.scratchpad_bytes / 2 + offset);
            }
        }
        Some(buffers)
    };
    let apart = [[0, 1, 1], [1, 0, 0], [0, 1, 0], [1, 0, 1]];
    let together = [[0, 0, 1], [1, 1, 0], [0, 0, 0], [1, 1, 1]];
    apart.into_iter().chain(together).find_map(places)
}
