//! `ferrogrid doctor`.

use super::output::print;
use crate::device::cache_folder;
use crate::report::{CacheReport, ToolReport, ToolsReport, json};
use crate::synth::tools::Tool;
use clap::Args;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Say which tools were found, with versions, and how to get what is missing
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ferrogrid doctor --json\n\n\
                  A missing tool is no error: the exit code is 0, and `usable` in the JSON says what is there.")]
pub(super) struct Doctor {
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(self) -> miette::Result<()> {
        let report = ToolsReport {
            version: env!("CARGO_PKG_VERSION"),
            tools: Tool::ALL
                .into_iter()
                .map(|tool| ToolReport::new(tool, tool.find()))
                .collect(),
            cache: cache(),
        };
        let text = if self.json {
            json(&report)
        } else {
            report.text()
        };
        Ok(print(&text)?)
    }
}

fn cache() -> CacheReport {
    let mut report = CacheReport {
        path: None,
        models: 0,
        netlists: 0,
        routed: 0,
        bytes: 0,
        problem: None,
    };
    match cache_folder() {
        Ok(path) => {
            count(&path, &mut report);
            report.path = Some(path);
        }
        Err(error) => report.problem = Some(error.to_string()),
    }
    report
}

/// Counts what can be seen; a folder that is not there yet is empty.
fn count(folder: &Path, report: &mut CacheReport) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(data) = entry.metadata() else { continue };
        let path = entry.path();
        match path.extension().and_then(OsStr::to_str) {
            Some("so") => report.models += 1,
            Some("netlist") => report.netlists += 1,
            Some("routed") => report.routed += 1,
            _ => {}
        }
        if data.is_dir() {
            count(&path, report);
        } else {
            report.bytes += data.len();
        }
    }
}
