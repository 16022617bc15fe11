//! What `ferrogrid doctor` says.

use super::table::Table;
use crate::synth::tools::{DATED, FoundTool, Tool, ToolError};
use miette::Diagnostic;
use serde::Serialize;
use std::path::PathBuf;

/// One external tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolReport {
    /// Name of the program.
    pub name: &'static str,
    /// What Ferrogrid does with it.
    pub purpose: &'static str,
    /// It was found and can be used.
    pub usable: bool,
    /// Its version, where the tool's answer could be understood.
    pub version: Option<String>,
    /// The first line of its answer to the question for its version.
    pub banner: Option<String>,
    /// Where it was found.
    pub path: Option<PathBuf>,
    /// Why it cannot be used.
    pub problem: Option<String>,
    /// What to do about it, also where a usable tool could be better.
    pub help: Option<String>,
}

impl ToolReport {
    /// The report of a search.
    pub fn new(tool: Tool, found: Result<FoundTool, ToolError>) -> ToolReport {
        let mut report = ToolReport {
            name: tool.name(),
            purpose: tool.purpose(),
            usable: found.is_ok(),
            version: None,
            banner: None,
            path: None,
            problem: None,
            help: None,
        };
        match found {
            Ok(found) => {
                report.help = found.is_dated().then(|| DATED.to_owned());
                report.version = found.version.map(|version| version.to_string());
                report.banner = Some(found.banner);
                report.path = Some(found.path);
            }
            Err(error) => {
                report.problem = Some(error.to_string());
                report.help = error.help().map(|help| help.to_string());
            }
        }
        report
    }
}

/// The folder of compiled models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CacheReport {
    /// Where it is, or would be.
    pub path: Option<PathBuf>,
    /// Models in it.
    pub models: u64,
    /// Bytes of all files in it.
    pub bytes: u64,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

/// Everything that `doctor` looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolsReport {
    /// Version of Ferrogrid.
    pub version: &'static str,
    /// The external tools.
    pub tools: Vec<ToolReport>,
    /// The folder of compiled models.
    pub cache: CacheReport,
}

impl ToolsReport {
    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut table = Table::new(&["tool", "version", "used for", "path"]);
        for tool in &self.tools {
            let version = match (&tool.version, tool.usable) {
                (Some(version), _) => version.clone(),
                (None, true) => "unknown".into(),
                (None, false) => "missing".into(),
            };
            let path = tool.path.as_ref().map(|path| path.display().to_string());
            table = table.row([
                tool.name.into(),
                version,
                tool.purpose.into(),
                path.unwrap_or_default(),
            ]);
        }
        let mut text = format!("ferrogrid {}\n\n{table}\n", self.version);
        let cache = &self.cache;
        match (&cache.path, &cache.problem) {
            (_, Some(problem)) => text += &format!("compiled models: {problem}\n"),
            (Some(path), None) => {
                let models = match cache.models {
                    1 => "1 model".into(),
                    models => format!("{models} models"),
                };
                let size = size(cache.bytes);
                text += &format!("compiled models: {}, {models}, {size}\n", path.display());
            }
            (None, None) => {}
        }
        text += "native simulator: always there\n";
        for tool in self.tools.iter().filter(|tool| !tool.usable) {
            text += &format!("\n{}", tool.problem.as_deref().unwrap_or(tool.name));
            if let Some(help) = &tool.help {
                text += &format!("\n  {help}");
            }
            text += "\n";
        }
        let usable = self.tools.iter().filter(|tool| tool.usable);
        for help in usable.filter_map(|tool| tool.help.as_deref()) {
            text += &format!("\n{help}\n");
        }
        if self.tools.iter().all(|tool| tool.usable) {
            text += "\nnothing is missing\n";
        }
        text
    }
}

/// `1.5 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::tools::Version;

    #[test]
    fn what_is_missing_and_how_to_get_it() {
        let found = FoundTool {
            tool: Tool::Verilator,
            path: "/usr/bin/verilator".into(),
            version: Some(Version {
                major: 5,
                minor: 6,
                digits: 3,
            }),
            banner: "Verilator 5.006 2023-01-22".into(),
        };
        let dated = FoundTool {
            tool: Tool::Synthesizer,
            path: "/usr/bin/yosys".into(),
            version: Version::parse("Yosys 0.23 (git sha1 7ce5011c24b)"),
            banner: "Yosys 0.23 (git sha1 7ce5011c24b)".into(),
        };
        let report = ToolsReport {
            version: "0.1.0",
            tools: vec![
                ToolReport::new(Tool::Verilator, Ok(found)),
                ToolReport::new(Tool::Yosys, Err(ToolError::Missing(Tool::Yosys))),
                ToolReport::new(Tool::Synthesizer, Ok(dated)),
            ],
            cache: CacheReport {
                path: Some("/home/user/.cache/ferrogrid".into()),
                models: 1,
                bytes: 1_572_864,
                problem: None,
            },
        };
        insta::assert_snapshot!(report.text());
    }
}
