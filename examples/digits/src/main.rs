//! Classifies 360 handwritten digits on a generated accelerator.
//!
//! A convolutional network runs as a whole on a core for networks, and every output is compared with that
//! of ONNX Runtime; with `--matmul` a smaller one runs as two products. See `README.md` beside this folder
//! for both networks and `scripts/demo` for the call.

mod cnn;
mod digits;
mod matmul;
mod simulator;
#[cfg(test)]
mod tests;
mod tiny;

use clap::Parser;
use digits::Digits;
use miette::IntoDiagnostic;
use simulator::Sim;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Classify 360 handwritten digits on a generated accelerator and compare every integer.
#[derive(Parser)]
struct Arguments {
    /// Where the core runs; `auto` is Verilator where it is found, else native
    #[arg(long, value_enum, default_value = "auto")]
    sim: Sim,
    /// The core: a preset for networks [default: small], or with `--matmul` for int8 products [default:
    /// matmul-16x16]
    #[arg(long)]
    preset: Option<String>,
    /// Two layers as products on a matrix-multiply core instead of the convolutional network
    #[arg(long)]
    matmul: bool,
    /// The networks of MLPerf Tiny in this folder, on `edge`, instead of the digits
    #[arg(long, value_name = "FOLDER", conflicts_with = "matmul")]
    models: Option<PathBuf>,
}

fn main() -> miette::Result<ExitCode> {
    let arguments = Arguments::parse();
    let exact = run(&arguments, &mut std::io::stdout())?;
    if arguments.models.is_none() {
        say(&mut std::io::stdout(), &format!("\n{}", tiny::HINT))?;
    }
    Ok(if exact {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The whole demonstration. True when every integer is right.
fn run(arguments: &Arguments, out: &mut dyn Write) -> miette::Result<bool> {
    if let Some(models) = &arguments.models {
        let preset = arguments.preset.as_deref().unwrap_or("edge");
        return tiny::run(models, preset, arguments.sim, out);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let digits = Digits::read(folder)?;
    let (default, demonstration): (_, Demonstration) = match arguments.matmul {
        false => ("small", cnn::run),
        true => ("matmul-16x16", matmul::run),
    };
    let preset = arguments.preset.as_deref().unwrap_or(default);
    demonstration(folder, &digits, preset, arguments.sim, out)
}

/// Runs a network of a folder on a preset. True when every integer is right.
type Demonstration = fn(&Path, &Digits, &str, Sim, &mut dyn Write) -> miette::Result<bool>;

/// A line of text.
fn say(out: &mut dyn Write, line: &str) -> miette::Result<()> {
    writeln!(out, "{line}").into_diagnostic()
}
