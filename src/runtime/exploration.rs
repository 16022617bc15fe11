//! What to explore, as files and names say it.

use super::error::unknown;
use super::{ModelError, read_bytes, read_model};
use crate::compiler::Rounding;
use crate::config::{LONGEST_CONFIGURATION, Space};
use crate::device::read_text;
use crate::explore::{Exploration, Workload};
use crate::report::Clock;
use crate::synth::{TARGETS, Target};
use miette::{Result, miette};
use std::path::Path;

/// The names of the chips whose room is known.
pub fn chips() -> impl Iterator<Item = &'static str> {
    let chips = TARGETS.iter().filter(|target| target.chip.is_some());
    chips.map(|target| target.name)
}

/// The cores of the file `space` with these workloads: files of networks, or sizes of products as MxKxN. Cores must fit
/// the chip of the name `fits`, if there is one.
///
/// # Errors
/// When a file cannot be read or is wrong, or the cores do not do such work.
pub fn exploration(
    workloads: &[String],
    space: &Path,
    rounding: Option<Rounding>,
    fits: Option<&str>,
    clock: Clock,
) -> Result<Exploration> {
    let text = read_text(space, LONGEST_CONFIGURATION).map_err(|error| ModelError::Read {
        path: space.to_owned(),
        error,
    })?;
    let space = Space::parse(&space.display().to_string(), &text)?;
    let workloads = workloads.iter().map(|name| workload(name, rounding));
    let workloads = workloads.collect::<Result<Vec<_>>>()?;
    let chip = fits.map(|name| {
        let chip = Target::named(name).filter(|target| target.chip.is_some());
        let names = || Vec::from_iter(chips().map(|name| format!("`{name}`"))).join(", ");
        chip.ok_or_else(|| unknown("chip", name, &names()))
    });
    let exploration = Exploration::new(space, workloads, chip.transpose()?, clock);
    exploration.map_err(|error| miette!("{error}"))
}

fn workload(name: &str, rounding: Option<Rounding>) -> Result<Workload> {
    if let Ok(product) = Workload::product(name) {
        return Ok(product);
    }
    let path = Path::new(name);
    let bytes = read_bytes(path)?;
    let graph = read_model(path, &bytes).map_err(|error| ModelError::Import {
        path: path.to_owned(),
        error,
    })?;
    let rounding = rounding.unwrap_or(Rounding::of(graph.family));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Workload::network(&name, &bytes, graph, rounding))
}
