//! `ferrogrid asm`.

use super::files::{check_distinct, write_over};
use super::output::print;
use super::program::assemble;
use crate::runtime::read_bytes;
use clap::Args;
use miette::IntoDiagnostic;
use std::path::PathBuf;

/// Assemble a program of an NPU
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ferrogrid asm product.s -o product.bin")]
pub(super) struct Asm {
    /// The assembly: an instruction a line, comments behind `#`
    file: PathBuf,
    /// Where the instructions go, 32 bytes each
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl Asm {
    pub fn run(self) -> miette::Result<()> {
        let (file, output) = (self.file.as_path(), self.output.as_path());
        check_distinct([("the assembly", file)], [("`--output`", output)])?;
        let program = assemble(file, &read_bytes(file)?)?;
        let mut bytes = Vec::new();
        for instruction in &program {
            bytes.extend(instruction.encode().into_diagnostic()?);
        }
        write_over(output, &bytes)?;
        let count = program.len();
        Ok(print(&format!(
            "{} written: {count} instructions\n",
            output.display()
        ))?)
    }
}
