//! A core that runs networks: what its units are made of.

mod check;
#[cfg(test)]
mod tests;

use super::{ArchError, Bytes, ControlOrder, IntType, Requantization, Target};
use crate::config::npu::{Array, Bus, Control, Memory, Post, Vector};
use crate::config::{Common, NpuConfig};

/// Defaults of the sizes.
const SCRATCHPAD: Bytes = Bytes::kib(128);
const RING: Bytes = Bytes::kib(64);
const ACCUMULATOR_VECTORS: u32 = 128;
const PARAMETER_CHANNELS: u32 = 1024;
/// From so many rows and columns on VECTOR takes three taps in a cycle by default.
const THREE_TAPS: u32 = 16;

/// Everything about an NPU that follows from its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpuArch {
    /// Name of the core.
    pub name: String,
    /// The chips that the core is made for.
    pub target: Target,
    /// R, rows of the array: a power of two from 4 to 64.
    pub rows: u32,
    /// C, columns of the array: a power of two from 4 to 64.
    pub columns: u32,
    /// A pipeline register stands behind each multiplier.
    pub product_register: bool,
    /// Bits of a beat of the AXI4 port: 32 to 512, at most R and C bytes.
    pub bus_bits: u32,
    /// L, channels that POST works on in a cycle: a power of two up to R and C, at least a fourth of
    /// the bytes of a beat.
    pub lanes: u32,
    /// Bytes of the scratchpad, both halves: a power of two from 4 KiB to 4 MiB.
    pub scratchpad_bytes: u32,
    /// Tiles of R x C weights that the ring holds: a power of two from 4 to 4,096.
    pub ring_tiles: u32,
    /// Vectors of an accumulator bank: a power of two.
    pub accumulator_vectors: u32,
    /// Channels with parameters: a power of two.
    pub parameter_channels: u32,
    /// T, taps that VECTOR takes in a cycle: 1 or 3; 0 where there is no VECTOR.
    pub vector_taps: u32,
    /// Groups of weights that VECTOR has, of T x V bytes: a power of two.
    pub vector_weights: u32,
    /// How POST can requantize.
    pub requantization: Requantization,
    /// Whether the units work at the same time.
    pub order: ControlOrder,
    /// Bursts of reads, and of writes, that have not ended.
    pub outstanding: u32,
    /// Instructions that wait in front of each unit.
    pub queue_depth: u32,
}

impl NpuArch {
    /// Activations.
    pub const ACTIVATION: IntType = IntType::signed(8);
    /// Weights.
    pub const WEIGHT: IntType = IntType::signed(8);
    /// Bits of an accumulator.
    pub const ACCUMULATOR_BITS: u32 = 32;
    /// Bits of an AXI4 address.
    pub const ADDRESS_BITS: u32 = 40;

    /// Validates and completes a configuration.
    pub fn new(config: &NpuConfig) -> Result<NpuArch, ArchError> {
        check::values(config)?;
        let NpuConfig {
            common,
            array,
            bus,
            memory,
            vector,
            post,
            control,
        } = config;
        let Array { rows, columns, .. } = *array;
        let side = rows.min(columns);
        let scratchpad = memory.scratchpad.unwrap_or(SCRATCHPAD);
        let ring = memory.weights.unwrap_or(RING);
        let default_name = || format!("npu-{rows}x{columns}{}", common.target.suffix());
        let vector_taps = vector.taps.unwrap_or(if side < THREE_TAPS { 1 } else { 3 });
        let vector_weights = if vector_taps == 3 { 512 } else { 1024 };
        let arch = NpuArch {
            name: common.name.clone().unwrap_or_else(default_name),
            target: common.target,
            rows,
            columns,
            product_register: array.product_register,
            bus_bits: bus.width.unwrap_or(8 * side),
            lanes: post.lanes.unwrap_or(side / 2),
            // No size is beyond 16 MiB.
            scratchpad_bytes: scratchpad.0 as u32,
            ring_tiles: ring.0 as u32 / (rows * columns),
            accumulator_vectors: memory.accumulators.unwrap_or(ACCUMULATOR_VECTORS),
            parameter_channels: memory.parameters.unwrap_or(PARAMETER_CHANNELS),
            vector_taps,
            vector_weights: vector.weights.unwrap_or(vector_weights),
            requantization: post.requantization,
            order: control.order,
            outstanding: control.outstanding,
            queue_depth: control.queue_depth,
        };
        check::combinations(&arch, scratchpad, ring)?;
        Ok(arch)
    }

