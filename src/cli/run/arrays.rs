//! The rows of `.npy` files: each is an inference.

use super::CliError;
use crate::device::NetworkPort;
use crate::device::npy::{Array, read_array};
use crate::graph::{Element, Values};
use std::path::{Path, PathBuf};

/// The rows of a file for each port: for every row the values of each port, in the order of the graph.
pub(super) fn read(
    files: &[PathBuf],
    option: &'static str,
    what: &'static str,
    ports: &[NetworkPort],
) -> miette::Result<Vec<Vec<Values>>> {
    check_count(files, option, what, ports)?;
    let mut rows: Vec<Vec<Values>> = Vec::new();
    for (place, (path, port)) in files.iter().zip(ports).enumerate() {
        let of_file = rows_of(path, port, &read_array(path)?)?;
        if place == 0 {
            rows = vec![Vec::new(); of_file.len()];
        }
        check_rows(path, of_file.len(), rows.len())?;
        for (row, values) in rows.iter_mut().zip(of_file) {
            row.push(values);
        }
    }
    Ok(rows)
}

/// Fails unless there are no files, or one for each port.
pub(super) fn check_count(
    files: &[PathBuf],
    option: &'static str,
    what: &'static str,
    ports: &[NetworkPort],
) -> Result<(), CliError> {
    let (found, wanted) = (files.len(), ports.len());
    if found == 0 || found == wanted {
        return Ok(());
    }
    Err(CliError::Count {
        option,
        what,
        found,
        wanted,
        names: ports.iter().map(|port| port.name.clone()).collect(),
    })
}

/// Fails unless a file has as many rows as the others.
pub(super) fn check_rows(path: &Path, found: usize, wanted: usize) -> Result<(), CliError> {
    if found == wanted {
        return Ok(());
    }
    Err(CliError::Rows {
        path: path.to_owned(),
        found,
        wanted,
    })
}

/// The rows of an array, in the order of the graph.
fn rows_of(path: &Path, port: &NetworkPort, array: &Array) -> Result<Vec<Values>, CliError> {
    let shape = port.file_shape();
    let wrong = |problem: String| CliError::Array {
        path: path.to_owned(),
        tensor: port.name.clone(),
        problem,
        element: port.element,
        shape: tuple(&shape),
    };
    let element = array.values.element();
    if element != port.element {
        return Err(wrong(format!("its elements are {element}")));
    }
    // A batch axis of 1 may stand in front of a row, and the axis of rows in front of that.
    let count = match array.shape.strip_suffix(&shape[..]) {
        Some([]) => 1,
        Some([rows] | [rows, 1]) if *rows > 0 => *rows,
        _ => return Err(wrong(format!("its shape is {}", tuple(&array.shape)))),
    };
    let length = port.len();
    let row = |row: usize| {
        let values = array.values.gathered(length, |i| row * length + i);
        port.from_file(&values)
    };
    Ok((0..count).map(row).collect())
}

/// The array of rows in the order of the graph.
pub(super) fn of_rows<'a>(
    port: &NetworkPort,
    rows: impl ExactSizeIterator<Item = &'a Values>,
) -> Array {
    let shape = [vec![rows.len()], port.file_shape()].concat();
    let rows: Vec<Values> = rows.map(|row| port.to_file(row)).collect();
    let integers = || Vec::from_iter(rows.iter().filter_map(Values::integers).flatten());
    let values = match port.element {
        Element::Float32 => {
            let reals = rows.iter().filter_map(Values::floats).flatten();
            Values::Float32(reals.copied().collect())
        }
        element => Values::saturated(element, &integers()),
    };
    Array { shape, values }
}

/// A shape or a place as Python writes it.
pub(super) fn tuple(sizes: &[usize]) -> String {
    match sizes {
        [size] => format!("({size},)"),
        _ => {
            let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
            format!("({})", sizes.join(", "))
        }
    }
}
