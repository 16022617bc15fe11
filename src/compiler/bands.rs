//! Layers in bands of rows, where their tensors are in DRAM.

use super::lower::Layer;
use super::room::{Block, half_bytes, room};
use crate::arch::NpuArch;

/// How a layer goes through the scratchpad, a band of rows of its result after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bands {
    /// Rows of a band; the last may have fewer.
    pub rows: usize,
    /// Scratchpad addresses of the buffers of image, addend and result, of those that are in DRAM.
    pub buffers: [Option<u32>; 3],
}

/// Where the tensors of a layer are: in DRAM, or in a half of the scratchpad; none for one that there is not.
pub(super) type Tensors = [Option<Place>; 3];

/// Where a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Dram,
    Half(u32),
}

/// The largest bands whose buffers fit beside live blocks. A half is read once in a cycle: where image and
/// addend must be `apart`, they are in different ones.
pub(super) fn cut(
    layer: &Layer,
    tensors: Tensors,
    live: &[Block],
    apart: bool,
    arch: &NpuArch,
) -> Option<Bands> {
    let height = layer.result[0];
    let mut last = 0;
    (1..=height).find_map(|count| {
        let rows = height.div_ceil(count);
        let is_new = std::mem::replace(&mut last, rows) != rows;
        let sizes = is_new.then(|| sizes(layer, tensors, rows))?;
        let mut assignments = assignments(tensors, apart);
        let buffers = assignments.find_map(|halves| buffers(sizes, halves, live, arch))?;
        Some(Bands { rows, buffers })
    })
}

/// The bytes that a half must have for bands of one row, with all else in DRAM.
pub(super) fn least(layer: &Layer, tensors: Tensors, arch: &NpuArch) -> u64 {
    let sizes = sizes(layer, tensors, 1);
    let fullest = assignments(tensors, false).map(|halves| {
        let in_half = |half: u32| {
            let of = halves.iter().zip(sizes).filter(|(of, _)| **of == half);
            let bytes = of.filter_map(|(_, bytes)| bytes).map(u64::from);
            bytes
                .map(|bytes| bytes.next_multiple_of(arch.rows.into()))
                .sum::<u64>()
        };
        in_half(0).max(in_half(1))
    });
    fullest.min().unwrap_or(0)
}

/// The halves in which image, addend and result may be, image and addend in different ones first, or alone.
fn assignments(tensors: Tensors, apart: bool) -> impl Iterator<Item = [u32; 3]> {
    // Where both are in the scratchpad they stay as they are.
    let has_choice = tensors[1].is_some() && tensors[..2].contains(&Some(Place::Dram));
    let is_conflict = move |halves: [u32; 3]| has_choice && halves[0] == halves[1];
    let fits = move |halves: &[u32; 3]| {
        let mut places = tensors.iter().zip(halves);
        places.all(|(place, half)| !matches!(place, Some(Place::Half(of)) if of != half))
    };
    let all = (0..8_u32).map(|bits| [bits & 1, bits >> 1 & 1, bits >> 2]);
    // The result in the other half than the image, where that is possible.
    let all = all
        .clone()
        .filter(|of| of[0] != of[2])
        .chain(all.filter(|of| of[0] == of[2]));
    let good = all.clone().filter(move |halves| !is_conflict(*halves));
    let bad = all.filter(move |halves| !apart && is_conflict(*halves));
    good.chain(bad).filter(fits)
}

/// Bytes of each buffer of a band of so many rows.
fn sizes(layer: &Layer, tensors: Tensors, rows: usize) -> [Option<u32>; 3] {
    let kernel = (layer.kernel[0] - 1) * layer.dilations[0] + 1;
    let image_rows = ((rows - 1) * layer.strides[0] + kernel).min(layer.image[0]);
    let result = rows * layer.result_row();
    let bytes = [image_rows * layer.image_pitch(), result, result];
    [0, 1, 2].map(|of| (tensors[of] == Some(Place::Dram)).then_some(bytes[of] as u32))
}

/// Addresses of buffers in these halves beside live blocks.
fn buffers(
    sizes: [Option<u32>; 3],
    halves: [u32; 3],
    live: &[Block],
    arch: &NpuArch,
) -> Option<[Option<u32>; 3]> {
    let mut live = live.to_vec();
    let mut buffers = [None; 3];
    for ((size, half), buffer) in sizes.iter().zip(halves).zip(&mut buffers) {
        let Some(bytes) = *size else {
            continue;
        };
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
    Some(buffers)
}
