//! `ferrogrid disasm`.

use super::output::print;
use super::program::read_program;
use clap::Args;
use std::path::PathBuf;

/// Print a program of an NPU as assembly
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ferrogrid disasm resnet8.fgn")]
pub(super) struct Disasm {
    /// Instructions, or a network that `ferrogrid compile` wrote
    file: PathBuf,
}

impl Disasm {
    pub fn run(self) -> miette::Result<()> {
        let program = read_program(&self.file)?;
        let lines = program.iter().map(|instruction| format!("{instruction}\n"));
        Ok(print(&lines.collect::<String>())?)
    }
}
