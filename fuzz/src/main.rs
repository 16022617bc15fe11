//! Damages networks in files, and holds the library to an error or a network that runs as it must: no panic, and
//! memory and time that the size of the file bounds.
//!
//! The files are judged by a process of its own, which may end: a case is known by its number, and the campaign goes on
//! behind it. A case that ends the process is shrunk and written, and runs again with `--replay`.

mod campaign;
mod case;
mod corpus;
mod edit;
mod judge;
mod memory;
#[path = "../../testbench/cli/onnx.rs"]
#[allow(dead_code)]
mod onnx;
mod tflite;
mod worker;

use campaign::{Campaign, Extent};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Damage networks in files, and hold the library to errors, memory and time
#[derive(Debug, Parser)]
#[command(
    after_help = "Example:\n  cargo run --profile fuzz -p fuzz -- --minutes 60 --seed 7 ../models\n  \
                  cargo run --profile fuzz -p fuzz -- --replay fuzz/found/*"
)]
struct Arguments {
    /// Folders with .tflite, .onnx and .fgn files beside those that the project has
    folders: Vec<PathBuf>,
    /// Decides every file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of damaged files
    #[arg(long, default_value_t = 10_000)]
    files: u64,
    /// Damage files for so many minutes instead
    #[arg(long, conflicts_with = "files")]
    minutes: Option<f64>,
    /// Seconds that a file may take
    #[arg(long, default_value_t = 20.0)]
    limit: f64,
    /// Where what is found is written
    #[arg(long, default_value = "build/fuzz")]
    found: PathBuf,
    /// Judge these files as they are
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with_all = ["folders", "files", "minutes"])]
    replay: Vec<PathBuf>,
    /// Judge files of a campaign from this one on, and write into the folder which
    #[arg(long, hide = true, value_name = "NUMBER", requires = "folders")]
    worker: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (&arguments.worker, &arguments.replay[..]) {
        (Some(first), _) => worker::run(
            &arguments.folders[0],
            arguments.seed,
            *first,
            arguments.files,
        ),
        (None, []) => {
            let extent = match arguments.minutes {
                Some(minutes) => Extent::Time(Duration::from_secs_f64(60.0 * minutes.max(0.0))),
                None => Extent::Files(arguments.files),
            };
            let limit = Duration::from_secs_f64(arguments.limit.max(0.1));
            let campaign = Campaign::new(&arguments.folders, arguments.seed, limit);
            campaign.and_then(|campaign| campaign.run(extent, &arguments.found))
        }
        (None, files) => worker::replay(files),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}
