//! The section of a matrix-multiply core.

mod read;
mod template;

pub(super) use read::{TABLES, read};
pub(super) use template::template;

use super::{Bytes, Common, Dataflow, ElementType, Target};
use serde::Serialize;

/// A matrix-multiply core as the user wrote it.
///
/// Its name is by default `matmul-<rows>x<columns>`, with `-os` behind it for output-stationary
/// arrays and the target for those that are not portable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatmulConfig {
    /// What every core has.
    #[serde(skip)]
    pub common: Common,
    /// The array of processing elements.
    pub array: Array,
    /// Widths of the streams.
    pub streams: Streams,
    /// Sizes of the buffers.
    pub buffers: Buffers,
}

/// `[array]`: the array of processing elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Array {
    /// Rows of processing elements.
    pub rows: u32,
    /// Columns of processing elements.
    pub columns: u32,
    /// Which operand stays in the array.
    pub dataflow: Dataflow,
    /// Element type of A.
    pub activation: ElementType,
    /// Element type of B; by default the one that goes with `activation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<ElementType>,
    /// A pipeline register behind each multiplier.
    pub product_register: bool,
}

/// `[streams]`: bits per beat; by default as wide as the array consumes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Streams {
    /// Width of `s_axis_a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<u32>,
    /// Width of `s_axis_b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<u32>,
    /// Width of `m_axis_c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<u32>,
}

/// `[buffers]`: total sizes, all banks together; by default enough for K = N = 256, for
/// [`Target::Ice40`] 2, 4 and 1 KiB, or as much as the array needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Buffers {
    /// Row blocks of A, two banks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<Bytes>,
    /// The whole of B.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<Bytes>,
    /// Row blocks of C, two banks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accumulators: Option<Bytes>,
    /// A pipeline register behind the output of each memory.
    pub output_register: bool,
}

impl MatmulConfig {
    /// An int8 core of this size with every default.
    pub fn new(rows: u32, columns: u32) -> MatmulConfig {
        MatmulConfig {
            common: Common {
                name: None,
                target: Target::Portable,
            },
            array: Array {
                rows,
                columns,
                dataflow: Dataflow::WeightStationary,
                activation: ElementType::Int8,
                weight: None,
                product_register: true,
            },
            streams: Streams::default(),
            buffers: Buffers::default(),
        }
    }
}
