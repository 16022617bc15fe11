//! `ferrogrid generate`.

use super::core;
use super::files::write_package;
use super::interrupt;
use super::output::print;
use crate::device::Interface;
use crate::product::Part;
use crate::report::{Package, json};
use crate::verilog;
use clap::{ArgGroup, Args};
use std::path::PathBuf;

/// Write a core: Verilog, register map, test bench, and what FuseSoC, Vivado, Quartus and LiteX need
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("configuration").required(true),
    after_help = "Example:\n  ferrogrid generate --preset matmul-8x8 -o build/matmul-8x8"
)]
pub(super) struct Generate {
    /// The configuration: see `ferrogrid new`
    #[arg(group = "configuration")]
    file: Option<PathBuf>,
    /// A built-in configuration: see `ferrogrid presets`
    #[arg(long, group = "configuration", value_name = "NAME")]
    preset: Option<String>,
    /// The folder to write: whole, or not at all. It may be an earlier output of this command
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Replace an earlier output even where files in it were edited or added
    #[arg(long)]
    force: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

impl Generate {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        let product = core::load(self.preset.as_deref(), self.file.as_deref())?;
        let design = core::design(product.as_ref(), Part::Core)?;
        let package = Package::new(
            product.as_ref(),
            &Interface::of(&design),
            verilog::emit(&design),
            verilog::cell_models(&design),
        );
        interrupt::check()?;
        write_package(&self.output, &package, self.force)?;
        let summary = &package.summary;
        let text = if self.json {
            json(summary)
        } else {
            let (files, folder) = (package.files.len() + 1, self.output.display());
            format!("{}\n{files} files in {folder}\n", summary.table())
        };
        Ok(print(&text)?)
    }
}
