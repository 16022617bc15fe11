//! A network layer by layer: what each has left, beside the golden model.

use super::CliError;
use super::compare::difference;
use crate::cli::error::Difference;
use crate::cli::files::write_over;
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::device::npy::{Array, write_array};
use crate::device::{Executable, Loaded};
use crate::graph::{Graph, Values};
use crate::reference::graph::{Mode, run};
use crate::report::{Table, grouped, shape};
use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Lists the files of a trace, one a line with what it holds; a folder with it is ours.
const LIST: &str = "layers.txt";

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
        if let Some(folder) = folder {
            self.begin(folder)?;
        }
        for (number, layer) in self.network.layers().enumerate() {
            progress.working(&format!("layer {number}: {}", layer.name));
            let result = loaded.layer(number, inputs, &mut watch)?;
            if let Some(folder) = folder {
                let array = Array {
                    shape: layer.shape.clone(),
                    values: result.values.clone(),
                };
                write_array(&folder.join(file(number, &layer.name)), &array)?;
            }
            // Some layers are steps of a node, which the golden model does at once.
            let Some(expected) = golden.get(&layer.result) else {
                continue;
            };
            let found = &result.values;
            let difference = difference(&layer.shape, layer.kept.as_ref(), found, expected);
            if let Some((element, difference)) = difference {
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

    /// Removes the files of an earlier trace, and lists those that come.
    fn begin(&self, folder: &Path) -> Result<(), CliError> {
        for path in earlier(folder)? {
            fs::remove_file(&path).map_err(|error| CliError::Write {
                path,
                reason: error.to_string(),
            })?;
        }
        let layers = self.network.layers().enumerate();
        let rows = layers.map(|(number, layer)| {
            let file = file(number, &layer.name);
            let name = layer.name.escape_debug().to_string();
            let kept = layer.kept.as_ref().map(|kept| {
                let numbers = kept.channels.iter().map(usize::to_string);
                format!("of {}: {}", kept.of, Vec::from_iter(numbers).join(" "))
            });
            let operator = layer.operator.clone();
            [
                file,
                name,
                operator,
                shape(&layer.shape),
                kept.unwrap_or_default(),
            ]
        });
        let list = rows.fold(Table::plain(), Table::row).to_string();
        write_over(&folder.join(LIST), list.as_bytes())
    }
}

/// The files of an earlier trace in a folder, its list the last.
///
/// # Errors
/// When it holds anything else, or cannot be read.
pub(super) fn earlier(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |error: std::io::Error| CliError::Write {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let names = fs::read_dir(folder).map_err(failed)?.map(|entry| {
        let name = entry.map_err(failed)?.file_name();
        Ok(name.to_string_lossy().into_owned())
    });
    let mut found: BTreeSet<String> = names.collect::<Result<_, CliError>>()?;
    let has_list = found.remove(LIST);
    let list = match has_list {
        true => fs::read_to_string(folder.join(LIST)).unwrap_or_default(),
        false => String::new(),
    };
    let listed = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let listed: BTreeSet<&str> = listed.collect();
    let others = found.iter().filter(|name| !listed.contains(name.as_str()));
    let files: Vec<String> = others.cloned().collect();
    if !files.is_empty() {
        return Err(CliError::NoTrace {
            path: folder.to_owned(),
            files,
        });
    }
    let names = found.into_iter().chain(has_list.then(|| LIST.to_owned()));
    Ok(names.map(|name| folder.join(name)).collect())
}

/// `03_conv_2d_4.npy` for the fourth layer.
fn file(number: usize, name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = name.replace(|c| !is_plain(c), "_");
    format!("{number:02}_{name}.npy")
}
