//! Errors that only the command line can make; the others come from the library as they are.

use crate::number::Number;
use crate::verify::ParseCaseError;
use miette::Diagnostic;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a command could not do its work.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum CliError {
    /// A file could not be read.
    #[error("cannot read `{}`: {error}", path.display())]
    #[diagnostic(help(
        "`ferrogrid new {}` writes a configuration to start from; `ferrogrid presets` lists \
         those that are built in",
        path.display()
    ))]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },

    /// A file or folder could not be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    #[diagnostic(help("choose another place; nothing was left behind"))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },

    /// There is no room for a file or folder.
    #[error("cannot write `{}`: {reason}", path.display())]
    #[diagnostic(help("make room or choose another place; nothing was left behind"))]
    Room {
        /// The file or folder.
        path: PathBuf,
        /// What of.
        reason: String,
    },

    /// A file that a run writes is also one that it reads, or another that it writes.
    #[error("{first} and {second} are the same file, `{}`", path.display())]
    #[diagnostic(help("choose another file for {second}; nothing was changed"))]
    Same {
        /// What it is for.
        first: &'static str,
        /// What else it is for.
        second: &'static str,
        /// The file.
        path: PathBuf,
    },

    /// The file exists.
    #[error("`{}` exists already", path.display())]
    #[diagnostic(help("choose another name, or remove it first; nothing was changed"))]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// The output folder is not ours.
    #[error("`{}` exists and is not the output of an earlier `ferrogrid generate`", path.display())]
    #[diagnostic(help("choose another folder, or remove it first; nothing was changed"))]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },

    /// Somebody worked in the output folder.
    #[error(
        "`{}` holds what `ferrogrid generate` did not write: {}",
        path.display(),
        some(files)
    )]
    #[diagnostic(help(
        "move these files away, or replace the whole folder with `--force`; nothing was changed"
    ))]
    Changed {
        /// The folder.
        path: PathBuf,
        /// Files that were added or edited.
        files: Vec<String>,
    },

    /// The output folder is the one that we are in.
    #[error("`{}` is the current folder, or holds it", path.display())]
    #[diagnostic(help("name another folder: the whole folder is replaced"))]
    Current {
        /// The folder.
        path: PathBuf,
    },

    /// The simulated product is wrong.
    #[error(
        "{wrong} of {elements} elements differ from the golden model, the first at [{row}, {column}]: \
         {found} instead of {expected}"
    )]
    #[diagnostic(help(
        "this is a bug of Ferrogrid: please report it with the configuration and both operands; \
         `--vcd waves.vcd` records the run. C was not written"
    ))]
    Mismatch {
        /// How many differ.
        wrong: usize,
        /// Of how many.
        elements: usize,
        /// Row of the first.
        row: usize,
        /// Its column.
        column: usize,
        /// What the core computed.
        found: Number,
        /// What the golden model computed.
        expected: Number,
    },

    /// A case failed.
    #[error("{problem}")]
    #[diagnostic(help(
        "this is a bug of Ferrogrid: please report it with the line below, which replays the case; \
         with `--vcd waves.vcd` it writes its waves"
    ))]
    Case {
        /// The first thing that is wrong.
        problem: String,
        /// The smallest case in which it is.
        case: String,
    },

    /// The text is not a case.
    #[error("{0}")]
    #[diagnostic(help(
        "a case is `key=value` separated by blanks, as \"rows=3 columns=2 job=5x4x3:min seed=7\"; \
         take it from the `replay:` line of a failure"
    ))]
    Replay(ParseCaseError),

    /// Figures miss what they must reach.
    #[error("{missed} of the figures above miss what they must reach")]
    #[diagnostic(help("measure on an idle machine, with a release build"))]
    Figures {
        /// How many.
        missed: usize,
    },

    /// Standard output does not take the text.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),

    /// Ctrl-C or a request to end.
    #[error("interrupted")]
    #[diagnostic(help("nothing was left behind"))]
    Interrupted,
}

/// Names enough to recognise what is meant.
fn some(files: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut text = files
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > SHOWN {
        text += &format!(" and {} more", files.len() - SHOWN);
    }
    text
}
