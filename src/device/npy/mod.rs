//! Matrices of integers in NumPy's `.npy` files.
//!
//! Read: two dimensions, int8, uint8, int16, int32 or int64, either byte order, C or Fortran
//! order, format versions 1 to 3. Written: int32 or int64, little-endian, C order, version 1.

mod error;
mod header;
mod operands;
mod target;
#[cfg(test)]
mod tests;

pub use error::{NpyError, NpyProblem};
pub use operands::{OperandError, read_operands};
pub use target::write_target;

use crate::arch::IntType;
use header::{ElementCode, Header};
use ndarray::{Array2, ArrayView2, ShapeBuilder};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Reads a matrix.
pub fn read_matrix(path: &Path) -> Result<Array2<i64>, NpyError> {
    let fail = |problem| NpyError {
        path: path.to_owned(),
        problem,
    };
    let bytes = std::fs::read(path).map_err(|error| fail(NpyProblem::Read(error)))?;
    decode(&bytes).map_err(fail)
}

/// Reads a matrix whose elements are all values of `element`.
pub fn read_typed(path: &Path, element: IntType) -> Result<Array2<i64>, NpyError> {
    let matrix = read_matrix(path)?;
    let wrong = matrix
        .indexed_iter()
        .find(|(_, value)| !element.contains(**value));
    if let Some(((row, column), &value)) = wrong {
        let problem = NpyProblem::Range {
            row,
            column,
            value,
            element,
        };
        return Err(NpyError {
            path: path.to_owned(),
            problem,
        });
    }
    Ok(matrix)
}

/// Writes a matrix as int32 or int64, whichever `element` is: whole, or not at all.
///
/// # Panics
/// When `element` is neither, or an element of the matrix is not of that type.
#[track_caller]
pub fn write_matrix(
    path: &Path,
    matrix: ArrayView2<i64>,
    element: IntType,
) -> Result<(), NpyError> {
    let bytes = encode(matrix, element);
    write_atomically(path, &bytes).map_err(|error| NpyError {
        path: path.to_owned(),
        problem: NpyProblem::Write(error),
    })
}

/// The matrix in the bytes of a file.
fn decode(bytes: &[u8]) -> Result<Array2<i64>, NpyProblem> {
    let (header, data) = Header::parse(bytes)?;
    let [rows, columns] = header.shape[..] else {
        return Err(NpyProblem::Dimensions {
            shape: header.shape,
        });
    };
    if rows == 0 || columns == 0 {
        return Err(NpyProblem::Empty { rows, columns });
    }
    let size = header.element.bytes as u128;
    let expected = (u128::from(rows) * u128::from(columns)).saturating_mul(size);
    let found = data.len() as u64;
    if expected != u128::from(found) {
        return Err(NpyProblem::Length { expected, found });
    }
    let values = data
        .chunks_exact(header.element.bytes)
        .map(|field| header.element.value(field));
    let shape = (rows as usize, columns as usize).set_f(header.fortran_order);
    Ok(Array2::from_shape_vec(shape, values.collect()).expect("the length was checked"))
}

/// The bytes of a file.
#[track_caller]
fn encode(matrix: ArrayView2<i64>, element: IntType) -> Vec<u8> {
    let code = match (element.bits, element.signed) {
        (32, true) => ElementCode {
            bytes: 4,
            signed: true,
            big_endian: false,
        },
        (64, true) => ElementCode {
            bytes: 8,
            signed: true,
            big_endian: false,
        },
        _ => panic!("results are int32 or int64, not {element}"),
    };
    let (rows, columns) = matrix.dim();
    let shape = vec![rows as u64, columns as u64];
    let mut bytes = Header {
        element: code,
        fortran_order: false,
        shape,
    }
    .to_bytes();
    for &value in matrix {
        assert!(element.contains(value), "{value} is not an {element}");
        bytes.extend_from_slice(&value.to_le_bytes()[..code.bytes]);
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
