//! A network layer by layer: what each has left, beside the golden model.

use super::CliError;
use super::compare::difference;
use crate::cli::error::Difference;
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::device::npy::{Array, write_array};
use crate::device::{Executable, Loaded};
use crate::graph::{Graph, Values};
use crate::reference::graph::{Mode, run};
use crate::report::grouped;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A network whose layers are looked at.
pub(super) struct Trace<'a> {
    /// Its file.
    pub path: &'a Path,
    pub graph: &'a Graph,
    pub network: &'a Executable,
    pub mode: Mode,
}

impl Trace<'_> {
    /// Runs the layers of an inference, each from the start of the network, until one differs, and writes what they
    /// leave into a folder.
    pub fn run(
        &self,
        loaded: &mut Loaded<'_>,
        (row, inputs): (usize, &[Values]),
        folder: Option<&Path>,
        progress: &mut Progress,
    ) -> miette::Result<Option<Difference>> {
        let golden = run(self.graph, inputs, self.mode).map_err(|error| CliError::Golden {
            path: self.path.to_owned(),
            error,
        })?;
        let mut watch = |_| match interrupt::requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        for (number, layer) in self.network.layers().enumerate() {
            progress.working(&format!("layer {number}: {}", layer.name));
            let result = loaded.layer(number, inputs, &mut watch)?;
            if let Some(folder) = folder {
                let array = Array {
                    shape: layer.shape.clone(),
                    values: result.values.clone(),
                };
                write_array(&file(folder, number, &layer.name), &array)?;
            }
            // Some layers are steps of a node, which the golden model does at once.
            let Some(expected) = golden.get(&layer.result) else {
                continue;
            };
            if let Some((element, difference)) = difference(&layer.shape, &result.values, expected)
            {
                let made = result.made_by(element).map(|(index, span)| {
                    let [start, end] = [span.start, span.end].map(grouped);
                    format!(", made by instruction {index} in cycles {start} to {end}")
                });
                return Ok(Some(Difference {
                    tensor: layer.name.clone(),
                    row,
                    made: made.unwrap_or_default(),
                    ..difference
                }));
            }
        }
        Ok(None)
    }
}

/// `03_conv_2d_4.npy` for the fourth layer.
fn file(folder: &Path, number: usize, name: &str) -> PathBuf {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = name.replace(|c| !is_plain(c), "_");
    folder.join(format!("{number:02}_{name}.npy"))
}
