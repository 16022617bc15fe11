//! A network and the arrays that belong to it.

use crate::models::Arrays;
use ferrogrid::graph::{Element, Graph, TensorId, Values};
use ferrogrid::import;
use ferrogrid::reference::graph::{Mode, run};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// The network of a file that must be good.
pub fn network(path: &Path) -> Graph {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    import::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All elements of an array, in a type that an input may have.
pub fn values(arrays: &mut Arrays, name: &str, element: Element) -> Values {
    match element {
        Element::Int8 => Values::Int8(arrays.elements(name)),
        Element::Uint8 => Values::Uint8(arrays.elements(name)),
        Element::Int32 => Values::Int32(arrays.elements(name)),
        Element::Float32 => Values::Float32(arrays.elements(name)),
    }
}

/// The rows of a batch.
pub fn rows(values: &Values, length: usize) -> Vec<Values> {
    assert_eq!(values.len() % length, 0);
    let row = |row: usize| values.gathered(length, |i| row * length + i);
    (0..values.len() / length).map(row).collect()
}

/// What each row of inputs gives: every activation.
pub fn run_all(graph: &Graph, rows: &[Vec<Values>], mode: Mode) -> Vec<BTreeMap<TensorId, Values>> {
    let results = rows.par_iter().map(|row| run(graph, row, mode));
    results
        .map(|result| result.expect("a network that runs"))
        .collect()
}

/// Says which values of a tensor differ; none where all are equal.
pub fn difference(found: &Values, expected: &Values) -> Option<String> {
    let all = |values: &Values| match (values.integers(), values.floats()) {
        (Some(integers), _) => integers.into_iter().map(f64::from).collect(),
        (_, floats) => floats
            .unwrap_or(&[])
            .iter()
            .map(|real| f64::from(*real))
            .collect(),
    };
    let (found, expected): (Vec<f64>, Vec<f64>) = (all(found), all(expected));
    if found.len() != expected.len() {
        return Some(format!(
            "{} values instead of {}",
            found.len(),
            expected.len()
        ));
    }
    let pairs = found.iter().zip(&expected).enumerate();
    let wrong: Vec<_> = pairs
        .filter(|(_, (found, expected))| found != expected)
        .collect();
    let (count, all) = (wrong.len(), found.len());
    let first = wrong.first()?;
    Some(format!(
        "{count} of {all} values differ, the first: {first:?}"
    ))
}

/// Fails where values of a tensor differ.
#[track_caller]
pub fn assert_same(found: &Values, expected: &Values, what: &str) {
    if let Some(how) = difference(found, expected) {
        panic!("{what}: {how}");
    }
}

/// Values of `[channels, height, width]` as those of a tensor of `[height, width, channels]`; others
/// as they are.
pub fn channels_last(values: &Values, shape: &[usize]) -> Values {
    match *shape {
        [height, width, channels] => {
            let pixels = height * width;
            values.gathered(values.len(), |i| i % channels * pixels + i / channels)
        }
        _ => values.clone(),
    }
}
