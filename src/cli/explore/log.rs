//! Points in a file, so that an exploration that was ended goes on where it was.

use crate::explore::{Exploration, Point};
use crate::report::Package;
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What an exploration is of: points of two that differ do not belong into one file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    ferrogrid: String,
    /// SHA-256 of the space.
    space: String,
    /// Name and SHA-256 of each workload.
    workloads: Vec<(String, String)>,
    chip: String,
    must_fit: bool,
    clock_hz: f64,
}

impl Header {
    fn of(exploration: &Exploration) -> Header {
        let workloads = exploration.workloads.iter();
        Header {
            ferrogrid: env!("CARGO_PKG_VERSION").into(),
            space: Package::hash(exploration.space.source().as_bytes()),
            workloads: workloads
                .map(|of| (of.name.clone(), of.hash().to_owned()))
                .collect(),
            chip: exploration.chip.name.into(),
            must_fit: exploration.must_fit,
            clock_hz: exploration.clock().hertz(),
        }
    }
}

/// Why there is no log.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum LogError {
    /// The file cannot be read or written.
    #[error("cannot use `{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is of another exploration.
    #[diagnostic(help("take another folder with `-o`, or remove the file to begin again"))]
    #[error("`{}` holds points of other networks, another space, chip or clock, or another version", .0.display())]
    Other(PathBuf),
    /// It is no log.
    #[error("`{}`, line {line}: this is no point of an exploration", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

/// A file of points: a line that says of what, and a line for each point, all of them JSON.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Opens the file of an exploration, or makes it; gives the points that it holds. A last line that was not written
    /// to its end is removed.
    ///
    /// # Errors
    /// When the file is of another exploration, or cannot be read or written.
    pub fn open(path: &Path, exploration: &Exploration) -> Result<(Log, Vec<Point>), LogError> {
        let failed = |error| LogError::File {
            path: path.to_owned(),
            error,
        };
        let options = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = options.map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        file.set_len(text.len() as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut log = Log {
            path: path.to_owned(),
            file,
        };
        let header = Header::of(exploration);
        if text.is_empty() {
            log.line(&header)?;
            return Ok((log, Vec::new()));
        }
        let points = points(path, &text, &header, exploration.space.points())?;
        Ok((log, points))
    }

    /// The points of another log of the same exploration.
    ///
    /// # Errors
    /// When the file is of another exploration, or cannot be read.
    pub fn read(path: &Path, exploration: &Exploration) -> Result<Vec<Point>, LogError> {
        let text = std::fs::read_to_string(path).map_err(|error| LogError::File {
            path: path.to_owned(),
            error,
        })?;
        points(
            path,
            &text,
            &Header::of(exploration),
            exploration.space.points(),
        )
    }

    /// Adds points.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, points: &[Point]) -> Result<(), LogError> {
        points.iter().try_for_each(|point| self.line(point))
    }

    fn line(&mut self, what: &impl Serialize) -> Result<(), LogError> {
        let text = serde_json::to_string(what).expect("plain data");
        let written = self.file.write_all(format!("{text}\n").as_bytes());
        written.map_err(|error| LogError::File {
            path: self.path.clone(),
            error,
        })
    }
}

/// The points of a text.
fn points(path: &Path, text: &str, header: &Header, most: u64) -> Result<Vec<Point>, LogError> {
    let mut lines = text.lines().enumerate();
    let first = lines
        .next()
        .and_then(|(_, line)| serde_json::from_str::<Header>(line).ok());
    if first.as_ref() != Some(header) {
        return Err(LogError::Other(path.to_owned()));
    }
    let point = |(number, line): (usize, &str)| {
        let point = serde_json::from_str::<Point>(line).ok();
        let point = point.filter(|point| point.number < most);
        point.ok_or(LogError::Line {
            path: path.to_owned(),
            line: number + 1,
        })
    };
    lines.map(point).collect()
}
