//! Reference networks and golden data: the folder that holds them, and the arrays in its files.
//!
//! They are no part of the project. A test of them says SKIPPED without the folder, and passes.
#![allow(dead_code)] // Each target uses some of it.

use ndarray::{Array, Dimension};
use ndarray_npy::{NpzReader, ReadableElement};
use std::fs::File;
use std::path::PathBuf;

/// The path of a file of the folder in `FERROGRID_MODELS`; `None`, and a line that says so, without
/// the folder.
pub fn path(name: &str) -> Option<PathBuf> {
    path_in("FERROGRID_MODELS", name)
}

/// The path of a file of the folder in `FERROGRID_SUITE`, small cases and malformed files; `None`,
/// and a line that says so, without the folder.
pub fn suite(name: &str) -> Option<PathBuf> {
    path_in("FERROGRID_SUITE", name)
}

fn path_in(variable: &str, name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os(variable) else {
        println!("SKIPPED: {variable} does not name the folder with {name}");
        return None;
    };
    Some(PathBuf::from(folder).join(name))
}

/// The arrays of an `.npz` file, by name.
pub struct Arrays {
    path: PathBuf,
    reader: NpzReader<File>,
}

impl Arrays {
    /// Of a file of the folder; `None`, and a line that says so, without the folder.
    pub fn open(name: &str) -> Option<Arrays> {
        Some(Arrays::at(path(name)?))
    }

    /// Of the file at a path.
    pub fn at(path: PathBuf) -> Arrays {
        let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let reader = NpzReader::new(file);
        let reader = reader.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Arrays { path, reader }
    }

    /// The names of the arrays.
    pub fn names(&mut self) -> Vec<String> {
        let names = self.reader.names().expect("names of arrays");
        names
            .into_iter()
            .map(|name| name.trim_end_matches(".npy").to_owned())
            .collect()
    }

    /// The array `name`, whose elements and number of axes must be those asked for.
    pub fn get<T: ReadableElement, D: Dimension>(&mut self, name: &str) -> Array<T, D> {
        let array = self.reader.by_name(name);
        array.unwrap_or_else(|error| panic!("{}: {name}: {error}", self.path.display()))
    }

    /// The elements of the array `name` in order, whatever its shape.
    pub fn elements<T: ReadableElement>(&mut self, name: &str) -> Vec<T> {
        let array = self.get::<T, ndarray::IxDyn>(name);
        let (elements, _) = array.into_raw_vec_and_offset();
        elements
    }
}
