//! What the core computed beside what it should have.

use super::CliError;
use super::arrays::tuple;
use crate::cli::error::Difference;
use crate::cli::interrupt;
use crate::compiler::{Kept, Step};
use crate::device::{Executable, Inference};
use crate::graph::{Graph, TensorId, Values};
use crate::reference::MachineSize;
use crate::reference::graph::{Mode, run_after};
use crate::report::grouped;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A bug, and what to do about it.
const REPORT: &str = "this is a bug of Ferrogrid: please report it with the model, the configuration and the \
                      input. Nothing was written";
/// Whose word counts.
const GOLDEN: &str = "the golden model";
/// The file of `--expect` is another one's word.
const EXPECTED: &str = "every integer equals the golden model's: the file is of another model, another input or \
                        a runtime that rounds otherwise; `--mode` chooses the runtime. The files of `--output` are written";

/// What a model of the core says of each row.
pub(super) struct Judged {
    /// Which model.
    against: &'static str,
    /// What each step of the network makes, with name and shape.
    tensors: Vec<(TensorId, String, Vec<usize>)>,
    /// For each row the values of each tensor.
    rows: Vec<Vec<Values>>,
    /// Of the outputs.
    elements: usize,
}

/// What the golden model computes of the graph.
pub(super) fn golden(
    path: &Path,
    graph: &Graph,
    network: &Executable,
    mode: Mode,
    rows: &[Vec<Values>],
) -> Result<Judged, CliError> {
    let of_row = |variables: &mut Vec<Values>, row: &Vec<Values>| {
        let values = run_after(graph, variables, row, mode);
        values.map_err(|error| CliError::Golden {
            path: path.to_owned(),
            error,
        })
    };
    judged(GOLDEN, network, rows, of_row)
}

/// What the functional model leaves, for a network whose graph is not known.
pub(super) fn functional(
    path: &Path,
    network: &Executable,
    size: &MachineSize,
    rows: &[Vec<Values>],
) -> Result<Judged, CliError> {
    let help = "compile the model again for this core";
    let of_row = |variables: &mut Vec<Values>, row: &Vec<Values>| {
        crate::cli::npu::functional(path, network, size, variables, row, help)
    };
    judged("the functional model", network, rows, of_row)
}

/// What `of_row` makes of each row; where there are variables, one behind the other.
fn judged(
    against: &'static str,
    network: &Executable,
    rows: &[Vec<Values>],
    of_row: impl Fn(&mut Vec<Values>, &Vec<Values>) -> Result<BTreeMap<TensorId, Values>, CliError>
    + Sync,
) -> Result<Judged, CliError> {
    let made = network.steps.iter().flat_map(|step| match step {
        Step::Host(place) => vec![network.host_node(*place).output],
        Step::Program(program) => program.outputs.iter().map(|of| of.tensor).collect(),
    });
    let made = Vec::from_iter(made);
    let values = |variables: &mut Vec<Values>, row: &Vec<Values>| {
        interrupt::check()?;
        let mut values = of_row(variables, row)?;
        let made = made.iter().map(|id| values.remove(id));
        Ok(made
            .map(|values| values.expect("every step was run"))
            .collect())
    };
    let mut variables = network.initial();
    let judged = match variables.is_empty() {
        true => rows
            .par_iter()
            .map(|row| values(&mut Vec::new(), row))
            .collect::<Result<_, CliError>>(),
        false => rows.iter().map(|row| values(&mut variables, row)).collect(),
    };
    let tensor = |id: &TensorId| {
        let tensor = &network.graph[*id];
        (*id, tensor.name.clone(), tensor.shape.clone())
    };
    Ok(Judged {
        against,
        rows: judged?,
        tensors: made.iter().map(tensor).collect(),
        elements: rows.len() * elements(network),
    })
}

/// Elements of all outputs.
fn elements(network: &Executable) -> usize {
    network.outputs.iter().map(|port| port.len()).sum()
}

impl Judged {
    /// Fails unless the core computed the same.
    pub fn check(&self, inferences: &[Inference]) -> Result<(), CliError> {
        for (row, (expected, found)) in self.rows.iter().zip(inferences).enumerate() {
            for ((id, tensor, shape), expected) in self.tensors.iter().zip(expected) {
                let (found, help) = (&found.tensors[id], REPORT);
                check(tensor, shape, row, found, expected, self.against, help)?;
            }
        }
        Ok(())
    }

