//! Which core a command works with.

use super::error::CliError;
use crate::arch::{self, MatmulArch};
use crate::blocks::MatmulCore;
use crate::config::{Config, Document, Problem};
use crate::hdl::{elaborate, ir::Design, is_reserved};
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
    let document = Document::parse(&path.display().to_string(), &text)?;
    let Config::Matmul(config) = document.config();
    let arch = MatmulArch::new(config).map_err(|error| document.error(error.problems))?;
    // The top module bears the name of the core, and a user instantiates it by that name.
    let module = arch.module_name();
    if is_reserved(&module) {
        let message = format!("`{}` cannot name a core", arch.name);
        let problem = Problem::at("name", message)
            .label("a reserved word of Verilog")
            .help(format!(
                "the top module would be called `{module}`; take a name such as `{module}_core`"
            ));
        Err(document.error(vec![problem]))?;
    }
    Ok(arch)
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
