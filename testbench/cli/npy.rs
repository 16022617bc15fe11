//! NumPy files for the tests, written by another implementation than the one under test.

use crate::program::Place;
use ndarray::{Array, Array2, Dimension};
use ndarray_npy::{ReadNpyExt, WritableElement, WriteNpyExt};

impl Place {
    pub fn write_npy<T: WritableElement, D: Dimension>(&self, name: &str, array: &Array<T, D>) {
        let mut bytes = Vec::new();
        array
            .write_npy(&mut bytes)
            .expect("an array that is written");
        self.write(name, bytes);
    }

    pub fn read_npy(&self, name: &str) -> Array2<i32> {
        let bytes = std::fs::read(self.path(name)).expect("a file");
        Array2::read_npy(&bytes[..]).expect("a matrix of int32")
    }
}

/// Numbers of all sizes in a fixed order.
pub fn matrix(rows: usize, columns: usize, seed: i64) -> Array2<i8> {
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        let mixed = (row as i64 * 31 + column as i64 * 17 + seed) * 2_654_435_761;
        (mixed >> 12) as i8
    })
}
