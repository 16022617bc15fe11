//! The emitted Verilog through Icarus Verilog, in four-state logic.

mod commander;
mod process;

use super::engine::{Engine, Finding, Model as Startable};
use super::top::{Top, digits};
use crate::device::error::Error;
use crate::device::process::run_tool;
use crate::device::waves::WaveFile;
use crate::hdl::sim::Cover;
use crate::synth::tools::{FoundTool, Tool};
use crate::verilog::VerilogFile;
use commander::{ALL, Command, NAME};
use process::Process;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A compiled design; each run is a process of its own.
pub(in crate::device) struct Model {
    top: Arc<Top>,
    compiled: PathBuf,
    vvp: FoundTool,
    // Removed with the model.
    _folder: TempDir,
}

impl Model {
    pub fn new(top: Arc<Top>, files: &[VerilogFile]) -> Result<Self, Error> {
        let (iverilog, vvp) = (Tool::Iverilog.find()?, Tool::Vvp.find()?);
        let folder = folder()?;
        let dated = files
            .iter()
            .any(|file| file.text.contains("FERROGRID_ASSERT"));
        let mut command = std::process::Command::new(&iverilog.path);
        // Counts of cover points are reported in `final` blocks, which are not in Verilog-2005.
        command.current_dir(folder.path()).args([
            "-g2009",
            "-Wall",
            "-DFERROGRID_CHECKS",
            "-DFERROGRID_COVER",
        ]);
        command.args(["-s", NAME, "-o", "run.vvp", "commander.v"]);
        write(
            &folder.path().join("commander.v"),
            &commander::text(&top, dated),
        )?;
        for (index, file) in files.iter().enumerate() {
            let name = format!("design_{index}.v");
            write(&folder.path().join(&name), &file.text)?;
            command.arg(name);
        }
        run_tool(&mut command, "iverilog", "compiling the Verilog")?;
        Ok(Model {
            top,
            compiled: folder.path().join("run.vvp"),
            vvp,
            _folder: folder,
        })
    }
}

impl Startable for Model {
    fn start(&self, waves: Option<&WaveFile>) -> Result<Box<dyn Engine>, Error> {
        let folder = folder()?;
        let process = Process::start(&self.vvp, &self.compiled, folder.path())?;
        let mut engine = Icarus {
            top: Arc::clone(&self.top),
            process,
            vcd: waves.map(WaveFile::plain).transpose()?.map(Path::to_owned),
            folder,
        };
        if waves.is_some() {
            engine.process.ask(&Command::Waves)?;
        }
        Ok(Box::new(engine))
    }
}

struct Icarus {
    top: Arc<Top>,
    process: Process,
    vcd: Option<PathBuf>,
    folder: TempDir,
}

impl Engine for Icarus {
    fn set(&mut self, port: usize, digits: &[u64]) -> Result<(), Error> {
        let value = hex(digits);
        self.process.ask(&Command::Set { port, value }).map(drop)
    }

    fn get(&mut self, port: usize, digits: &mut [u64]) -> Result<(), Error> {
        let answer = self.process.ask(&Command::Get { port })?;
        let value = parse(&answer, digits.len()).ok_or_else(|| process::damaged(&answer))?;
        digits.copy_from_slice(&value);
        Ok(())
    }

    fn load(&mut self, memory: usize, first: usize, words: &[u64]) -> Result<(), Error> {
        let per_word = digits(self.top.memories[memory].width);
        let lines: Vec<String> = words.chunks(per_word).map(hex).collect();
        let Some(last) = (first + lines.len())
            .checked_sub(1)
            .filter(|_| !lines.is_empty())
        else {
            return Ok(());
        };
        let path = self.folder.path().join("load.hex");
        write(&path, &(lines.join("\n") + "\n"))?;
        let command = Command::Load {
            memory,
            first,
            last,
        };
        self.process.ask(&command).map(drop)
    }

    fn read(&mut self, memory: usize, first: usize, count: usize) -> Result<Vec<u64>, Error> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let last = first + count - 1;
        self.process.ask(&Command::Read {
            memory,
            first,
            last,
        })?;
        let path = self.folder.path().join("read.hex");
        let text = fs::read_to_string(&path).map_err(Error::files("read", &path))?;
        let per_word = digits(self.top.memories[memory].width);
        let mut words = Vec::with_capacity(count * per_word);
        for line in text.lines().filter(|line| !line.starts_with("//")) {
            words.extend(parse(line, per_word).ok_or_else(|| process::damaged(line))?);
        }
        Ok(words)
    }

    fn step(&mut self, clock: Option<usize>, cycles: u64) -> Result<(), Error> {
        let clock = clock.unwrap_or(ALL);
        self.process.ask(&Command::Step { clock, cycles }).map(drop)
    }

    fn run_until(&mut self, port: usize, limit: u64) -> Result<u64, Error> {
        let answer = self.process.ask(&Command::Until { port, limit })?;
        answer.parse().map_err(|_| process::damaged(&answer))
    }

    fn failures(&mut self) -> Result<Vec<Finding>, Error> {
        Ok(self.process.findings.clone())
    }

    fn finish(&mut self) -> Result<Vec<Cover>, Error> {
        self.process.finish()?;
        if let Some(vcd) = &self.vcd {
            let waves = self.folder.path().join("waves.vcd");
            fs::copy(waves, vcd).map_err(Error::files("write", vcd))?;
        }
        Ok(std::mem::take(&mut self.process.covers))
    }
}

fn folder() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("ferrogrid-icarus-")
        .tempdir()
        .map_err(Error::files("create a folder in", std::env::temp_dir()))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::files("write", path))
}

/// A value as one number.
fn hex(digits: &[u64]) -> String {
    let digits = digits.iter().rev();
    digits.map(|digit| format!("{digit:016x}")).collect()
}

/// A hexadecimal number in 64-bit digits; unknown bits are 0.
fn parse(text: &str, digits: usize) -> Option<Vec<u64>> {
    let mut result = vec![0; digits];
    for (index, digit) in text.trim().chars().rev().enumerate() {
        let digit = match digit {
            'x' | 'X' | 'z' | 'Z' => 0,
            digit => digit.to_digit(16)?,
        };
        *result.get_mut(index / 16)? |= u64::from(digit) << (4 * (index % 16));
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_come_in_digits() {
        assert_eq!(
            parse("0123456789abcdef01", 2),
            Some(vec![0x2345_6789_abcd_ef01, 0x01])
        );
        assert_eq!(
            parse("1x", 1),
            Some(vec![0x10]),
            "unknown digits count as 0"
        );
        assert_eq!(parse("1g", 1), None);
        assert_eq!(parse("12345678901234567", 1), None, "too long");
        assert_eq!(hex(&[1, 2]), "00000000000000020000000000000001");
    }
}
