//! The `ferrogrid` command: one file per subcommand.
//!
//! Each parses its options with clap, calls the library and prints once, at its end. Errors are
//! [`Failure`]s: a message, the place and what to do next, for standard error.
#![forbid(unsafe_code)]

mod asm;
mod bench;
mod compile;
mod core;
mod disasm;
mod doctor;
mod error;
mod estimate;
mod explore;
mod failure;
mod files;
mod fits;
mod generate;
mod inspect;
mod interrupt;
mod matmul;
mod new;
mod npu;
mod output;
mod power;
mod presets;
mod program;
mod progress;
mod quantize;
mod report;
mod rtl;
mod run;
mod run_program;
mod simulator;
mod synth;
mod verify;
mod waves;

pub use failure::Failure;

use clap::{Parser, Subcommand};

/// Systolic-array cores for matrix products and for whole networks: readable Verilog, simulated and compared
/// with a golden model.
#[derive(Debug, Parser)]
#[command(
    name = "ferrogrid",
    version,
    after_help = "Example:\n  ferrogrid generate --preset matmul-8x8 -o build/matmul-8x8"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Presets(presets::Presets),
    New(new::New),
    Generate(generate::Generate),
    Matmul(matmul::Matmul),
    Quantize(quantize::Quantize),
    Inspect(inspect::Inspect),
    Compile(compile::Compile),
    Estimate(estimate::Estimate),
    Explore(explore::Explore),
    Fits(fits::Fits),
    Run(run::Run),
    Report(report::Report),
    Asm(asm::Asm),
    Disasm(disasm::Disasm),
    RunProgram(run_program::RunProgram),
    Verify(verify::Verify),
    Bench(bench::Bench),
    Synth(synth::Synth),
    Power(power::Power),
    Doctor(doctor::Doctor),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// When it could not do what it was asked to.
    pub fn run(self) -> Result<(), Failure> {
        let done = match self.command {
            Command::Presets(command) => command.run(),
            Command::New(command) => command.run(),
            Command::Generate(command) => command.run(),
            Command::Matmul(command) => command.run(),
            Command::Quantize(command) => command.run(),
            Command::Inspect(command) => command.run(),
            Command::Compile(command) => command.run(),
            Command::Estimate(command) => command.run(),
            Command::Explore(command) => command.run(),
            Command::Fits(command) => command.run(),
            Command::Run(command) => command.run(),
            Command::Report(command) => command.run(),
            Command::Asm(command) => command.run(),
            Command::Disasm(command) => command.run(),
            Command::RunProgram(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Bench(command) => command.run(),
            Command::Synth(command) => command.run(),
            Command::Power(command) => command.run(),
            Command::Doctor(command) => command.run(),
        };
        done.map_err(Failure::new)
    }
}
