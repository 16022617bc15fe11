//! Options of the commands that write waves.

use super::error::CliError;
use super::files::PendingFile;
use crate::device::{WaveFile, WaveFormat};
use crate::hdl::sim::Waves;
use clap::Args;
use std::ops::Range;
use std::path::PathBuf;

/// Where waves go, and which.
#[derive(Debug, Args)]
pub(super) struct WaveOptions {
    /// Write the waves of the run to this file: compressed where its name ends in .fst, else as VCD
    #[arg(long, value_name = "FILE", alias = "vcd")]
    pub waves: Option<PathBuf>,
    /// Only those of this module and of what is in it, as `dut.array`; may be given more than once
    #[arg(long, value_name = "MODULE", requires = "waves")]
    module: Vec<String>,
    /// Only those of these cycles, counted from the start of the run
    #[arg(long, value_name = "FROM..TO", requires = "waves", value_parser = range)]
    cycles: Option<Range<u64>>,
}

impl WaveOptions {
    /// The file beside its place, and what is written to it.
    pub fn pending(&self) -> Result<Option<(PendingFile, WaveFile)>, CliError> {
        let Some(path) = &self.waves else {
            return Ok(None);
        };
        let file = PendingFile::new(path)?;
        let mut waves = self.module.iter().fold(Waves::default(), Waves::of);
        if let Some(cycles) = &self.cycles {
            waves = waves.in_cycles(cycles.clone());
        }
        let waves = WaveFile {
            path: file.path().to_owned(),
            format: WaveFormat::of(path),
            waves,
        };
        Ok(Some((file, waves)))
    }
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let wrong = || "it is not like `100..200`".to_owned();
    let (from, to) = text.split_once("..").ok_or_else(wrong)?;
    let number = |text: &str| text.replace(['_', ','], "").parse().map_err(|_| wrong());
    let range = number(from)?..number(to)?;
    match range.is_empty() {
        true => Err("there are no cycles in it".into()),
        false => Ok(range),
    }
}
