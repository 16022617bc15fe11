//! The TOML a user writes, and the named presets.
//!
//! A [`Document`] is a TOML text read into a [`Config`] that says exactly what the user wrote:
//! what was left out is `None` and gets its value in [`arch`](crate::arch), which is also where
//! combinations are judged. Reading finds what is wrong with the text itself (unknown keys,
//! wrong types, numbers that are out of range) and keeps the place of every key, so that a
//! [`ConfigError`] can point at it, whoever found the problem.
#![forbid(unsafe_code)]

mod document;
mod matmul;
mod named;
mod nearest;
pub mod npu;
mod presets;
mod problem;
mod range;
mod read;
mod reserved;
mod size;
mod space;
mod template;
#[cfg(test)]
mod tests;

pub use document::Document;
pub use matmul::{Array, Buffers, MatmulConfig, Streams};
pub use named::{ControlOrder, Dataflow, ElementType, Kind, Requantization, Target, UnknownName};
pub use nearest::nearest;
pub use npu::{NpuConfig, check_npu_number};
pub use presets::{PRESETS, Preset, UnknownPreset, preset, presets_of};
pub use problem::{ConfigError, Problem};
pub use range::{
    ARRAY_SIZES, BUFFER_SIZES, STREAM_WIDTHS, check_array_size, check_buffer, check_name,
    check_stream_width,
};
pub use size::{Bytes, ParseBytesError};
pub use space::{Choice, Space};

use serde::Serialize;

/// Bytes of the longest text of a configuration.
pub const LONGEST_CONFIGURATION: u64 = 1 << 20;

/// A hardware description as the user wrote it: what is generated says which keys there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Config {
    /// `kind = "matmul"`.
    Matmul(MatmulConfig),
    /// `kind = "npu"`.
    Npu(NpuConfig),
}

/// What every core has, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// Name of the core; by default from its kind and size.
    pub name: Option<String>,
    /// The chips it is made for.
    pub target: Target,
}

impl From<MatmulConfig> for Config {
    fn from(config: MatmulConfig) -> Config {
        Config::Matmul(config)
    }
}

impl From<NpuConfig> for Config {
    fn from(config: NpuConfig) -> Config {
        Config::Npu(config)
    }
}

impl Config {
    /// What is generated.
    pub fn kind(&self) -> Kind {
        match self {
            Config::Matmul(_) => Kind::Matmul,
            Config::Npu(_) => Kind::Npu,
        }
    }

    /// What every core has.
    pub fn common(&self) -> &Common {
        match self {
            Config::Matmul(config) => &config.common,
            Config::Npu(config) => &config.common,
        }
    }

    /// The matmul core that it describes.
    ///
    /// # Errors
    /// When it is a core of another kind.
    pub fn as_matmul(&self) -> Result<&MatmulConfig, Problem> {
        match self {
            Config::Matmul(config) => Ok(config),
            _ => Err(self.is_no(Kind::Matmul)),
        }
    }

    /// The core that runs networks that it describes.
    ///
    /// # Errors
    /// When it is a core of another kind.
    pub fn as_npu(&self) -> Result<&NpuConfig, Problem> {
        match self {
            Config::Npu(config) => Ok(config),
            _ => Err(self.is_no(Kind::Npu)),
        }
    }

    fn is_no(&self, wanted: Kind) -> Problem {
        let presets = Vec::from_iter(presets_of(wanted).map(|preset| preset.name));
        Problem::at("kind", format!("this is a core of kind `{}`", self.kind()))
            .label(format!("must be `{wanted}`"))
            .help(format!("presets of this kind: {}", presets.join(", ")))
    }

    /// The description as TOML text that [`Document::parse`] reads back to an equal value.
    pub fn to_toml(&self) -> String {
        match self {
            Config::Matmul(config) => self.with_section(config),
            Config::Npu(config) => self.with_section(config),
        }
    }

    fn with_section(&self, section: &impl Serialize) -> String {
        #[derive(Serialize)]
        struct Text<'a, S> {
            #[serde(skip_serializing_if = "Option::is_none")]
            name: &'a Option<String>,
            kind: Kind,
            target: Target,
            #[serde(flatten)]
            section: &'a S,
        }
        let Common { name, target } = self.common();
        toml::to_string(&Text {
            name,
            kind: self.kind(),
            target: *target,
            section,
        })
        .expect("a configuration holds only what TOML can hold")
    }

    /// A commented TOML text for a core of this configuration: what `ferrogrid new` starts a user
    /// with. Every key of the format appears: those the configuration leaves out stand as comments.
    pub fn template(&self) -> String {
        match self {
            Config::Matmul(config) => matmul::template(config),
            Config::Npu(config) => npu::template(config),
        }
    }
}
