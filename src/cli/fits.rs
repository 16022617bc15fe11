//! `ferrogrid fits`.

use super::core;
use super::error::CliError;
use super::output::print;
use crate::config::PRESETS;
use crate::product;
use crate::report::{Routed, fits, fits_table, json};
use crate::runtime::read_bytes;
use clap::Args;
use std::path::PathBuf;

/// Say which cores fit which boards, without synthesis
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid fits core.toml --routed build/core-ulx3s\n\nAfter synthesis the clock stands \
                  beside: `--routed` takes the folders that `ferrogrid synth -o` wrote."
)]
pub(super) struct Fits {
    /// Configurations: see `ferrogrid new`; all presets without any
    files: Vec<PathBuf>,
    /// Folders that `ferrogrid synth` has written
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    routed: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Fits {
    pub fn run(self) -> miette::Result<()> {
        let mut cores = Vec::new();
        for file in &self.files {
            cores.push(core::load(None, Some(file))?);
        }
        if cores.is_empty() {
            for preset in PRESETS {
                cores.push(product::from_preset(preset.name)?);
            }
        }
        let mut routed = Vec::<Routed>::new();
        for folder in &self.routed {
            let path = folder.join("report.json");
            let report = serde_json::from_slice(&read_bytes(&path)?);
            routed.push(report.map_err(|error| CliError::NoSynthesis { path, error })?);
        }
        let fits = fits(&cores, &routed);
        Ok(print(&match self.json {
            true => json(&fits),
            false => fits_table(&fits),
        })?)
    }
}