    /// A configuration without defaults that gives this architecture again.
    pub fn to_config(&self) -> NpuConfig {
        NpuConfig {
            common: Common {
                name: Some(self.name.clone()),
                target: self.target,
            },
            array: Array {
                rows: self.rows,
                columns: self.columns,
                product_register: self.product_register,
            },
            bus: Bus {
                width: Some(self.bus_bits),
            },
            memory: Memory {
                scratchpad: Some(self.scratchpad_size()),
                weights: Some(self.ring_size()),
                accumulators: Some(self.accumulator_vectors),
                parameters: Some(self.parameter_channels),
            },
            vector: Vector {
                taps: Some(self.vector_taps),
                weights: Some(self.vector_weights),
            },
            post: Post {
                lanes: Some(self.lanes),
                requantization: self.requantization,
            },
            control: Control {
                order: self.order,
                outstanding: self.outstanding,
                queue_depth: self.queue_depth,
            },
        }
    }

    /// Size of the scratchpad, both halves.
    pub fn scratchpad_size(&self) -> Bytes {
        Bytes(self.scratchpad_bytes.into())
    }

    /// Size of the ring of weights.
    pub fn ring_size(&self) -> Bytes {
        Bytes(u64::from(self.ring_tiles) * u64::from(self.tile_bytes()))
    }

    /// Bytes of a beat.
    pub fn bus_bytes(&self) -> u32 {
        self.bus_bits / 8
    }

    /// Bytes of a tile of weights.
    pub fn tile_bytes(&self) -> u32 {
        self.rows * self.columns
    }

    /// V, channels of a vector of VECTOR.
    pub fn vector_channels(&self) -> u32 {
        self.rows.min(self.columns)
    }

    /// Q, rows of an image that a vector of MATRIX may reach over.
    pub fn image_rows(&self) -> u32 {
        // Fewer bytes than in a short vector are in few kernel rows.
        if self.rows < 16 { 2 } else { 4 }
    }

    /// Bits of a sum of R products of int8.
    pub fn sum_bits(&self) -> u32 {
        // (-128) * (-128) is 2^14; R of them are 2^(14 + log2 R).
        16 + self.rows.ilog2()
    }

    /// The first 32 bits of the SHA-256 of [`Self::canonical_parameters`].
    pub fn config_hash(&self) -> u32 {
        super::hash::first_bits(&self.canonical_parameters())
    }

    /// Every parameter that a program depends on, one a line, in a fixed order.
    pub fn canonical_parameters(&self) -> String {
        format!(
            "npu 2\nrows {}\ncolumns {}\nbus {}\nlanes {}\nscratchpad {}\nring {}\naccumulators {}\nparameters {}\n\
             vector taps {}\nvector weights {}\nrequantization {}\n",
            self.rows,
            self.columns,
            self.bus_bits,
            self.lanes,
            self.scratchpad_bytes,
            self.ring_tiles,
            self.accumulator_vectors,
            self.parameter_channels,
            self.vector_taps,
            self.vector_weights,
            self.requantization,
        )
    }

    /// Name of the core's Verilog module, which begins the names of all others: `npu_8x8` of `npu-8x8`,
    /// and `npu_edge` of `edge`, which alone is a word of Verilog, as `small` and `large` are.
    pub fn module_name(&self) -> String {
        let name = self.name.replace('-', "_");
        match name.starts_with("npu") {
            true => name,
            false => format!("npu_{name}"),
        }
    }
}
