//! What to do about a tool that failed: it depends on the stage, and on what the tool said.

use super::error::Stage;
use super::tools::{FoundTool, Tool};
use std::path::Path;
use std::process::ExitStatus;

/// A run of a tool that ended badly.
pub(super) struct Ending<'a> {
    pub stage: Stage,
    pub tool: &'a FoundTool,
    pub status: ExitStatus,
    /// Whether cells were given places.
    pub floorplan: bool,
    /// All that it printed.
    pub log: &'a str,
    /// Where it worked: in the cache.
    pub cache: &'a Path,
}

impl Ending<'_> {
    /// What the tool says: its first error, else its last line, and that it was ended, if it was.
    pub fn message(&self) -> String {
        let mut lines = self.log.lines().map(str::trim);
        let error = lines
            .clone()
            .find_map(|line| Some(line.split_once("ERROR: ")?.1));
        let said = error.or_else(|| lines.rfind(|line| !line.is_empty()));
        match (said, signal(self.status)) {
            (Some(said), None) => said.to_owned(),
            (None, None) => format!("nothing ({})", self.status),
            (Some(said), Some(_)) if error.is_some() => format!("{said} ({})", self.status),
            // What it was at is no message.
            (_, Some(_)) => format!("nothing, it was ended ({})", self.status),
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        let says = |signs: &[&str]| signs.iter().any(|sign| self.log.contains(sign));
        if says(&["No space left on device", "Disk quota exceeded"]) {
            return format!(
                "the disk is full: make room in `{}`, or set FERROGRID_CACHE to a folder with more",
                self.cache.display()
            );
        }
        if says(&[
            "bad_alloc",
            "MemoryError",
            "out of memory",
            "Cannot allocate memory",
        ]) || signal(self.status) == Some(KILLED)
        {
            return "memory ran out, or somebody ended it: close other programs, take a smaller core, \
                    or a machine with more memory"
                .into();
        }
        if signal(self.status).is_some_and(|signal| FROM_OUTSIDE.contains(&signal)) {
            return "somebody ended it: run the command again".into();
        }
        // The only constraint that is ours.
        let free = match self.floorplan {
            true => "`--no-floorplan`, ",
            false => "",
        };
        match self.stage {
            Stage::Synthesis if self.tool.is_dated() => format!(
                "this Yosys is old: try the one that `scripts/setup --fpga` installs; if it fails \
                 too, {REPORT}"
            ),
            Stage::Synthesis => format!("every core should pass this stage: {REPORT}"),
            Stage::Routing
                if says(&["ailed to route", "nable to route", "outing design failed"]) =>
            {
                format!(
                    "no way was found for a net: {free}a lower `--clock`, a smaller core or a larger \
                     chip (`--target`) leaves more room"
                )
            }
            Stage::Routing => format!(
                "{free}another chip (`--target`), a lower `--clock` or the versions that `scripts/setup \
                 --fpga` installs may do better; if not, {REPORT}"
            ),
            Stage::Power => "`ferrogrid doctor` lists the tools".into(),
            Stage::Bitstream => format!(
                "the core is placed and routed, and only its bitstream is missing: {} none is made. The \
                 {} that `scripts/setup --fpga` installs was tested; if it fails too, {REPORT}",
                match self.tool.tool {
                    Tool::Ecppack => "with `--out-of-context` and without `--board`",
                    _ => "without `--board`",
                },
                self.tool.tool
            ),
        }
    }
}

const REPORT: &str = "it is a bug worth reporting with the configuration";

/// SIGKILL, which the system sends when memory runs out.
const KILLED: i32 = 9;

/// SIGHUP, SIGINT, SIGTERM.
const FROM_OUTSIDE: [i32; 3] = [1, 2, 15];

/// The signal that ended a process.
fn signal(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::tools::Version;
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    /// Message and help of a tool that ended so; `status` as the system gives it.
    fn told(stage: Stage, version: &str, status: i32, log: &str) -> String {
        told_of(stage, version, status, log, false)
    }

    fn told_of(stage: Stage, version: &str, status: i32, log: &str, floorplan: bool) -> String {
        let tool = FoundTool {
            tool: match stage {
                Stage::Synthesis => Tool::Synthesizer,
                Stage::Routing => Tool::NextpnrEcp5,
                Stage::Bitstream => Tool::Ecppack,
                Stage::Power => Tool::Sta,
            },
            path: "/bin/tool".into(),
            version: Version::parse(version),
            banner: String::new(),
        };
        let ending = Ending {
            stage,
            tool: &tool,
            status: ExitStatus::from_raw(status),
            floorplan,
            log,
            cache: "/cache".as_ref(),
        };
        format!("{}\n  {}\n", ending.message(), ending.help())
    }

    #[test]
    fn help_depends_on_stage_and_message() {
        use Stage::*;
        const EXIT: i32 = 1 << 8;
        let text = [
            told(Synthesis, "0.70", EXIT, "ERROR: syntax error\nend\n"),
            told(Synthesis, "0.23", EXIT, "ERROR: syntax error\n"),
            told(Synthesis, "0.70", EXIT, ""),
            told(Synthesis, "0.70", 9, "5.1. Executing PROC pass\n"),
            told(Routing, "0.11", 15, "Info: Packing\n"),
            told(Routing, "0.11", 11, "Info: Packing\n"),
            told(
                Routing,
                "0.11",
                EXIT,
                "ERROR: Failed to route arc 0 of net 'a'\n",
            ),
            told(
                Routing,
                "0.11",
                EXIT,
                "ERROR: cell type 'X' is unsupported\n",
            ),
            told(Routing, "0.11", EXIT, "terminate called: std::bad_alloc\n"),
            told(
                Routing,
                "0.11",
                EXIT,
                "ERROR: write: No space left on device\n",
            ),
            told(Bitstream, "1.4", EXIT, "Error: no such tile\n"),
        ];
        insta::assert_snapshot!(text.concat());
    }

    /// Our own places are named where there are some, and where they may be the reason.
    #[test]
    fn a_floorplan_can_be_left_out() {
        let help = |stage, log, floorplan| told_of(stage, "0.70", 1 << 8, log, floorplan);
        for log in ["ERROR: Failed to route arc 0\n", "ERROR: no such Bel\n"] {
            let with = help(Stage::Routing, log, true);
            assert!(with.contains("`--no-floorplan`, a"), "{with}");
            let without = help(Stage::Routing, log, false);
            assert_eq!(with.replace("`--no-floorplan`, ", ""), without);
        }
        for stage in [Stage::Synthesis, Stage::Bitstream] {
            let log = "ERROR: no such cell\n";
            assert_eq!(help(stage, log, true), help(stage, log, false));
        }
        let log = "write: No space left on device\n";
        let full = help(Stage::Routing, log, true);
        assert!(!full.contains("floorplan"), "{full}");
    }
}
