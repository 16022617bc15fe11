//! Number formats: what the bits of an element mean, and matrices of them.
//!
//! Elements travel as bits from a file through streams and hardware to a file again; what they mean
//! is asked of their [`Format`] alone: where they are read and written, where the golden model
//! computes, and where people see them. Integers are the formats that there are. A format of another
//! kind is another variant, and the compiler names what it must say.
//!
//! ```
//! use ferrogrid::number::{Format, Matrix};
//! use ndarray::array;
//!
//! let int8 = Format::signed(8);
//! let matrix = Matrix::of_integers(int8, &array![[1, -2]]).expect("both fit");
//! assert_eq!(matrix.bits(), array![[0x01, 0xfe]]);
//! assert!(Matrix::of_integers(int8, &array![[128]]).is_err());
//! ```
#![forbid(unsafe_code)]

mod format;
mod int_type;
mod matrix;

pub use format::{Format, Number};
pub use int_type::IntType;
pub use matrix::{Matrix, OutOfRange};
