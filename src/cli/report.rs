//! `ferrogrid report`.

use super::error::CliError;
use super::files::{check_distinct, write_over};
use super::output::print;
use crate::explore::ExplorationReport;
use crate::report::page::{Page, RunReport};
use crate::runtime::read_bytes;
use clap::Args;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::path::PathBuf;

/// Make a page of HTML of a run: its figures, what each layer took, roofline and timeline; or of an exploration
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid report run.json -o run.html\n\nRUN is what `run`, `estimate`, `matmul` or \
                  `explore` prints with `--json`; `--timeline` beside it adds which unit was at work when."
)]
pub(super) struct Report {
    /// What `ferrogrid run`, `estimate`, `matmul` or `explore` printed with `--json`
    run: PathBuf,
    /// Write the page to this file [default: RUN with .html]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Report {
    pub fn run(self) -> miette::Result<()> {
        let output = self
            .output
            .unwrap_or_else(|| self.run.with_extension("html"));
        check_distinct(
            [("RUN", self.run.as_path())],
            [("`--output`", output.as_path())],
        )?;
        let json = read_bytes(&self.run)?;
        let page = page(&json).map_err(|error| CliError::NoReport {
            path: self.run.clone(),
            error,
        })?;
        write_over(&output, page.html().as_bytes())?;
        Ok(print(&format!("written: {}\n", output.display()))?)
    }
}

/// The page of what a run, or an exploration, has left.
fn page(json: &[u8]) -> Result<Page, serde_json::Error> {
    #[derive(Deserialize)]
    struct Kind {
        configurations: Option<IgnoredAny>,
    }
    let kind: Kind = serde_json::from_slice(json)?;
    Ok(match kind.configurations {
        Some(_) => serde_json::from_slice::<ExplorationReport>(json)?.page(),
        None => RunReport::read(json)?.page(),
    })
}
