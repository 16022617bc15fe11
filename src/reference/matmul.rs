//! The matrix product.

use crate::number::{Format, Matrix, OutOfRange};
use ndarray::{Array2, ArrayView2};

/// There is no product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatmulError {
    /// The inner sizes differ.
    #[error("A has {columns} columns and B has {rows} rows; they must be equal")]
    InnerSizes {
        /// Columns of A.
        columns: usize,
        /// Rows of B.
        rows: usize,
    },
    /// An element of the product does not fit 64 bits.
    #[error("element [{row}, {column}] of the product does not fit 64 bits")]
    Overflow {
        /// Row of the element.
        row: usize,
        /// Column of the element.
        column: usize,
    },
    /// An element of the product does not fit the format of the result.
    #[error("element [{row}, {column}] of the product does not fit an {result}")]
    Result {
        /// Row of the element.
        row: usize,
        /// Column of the element.
        column: usize,
        /// The format.
        result: Format,
    },
}

/// A x B in the format `result`, which decides how sums are formed: integers are summed exactly.
///
/// ```
/// use ferrogrid::number::{Format, Matrix};
/// use ferrogrid::reference::matmul;
/// use ndarray::array;
///
/// let (int8, int32) = (Format::signed(8), Format::signed(32));
/// let a = Matrix::of_integers(int8, &array![[1, 2], [3, 4]])?;
/// let b = Matrix::of_integers(int8, &array![[5], [-6]])?;
/// assert_eq!(matmul(&a, &b, int32)?.integers(), array![[-7], [-9]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is no product, or `result` does not hold it.
pub fn matmul(a: &Matrix, b: &Matrix, result: Format) -> Result<Matrix, MatmulError> {
    match (a.format(), b.format(), result) {
        (Format::Int(_), Format::Int(_), Format::Int(_)) => {
            let product = integer_matmul(a.integers().view(), b.integers().view())?;
            let fits = Matrix::of_integers(result, &product);
            fits.map_err(|OutOfRange { row, column, .. }| MatmulError::Result {
                row,
                column,
                result,
            })
        }
    }
}

/// A x B, exactly: an element that does not fit 64 bits is an error, never a wrapped number.
/// (A sum that leaves even 128 bits on its way is one too.)
///
/// ```
/// use ndarray::array;
/// let c = ferrogrid::reference::integer_matmul(
///     array![[1, 2], [3, 4]].view(),
///     array![[5], [-6]].view(),
/// );
/// assert_eq!(c, Ok(array![[-7], [-9]]));
/// ```
pub fn integer_matmul(a: ArrayView2<i64>, b: ArrayView2<i64>) -> Result<Array2<i64>, MatmulError> {
    let ((m, k), (rows, n)) = (a.dim(), b.dim());
    if k != rows {
        return Err(MatmulError::InnerSizes { columns: k, rows });
    }
    // Copied so that rows of A and columns of B lie in the order in which they are read.
    let (a, columns_of_b) = (a.as_standard_layout(), b.t());
    let columns_of_b = columns_of_b.as_standard_layout();
    let mut c = Array2::zeros((m, n));
    for (row, a_row) in a.rows().into_iter().enumerate() {
        for (column, b_column) in columns_of_b.rows().into_iter().enumerate() {
            let overflow = MatmulError::Overflow { row, column };
            let mut sum: i128 = 0;
            for (&x, &y) in a_row.iter().zip(b_column) {
                sum = sum
                    .checked_add(i128::from(x) * i128::from(y))
                    .ok_or(overflow)?;
            }
            c[[row, column]] = i64::try_from(sum).map_err(|_| overflow)?;
        }
    }
    Ok(c)
}

#[cfg(test)]
mod tests {
    use super::{MatmulError, integer_matmul as matmul};
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    /// A matrix of small sizes whose elements have up to `bits` bits.
    fn matrix(rows: usize, columns: usize, bits: u32) -> impl Strategy<Value = Array2<i64>> {
        let (low, high) = (-(1_i64 << (bits - 1)), (1_i64 << (bits - 1)) - 1);
        let element = prop_oneof![1 => Just(low), 1 => Just(high), 1 => Just(0), 5 => low..=high];
        prop::collection::vec(element, rows * columns)
            .prop_map(move |data| Array2::from_shape_vec((rows, columns), data).unwrap())
    }

    fn operands() -> impl Strategy<Value = (Array2<i64>, Array2<i64>)> {
        (1..12_usize, 1..40_usize, 1..12_usize, 1..=25_u32)
            .prop_flat_map(|(m, k, n, bits)| (matrix(m, k, bits), matrix(k, n, bits)))
    }

    proptest! {
        #[test]
        fn equals_the_product_of_ndarray((a, b) in operands()) {
            prop_assert_eq!(matmul(a.view(), b.view()), Ok(a.dot(&b)));
        }

        /// (A x B)^T = B^T x A^T, through views that are not in standard layout.
        #[test]
        fn transposes_like_a_product((a, b) in operands()) {
            let product = matmul(a.view(), b.view()).unwrap();
            prop_assert_eq!(matmul(b.t(), a.t()).unwrap(), product.t());
        }
    }

    #[test]
    fn the_largest_int8_job_equals_ndarray() {
        let a = Array2::from_elem((2, 65_535), -128_i64);
        let b = Array2::from_elem((65_535, 2), -128_i64);
        let c = matmul(a.view(), b.view()).unwrap();
        assert_eq!(c, a.dot(&b));
        assert_eq!(c[[1, 1]], 16_384 * 65_535);
    }

    #[test]
    fn nothing_wraps() {
        let half = 1_i64 << 31;
        let a = array![[half, half]];
        let b = array![[half], [half]];
        let overflow = MatmulError::Overflow { row: 0, column: 0 };
        assert_eq!(matmul(a.view(), b.view()), Err(overflow));
        let b = array![[-half], [-half]];
        assert_eq!(matmul(a.view(), b.view()), Ok(array![[i64::MIN]]));
        let min = Array2::from_elem((2, 2), i64::MIN);
        assert_eq!(matmul(min.view(), min.view()), Err(overflow));
        // Sums may leave 64 bits on the way as long as they come back: min x min + min x max = -min.
        let a = array![[i64::MIN, i64::MIN, 1]];
        let b = |last| array![[i64::MIN], [i64::MAX], [last]];
        assert_eq!(matmul(a.view(), b(0).view()), Err(overflow));
        assert_eq!(matmul(a.view(), b(-1).view()), Ok(array![[i64::MAX]]));
    }

    #[test]
    fn inner_sizes_must_agree() {
        let error = matmul(Array2::zeros((2, 3)).view(), Array2::zeros((4, 5)).view()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "A has 3 columns and B has 4 rows; they must be equal"
        );
    }
}
