//! Finds the external tools that Ferrogrid can use.

use miette::Diagnostic;
use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use thiserror::Error;

/// The oldest Verilator whose scheduling and flags the runner relies on.
pub const MINIMUM_VERILATOR: Version = Version {
    major: 5,
    minor: 6,
    digits: 3,
};

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
    /// Placement and routing for Lattice ECP5.
    NextpnrEcp5,
    /// Placement and routing for Lattice iCE40.
    NextpnrIce40,
    /// Placement and routing for Lattice Nexus.
    NextpnrNexus,
    /// Placement and routing for Gowin.
    NextpnrGowin,
    /// Bitstreams for Lattice ECP5.
    Ecppack,
    /// Bitstreams for Lattice iCE40.
    Icepack,
    /// Bitstreams for Lattice Nexus.
    Prjoxide,
    /// Bitstreams for Gowin.
    GowinPack,
}

/// With an older Yosys on `PATH`, synthesis takes the one of `scripts/setup --fpga`: releases before
/// this one infer fewer memories and DSPs.
const GOOD_YOSYS: Version = Version {
    major: 0,
    minor: 33,
    digits: 2,
};

impl Tool {
    /// Every tool, in the order in which `doctor` lists them.
    pub const ALL: [Tool; 13] = [
        Tool::Verilator,
        Tool::Cxx,
        Tool::Iverilog,
        Tool::Vvp,
        Tool::Yosys,
        Tool::NextpnrEcp5,
        Tool::NextpnrIce40,
        Tool::NextpnrNexus,
        Tool::NextpnrGowin,
        Tool::Ecppack,
        Tool::Icepack,
        Tool::Prjoxide,
        Tool::GowinPack,
    ];

    /// The name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Cxx => "g++",
            Tool::Iverilog => "iverilog",
            Tool::Vvp => "vvp",
            Tool::Yosys => "yosys",
            Tool::NextpnrEcp5 => "nextpnr-ecp5",
            Tool::NextpnrIce40 => "nextpnr-ice40",
            Tool::Ecppack => "ecppack",
            Tool::Icepack => "icepack",
            Tool::NextpnrNexus => "nextpnr-nexus",
            Tool::NextpnrGowin => "nextpnr-himbaechel",
            Tool::Prjoxide => "prjoxide",
            Tool::GowinPack => "gowin_pack",
        }
    }

    /// The package of Debian and Ubuntu that has it, or that `scripts/setup --fpga` needs for it.
    pub fn package(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Cxx => "g++",
            Tool::Iverilog | Tool::Vvp => "iverilog",
            Tool::Yosys => "yosys",
            Tool::NextpnrIce40 => "nextpnr-ice40",
            Tool::Icepack => "fpga-icestorm",
            Tool::NextpnrEcp5
            | Tool::NextpnrNexus
            | Tool::NextpnrGowin
            | Tool::Ecppack
            | Tool::Prjoxide
            | Tool::GowinPack => "python3-venv",
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
            Tool::NextpnrEcp5 => "placement and routing, ECP5",
            Tool::NextpnrIce40 => "placement and routing, iCE40",
            Tool::Ecppack => "bitstreams, ECP5",
            Tool::Icepack => "bitstreams, iCE40",
            Tool::NextpnrNexus => "placement and routing, Nexus",
            Tool::NextpnrGowin => "placement and routing, Gowin",
            Tool::Prjoxide => "bitstreams, Nexus",
            Tool::GowinPack => "bitstreams, Gowin",
        }
    }

    /// `scripts/setup --fpga` installs it.
    pub fn is_of_fpga_flow(self) -> bool {
        matches!(
            self,
            Tool::NextpnrEcp5
                | Tool::NextpnrIce40
                | Tool::NextpnrNexus
                | Tool::NextpnrGowin
                | Tool::Ecppack
                | Tool::Icepack
                | Tool::Prjoxide
                | Tool::GowinPack
        )
    }

    /// How to get it.
    fn remedy(self) -> String {
        if self.is_of_fpga_flow() {
            return "run `scripts/setup --fpga`, or put an OSS CAD Suite first on PATH \
                    (https://github.com/YosysHQ/oss-cad-suite-build)"
                .into();
        }
        format!(
            "run `scripts/setup`, or install the package `{package}` of Debian and Ubuntu: \
             apt-get install {package}",
            package = self.package()
        )
    }

    fn version_flag(self) -> &'static str {
        match self {
            Tool::Iverilog | Tool::Vvp | Tool::Yosys => "-V",
            // They tell no version, and this makes them do nothing.
            Tool::Icepack | Tool::GowinPack => "-h",
            _ => "--version",
        }
    }

    /// Finds the tool on `PATH`, else in the environment of `scripts/setup --fpga`, and asks for
    /// its version. Yosys is looked for on `PATH` only: see [`Tool::synthesizer`].
    ///
    /// # Errors
    ///
    /// When it is missing, does not run, or is too old.
    pub fn find(self) -> Result<FoundTool, ToolError> {
        let on_path = which::which(self.program()).ok();
        let path = on_path.or_else(|| self.is_of_fpga_flow().then(|| self.in_environment())?);
        self.ask(path.ok_or(ToolError::Missing(self))?)
    }

    /// The Yosys for synthesis: that on `PATH` if it is recent enough to be good at it, else that
    /// of `scripts/setup --fpga`, else whatever is on `PATH`.
    ///
    /// # Errors
    ///
    /// When there is none, or it does not run.
    pub fn synthesizer() -> Result<FoundTool, ToolError> {
        let on_path = Tool::Yosys.find();
        let good = |found: &FoundTool| found.version.is_some_and(|version| version >= GOOD_YOSYS);
        match Tool::Yosys.in_environment() {
            Some(path) if !on_path.as_ref().is_ok_and(good) => Tool::Yosys.ask(path),
            _ => on_path,
        }
    }

    /// The program in the environment that `scripts/setup --fpga` makes.
    fn in_environment(self) -> Option<PathBuf> {
        let path = fpga_environment()?.join("bin").join(self.program());
        path.is_file().then_some(path)
    }

    /// Asks the program at `path` for its version.
    fn ask(self, path: PathBuf) -> Result<FoundTool, ToolError> {
        let output = Command::new(&path)
            .arg(self.version_flag())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| ToolError::Broken {
                tool: self,
                reason: error.to_string(),
            })?;
        // vvp and nextpnr answer on standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        // What WebAssembly programs say at their first start.
        let notice = |line: &str| line.starts_with("Preparing to run");
        let Some(line) = text
            .lines()
            .find(|line| !line.trim().is_empty() && !notice(line))
        else {
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
            banner: match self {
                Tool::Icepack | Tool::GowinPack => self.program().to_owned(),
                _ => line.trim().to_owned(),
            },
            path,
        };
        found.check()?;
        Ok(found)
    }
}

