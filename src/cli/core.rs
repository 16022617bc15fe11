//! Which core a command works with.

use super::error::CliError;
use crate::arch::{self, MatmulArch};
use crate::blocks::MatmulCore;
use crate::hdl::{elaborate, ir::Design};
use std::fs;
use std::path::Path;

/// The core of a preset, or else of a file.
pub(super) fn load(preset: Option<&str>, file: Option<&Path>) -> miette::Result<MatmulArch> {
    let Some(path) = file else {
        return Ok(arch::from_preset(preset.unwrap_or_default())?);
    };
    let text = fs::read_to_string(path).map_err(|error| CliError::Configuration {
        path: path.to_owned(),
        error,
    })?;
    Ok(arch::from_toml(&path.display().to_string(), &text)?)
}

/// The hardware of a core.
pub(super) fn design(arch: &MatmulArch) -> miette::Result<Design> {
    elaborate(&MatmulCore::new(arch)).map_err(|error| {
        miette::miette!(
            help = "this is a bug of Ferrogrid: please report it with the configuration",
            "the hardware of {} does not close: {error}",
            arch.name
        )
    })
}
