//! `ferrogrid run-program`.

use super::error::CliError;
use super::files::{PendingFile, check_distinct, write_over};
use super::npu::{Configuration, executable_error};
use super::output::print;
use super::program::{only_program, read_program};
use super::progress::Progress;
use super::simulator::Simulator;
use super::{core, interrupt};
use crate::arch::NpuArch;
use crate::device::npu::{ProgramOutcome, ProgramRun};
use crate::device::{Accelerator, AcceleratorError, Executable, Speed};
use crate::isa::npu::{CAUSES, COUNTERS_OF, INSTRUCTION_BYTES, Instruction};
use crate::product::Part;
use crate::reference::{IllegalProgram, run_program};
use crate::report::{Table, counted, grouped, json};
use crate::runtime::read_bytes;
use crate::verify::npu::machine_size;
use clap::Args;
use miette::miette;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Run a program on a simulated NPU and compare DRAM with the functional model
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid run-program product.s --preset nano --dram operands.bin"
)]
pub(super) struct RunProgram {
    /// Assembly (.s), instructions, or a network that `ferrogrid compile` wrote
    file: PathBuf,
    #[command(flatten)]
    configuration: Configuration,
    /// What DRAM holds from address 0 on, where all regions begin; the program stands behind it. 64 KiB of
    /// zeros without it
    #[arg(long, value_name = "FILE")]
    dram: Option<PathBuf>,
    /// Write what DRAM holds in the end, as much as it held before
    #[arg(long, value_name = "FILE")]
    dump: Option<PathBuf>,
    /// Simulate even a program that is not legal; where the core stops it, this fails
    #[arg(long)]
    force: bool,
    /// Give up after so many cycles
    #[arg(long, value_name = "CYCLES", default_value_t = 10_000_000)]
    max_cycles: u64,
    /// The simulator
    #[arg(long, value_enum, default_value_t = Simulator::Native)]
    sim: Simulator,
    /// Print the figures as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// Bytes of DRAM without a file.
const DRAM_BYTES: usize = 64 << 10;

/// What `--json` prints.
#[derive(Serialize)]
struct Output {
    core: String,
    simulator: &'static str,
    instructions: u32,
    cause: u32,
    code: u32,
    index: u32,
    fault: u64,
    cycles: u64,
    counters: BTreeMap<&'static str, u64>,
    /// Whether the functional model finds the program legal; then DRAM is as it says.
    legal: bool,
}

impl RunProgram {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        let read = [
            ("the program", Some(&self.file)),
            ("the configuration", self.configuration.config.as_ref()),
            ("`--dram`", self.dram.as_ref()),
        ];
        let read = read
            .into_iter()
            .filter_map(|(what, path)| Some((what, path?.as_path())));
        let written = self.dump.iter().map(|path| ("`--dump`", path.as_path()));
        check_distinct(read, written)?;
        let arch = self.configuration.load()?;
        if let Some(path) = &self.dump {
            PendingFile::new(path)?;
        }
        let (program, run, size) = self.program_run(&arch)?;
        let mut expected = run.dram.clone();
        let judged = run_program(&machine_size(&arch), &program, run.bases, &mut expected);
        let judged = judged.and_then(|_| keeps_itself(&program, &run, &expected));
        let illegal = match judged {
            Ok(_) => None,
            Err(error) if self.force => Some(error),
            Err(error) => {
                return Err(CliError::Illegal {
                    path: self.file,
                    error,
                    help: "mend it, or see with `--force` what the hardware does",
                }
                .into());
            }
        };
        let (simulator, outcome) = self.simulate(&arch, &run)?;
        interrupt::check()?;
        if illegal.is_none() {
            check(&outcome, &expected)?;
        }
        if let Some(path) = &self.dump {
            write_over(path, &outcome.dram[..size])?;
        }

        let names = COUNTERS_OF.iter().map(|(name, _)| *name);
        let output = Output {
            core: arch.name.clone(),
            simulator,
            instructions: run.instructions,
            cause: outcome.cause,
            code: outcome.code,
            index: outcome.index,
            fault: outcome.fault,
            cycles: outcome.cycles,
            counters: names.zip(outcome.counters).collect(),
            legal: illegal.is_none(),
        };
        if self.json {
            print(&json(&output))?;
        } else {
            let mut text = self.text(&output, &outcome);
            text += &match illegal {
                None => format!(
                    "exact: all {} bytes of DRAM equal the functional model\n",
                    grouped(size as u64)
                ),
                Some(error) => format!("not legal: {error}\n"),
            };
            if let Some(path) = &self.dump {
                text += &format!("written: {}\n", path.display());
            }
            print(&text)?;
        }
        match outcome.stopped() {
            None => Ok(()),
            Some(why) => Err(AcceleratorError::Stopped(why).into()),
        }
    }

