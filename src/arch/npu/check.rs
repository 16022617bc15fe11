//! What the keys of an NPU must be together.

use super::{ArchError, NpuArch};
use crate::config::{Bytes, NpuConfig, Problem, check_buffer, check_name, check_npu_number};
use std::ops::RangeInclusive;

/// Tiles of the ring: a MATRIX may need some while others come, and says with 12 bits which it takes.
const RING_TILES: RangeInclusive<u64> = 4..=4096;
/// Sizes of the scratchpad. An address of it names one of 4,096 channels too; instructions have addresses
/// of 22 bits.
const SCRATCHPADS: RangeInclusive<Bytes> = Bytes::kib(4)..=Bytes::mib(4);

/// Single values, which a program may have set to anything.
pub(super) fn values(config: &NpuConfig) -> Result<(), ArchError> {
    let NpuConfig {
        common,
        array,
        bus,
        memory,
        vector,
        post,
        control,
    } = config;
    let mut problems = Vec::new();
    if let Some(name) = &common.name {
        problems.extend(check_name(name).err());
    }
    for (field, value) in [
        ("array.rows", Some(array.rows)),
        ("array.columns", Some(array.columns)),
        ("bus.width", bus.width),
        ("memory.accumulators", memory.accumulators),
        ("memory.parameters", memory.parameters),
        ("vector.taps", vector.taps),
        ("vector.weights", vector.weights),
        ("post.lanes", post.lanes),
        ("control.outstanding", Some(control.outstanding)),
        ("control.queue_depth", Some(control.queue_depth)),
    ] {
        problems.extend(value.and_then(|value| check_npu_number(field, value.into()).err()));
    }
    for (field, size) in [
        ("memory.scratchpad", memory.scratchpad),
        ("memory.weights", memory.weights),
    ] {
        problems.extend(size.and_then(|size| check_buffer(field, size).err()));
    }
    ArchError::check(problems)
}

/// Values that do not go together.
pub(super) fn combinations(
    arch: &NpuArch,
    scratchpad: Bytes,
    ring: Bytes,
) -> Result<(), ArchError> {
    let side = arch.rows.min(arch.columns);
    let mut problems = Vec::new();
    if arch.bus_bits > 8 * side {
        problems.push(
            Problem::at(
                "bus.width",
                format!("`bus.width` = {} is wider than a vector", arch.bus_bits),
            )
            .label(format!("at most {}", 8 * side))
            .help("a beat is at most a byte for each row, and for each column, of the array"),
        );
    }
    let least = (arch.bus_bytes() / 4).max(1);
    if !(least..=side).contains(&arch.lanes) {
        problems.push(
            Problem::at(
                "post.lanes",
                format!("`post.lanes` = {} does not go with array and bus", arch.lanes),
            )
            .label(format!("from {least} to {side}"))
            .help(
                "parameters come as 32-bit words, a beat of them for at most all lanes; and there are at \
                 most as many lanes as rows and as columns",
            ),
        );
    }
    if !scratchpad.0.is_power_of_two() || !SCRATCHPADS.contains(&scratchpad) {
        problems.push(
            Problem::at(
                "memory.scratchpad",
                format!("`memory.scratchpad` = {scratchpad} is not possible"),
            )
            .help(format!(
                "it is a power of two from {} to {}",
                SCRATCHPADS.start(),
                SCRATCHPADS.end()
            )),
        );
    }
    if arch.vector_taps == 2 {
        problems.push(
            Problem::at("vector.taps", "`vector.taps` = 2 is not possible")
                .help("it is 1 or 3, or 0 for a core without the unit"),
        );
    }
    let tile = u64::from(arch.tile_bytes());
    let (fewest, most) = (RING_TILES.start() * tile, RING_TILES.end() * tile);
    if !ring.0.is_power_of_two() || !(fewest..=most).contains(&ring.0) {
        problems.push(
            Problem::at(
                "memory.weights",
                format!("`memory.weights` = {ring} is not possible"),
            )
            .help(format!(
                "it is a power of two from {} to {}: {} to {} tiles of {} x {} bytes",
                Bytes(fewest),
                Bytes(most),
                RING_TILES.start(),
                RING_TILES.end(),
                arch.rows,
                arch.columns
            )),
        );
    }
    ArchError::check(problems)
}
