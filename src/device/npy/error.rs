//! Why a file is no matrix or array.

use crate::number::OutOfRange;
use miette::Diagnostic;
use std::fmt;
use std::path::PathBuf;

/// A file that cannot be read as a matrix or an array, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct NpyError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: NpyProblem,
}

impl Diagnostic for NpyError {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.problem
            .help()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum NpyProblem {
    /// The file system says no.
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    /// The file system says no.
    #[error("cannot be written: {0}")]
    Write(std::io::Error),
    /// It does not begin like a `.npy` file.
    #[error("not a .npy file")]
    Magic,
    /// It begins neither like a `.npy` file nor like an archive of some.
    #[error("neither a .npy nor a .npz file")]
    Archive,
    /// One of its arrays is not to be read, or the archive is damaged.
    #[error("its arrays cannot be read: {0}")]
    Arrays(String),
    /// A version of the format that does not exist yet.
    #[error("its .npy format version {major}.{minor} is unknown")]
    Version {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// The header is damaged.
    #[error("its .npy header is damaged: {0}")]
    Header(String),
    /// Elements of a type that is not read.
    #[error("its elements are {found}; int8, uint8, int16, int32 and int64 are read")]
    Element {
        /// NumPy's code of the type.
        found: String,
    },
    /// Elements of a type that no network takes.
    #[error("its elements are {found}; int8, uint8, int32 and float32 are read")]
    Activation {
        /// NumPy's code of the type.
        found: String,
    },
    /// Not two dimensions.
    #[error("its shape is {}, and a matrix has rows and columns", tuple(shape))]
    Dimensions {
        /// The shape.
        shape: Vec<u64>,
    },
    /// No elements.
    #[error("it is an empty matrix, {rows} x {columns}")]
    Empty {
        /// Rows.
        rows: u64,
        /// Columns.
        columns: u64,
    },
    /// Truncated, or something is behind the data.
    #[error(
        "it is {}: its shape needs {expected} bytes of data and there are {found}",
        if u128::from(*found) < *expected { "truncated" } else { "too long" }
    )]
    Length {
        /// Bytes that the shape needs.
        expected: u128,
        /// Bytes that there are.
        found: u64,
    },
    /// An element that the hardware cannot represent.
    #[error(
        "element [{}, {}] is {}, out of range for {} ({} to {})",
        .0.row, .0.column, .0.number, .0.format, .0.format.range().0, .0.format.range().1
    )]
    Range(OutOfRange),
}

/// A shape as Python writes it: `()`, `(5,)`, `(2, 3, 4)`.
pub(super) fn tuple(shape: &[u64]) -> String {
    match shape {
        [size] => format!("({size},)"),
        _ => format!(
            "({})",
            shape
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

fn quoted(code: &str) -> String {
    format!("'{}'", code.escape_debug())
}

impl NpyProblem {
    /// Elements of a matrix whose code is none of those that are read.
    pub(super) fn element(code: &str) -> NpyProblem {
        NpyProblem::Element {
            found: quoted(code),
        }
    }

    /// Elements of an array whose code is none of those that are read.
    pub(super) fn activation(code: &str) -> NpyProblem {
        NpyProblem::Activation {
            found: quoted(code),
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            NpyProblem::Magic => "write it in Python with `numpy.save(\"x.npy\", matrix)`",
            NpyProblem::Archive | NpyProblem::Arrays(_) => {
                "write numbers, in Python with `numpy.savez(\"x.npz\", name=array)`"
            }
            NpyProblem::Element { .. } => {
                "quantize it, then `numpy.save(\"x.npy\", matrix.astype(numpy.int8))`"
            }
            NpyProblem::Activation { .. } => {
                "convert it, for example with `numpy.save(\"x.npy\", x.astype(numpy.float32))`"
            }
            NpyProblem::Dimensions { .. } => {
                "make it a matrix with `matrix.reshape(rows, columns)`"
            }
            NpyProblem::Length { .. } | NpyProblem::Header(_) => "write the file again",
            NpyProblem::Range(_) => {
                "quantize to that range, or take a core with wider `activation` and `weight`"
            }
            NpyProblem::Write(_) => "choose another file or make room; nothing was written",
            NpyProblem::Version { .. } => "write it with `numpy.save` of NumPy 1 or 2",
            NpyProblem::Read(_) | NpyProblem::Empty { .. } => return None,
        })
    }
}
