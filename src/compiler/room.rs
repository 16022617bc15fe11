//! Room beside what is there.

use crate::arch::NpuArch;

/// An activation, or a part of one, that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The half of the scratchpad, or the region of DRAM.
    pub place: u32,
    pub offset: u32,
    pub bytes: u32,
    /// The last layer that reads it.
    pub last: usize,
}

/// Bytes of a half of the scratchpad.
pub(super) fn half_bytes(arch: &NpuArch) -> u64 {
    u64::from(arch.scratchpad_bytes) / 2
}

/// The lowest offset with room for so many bytes beside blocks, each of which begins at a multiple of `align`.
pub(super) fn room<'a>(
    blocks: impl Iterator<Item = &'a Block>,
    bytes: u32,
    align: u32,
) -> Option<u32> {
    let mut taken: Vec<_> = blocks.collect();
    taken.sort_by_key(|block| block.offset);
    let mut offset = 0_u32;
    for block in taken {
        if offset.checked_add(bytes)? <= block.offset {
            break;
        }
        offset = offset.max((block.offset + block.bytes).checked_next_multiple_of(align)?);
    }
    Some(offset)
}
