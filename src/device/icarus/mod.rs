//! The emitted Verilog through Icarus Verilog, in four-state logic.

mod parse;
mod testbench;

use super::error::Error;
use super::interface::Interface;
use super::plan::Plan;
use super::process::{clip, run_tool};
use super::{Backend, Outcome, Scenario, Watch};
use crate::hdl::ir::Design;
use crate::synth::process::Running;
use crate::synth::tools::{FoundTool, Tool};
use crate::verilog::{self, VerilogFile};
use parse::{Parser, Step};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testbench::{NAME, testbench};

/// A core under Icarus Verilog.
pub struct Icarus {
    interface: Interface,
    files: Vec<VerilogFile>,
    iverilog: FoundTool,
    vvp: FoundTool,
    vcd: Option<PathBuf>,
}

impl Icarus {
    /// Emits the design; it is compiled with each run's testbench.
    ///
    /// # Errors
    ///
    /// When `iverilog` or `vvp` is missing.
    pub fn new(design: &Design) -> Result<Self, Error> {
        Self::from_verilog(Interface::of(design), verilog::emit_for_simulation(design))
    }

    /// As [`Icarus::new`], from Verilog text and the interface of its top module.
    ///
    /// # Errors
    ///
    /// As [`Icarus::new`].
    pub fn from_verilog(interface: Interface, files: Vec<VerilogFile>) -> Result<Self, Error> {
        let (iverilog, vvp) = (Tool::Iverilog.find()?, Tool::Vvp.find()?);
        Ok(Self {
            interface,
            files,
            iverilog,
            vvp,
            vcd: None,
        })
    }

    fn compile(&self, plan: &Plan<'_>, dir: &Path) -> Result<(), Error> {
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::write(&path, text).map_err(Error::files("write", path))
        };
        let dated = self
            .files
            .iter()
            .any(|file| file.text.contains("FERROGRID_ASSERT"));
        let bench = testbench(plan, dated, self.vcd.is_some());
        write("testbench.v", &bench.text)?;
        for (name, text) in &bench.data {
            write(name, text)?;
        }
        let mut iverilog = Command::new(&self.iverilog.path);
        // Counts of cover points are reported in `final` blocks, which are not in Verilog-2005.
        iverilog.current_dir(dir).args([
            "-g2009",
            "-Wall",
            "-DFERROGRID_CHECKS",
            "-DFERROGRID_COVER",
        ]);
        iverilog.args(["-s", NAME, "-o", "run.vvp", "testbench.v"]);
        for (index, file) in self.files.iter().enumerate() {
            let name = format!("design_{index}.v");
            write(&name, &file.text)?;
            iverilog.arg(name);
        }
        run_tool(&mut iverilog, "iverilog", "compiling the Verilog")?;
        Ok(())
    }

    fn simulate(
        &self,
        parser: &mut Parser<'_>,
        dir: &Path,
        watch: &mut Watch,
    ) -> Result<(), Error> {
        let errors_path = dir.join("errors.txt");
        let errors = fs::File::create(&errors_path).map_err(Error::files("write", &errors_path))?;
        let mut vvp = Command::new(&self.vvp.path);
        vvp.current_dir(dir).args(["-N", "run.vvp"]);
        vvp.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors);
        let vvp = Running::start(&mut vvp);
        let mut vvp = vvp.map_err(Error::files("run", &self.vvp.path))?;
        let lines = vvp.take_stdout().map(BufReader::new);
        for line in lines.into_iter().flat_map(BufRead::lines) {
            let line = line.map_err(Error::files("read from", &self.vvp.path))?;
            match parser.line(&line) {
                Some(Step::Next) => {}
                Some(Step::Watch(cycle)) => {
                    if watch(cycle).is_break() {
                        return Err(Error::Cancelled { cycle });
                    }
                }
                None => return Err(gave_up(format!("the line `{line}` is damaged"))),
            }
        }
        let status = vvp.wait();
        let status = status.map_err(Error::files("wait for", &self.vvp.path))?;
        if !status.success() {
            parser
                .other
                .push_str(&fs::read_to_string(&errors_path).unwrap_or_default());
            return Err(gave_up(format!("{status}: {}", clip(&parser.other))));
        }
        Ok(())
    }
}

fn gave_up(reason: String) -> Error {
    Error::Simulator {
        simulator: "icarus",
        reason,
    }
}

impl Backend for Icarus {
    fn name(&self) -> &'static str {
        "icarus"
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let plan = Plan::new(&self.interface, scenario)?;
        let dir = tempfile::Builder::new()
            .prefix("ferrogrid-icarus-")
            .tempdir()
            .map_err(Error::files("create a folder in", std::env::temp_dir()))?;
        self.compile(&plan, dir.path())?;
        let mut parser = Parser::new(&plan);
        self.simulate(&mut parser, dir.path(), watch)?;
        if let Some(vcd) = &self.vcd {
            fs::copy(dir.path().join("waves.vcd"), vcd).map_err(Error::files("write", vcd))?;
        }
        let other = std::mem::take(&mut parser.other);
        let log = parser
            .finish()
            .ok_or_else(|| gave_up(format!("it ended before the run did: {}", clip(&other))))?;
        Ok(log.into_outcome(&plan))
    }

    fn trace(&mut self, vcd: Option<PathBuf>) -> Result<(), Error> {
        self.vcd = vcd;
        Ok(())
    }
}
