//! What `ferrogrid doctor` says.

use super::table::Table;
use crate::synth::tools::{DATED, FoundTool, Tool, ToolError, Version};
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
                report.version = found.version.map(|version| whole(version, &found.banner));
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

/// The version with all its numbers, as the tool writes it: 0.11.1 for 0.11.
fn whole(version: Version, banner: &str) -> String {
    let short = version.to_string();
    let rest = banner.split_once(&short).map_or("", |(_, rest)| rest);
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let rest = &rest[..rest.find(|c| !number(c)).unwrap_or(rest.len())];
    format!("{short}{}", rest.trim_end_matches('.'))
}

/// The folder of what tools made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CacheReport {
    /// Where it is, or would be.
    pub path: Option<PathBuf>,
    /// Compiled models in it.
    pub models: u64,
    /// Netlists of `ferrogrid synth`.
    pub netlists: u64,
    /// Designs that it placed and routed.
    pub routed: u64,
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
    /// The folder of what tools made.
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
            (_, Some(problem)) => text += &format!("cache: {problem}\n"),
            (Some(path), None) => {
                let count = |number: u64, what: &str| match number {
                    1 => format!("1 {what}"),
                    _ => format!("{number} {what}s"),
                };
                text += &format!(
                    "cache: {}, {}: {}, {}, {}\n",
                    path.display(),
                    size(cache.bytes),
                    count(cache.models, "compiled model"),
                    count(cache.netlists, "netlist"),
                    count(cache.routed, "routed design"),
                );
            }
            (None, None) => {}
        }
        text += "native simulator: always there\n";
        // What helps several tools is said once.
        let mut missing: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
        for tool in self.tools.iter().filter(|tool| !tool.usable) {
            let (help, problem) = (tool.help.as_deref(), tool.problem.as_deref());
            let problem = problem.unwrap_or(tool.name);
            match missing.iter_mut().find(|(other, _)| *other == help) {
                Some((_, problems)) => problems.push(problem),
                None => missing.push((help, vec![problem])),
            }
        }
        for (help, problems) in missing {
            text += &format!("\n{}\n", problems.join("\n"));
            if let Some(help) = help {
                text += &format!("  {help}\n");
            }
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

    #[test]
    fn versions_are_whole() {
        for (banner, version) in [
            ("\"nextpnr-ecp5\" -- (Version nextpnr-0.11.1)", "0.11.1"),
            ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", "5.006"),
            ("g++ (Debian 12.2.0-14) 12.2.0", "12.2.0"),
            ("Yosys 0.70 (git sha1 7ce5011c24b)", "0.70"),
            ("2.4.7", "2.4.7"),
        ] {
            let short = Version::parse(banner).expect("a version");
            assert_eq!(whole(short, banner), version);
        }
    }

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
                netlists: 2,
                routed: 0,
                bytes: 1_572_864,
                problem: None,
            },
        };
        insta::assert_snapshot!(report.text());
    }
}
