//! The TOML a user writes, and the named presets.
//!
//! A [`Document`] is a TOML text read into a [`Config`] that says exactly what the user wrote:
//! what was left out is `None` and gets its value in [`arch`](crate::arch), which is also where
//! combinations are judged. Reading finds what is wrong with the text itself (unknown keys,
//! wrong types, numbers that are out of range) and keeps the place of every key, so that a
//! [`ConfigError`] can point at it, whoever found the problem.
#![forbid(unsafe_code)]

mod document;
mod named;
mod nearest;
mod presets;
mod problem;
mod range;
mod read;
mod size;
mod template;
#[cfg(test)]
mod tests;

pub use document::Document;
pub use named::{Dataflow, ElementType, Kind, Target, UnknownName};
pub use presets::{PRESETS, Preset, UnknownPreset, preset};
pub use problem::{ConfigError, Problem};
pub use range::{
    ARRAY_SIZES, BUFFER_SIZES, STREAM_WIDTHS, check_array_size, check_buffer, check_name,
    check_stream_width,
};
pub use size::{Bytes, ParseBytesError};
pub use template::template;

use serde::Serialize;

/// A hardware description as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Config {
    /// Name of the core; by default `matmul-<rows>x<columns>`, with `-os` behind it for
    /// output-stationary arrays and the target for those that are not portable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is generated.
    pub kind: Kind,
    /// The chips it is made for.
    pub target: Target,
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

impl Config {
    /// An int8 matmul core of this size with every default.
    pub fn matmul(rows: u32, columns: u32) -> Config {
        Config {
            name: None,
            kind: Kind::Matmul,
            target: Target::Portable,
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

    /// The description as TOML text that [`Document::parse`] reads back to an equal value.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration holds only what TOML can hold")
    }
}
