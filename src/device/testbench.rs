//! Runs a self-checking test bench with the core that it is for.

use super::error::Error;
use super::process::{clip, run_tool};
use crate::synth::process::Running;
use crate::synth::tools::Tool;
use crate::verilog::VerilogFile;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A test bench: its files, and those of the core.
#[derive(Clone, Debug)]
pub struct TestBench {
    /// The module.
    pub top: String,
    /// The Verilog of both.
    pub verilog: Vec<VerilogFile>,
    /// The main program that Verilator needs.
    pub main: String,
}

impl TestBench {
    /// Runs it up to its first failure, on Verilator or else on Icarus Verilog: that failure.
    ///
    /// # Errors
    /// When the simulator is missing or refuses the Verilog.
    pub fn run(&self, on_verilator: bool) -> Result<Result<(), String>, Error> {
        let folder = tempfile::Builder::new()
            .prefix("ferrogrid-bench-")
            .tempdir();
        let folder = folder.map_err(Error::files("create a folder in", std::env::temp_dir()))?;
        let folder = folder.path();
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::files("write", &path))
        };
        let mut names = Vec::new();
        for (number, file) in self.verilog.iter().enumerate() {
            let base = Path::new(&file.name).file_name().unwrap_or_default();
            let name = format!("{number}_{}", base.to_string_lossy());
            write(&name, &file.text)?;
            names.push(name);
        }
        write("main.cpp", &self.main)?;
        let mut run = match on_verilator {
            true => self.verilate(folder, &names)?,
            false => self.compile(folder, &names)?,
        };
        run.current_dir(folder).arg("+first").stdin(Stdio::null());
        run.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = Running::output(&mut run).map_err(Error::files("run", run.get_program()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = |start: &str| text.lines().find(|line| line.starts_with(start));
        Ok(match (line("FAIL"), line("PASS")) {
            (None, Some(_)) => Ok(()),
            (Some(failure), _) => Err(failure.to_owned()),
            (None, None) => Err(clip(&text)),
        })
    }

    fn verilate(&self, folder: &Path, names: &[String]) -> Result<Command, Error> {
        let mut build = Command::new(Tool::Verilator.find()?.path);
        build
            .current_dir(folder)
            .args(["--cc", "--exe", "--build", "-Wno-fatal"]);
        build.args(["-CFLAGS", "-O0", "--top-module", &self.top]);
        build.args(names).arg("main.cpp");
        run_tool(&mut build, "verilator", "building the test bench")?;
        Ok(Command::new(folder.join(format!("obj_dir/V{}", self.top))))
    }

    fn compile(&self, folder: &Path, names: &[String]) -> Result<Command, Error> {
        let mut compile = Command::new(Tool::Iverilog.find()?.path);
        compile
            .current_dir(folder)
            .args(["-g2005", "-s", &self.top, "-o", "bench.vvp"]);
        run_tool(compile.args(names), "iverilog", "compiling the test bench")?;
        let mut run = Command::new(Tool::Vvp.find()?.path);
        run.args(["-N", "bench.vvp"]);
        Ok(run)
    }
}
