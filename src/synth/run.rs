//! Runs a tool with a time limit; what it prints goes to a log.

use super::advice::Ending;
use super::cache::Cache;
use super::error::{Stage, SynthError};
use super::process::Running;
use super::tools::FoundTool;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running tool is looked at.
const PACE: Duration = Duration::from_millis(50);

/// How often other processes are told that the results are in use.
const REFRESH: Duration = Duration::from_secs(60);

/// Called now and then; `Break` cancels.
pub type Watch<'a> = dyn FnMut() -> ControlFlow<()> + 'a;

/// A watch that never cancels.
pub fn unwatched() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A tool at its work: what for, and how long it may take.
pub(super) struct Run<'a> {
    pub stage: Stage,
    pub tool: &'a FoundTool,
    /// Whether cells were given places.
    pub floorplan: bool,
    pub limit: Duration,
    /// Where the log of a run that fails is kept, and where results are that the run uses.
    pub cache: &'a Cache,
    /// What the cache knows the run by.
    pub key: &'a str,
}

impl Run<'_> {
    /// Runs the tool in `folder` until it ends well. If it does not, its log is kept.
    pub fn run(
        &self,
        folder: &Path,
        log: &str,
        arguments: &[&str],
        watch: &mut Watch,
    ) -> Result<(), SynthError> {
        let path = folder.join(log);
        let file = File::create(&path).map_err(SynthError::files("write", &path))?;
        let errors = file
            .try_clone()
            .map_err(SynthError::files("write", &path))?;
        let mut command = Command::new(&self.tool.path);
        command
            .args(arguments)
            .current_dir(folder)
            // What it leaves there when it is ended goes with the folder around.
            .env("TMPDIR", folder.parent().unwrap_or(folder))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors);
        let running = Running::start(&mut command);
        let mut running = running.map_err(SynthError::files("run", &self.tool.path))?;
        let begun = Instant::now();
        let mut refreshed = begun;
        let status = loop {
            let status = running.try_wait();
            if let Some(status) = status.map_err(SynthError::files("run", &self.tool.path))? {
                break status;
            }
            if watch().is_break() {
                return Err(SynthError::Cancelled(self.stage));
            }
            if begun.elapsed() > self.limit {
                return Err(SynthError::TimedOut {
                    stage: self.stage,
                    limit: self.limit,
                    log: self.keep(&path),
                });
            }
            if refreshed.elapsed() > REFRESH {
                self.cache.refresh();
                refreshed = Instant::now();
            }
            std::thread::sleep(PACE);
        };
        if status.success() {
            return Ok(());
        }
        let text = fs::read(&path).map_err(SynthError::files("read", &path))?;
        let ending = Ending {
            stage: self.stage,
            tool: self.tool,
            status,
            floorplan: self.floorplan,
            log: &String::from_utf8_lossy(&text),
            cache: self.cache.root(),
        };
        Err(SynthError::Failed {
            stage: self.stage,
            tool: self.tool.tool.name(),
            message: ending.message(),
            help: ending.help(),
            log: self.keep(&path),
        })
    }

    /// Copies a log to where it stays, or says where it was if that does not work.
    pub fn keep(&self, log: &Path) -> PathBuf {
        let kept = self.cache.keep_log(log, self.key);
        kept.unwrap_or_else(|_| log.to_owned())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::tools::Tool;
    use super::*;

    fn run(script: &str, limit: Duration, watch: &mut Watch) -> Result<String, SynthError> {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path().join("netlist");
        fs::create_dir(&folder).expect("a folder");
        let kept = tempfile::tempdir().expect("a folder");
        let tool = FoundTool {
            tool: Tool::Yosys,
            path: "/bin/sh".into(),
            version: None,
            banner: String::new(),
        };
        let run = Run {
            stage: Stage::Synthesis,
            tool: &tool,
            floorplan: false,
            limit,
            cache: &Cache::at(kept.path()).expect("a cache"),
            key: "0123456789abcdef",
        };
        run.run(&folder, "log", &["-c", script], watch)?;
        Ok(fs::read_to_string(folder.join("log")).expect("a log"))
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_tool_that_works_leaves_its_log() {
        let log = run("echo one; echo two >&2", LONG, &mut unwatched);
        assert_eq!(log.expect("it works"), "one\ntwo\n");
    }

    #[test]
    fn temporary_files_of_a_tool_are_beside_its_folder() {
        let log = run(
            "cd ..; test $PWD -ef $TMPDIR && echo yes",
            LONG,
            &mut unwatched,
        );
        assert_eq!(log.expect("it works"), "yes\n");
    }

    #[test]
    fn a_tool_that_fails_is_quoted() {
        let script = "echo Info: begins; echo 'ERROR: no such cell'; echo 1 error; exit 1";
        let error = run(script, LONG, &mut unwatched).unwrap_err();
        assert_eq!(
            error.to_string(),
            "synthesis failed; yosys says: no such cell"
        );
        let error = run("exit 3", LONG, &mut unwatched).unwrap_err();
        assert!(
            error.to_string().ends_with("nothing (exit status: 3)"),
            "{error}"
        );
    }

    #[test]
    fn a_tool_that_takes_too_long_is_ended() {
        let begun = Instant::now();
        let error = run("sleep 30; true", Duration::from_millis(100), &mut unwatched);
        assert!(
            matches!(error, Err(SynthError::TimedOut { .. })),
            "{error:?}"
        );
        let error = run("sleep 30; true", LONG, &mut || ControlFlow::Break(()));
        assert!(matches!(error, Err(SynthError::Cancelled(_))), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
