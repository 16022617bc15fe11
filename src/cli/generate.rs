//! `ferrogrid generate`.

use super::core;
use super::files::write_package;
use super::interrupt;
use super::output::print;
use crate::arch::MatmulArch;
use crate::blocks::MatmulCore;
use crate::device::Interface;
use crate::reference;
use crate::report::{Example, Package, json};
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
        let arch = core::load(self.preset.as_deref(), self.file.as_deref())?;
        let design = core::design(&arch)?;
        let package = Package::new(
            &arch,
            &Interface::of(&design),
            &MatmulCore::register_map(&arch),
            verilog::emit(&design),
            verilog::cell_models(&design),
            &example(&arch),
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

/// The job of the test bench.
fn example(arch: &MatmulArch) -> Example {
    let job = Example::job(arch);
    let product = reference::matmul(job.a.view(), job.b.view())
        .expect("the matrices chain, and no core has sums of more than 64 bits");
    Example { job, product }
}
