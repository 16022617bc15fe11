//! Which core a command works with.

use super::error::CliError;
use crate::arch::{ArchError, MatmulArch, NpuArch};
use crate::config::{self, ConfigError, Document, LONGEST_CONFIGURATION, Problem};
use crate::device::read_text;
use crate::hdl::{ir::Design, is_reserved};
use crate::product::{self, Part, Product};
use std::path::Path;

/// The core of a preset, or else of a file.
pub(super) fn load(preset: Option<&str>, file: Option<&Path>) -> miette::Result<Box<dyn Product>> {
    let document = document(preset, file)?;
    let product = product::from_config(document.config());
    let product = product.map_err(|error| document.error(error.problems))?;
    check_module_name(&document, product.as_ref())?;
    Ok(product)
}

/// The matmul core of a preset, or else of a file.
pub(super) fn load_matmul(preset: Option<&str>, file: Option<&Path>) -> miette::Result<MatmulArch> {
    let document = document(preset, file)?;
    let arch = document.config().as_matmul().map_err(ArchError::from);
    let arch = arch.and_then(MatmulArch::new);
    let arch = arch.map_err(|error| document.error(error.problems))?;
    check_module_name(&document, &arch)?;
    Ok(arch)
}

/// The core that runs networks of a preset, or else of a file.
pub(super) fn load_npu(preset: Option<&str>, file: Option<&Path>) -> miette::Result<NpuArch> {
    let document = document(preset, file)?;
    let arch = document.config().as_npu().map_err(ArchError::from);
    let arch = arch.and_then(NpuArch::new);
    let arch = arch.map_err(|error| document.error(error.problems))?;
    check_module_name(&document, &arch)?;
    Ok(arch)
}

fn document(preset: Option<&str>, file: Option<&Path>) -> miette::Result<Document> {
    let Some(path) = file else {
        return Ok(config::preset(preset.unwrap_or_default())?.document());
    };
    let text = read_text(path, LONGEST_CONFIGURATION).map_err(|error| CliError::Configuration {
        path: path.to_owned(),
        error,
    })?;
    Ok(Document::parse(&path.display().to_string(), &text)?)
}

/// The top module bears the name of the core, and a user instantiates it by that name.
fn check_module_name(document: &Document, product: &dyn Product) -> Result<(), ConfigError> {
    let module = product.module_name();
    if !is_reserved(&module) {
        return Ok(());
    }
    let problem = Problem::at("name", format!("`{}` cannot name a core", product.name()))
        .label("a reserved word of Verilog")
        .help(format!(
            "the top module would be called `{module}`; take a name such as `{}-core`",
            product.name()
        ));
    Err(document.error(vec![problem]))
}

/// The hardware of a part of a core.
pub(super) fn design(product: &dyn Product, part: Part) -> miette::Result<Design> {
    let design = product.design(part).map_err(|error| {
        let what = match part {
            Part::Core => "hardware",
            Part::Array => "array",
        };
        miette::miette!(
            help = "this is a bug of Ferrogrid: please report it with the configuration",
            "the {what} of {} does not close: {error}",
            product.name()
        )
    })?;
    for warning in &design.warnings {
        eprintln!("warning: {warning}");
    }
    Ok(design)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PRESETS;

    #[test]
    fn the_presets_have_no_warnings() {
        for preset in PRESETS {
            let product = product::from_preset(preset.name).unwrap();
            let design = design(&*product, Part::Core).unwrap();
            assert_eq!(design.warnings, [], "{}", preset.name);
        }
    }
}
