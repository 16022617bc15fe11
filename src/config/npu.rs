//! The section of a core that runs networks.

mod range;
mod read;
mod template;

pub(super) use read::{TABLES, read};
pub(super) use template::template;

pub use range::check_npu_number;

use super::{Bytes, Common, ControlOrder, Requantization, Target};
use serde::Serialize;

/// A core that runs networks, as the user wrote it.
///
/// Its name is by default `npu-<rows>x<columns>`, with the target behind it where that is not portable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NpuConfig {
    /// What every core has.
    #[serde(skip)]
    pub common: Common,
    /// The array of processing elements.
    pub array: Array,
    /// The bus to DRAM.
    pub bus: Bus,
    /// Sizes of the memories.
    pub memory: Memory,
    /// Convolutions of each channel for itself.
    pub vector: Vector,
    /// What becomes of sums.
    pub post: Post,
    /// Instructions and transfers under way.
    pub control: Control,
}

/// `[array]`: the array of processing elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Array {
    /// Rows of processing elements, a power of two.
    pub rows: u32,
    /// Columns of processing elements, a power of two.
    pub columns: u32,
    /// A pipeline register behind each multiplier.
    pub product_register: bool,
}

/// `[bus]`: the AXI4 port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bus {
    /// Bits of a beat; by default a byte for each row or column, whichever are fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
}

/// `[memory]`: sizes of the memories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// The scratchpad, both halves; by default 128 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scratchpad: Option<Bytes>,
    /// The ring of weights; by default 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Bytes>,
    /// Vectors of each of the two accumulator banks; by default 128.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accumulators: Option<u32>,
    /// Channels whose parameters are held; by default 1,024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u32>,
}

/// `[vector]`: the unit for convolutions of each channel for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Vector {
    /// Taps in a cycle, 1 or 3, or 0 for a core without the unit; by default 3 from 16 rows and columns on, else
    /// 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taps: Option<u32>,
    /// Groups of so many taps whose weights are held; by default 512 of three taps, else 1,024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<u32>,
}

/// `[post]`: what becomes of sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Channels in a cycle; by default half of the rows or columns, whichever are fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lanes: Option<u32>,
    /// How sums become bytes.
    pub requantization: Requantization,
}

/// `[control]`: instructions and transfers under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Whether the units work at the same time.
    pub order: ControlOrder,
    /// Bursts of reads, and of writes, that have not ended.
    pub outstanding: u32,
    /// Instructions that wait in front of each unit.
    pub queue_depth: u32,
}

impl NpuConfig {
    /// A core of this size with every default.
    pub fn new(rows: u32, columns: u32) -> NpuConfig {
        NpuConfig {
            common: Common {
                name: None,
                target: Target::Portable,
            },
            array: Array {
                rows,
                columns,
                product_register: true,
            },
            bus: Bus::default(),
            memory: Memory::default(),
            vector: Vector::default(),
            post: Post {
                lanes: None,
                requantization: Requantization::Both,
            },
            control: Control {
                order: ControlOrder::Distributed,
                outstanding: 8,
                queue_depth: 4,
            },
        }
    }
}
