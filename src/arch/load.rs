//! From a TOML text or a preset's name straight to the architecture.

use super::MatmulArch;
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
    let document = Document::parse(name, text)?;
    let Config::Matmul(config) = document.config();
    MatmulArch::new(config).map_err(|error| document.error(error.problems))
}

/// The matmul core of a preset.
pub fn from_preset(name: &str) -> Result<MatmulArch, LoadError> {
    let preset = config::preset(name)?;
    Ok(from_toml(&format!("{name}.toml"), preset.toml)?)
}
