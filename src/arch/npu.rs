//! A core that runs networks: what its units are made of.

use super::{IntType, Target};

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
    /// Bytes of the scratchpad, both halves: a power of two.
    pub scratchpad_bytes: u32,
    /// Tiles of R x C weights that the ring holds: a power of two.
    pub ring_tiles: u32,
    /// Vectors of an accumulator bank.
    pub accumulator_vectors: u32,
    /// Channels with parameters.
    pub parameter_channels: u32,
    /// How POST can requantize.
    pub requantization: Requantization,
    /// Bursts of reads, and of writes, that have not ended.
    pub outstanding: u32,
    /// Instructions that wait in front of each unit.
    pub queue_depth: u32,
}

/// How POST can requantize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requantization {
    /// Fixed-point multipliers alone.
    Fixed,
    /// fp32 scales alone.
    Float,
    /// Each instruction chooses.
    Both,
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

    /// An NPU of this array, with a bus of as many bytes as rows and all else in proportion.
    pub fn new(name: &str, rows: u32, columns: u32) -> NpuArch {
        let side = rows.min(columns);
        NpuArch {
            name: name.into(),
            target: Target::Portable,
            rows,
            columns,
            product_register: true,
            bus_bits: 8 * side,
            lanes: (side / 2).max(side / 4).max(1),
            scratchpad_bytes: 1 << 17,
            ring_tiles: (65_536 / (rows * columns)).next_power_of_two(),
            accumulator_vectors: 128,
            parameter_channels: 1024,
            requantization: Requantization::Both,
            outstanding: 8,
            queue_depth: 4,
        }
    }

    /// Bytes of a beat.
    pub fn bus_bytes(&self) -> u32 {
        self.bus_bits / 8
    }

    /// Bytes of a tile of weights.
    pub fn tile_bytes(&self) -> u32 {
        self.rows * self.columns
    }

    /// Bits of a sum of R products of int8.
    pub fn sum_bits(&self) -> u32 {
        // (-128) * (-128) is 2^14; R of them are 2^(14 + log2 R).
        16 + self.rows.ilog2()
    }
}

impl NpuArch {
    /// The first 32 bits of the SHA-256 of [`Self::canonical_parameters`].
    pub fn config_hash(&self) -> u32 {
        super::hash::first_bits(&self.canonical_parameters())
    }

    /// Every parameter that a program depends on, one a line, in a fixed order.
    pub fn canonical_parameters(&self) -> String {
        format!(
            "npu 1\nrows {}\ncolumns {}\nbus {}\nlanes {}\nscratchpad {}\nring {}\naccumulators {}\nparameters {}\n\
             requantization {:?}\n",
            self.rows,
            self.columns,
            self.bus_bits,
            self.lanes,
            self.scratchpad_bytes,
            self.ring_tiles,
            self.accumulator_vectors,
            self.parameter_channels,
            self.requantization,
        )
    }

    /// Name of the core's Verilog module, which begins the names of all others.
    pub fn module_name(&self) -> String {
        self.name.replace('-', "_")
    }
}
