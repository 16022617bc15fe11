//! Why a run could not be made. A run that was made and went wrong is an
//! [`Outcome`](super::Outcome) with failures.

use crate::synth::cache::CacheError;
use crate::synth::tools::ToolError;
use miette::Diagnostic;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a run could not be made.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// An external tool is missing or too old.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tool(#[from] ToolError),

    /// The scenario names a port that the design does not have, or one of another width.
    #[error("the scenario does not fit the ports of `{top}`: {problem}")]
    #[diagnostic(
        code(ferrogrid::device::ports),
        help(
            "streams need <prefix>_tdata, _tvalid, _tready; AXI4-Lite needs 32-bit wdata and rdata"
        )
    )]
    Ports {
        /// The top module.
        top: String,
        /// What does not fit.
        problem: String,
    },

    /// A simulation was asked for a signal that the design does not have, or gave it a value that
    /// it cannot hold.
    #[error("{0}")]
    #[diagnostic(code(ferrogrid::device::signal))]
    Signal(String),

    /// The scenario contradicts itself.
    #[error("the scenario cannot be run: {0}")]
    #[diagnostic(code(ferrogrid::device::scenario))]
    Scenario(String),

    /// A tool ran and failed.
    #[error("{tool} failed while {doing} ({status}):\n{output}")]
    #[diagnostic(
        code(ferrogrid::device::tool_failed),
        help(
            "the Verilog was refused; if a Ferrogrid core produced it, this is a bug worth reporting"
        )
    )]
    ToolFailed {
        /// Name of the tool.
        tool: &'static str,
        /// What it was to do.
        doing: &'static str,
        /// How it ended.
        status: String,
        /// The end of what it printed.
        output: String,
    },

    /// A file or folder could not be used.
    #[error("cannot {doing} `{}`", path.display())]
    #[diagnostic(code(ferrogrid::device::files))]
    Files {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },

    /// The build cache could not be used.
    #[error("cannot {doing} `{}` in the build cache", path.display())]
    #[diagnostic(
        code(ferrogrid::device::cache),
        help("set FERROGRID_CACHE to a folder that can be written and has some space left")
    )]
    Cache {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },

    /// A compiled model could not be loaded.
    #[error("cannot load the compiled model `{}`: {reason}", path.display())]
    #[diagnostic(
        code(ferrogrid::device::load),
        help("the file may be damaged: delete it and run again, it will be rebuilt")
    )]
    Load {
        /// The shared library.
        path: PathBuf,
        /// Why not.
        reason: String,
    },

    /// A simulator ended the run by itself.
    #[error("{simulator} gave up: {reason}")]
    #[diagnostic(code(ferrogrid::device::simulator))]
    Simulator {
        /// Name of the back end.
        simulator: &'static str,
        /// What it said.
        reason: String,
    },

    /// The caller's watch function ended the run.
    #[error("the run was cancelled at cycle {cycle}")]
    #[diagnostic(code(ferrogrid::device::cancelled))]
    Cancelled {
        /// When.
        cycle: u64,
    },
}

impl From<CacheError> for Error {
    fn from(error: CacheError) -> Self {
        Error::cache(error.doing, error.path)(error.source)
    }
}

impl Error {
    /// For `map_err`: a file operation that failed.
    pub(super) fn files(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Error::Files {
            doing,
            path,
            source,
        }
    }

    /// For `map_err`: a cache operation that failed.
    pub(super) fn cache(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Error::Cache {
            doing,
            path,
            source,
        }
    }
}
