//! Arrays of real numbers: one in a `.npy` file, several by their names in a `.npz` file.

use super::super::source::read_file;
use super::error::{NpyError, NpyProblem};
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpyError, ReadNpyExt, ReadNpzError, ReadableElement};
use num_traits::AsPrimitive;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

/// Bytes of a file of samples.
const MOST: u64 = 16 << 30;

/// Reads all arrays of a file, by their names; that of a `.npy` file has none. Numbers of other types become float32.
///
/// # Errors
/// When the file is not to be read, is neither, is damaged, or holds elements that are no numbers.
pub fn read_reals(path: &Path) -> Result<BTreeMap<String, ArrayD<f32>>, NpyError> {
    let fail = |problem| NpyError {
        path: path.to_owned(),
        problem,
    };
    let bytes = read_file(path, MOST).map_err(|error| fail(NpyProblem::Read(error)))?;
    let damaged = |error: ReadNpyError| fail(NpyProblem::Arrays(error.to_string()));
    if bytes.starts_with(b"\x93NUMPY") {
        let array = Source::Npy(&bytes).reals().map_err(damaged)?;
        return Ok(BTreeMap::from([(String::new(), array)]));
    }
    if !bytes.starts_with(b"PK") {
        return Err(fail(NpyProblem::Archive));
    }
    let archive = |error: ReadNpzError| match error {
        ReadNpzError::Npy(error) => damaged(error),
        ReadNpzError::Zip(error) => fail(NpyProblem::Arrays(error.to_string())),
    };
    let mut reader = NpzReader::new(Cursor::new(&bytes[..])).map_err(archive)?;
    let names = reader.names().map_err(archive)?;
    let arrays = names.into_iter().map(|name| {
        let array = Source::Npz(&mut reader, &name)
            .reals()
            .map_err(|error| fail(NpyProblem::Arrays(format!("`{name}`: {error}"))))?;
        Ok((name.trim_end_matches(".npy").to_owned(), array))
    });
    arrays.collect()
}

/// Where an array is.
enum Source<'a, 'b> {
    Npy(&'a [u8]),
    Npz(&'a mut NpzReader<Cursor<&'b [u8]>>, &'a str),
}

impl Source<'_, '_> {
    /// The array, whatever its type is.
    fn reals(mut self) -> Result<ArrayD<f32>, ReadNpyError> {
        let mut found = self.of::<f32>();
        let others = [
            Source::of::<f64>,
            Source::of::<u8>,
            Source::of::<i8>,
            Source::of::<i16>,
            Source::of::<u16>,
            Source::of::<i32>,
            Source::of::<i64>,
        ];
        for other in others {
            if !matches!(found, Err(ReadNpyError::WrongDescriptor(_))) {
                break;
            }
            found = other(&mut self);
        }
        found
    }

    /// The array of elements of a type.
    fn of<T: ReadableElement + AsPrimitive<f32>>(&mut self) -> Result<ArrayD<f32>, ReadNpyError> {
        let array: ArrayD<T> = match self {
            Source::Npy(bytes) => ArrayD::read_npy(*bytes)?,
            Source::Npz(reader, name) => {
                let array = reader.by_name::<OwnedRepr<T>, IxDyn>(name);
                array.map_err(|error| match error {
                    ReadNpzError::Npy(error) => error,
                    ReadNpzError::Zip(error) => std::io::Error::other(error).into(),
                })?
            }
        };
        Ok(array.mapv(AsPrimitive::as_))
    }
}