/// Where `scripts/setup --fpga` puts its Python environment: `$FERROGRID_VENV`, else
/// `ferrogrid/fpga` in `$XDG_DATA_HOME`, else in `~/.local/share`.
pub fn fpga_environment() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("FERROGRID_VENV")
        .map(PathBuf::from)
        .or_else(|| set("XDG_DATA_HOME").map(|dir| Path::new(&dir).join("ferrogrid/fpga")))
        .or_else(|| set("HOME").map(|dir| Path::new(&dir).join(".local/share/ferrogrid/fpga")))
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program())
    }
}

/// Major and minor version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    /// The 5 of 5.006.
    pub major: u32,
    /// The 6 of 5.006.
    pub minor: u32,
    /// The 3 digits in which 5.006 writes its minor version.
    pub digits: u8,
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some((self.major, self.minor).cmp(&(other.major, other.minor)))
    }
}

impl Version {
    /// The first `number.number` of a version line that stands outside parentheses.
    ///
    /// nextpnr and ecppack are asked differently: theirs follows `nextpnr-` or `Version`, in
    /// parentheses or not.
    pub fn parse(line: &str) -> Option<Self> {
        if let Some((_, version)) = line.split_once("Version nextpnr-") {
            return Version::parse(version.trim_end_matches(')'));
        }
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
                digits: minor.len().try_into().ok()?,
            })
        })
    }
}

/// As the tool writes it: 5.006, 0.23.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.digits);
        write!(f, "{}.{:0digits$}", self.major, self.minor)
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
    /// Neither on `PATH` nor in the environment of `scripts/setup --fpga`.
    #[error("`{0}` was not found on PATH ({why})", why = .0.purpose())]
    #[diagnostic(
        code(ferrogrid::tools::missing),
        help("{}", .0.remedy())
    )]
    Missing(Tool),

    /// It does not run.
    #[error("`{tool}` does not run: {reason}")]
    #[diagnostic(
        code(ferrogrid::tools::broken),
        help("reinstall it: {}", tool.remedy())
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
        assert_eq!(
            version("\"nextpnr-ecp5\" -- Next Generation Place and Route (Version nextpnr-0.11.1)"),
            Some((0, 11))
        );
        assert_eq!(
            version("Project Trellis ecppack Version 1.4-82-g3afe7b5"),
            Some((1, 4))
        );
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
            "`/opt/bin/verilator` is version 4.038; 5.006 or later is needed"
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
