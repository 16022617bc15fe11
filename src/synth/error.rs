//! Why there is no report.

use super::cache::CacheError;
use super::tools::{FoundTool, ToolError};
use miette::Diagnostic;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// Why a design could not be synthesized, placed or routed.
#[derive(Debug, Error, Diagnostic)]
pub enum SynthError {
    /// An external tool is missing.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tool(#[from] ToolError),

    /// The cache could not be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cache(#[from] CacheError),

    /// A tool refused the design.
    #[error("{stage} failed; {tool} says: {message}")]
    #[diagnostic(
        code(ferrogrid::synth::failed),
        help("{help}\nall that it said: {}", log.display())
    )]
    Failed {
        /// `synthesis`, `placement and routing` or `bitstream`.
        stage: Stage,
        /// Name of the tool.
        tool: &'static str,
        /// Its message.
        message: String,
        /// What to do.
        help: String,
        /// Its log.
        log: PathBuf,
    },

    /// The design is larger than the chip.
    #[error("the design does not fit into the {chip}; {tool} says: {message}")]
    #[diagnostic(
        code(ferrogrid::synth::size),
        help(
            "choose a larger chip with `--target`, or a smaller core\nall that it said: {}",
            log.display()
        )
    )]
    TooLarge {
        /// Title of the target.
        chip: &'static str,
        /// Name of the tool.
        tool: &'static str,
        /// Its message.
        message: String,
        /// Its log.
        log: PathBuf,
    },

    /// A tool took too long.
    #[error("{stage} was not done after {} s, and was ended", limit.as_secs())]
    #[diagnostic(
        code(ferrogrid::synth::time),
        help(
            "allow more with `--time-limit`, or try a smaller core\nall that it said: {}",
            log.display()
        )
    )]
    TimedOut {
        /// What took so long.
        stage: Stage,
        /// The limit.
        limit: Duration,
        /// What the tool said until then.
        log: PathBuf,
    },

    /// A tool's answer cannot be understood.
    #[error("{stage}: `{file}` cannot be read: {reason}")]
    #[diagnostic(
        code(ferrogrid::synth::answer),
        help(
            "another version of the tools may help: `scripts/setup --fpga` installs some that do"
        )
    )]
    Answer {
        /// Who wrote it.
        stage: Stage,
        /// The file.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },

    /// The watch ended the run.
    #[error("cancelled during {0}")]
    Cancelled(Stage),

    /// A file could not be used.
    #[error("cannot {doing} `{}`", path.display())]
    Files {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl SynthError {
    /// Yosys reported that what it makes computes something else.
    pub(super) fn miscompiled(yosys: &FoundTool, message: &str, log: PathBuf) -> Self {
        SynthError::Failed {
            stage: Stage::Synthesis,
            tool: yosys.tool.name(),
            message: message.to_owned(),
            help: "this Yosys made a netlist that computes something else; another version \
                   may do better: `scripts/setup --fpga` installs one that was tested"
                .into(),
            log,
        }
    }

    /// For `map_err`: a file operation that failed.
    pub(super) fn files(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| SynthError::Files {
            doing,
            path,
            source,
        }
    }
}

/// A part of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Yosys.
    Synthesis,
    /// nextpnr.
    Routing,
    /// ecppack, icepack, prjoxide, gowin_pack.
    Bitstream,
    /// Icarus and OpenSTA.
    Power,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Synthesis => "synthesis",
            Stage::Routing => "placement and routing",
            Stage::Bitstream => "making the bitstream",
            Stage::Power => "measuring power",
        })
    }
}
