//! From a configuration or a preset's name to the product.

use super::Product;
use crate::arch::{ArchError, LoadError, MatmulArch, NpuArch};
use crate::config::{self, Config};

/// The product that a configuration describes.
///
/// # Errors
/// The rules that it breaks.
pub fn from_config(config: &Config) -> Result<Box<dyn Product>, ArchError> {
    Ok(match config {
        Config::Matmul(config) => Box::new(MatmulArch::new(config)?),
        Config::Npu(config) => Box::new(NpuArch::new(config)?),
    })
}

/// The product of a preset.
///
/// # Errors
/// When there is no preset of this name.
pub fn from_preset(name: &str) -> Result<Box<dyn Product>, LoadError> {
    let document = config::preset(name)?.document();
    let product = from_config(document.config());
    Ok(product.map_err(|error| document.error(error.problems))?)
}
