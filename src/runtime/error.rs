//! Errors as texts, for languages that have exceptions.

use crate::device::ExecutableError;
use crate::import::ImportError;
use crate::quantize::QuantizeError;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, Report, miette};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a model is not read, or does not run.
#[derive(Debug, Error, Diagnostic)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is no network that is imported.
    #[error("`{}`: {error}", path.display())]
    #[diagnostic(forward(error))]
    Import {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: ImportError,
    },
    /// The network does not run on the core.
    #[error("`{}`: {error}", path.display())]
    #[diagnostic(forward(error))]
    Network {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: ExecutableError,
    },
    /// It is not quantized.
    #[error("`{}`: {error}", path.display())]
    #[diagnostic(forward(error))]
    Quantize {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: QuantizeError,
    },
    /// It was compiled, and is to run in another mode.
    #[error("`{}` was compiled in the other mode", path.display())]
    #[diagnostic(help("leave the mode out, or compile the model again"))]
    Mode {
        /// The file.
        path: PathBuf,
    },
}

/// What the command prints of an error, without colours.
pub fn text(report: &Report) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    let mut text = String::new();
    match handler.render_report(&mut text, report.as_ref()) {
        Ok(()) => text.trim().trim_start_matches("× ").to_owned(),
        Err(_) => report.to_string(),
    }
}

/// There is nothing of a name.
pub(super) fn unknown(what: &str, found: &str, known: &str) -> Report {
    miette!(
        help = format!("there are {known}"),
        "there is no {what} `{found}`"
    )
}
