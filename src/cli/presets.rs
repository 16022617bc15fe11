//! `ferrogrid presets`.

use super::output::print;
use crate::config::{PRESETS, preset};
use crate::product;
use crate::report::{presets_json, presets_table};
use clap::Args;

/// List the presets, or print one as TOML
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ferrogrid presets matmul-8x8")]
pub(super) struct Presets {
    /// Print this preset's TOML, to start a configuration of your own from
    name: Option<String>,
    /// Print the list as JSON
    #[arg(long, conflicts_with = "name")]
    json: bool,
}

impl Presets {
    pub fn run(self) -> miette::Result<()> {
        if let Some(name) = self.name {
            return Ok(print(preset(&name)?.toml)?);
        }
        let mut cores = Vec::new();
        for preset in PRESETS {
            cores.push(product::from_preset(preset.name)?);
        }
        let text = if self.json {
            presets_json(&cores)
        } else {
            presets_table(&cores)
        };
        Ok(print(&text)?)
    }
}