    /// The program, its run, and the bytes of DRAM that are shown: the program stands behind what DRAM holds, and
    /// a compiled network has a DRAM of its own, with zeros as inputs.
    fn program_run(&self, arch: &NpuArch) -> miette::Result<(Vec<Instruction>, ProgramRun, usize)> {
        let bytes = read_bytes(&self.file)?;
        if Executable::is_file(&bytes) {
            if self.dram.is_some() {
                return Err(miette!(
                    help = "leave it out; `ferrogrid run` takes inputs of a network",
                    "`--dram` means nothing with a compiled network, which says what DRAM holds"
                ));
            }
            let network = Executable::from_bytes(&bytes).map_err(executable_error(&self.file))?;
            network
                .check_core(arch)
                .map_err(executable_error(&self.file))?;
            let program = only_program(&self.file, &network)?;
            let inputs = program.inputs.iter();
            let zeros = inputs.map(|input| vec![0; input.bytes as usize]);
            let mut run = ProgramRun::of_network(program, &Vec::from_iter(zeros));
            run.max_cycles = self.max_cycles;
            let size = run.dram.len();
            return Ok((program.program.clone(), run, size));
        }
        let program = read_program(&self.file)?;
        let mut dram = match &self.dram {
            Some(path) => read_bytes(path)?,
            None => vec![0; DRAM_BYTES],
        };
        let size = dram.len();
        // No beat of any bus is shared.
        dram.resize(dram.len().next_multiple_of(64), 0);
        let mut run = ProgramRun::new(&program, (32 * program.len()).next_multiple_of(64));
        run.program = dram.len() as u64;
        dram.append(&mut run.dram);
        run.dram = dram;
        run.max_cycles = self.max_cycles;
        Ok((program, run, size))
    }

    fn simulate(
        &self,
        arch: &NpuArch,
        run: &ProgramRun,
    ) -> miette::Result<(&'static str, ProgramOutcome)> {
        let mut progress = Progress::new(self.json);
        if self.sim == Simulator::Verilator {
            progress.working("building the model, or taking it from the cache");
        }
        let backend = self
            .sim
            .with(&core::design(arch, Part::Core)?, Speed::Compile)?;
        let simulator = backend.name();
        progress.count(self.max_cycles, "cycles at most");
        let mut watch = |cycle| {
            progress.at(cycle);
            match interrupt::requested() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outcome = Accelerator::new(arch, backend).run(run, &mut watch)?;
        progress.done();
        Ok((simulator, outcome))
    }

    fn text(&self, output: &Output, outcome: &ProgramOutcome) -> String {
        let mut table = Table::plain();
        table = table.row([
            "cause".into(),
            outcome.cause.to_string(),
            match outcome.cause {
                0 => format!("it ended with code {}", outcome.code),
                cause => CAUSES
                    .get(cause as usize)
                    .map_or(String::new(), |(_, what)| (*what).to_owned()),
            },
        ]);
        let index = format!("of {}", counted(output.instructions.into(), "instruction"));
        table = table.row(["index".into(), outcome.index.to_string(), index]);
        if outcome.fault != 0 {
            let fault = format!("{:#x}", outcome.fault);
            table = table.row(["fault".into(), fault, "DRAM address of the error".into()]);
        }
        for ((name, doc), count) in COUNTERS_OF.iter().zip(outcome.counters) {
            table = table.row([
                (*name).to_owned(),
                grouped(count),
                doc.trim_end_matches('.').into(),
            ]);
        }
        let (core, file) = (&output.core, self.file.display());
        let table = table.right(&[1]).to_string();
        format!(
            "{core}: {file}, simulator {}\n\n{table}\n",
            output.simulator
        )
    }
}

/// Fails when a program writes over its own instructions: they may have been fetched before, or not.
fn keeps_itself(
    program: &[Instruction],
    run: &ProgramRun,
    dram: &[u8],
) -> Result<(), IllegalProgram> {
    let first = run.program as usize;
    let bytes = |of: &[u8]| of[first..first + INSTRUCTION_BYTES * program.len()].to_vec();
    let (before, after) = (bytes(&run.dram), bytes(dram));
    match (0..before.len()).find(|at| before[*at] != after[*at]) {
        None => Ok(()),
        Some(at) => Err(IllegalProgram {
            index: at / INSTRUCTION_BYTES,
            instruction: program[at / INSTRUCTION_BYTES].to_string(),
            reason: "the program writes over it, before or after it is fetched".into(),
        }),
    }
}

/// Fails unless the program ended and left what the functional model says.
fn check(outcome: &ProgramOutcome, expected: &[u8]) -> Result<(), CliError> {
    let dram = &outcome.dram;
    let problem = if let Some(why) = outcome.stopped() {
        format!("the core stopped before the end of the program: {why}; the functional model ends")
    } else if let Some(at) = (0..expected.len()).find(|at| dram[*at] != expected[*at]) {
        let (found, expected) = (dram[at], expected[at]);
        format!("byte {at:#x} of DRAM is {found:#04x}; the functional model has {expected:#04x}")
    } else {
        return Ok(());
    };
    Err(CliError::Dram { problem })
}
