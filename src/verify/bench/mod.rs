//! Measures what Ferrogrid promises: size of the text, utilization, speed, area. Each figure is
//! printed beside the value that it must reach.
//!
//! Times are CPU seconds of the measuring thread where the system tells them, so that other work
//! on the machine disturbs little, and medians of several runs. Every measured run is also
//! checked against the golden model.
#![forbid(unsafe_code)]

mod area;
mod array_speed;
mod clock;
mod cold_start;
mod core_speed;
mod figure;
mod generation;
mod hand_written;
mod model;
mod networks;
mod report;
mod routed;
mod simulators;
mod tiny;
mod utilization;

pub use array_speed::compare_arrays;
pub use figure::{Figure, UnknownFigure};
pub use generation::{GeneratedLines, generated_lines};
pub use hand_written::hand_written_array;
pub use report::{BenchReport, Bound, Machine, Row, Verdict};
pub use tiny::TinyRow;
pub use utilization::{sixteen_by_sixteen, utilization};

use crate::device;
use crate::device::matmul::MatmulError;
use crate::hdl::DesignError;
use crate::synth::SynthError;
use crate::synth::cache::CacheError;
use crate::synth::tools::ToolError;
use miette::Diagnostic;
use std::path::PathBuf;
use thiserror::Error;

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The figures, in the order of the report.
    pub figures: Vec<Figure>,
    /// Shorter runs and fewer repetitions: times are rougher, everything else is the same.
    pub quick: bool,
    /// An array by others, whose area is measured beside ours.
    pub peer: Option<Peer>,
    /// The folder of networks whose cycles are measured.
    pub models: Option<PathBuf>,
}

/// An array by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its file; its module is called as the file, and the Verilog in the folder is read with it.
    pub file: PathBuf,
    /// Its processing elements: what it takes is divided by them.
    pub elements: u32,
}

impl Default for Options {
    /// All but what is placed and routed, which takes far longer than the others; thoroughly.
    fn default() -> Options {
        Options {
            figures: Figure::DEFAULT.to_vec(),
            quick: false,
            peer: None,
            models: None,
        }
    }
}

impl Options {
    /// `thorough` unless the runs are to be quick.
    fn pick<T>(&self, thorough: T, quick: T) -> T {
        if self.quick { quick } else { thorough }
    }
}

/// Why there is no figure. A figure that misses what it must reach is no error but a row of the
/// report that says so; a missing tool leaves its figures out of the report, with the reason, and
/// an error is a row beside the other figures.
#[derive(Debug, Error, Diagnostic)]
pub enum BenchError {
    /// The generator failed.
    #[error("the generated design is not valid: {0}")]
    #[diagnostic(help("this is a bug: please report it"))]
    Design(#[from] DesignError),
    /// A run could not be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Device(#[from] device::Error),
    /// A job gave no result.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Job(#[from] MatmulError),
    /// Synthesis failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Synthesis(#[from] SynthError),
    /// The folder of synthesized netlists could not be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cache(#[from] CacheError),
    /// An external tool is missing or too old.
    #[error(transparent)]
    #[diagnostic(transparent)]
    MissingTool(#[from] ToolError),
    /// The router told no clock.
    #[error("nextpnr told no clock of {what} with seed {seed}")]
    #[diagnostic(help(
        "its median would be that of the other seeds; the nextpnr that `scripts/setup --fpga` \
         installs tells one of each"
    ))]
    NoClock {
        /// What was routed.
        what: String,
        /// With which seed.
        seed: u32,
    },
    /// A program failed.
    #[error("{tool} failed:\n{output}")]
    Tool {
        /// Its name.
        tool: &'static str,
        /// What it printed.
        output: String,
    },
    /// A temporary folder could not be made or used.
    #[error("cannot use a temporary folder: {0}")]
    Files(#[from] std::io::Error),
    /// What was measured computed something wrong, so its speed means nothing.
    #[error("{what} computed something wrong: {how}")]
    #[diagnostic(help("this is a bug: please report it"))]
    Wrong {
        /// What was measured.
        what: String,
        /// The first difference.
        how: String,
    },
}

impl BenchError {
    /// The tool whose absence is the reason.
    fn missing_tool(&self) -> Option<&ToolError> {
        match self {
            BenchError::MissingTool(tool)
            | BenchError::Device(device::Error::Tool(tool))
            | BenchError::Job(MatmulError::Device(device::Error::Tool(tool)))
            | BenchError::Synthesis(SynthError::Tool(tool)) => Some(tool),
            _ => None,
        }
    }
}

/// Measures. `progress` is told what is measured next, a line each. Where an error comes in the way
/// of a figure, the report has it beside what was measured.
pub fn run(options: &Options, progress: &mut dyn FnMut(&str)) -> BenchReport {
    let mut report = BenchReport::new(options);
    for &figure in &options.figures {
        progress(figure.title());
        let (rows, tiny) = (&mut report.rows, &mut report.tiny);
        let done = match figure {
            Figure::Generation => generation::measure(options, rows),
            Figure::Utilization => utilization::measure(rows, progress),
            Figure::CoreSpeed => core_speed::measure(options, rows),
            Figure::Simulators => simulators::measure(options, rows, progress),
            Figure::ArraySpeed => array_speed::measure(options, rows, progress),
            Figure::Networks => networks::measure(options, rows, progress)
                .and_then(|()| cold_start::measure(options, rows, progress))
                .and_then(|()| tiny::measure(options, progress).map(|of| *tiny = of)),
            Figure::Model => model::measure(options, rows, progress),
            Figure::Area => area::measure(options, rows),
            Figure::Routed => routed::measure(rows, progress),
        };
        if let Err(error) = done {
            rows.push(match error.missing_tool() {
                Some(tool) => Row::skipped(figure, &tool.to_string()),
                None => Row::failed(figure, &error),
            });
        }
    }
    report
}
