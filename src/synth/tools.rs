//! Finds the external tools that Ferrogrid can use.

use miette::Diagnostic;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use thiserror::Error;

/// The oldest Verilator whose scheduling and flags the runner relies on.
pub const MINIMUM_VERILATOR: Version = Version { major: 5, minor: 0 };

/// An external tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Tool {
    /// Verilog to C++ compiler.
    Verilator,
    /// C++ compiler for Verilator's output.
    Cxx,
    /// Icarus Verilog compiler.
    Iverilog,
    /// Icarus Verilog run time.
    Vvp,
    /// Synthesis.
    Yosys,
}

impl Tool {
    /// Every tool, in the order in which `doctor` lists them.
    pub const ALL: [Tool; 5] = [
        Tool::Verilator,
        Tool::Cxx,
        Tool::Iverilog,
        Tool::Vvp,
        Tool::Yosys,
    ];

    /// The name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Cxx => "g++",
            Tool::Iverilog => "iverilog",
            Tool::Vvp => "vvp",
            Tool::Yosys => "yosys",
        }
    }

    /// The package of Debian and Ubuntu that has it.
    pub fn package(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Cxx => "g++",
            Tool::Iverilog | Tool::Vvp => "iverilog",
            Tool::Yosys => "yosys",
        }
    }

    /// What Ferrogrid does with it.
    pub fn purpose(self) -> &'static str {
        match self {
            Tool::Verilator => "fast simulation of the generated Verilog",
            Tool::Cxx => "compiles Verilator's output",
            Tool::Iverilog => "four-state simulation: compiles",
            Tool::Vvp => "four-state simulation: runs",
            Tool::Yosys => "synthesis and proofs",
        }
    }

    fn version_flag(self) -> &'static str {
        match self {
            Tool::Verilator | Tool::Cxx => "--version",
            Tool::Iverilog | Tool::Vvp | Tool::Yosys => "-V",
        }
    }

    /// Finds the tool on `PATH` and asks for its version.
    ///
    /// # Errors
    ///
    /// When it is missing, does not run, or is too old.
    pub fn find(self) -> Result<FoundTool, ToolError> {
        let path = which::which(self.program()).map_err(|_| ToolError::Missing(self))?;
        let output = Command::new(&path)
            .arg(self.version_flag())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| ToolError::Broken {
                tool: self,
                reason: error.to_string(),
            })?;
        // vvp answers on standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let Some(line) = text.lines().find(|line| !line.trim().is_empty()) else {
            let reason = format!(
                "`{} {}` printed nothing",
                path.display(),
                self.version_flag()
            );
            return Err(ToolError::Broken { tool: self, reason });
        };
        let found = FoundTool {
            tool: self,
            version: Version::parse(line),
            banner: line.trim().to_owned(),
            path,
        };
        found.check()?;
        Ok(found)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program())
    }
}

/// Major and minor version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Version {
    /// The 5 of 5.006.
    pub major: u32,
    /// The 6 of 5.006.
    pub minor: u32,
}

impl Version {
    /// The first `number.number` of a version line that stands outside parentheses.
    pub fn parse(line: &str) -> Option<Self> {
        let mut depth = 0i32;
        let outside: String = line
            .chars()
            .filter(|&c| {
                depth += i32::from(c == '(');
                let keep = depth == 0;
                depth -= i32::from(c == ')');
                keep
            })
            .collect();
        outside.split_whitespace().find_map(|word| {
            let word = word.trim_start_matches('v');
            let (major, rest) = word.split_once('.')?;
            let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
            Some(Self {
                major: major.parse().ok()?,
                minor: minor.parse().ok()?,
            })
        })
    }
}

/// As Verilator, the only tool whose version matters, writes it: 5.006.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.major, self.minor)
    }
}

/// A tool that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTool {
    /// Which one.
    pub tool: Tool,
    /// The program.
    pub path: PathBuf,
    /// Its version, where the tool's answer could be understood.
    pub version: Option<Version>,
    /// The first line of its answer, the part of the build cache's key that names the tool.
    pub banner: String,
}

impl FoundTool {
    fn check(&self) -> Result<(), ToolError> {
        match (self.tool, self.version) {
            (Tool::Verilator, Some(version)) if version < MINIMUM_VERILATOR => {
                Err(ToolError::TooOld {
                    tool: self.tool,
                    path: self.path.clone(),
                    found: version,
                    needed: MINIMUM_VERILATOR,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Why a tool cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ToolError {
    /// Not on `PATH`.
    #[error("`{0}` was not found on PATH ({why})", why = .0.purpose())]
    #[diagnostic(
        code(ferrogrid::tools::missing),
        help(
            "run `scripts/setup`, or install the package `{package}` of Debian and Ubuntu: \
             apt-get install {package}",
            package = .0.package()
        )
    )]
    Missing(Tool),

    /// It does not run.
    #[error("`{tool}` does not run: {reason}")]
    #[diagnostic(
        code(ferrogrid::tools::broken),
        help("reinstall the package `{package}`", package = tool.package())
    )]
    Broken {
        /// Which one.
        tool: Tool,
        /// What happened.
        reason: String,
    },

    /// It is too old.
    #[error("`{}` is version {found}; {needed} or later is needed", path.display())]
    #[diagnostic(
        code(ferrogrid::tools::too_old),
        help(
            "Debian 12 and Ubuntu 23.04 have a new enough `{package}`; on older systems build it \
             from source, or put a newer one first on PATH",
            package = tool.package()
        )
    )]
    TooOld {
        /// Which one.
        tool: Tool,
        /// Where it was found.
        path: PathBuf,
        /// Its version.
        found: Version,
        /// The version it should have.
        needed: Version,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(line: &str) -> Option<(u32, u32)> {
        Version::parse(line).map(|version| (version.major, version.minor))
    }

    #[test]
    fn version_lines_of_real_tools() {
        assert_eq!(
            version("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"),
            Some((5, 6))
        );
        assert_eq!(
            version("Verilator 4.038 2020-07-11 rev v4.036-114"),
            Some((4, 38))
        );
        assert_eq!(version("g++ (Debian 12.2.0-14) 12.2.0"), Some((12, 2)));
        assert_eq!(
            version("Icarus Verilog version 11.0 (stable) ()"),
            Some((11, 0))
        );
        assert_eq!(version("Yosys 0.23 (git sha1 7ce5011c24b)"), Some((0, 23)));
        assert_eq!(version("no number here"), None);
    }

    #[test]
    fn an_old_verilator_is_refused_with_both_versions() {
        let found = FoundTool {
            tool: Tool::Verilator,
            path: "/opt/bin/verilator".into(),
            version: Version::parse("Verilator 4.038 2020-07-11"),
            banner: String::new(),
        };
        let error = found.check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`/opt/bin/verilator` is version 4.038; 5.000 or later is needed"
        );
        let help = error.help().expect("help").to_string();
        assert!(help.contains("Debian 12"), "{help}");
    }

    #[test]
    fn a_missing_tool_says_what_to_install() {
        let error = ToolError::Missing(Tool::Vvp);
        assert_eq!(
            error.to_string(),
            "`vvp` was not found on PATH (four-state simulation: runs)"
        );
        assert_eq!(
            error.help().expect("help").to_string(),
            "run `scripts/setup`, or install the package `iverilog` of Debian and Ubuntu: \
             apt-get install iverilog"
        );
    }
}