    /// The first row of which the core computed something else.
    pub fn first_wrong(&self, inferences: &[Inference]) -> Option<usize> {
        let rows = self.rows.iter().zip(inferences);
        rows.into_iter().position(|(expected, found)| {
            let found = self.tensors.iter().map(|(id, ..)| &found.tensors[id]);
            expected.iter().ne(found)
        })
    }

    /// `all 10 outputs of 1 inference equal the golden model`.
    pub fn text(&self) -> String {
        let (rows, elements) = (self.rows.len(), grouped(self.elements as u64));
        let inferences = if rows == 1 { "inference" } else { "inferences" };
        format!(
            "all {elements} outputs of {rows} {inferences} equal {}",
            self.against
        )
    }
}

/// Fails unless the outputs are those of files.
pub(super) fn expected(
    files: &[PathBuf],
    network: &Executable,
    expected: &[Vec<Values>],
    inferences: &[Inference],
) -> Result<(), CliError> {
    for (row, (expected, found)) in expected.iter().zip(inferences).enumerate() {
        for (place, port) in network.outputs.iter().enumerate() {
            let (found, expected) = (
                port.to_file(&found.outputs[place]),
                port.to_file(&expected[place]),
            );
            let against = format!("`{}`", files[place].display());
            check(
                &port.name,
                &port.file_shape(),
                row,
                &found,
                &expected,
                &against,
                EXPECTED,
            )?;
        }
    }
    Ok(())
}

/// Fails unless values are equal.
fn check(
    tensor: &str,
    shape: &[usize],
    row: usize,
    found: &Values,
    expected: &Values,
    against: &str,
    help: &'static str,
) -> Result<(), CliError> {
    match difference(shape, None, found, expected) {
        None => Ok(()),
        Some((_, difference)) => Err(CliError::Differs(Box::new(Difference {
            tensor: tensor.to_owned(),
            row,
            against: against.to_owned(),
            help,
            ..difference
        }))),
    }
}

/// How values differ, of all channels of a tensor or of those that are kept, and the index of the first that does.
pub(super) fn difference(
    shape: &[usize],
    kept: Option<&Kept>,
    found: &Values,
    expected: &Values,
) -> Option<(usize, Difference)> {
    let expected = match kept {
        Some(kept) => texts(&kept.of_tensor(expected)),
        None => texts(expected),
    };
    let found = texts(found);
    let mut wrong = (0..expected.len()).filter(|i| found.get(*i) != Some(&expected[*i]));
    let first = wrong.next()?;
    let mut rest = first;
    let mut place: Vec<usize> = shape
        .iter()
        .rev()
        .map(|size| {
            let index = rest % size;
            rest /= size;
            index
        })
        .collect();
    place.reverse();
    if let (Some(kept), Some(channel)) = (kept, place.last_mut()) {
        *channel = kept.channels[*channel];
    }
    let difference = Difference {
        tensor: String::new(),
        row: 0,
        wrong: 1 + wrong.count(),
        elements: expected.len(),
        place: tuple(&place),
        found: found.get(first).cloned().unwrap_or_default(),
        expected: expected[first].clone(),
        against: GOLDEN.to_owned(),
        made: String::new(),
        help: REPORT,
    };
    Some((first, difference))
}

/// Each value in figures: of floating point as many as tell it from all others.
fn texts(values: &Values) -> Vec<String> {
    match values {
        Values::Float32(values) => values.iter().map(f32::to_string).collect(),
        _ => values
            .integers()
            .iter()
            .flatten()
            .map(i32::to_string)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_where_it_begins() {
        let values = |values: [i8; 6]| Values::Int8(values.to_vec());
        let expected = values([1, 2, 3, 4, 5, 6]);
        let compare = |found| {
            check(
                "y",
                &[2, 3],
                7,
                &found,
                &expected,
                "the golden model",
                REPORT,
            )
        };
        assert!(compare(expected.clone()).is_ok());
        let error = compare(values([1, 2, 3, 4, -5, 7])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 of 6 elements of `y` in row 7 differ from the golden model, the first at (1, 1): -5 instead of 5"
        );
    }
}
