//! Arrays of any shape: what networks are given, and what they give.

use super::error::{NpyError, NpyProblem};
use super::header::{Header, kind_and_order, read, to_bytes};
use super::write_atomically;
use crate::graph::{Element, Values};
use std::path::Path;

/// Values with a shape, the last axis side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub values: Values,
}

/// Types of elements and their codes without the byte order.
const CODES: [(&str, Element); 4] = [
    ("i1", Element::Int8),
    ("u1", Element::Uint8),
    ("i4", Element::Int32),
    ("f4", Element::Float32),
];

/// How an element is stored.
struct Stored {
    element: Element,
    big_endian: bool,
}

impl Stored {
    fn parse(code: &str) -> Option<Stored> {
        let (kind, big_endian) = kind_and_order(code)?;
        let (_, element) = *CODES.iter().find(|(known, _)| *known == kind)?;
        Some(Stored {
            element,
            big_endian,
        })
    }
}

/// Reads an array of int8, uint8, int32 or float32.
///
/// # Errors
/// When the file is not to be read, is no `.npy` file, or holds elements of another type.
pub fn read_array(path: &Path) -> Result<Array, NpyError> {
    let fail = |problem| NpyError {
        path: path.to_owned(),
        problem,
    };
    let bytes = read(path).map_err(fail)?;
    decode(&bytes).map_err(fail)
}

/// Writes an array: whole, or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_array(path: &Path, array: &Array) -> Result<(), NpyError> {
    write_atomically(path, &encode(array)).map_err(|error| NpyError {
        path: path.to_owned(),
        problem: NpyProblem::Write(error),
    })
}

/// The array in the bytes of a file.
fn decode(bytes: &[u8]) -> Result<Array, NpyProblem> {
    let element = |code: &str| Stored::parse(code).ok_or_else(|| NpyProblem::activation(code));
    let (header, data) = Header::parse(bytes, element)?;
    let Stored {
        element,
        big_endian,
    } = header.element;
    let size = if element.is_byte() { 1 } else { 4 };
    let sizes = header.shape.iter().map(|size| u128::from(*size));
    let expected = sizes.fold(size, u128::saturating_mul);
    let found = data.len() as u64;
    if expected != u128::from(found) {
        return Err(NpyProblem::Length { expected, found });
    }
    let words = || {
        let words = data.as_chunks::<4>().0.iter();
        words.map(|word| match big_endian {
            true => u32::from_be_bytes(*word),
            false => u32::from_le_bytes(*word),
        })
    };
    let values = match element {
        Element::Int8 => Values::Int8(data.iter().map(|byte| *byte as i8).collect()),
        Element::Uint8 => Values::Uint8(data.to_vec()),
        Element::Int32 => Values::Int32(words().map(|word| word as i32).collect()),
        Element::Float32 => Values::Float32(words().map(f32::from_bits).collect()),
    };
    // An array without elements may have any sizes beside its 0; others have few of them.
    let shape: Vec<usize> = header.shape.iter().map(|size| *size as usize).collect();
    let values = match header.fortran_order {
        true => values.gathered(values.len(), |place| fortran_place(&shape, place)),
        false => values,
    };
    Ok(Array { shape, values })
}

/// Where an element of C order stands in Fortran order.
fn fortran_place(shape: &[usize], mut place: usize) -> usize {
    let mut stride: usize = shape.iter().product();
    let mut found = 0;
    for size in shape.iter().rev() {
        stride /= size;
        found += place % size * stride;
        place /= size;
    }
    found
}

/// The bytes of a file.
fn encode(array: &Array) -> Vec<u8> {
    let element = array.values.element();
    let known = CODES.iter().find(|(_, other)| *other == element);
    let (kind, _) = known.expect("every type has a code");
    let order = if element.is_byte() { '|' } else { '<' };
    let shape: Vec<u64> = array.shape.iter().map(|size| *size as u64).collect();
    let mut bytes = to_bytes(&format!("{order}{kind}"), &shape);
    match &array.values {
        Values::Int8(values) => bytes.extend(values.iter().map(|value| *value as u8)),
        Values::Uint8(values) => bytes.extend(values),
        Values::Int32(values) => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Values::Float32(values) => {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()))
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, ShapeBuilder};
    use ndarray_npy::{ReadNpyExt, WriteNpyExt};

    #[test]
    fn arrays_are_those_of_another_implementation() {
        let numbers = |(i, j, k): (usize, usize, usize)| (100 * i + 10 * j + k) as f32 - 0.5;
        for fortran in [false, true] {
            let array = Array3::from_shape_fn((2, 3, 4).set_f(fortran), numbers);
            let mut bytes = Vec::new();
            array.write_npy(&mut bytes).unwrap();
            let read = decode(&bytes).unwrap();
            assert_eq!(read.shape, [2, 3, 4]);
            let values: Vec<f32> = array.iter().copied().collect();
            assert_eq!(read.values, Values::Float32(values));
            let again = Array3::<f32>::read_npy(&encode(&read)[..]).unwrap();
            assert_eq!(again, array);
        }
    }

    #[test]
    fn what_is_no_array_of_values_says_why() {
        let of = |code, shape: &[u64], data: &[u8]| {
            let bytes = [to_bytes(code, shape), data.to_vec()].concat();
            decode(&bytes).map_err(|problem| problem.to_string())
        };
        let bytes = of(">i4", &[1], &[0, 0, 1, 2]).unwrap();
        assert_eq!(bytes.values, Values::Int32(vec![258]));
        let error = of("<f8", &[1], &[0; 8]).unwrap_err();
        assert_eq!(
            error,
            "its elements are '<f8'; int8, uint8, int32 and float32 are read"
        );
        let error = of("|i1", &[1 << 40, 1 << 40, 3], &[0; 8]).unwrap_err();
        assert!(error.starts_with("it is truncated"), "{error}");
        let nothing = of("|i1", &[0, 1 << 40, 3], &[]).unwrap();
        assert!(nothing.values.is_empty());
    }
}
