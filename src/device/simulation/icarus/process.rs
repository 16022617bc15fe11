//! A running simulation and the lines between it and us.

use super::commander::{Command, INSTANCE};
use crate::device::error::Error;
use crate::device::process::{clip, cover, finding};
use crate::device::simulation::engine::Finding;
use crate::hdl::sim::Cover;
use crate::synth::process::Running;
use crate::synth::tools::FoundTool;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Stdio};

pub(super) struct Process {
    vvp: PathBuf,
    running: Running,
    commands: ChildStdin,
    lines: BufReader<ChildStdout>,
    errors: PathBuf,
    /// Number of the edge that comes next, where assertions are dated.
    edge: u64,
    pub findings: Vec<Finding>,
    pub covers: Vec<Cover>,
    /// What the simulator itself said.
    other: String,
}

impl Process {
    pub fn start(vvp: &FoundTool, compiled: &Path, folder: &Path) -> Result<Self, Error> {
        let errors = folder.join("errors.txt");
        let log = File::create(&errors).map_err(Error::files("write", &errors))?;
        let mut command = std::process::Command::new(&vvp.path);
        command.current_dir(folder).arg("-N").arg(compiled);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log);
        let running = Running::start(&mut command);
        let mut running = running.map_err(Error::files("run", &vvp.path))?;
        let pipes = running.take_stdin().zip(running.take_stdout());
        let (commands, lines) = pipes.ok_or_else(|| gave_up("it has no pipes".to_owned()))?;
        Ok(Process {
            vvp: vvp.path.clone(),
            running,
            commands,
            lines: BufReader::new(lines),
            errors,
            edge: 0,
            findings: Vec::new(),
            covers: Vec::new(),
            other: String::new(),
        })
    }

    /// Sends a command and waits for the answer.
    pub fn ask(&mut self, command: &Command) -> Result<String, Error> {
        // What went wrong is told when no answer comes.
        let _ = writeln!(self.commands, "{command}");
        let _ = self.commands.flush();
        while let Some(line) = self.line()? {
            if let Some(answer) = line.strip_prefix("@=") {
                return Ok(answer.trim().to_owned());
            }
        }
        Err(self.failure())
    }

    /// Ends the simulation.
    pub fn finish(&mut self) -> Result<(), Error> {
        let _ = writeln!(self.commands, "{}", Command::Finish);
        let _ = self.commands.flush();
        while self.line()?.is_some() {}
        let status = self.running.wait();
        let status = status.map_err(Error::files("wait for", &self.vvp))?;
        match status.success() {
            true => Ok(()),
            false => Err(self.failure()),
        }
    }

    /// The next line, taken in; none at the end.
    fn line(&mut self) -> Result<Option<String>, Error> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        if read.map_err(Error::files("read from", &self.vvp))? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_owned();
        if let Some(edge) = line.strip_prefix("@C ") {
            self.edge = edge.parse().map_err(|_| damaged(&line))?;
        } else if let Some(finding) = finding(&line, self.edge, INSTANCE) {
            let known =
                |other: &Finding| other.path == finding.path && other.message == finding.message;
            if !self.findings.iter().any(known) {
                self.findings.push(finding);
            }
        } else if let Some(cover) = cover(&line, INSTANCE) {
            self.covers.push(cover);
        } else if !line.starts_with('@') {
            self.other.push_str(&line);
            self.other.push('\n');
        }
        Ok(Some(line))
    }

    fn failure(&mut self) -> Error {
        let status = self.running.wait();
        let errors = fs::read_to_string(&self.errors).unwrap_or_default();
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        gave_up(format!("{status}: {}{}", clip(&self.other), clip(&errors)))
    }
}

/// The error for a line that says nothing.
pub(super) fn damaged(line: &str) -> Error {
    gave_up(format!("the line `{line}` is damaged"))
}

fn gave_up(reason: String) -> Error {
    Error::Simulator {
        simulator: "icarus",
        reason,
    }
}
