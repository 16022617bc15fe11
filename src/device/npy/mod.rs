//! Matrices and arrays in NumPy's `.npy` files.
//!
//! Matrices are read of two dimensions, int8, uint8, int16, int32 or int64, either byte order, C or Fortran
//! order, format versions 1 to 3, and written in the same types, little-endian, C order, version 1.
//! Arrays have any shape, and the types of [`Values`](crate::graph::Values).

mod array;
mod error;
mod header;
mod operands;
mod reals;
mod target;
#[cfg(test)]
mod tests;

pub use array::{Array, read_array, write_array};
pub use error::{NpyError, NpyProblem};
pub use operands::{OperandError, read_operands};
pub use reals::read_reals;
pub use target::write_target;

use crate::number::{Format, Matrix};
use header::{Header, Stored};
use ndarray::{Array2, ShapeBuilder};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Reads a matrix, in the format in which the file has it.
pub fn read_matrix(path: &Path) -> Result<Matrix, NpyError> {
    let fail = |problem| NpyError {
        path: path.to_owned(),
        problem,
    };
    let bytes = header::read(path).map_err(fail)?;
    decode(&bytes).map_err(fail)
}

/// Reads a matrix whose elements are all numbers of `format`, into that format.
pub fn read_typed(path: &Path, format: impl Into<Format>) -> Result<Matrix, NpyError> {
    let matrix = read_matrix(path)?.converted(format);
    matrix.map_err(|wrong| NpyError {
        path: path.to_owned(),
        problem: NpyProblem::Range(wrong),
    })
}

/// Writes a matrix of results: whole, or not at all.
///
/// # Panics
/// When NumPy has no name for the format of the elements.
#[track_caller]
pub fn write_matrix(path: &Path, matrix: &Matrix) -> Result<(), NpyError> {
    let bytes = encode(matrix);
    write_atomically(path, &bytes).map_err(|error| NpyError {
        path: path.to_owned(),
        problem: NpyProblem::Write(error),
    })
}

/// The matrix in the bytes of a file.
fn decode(bytes: &[u8]) -> Result<Matrix, NpyProblem> {
    let element = |code: &str| Stored::parse(code).ok_or_else(|| NpyProblem::element(code));
    let (header, data) = Header::parse(bytes, element)?;
    let [rows, columns] = header.shape[..] else {
        return Err(NpyProblem::Dimensions {
            shape: header.shape,
        });
    };
    if rows == 0 || columns == 0 {
        return Err(NpyProblem::Empty { rows, columns });
    }
    let size = header.element.bytes();
    let expected = (u128::from(rows) * u128::from(columns)).saturating_mul(size as u128);
    let found = data.len() as u64;
    if expected != u128::from(found) {
        return Err(NpyProblem::Length { expected, found });
    }
    let elements = data
        .chunks_exact(size)
        .map(|field| header.element.bits(field));
    let shape = (rows as usize, columns as usize).set_f(header.fortran_order);
    let bits = Array2::from_shape_vec(shape, elements.collect()).expect("the length was checked");
    Ok(Matrix::from_bits(header.element.format, bits))
}

/// The bytes of a file.
#[track_caller]
fn encode(matrix: &Matrix) -> Vec<u8> {
    let format = matrix.format();
    let kind = format.numpy();
    let kind = kind.unwrap_or_else(|| panic!("NumPy has no name for {format}"));
    let size = format.bits().div_ceil(8) as usize;
    let order = if size == 1 { '|' } else { '<' };
    let (rows, columns) = matrix.dim();
    let shape = [rows as u64, columns as u64];
    let mut bytes = header::to_bytes(&format!("{order}{kind}"), &shape);
    for bits in matrix.bits() {
        bytes.extend_from_slice(&bits.to_le_bytes()[..size]);
    }
    bytes
}

/// Writes beside the target and renames, so that a reader sees the old file or the new one.
fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let path = &write_target(path)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ferrogrid-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file; the process's umask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    // Not the error itself: it tells the random name of a file that never was.
    let mut file = builder.tempfile_in(folder).map_err(|error| {
        let message = match error.kind() {
            ErrorKind::NotFound => format!("there is no folder {}", folder.display()),
            kind => format!("no file can be made in {}: {kind}", folder.display()),
        };
        std::io::Error::new(error.kind(), message)
    })?;
    // Through the file itself: its wrapper's errors tell the random name too.
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
