//! Matrices of numbers of one format.

use super::{Format, Number};
use ndarray::{Array2, ArrayView2, Axis, concatenate};

/// A matrix of elements of one format, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    format: Format,
    bits: Array2<u64>,
}

/// An element that the format does not hold: the first one, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("element [{row}, {column}] is {number}, which is not an {format}")]
pub struct OutOfRange {
    /// Row of the element.
    pub row: usize,
    /// Its column.
    pub column: usize,
    /// The number.
    pub number: Number,
    /// The format that is wanted.
    pub format: Format,
}

impl Matrix {
    /// A matrix of these bits; those above the format's are dropped.
    pub fn from_bits(format: impl Into<Format>, bits: Array2<u64>) -> Matrix {
        let format = format.into();
        let mask = format.mask();
        Matrix {
            format,
            bits: bits.mapv_into(|bits| bits & mask),
        }
    }

    /// A matrix of these numbers.
    ///
    /// # Errors
    /// When the format does not hold one of them.
    pub fn of_integers(
        format: impl Into<Format>,
        integers: &Array2<i64>,
    ) -> Result<Matrix, OutOfRange> {
        let format = format.into();
        of_numbers(format, integers.dim(), |row, column| {
            Number::Int(integers[[row, column]])
        })
    }

    /// The same numbers in another format.
    ///
    /// # Errors
    /// When it does not hold one of them.
    pub fn converted(&self, format: impl Into<Format>) -> Result<Matrix, OutOfRange> {
        of_numbers(format.into(), self.dim(), |row, column| {
            self.number(row, column)
        })
    }

    /// The format of the elements.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.bits.dim()
    }

    /// The elements.
    pub fn bits(&self) -> ArrayView2<'_, u64> {
        self.bits.view()
    }

    /// The number at a place.
    ///
    /// # Panics
    /// When the matrix has no such place.
    #[track_caller]
    pub fn number(&self, row: usize, column: usize) -> Number {
        self.format.decode(self.bits[[row, column]])
    }

    /// The numbers, where they are integers.
    pub fn integers(&self) -> Array2<i64> {
        let format = self.format;
        self.bits.mapv(|bits| match format.decode(bits) {
            Number::Int(value) => value,
        })
    }

    /// The places where another matrix of the same size and format has another element, row by row.
    pub fn differences<'a>(
        &'a self,
        other: &'a Matrix,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let pairs = self.bits.indexed_iter().zip(&other.bits);
        pairs.filter_map(|((place, one), other)| (one != other).then_some(place))
    }

    /// The rows in blocks of so many, the last one of those that are left.
    pub fn row_blocks(&self, rows: usize) -> Vec<Matrix> {
        let blocks = self.bits.axis_chunks_iter(Axis(0), rows);
        let block = |bits: ArrayView2<u64>| Matrix {
            format: self.format,
            bits: bits.to_owned(),
        };
        blocks.map(block).collect()
    }

    /// Blocks of rows below each other; none without a block.
    ///
    /// # Panics
    /// When the blocks have not as many columns, or not one format.
    #[track_caller]
    pub fn of_row_blocks(blocks: &[Matrix]) -> Option<Matrix> {
        let format = blocks.first()?.format;
        assert!(blocks.iter().all(|block| block.format == format));
        let views: Vec<_> = blocks.iter().map(Matrix::bits).collect();
        let bits = concatenate(Axis(0), &views).expect("blocks have as many columns");
        Some(Matrix { format, bits })
    }
}

fn of_numbers(
    format: Format,
    size: (usize, usize),
    number: impl Fn(usize, usize) -> Number,
) -> Result<Matrix, OutOfRange> {
    let mut bits = Array2::zeros(size);
    for ((row, column), element) in bits.indexed_iter_mut() {
        let number = number(row, column);
        *element = format.encode(number).ok_or(OutOfRange {
            row,
            column,
            number,
            format,
        })?;
    }
    Ok(Matrix { format, bits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn numbers_are_read_back_and_the_first_that_does_not_fit_is_named() {
        let integers = array![[1, -2], [127, -128]];
        let int8 = Matrix::of_integers(Format::signed(8), &integers).unwrap();
        assert_eq!(int8.integers(), integers);
        let wide = int8.converted(Format::signed(32)).unwrap();
        assert_eq!(wide.integers(), integers);
        assert_eq!(wide.bits()[[1, 1]], 0xffff_ff80);
        let error = wide.converted(Format::signed(4)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "element [1, 0] is 127, which is not an int4"
        );
    }

    #[test]
    fn blocks_of_rows_make_the_matrix_again() {
        let matrix = Matrix::from_bits(Format::signed(8), Array2::from_elem((5, 3), 0x1ff));
        assert_eq!(matrix.number(4, 2), Number::Int(-1));
        let blocks = matrix.row_blocks(2);
        assert_eq!(blocks.len(), 3);
        assert_eq!(Matrix::of_row_blocks(&blocks), Some(matrix));
        assert_eq!(Matrix::of_row_blocks(&[]), None);
    }
}
