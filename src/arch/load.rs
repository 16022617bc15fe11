//! From a TOML text or a preset's name straight to the architecture.

use super::{ArchError, MatmulArch, NpuArch};
use crate::config::{self, Config, ConfigError, Document, UnknownPreset};

/// The configuration cannot be used.
#[derive(Clone, Debug, thiserror::Error, miette::Diagnostic)]
pub enum LoadError {
    /// The text is wrong, or what it says cannot work.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// No preset has this name.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Preset(#[from] UnknownPreset),
}

/// The matmul core that a TOML text describes; `name` is the text's name in messages.
pub fn from_toml(name: &str, text: &str) -> Result<MatmulArch, ConfigError> {
    load(name, text, |config| MatmulArch::new(config.as_matmul()?))
}

/// The core that runs networks that a TOML text describes; `name` is the text's name in messages.
pub fn npu_from_toml(name: &str, text: &str) -> Result<NpuArch, ConfigError> {
    load(name, text, |config| NpuArch::new(config.as_npu()?))
}

fn load<T>(
    name: &str,
    text: &str,
    arch: fn(&Config) -> Result<T, ArchError>,
) -> Result<T, ConfigError> {
    let document = Document::parse(name, text)?;
    arch(document.config()).map_err(|error| document.error(error.problems))
}

/// The matmul core of a preset.
pub fn from_preset(name: &str) -> Result<MatmulArch, LoadError> {
    let preset = config::preset(name)?;
    Ok(from_toml(&format!("{name}.toml"), preset.toml)?)
}

/// The core that runs networks of a preset.
pub fn npu_from_preset(name: &str) -> Result<NpuArch, LoadError> {
    let preset = config::preset(name)?;
    Ok(npu_from_toml(&format!("{name}.toml"), preset.toml)?)
}
