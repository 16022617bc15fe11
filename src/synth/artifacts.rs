//! The files of a run that are worth keeping, and their names.

use super::constraints::Format;
use super::error::SynthError;
use super::router::{CONFIGURATION, TIMING, bitstream, pins_file};
use super::routing::{PACKER_LOG, ROUTER_LOG};
use super::script::{CARRY, HIERARCHY, NETLIST, SCRIPT, VERILOG, WHOLE};
use super::synthesis::YOSYS_LOG;
use super::target::TARGETS;
use std::fs;
use std::path::{Path, PathBuf};

/// A file that a tool made, in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// A name of its own among all of the run.
    pub name: String,
    /// Where it is for now.
    pub path: PathBuf,
}

impl Artifact {
    /// The script of Yosys: every run has one, of this name.
    pub const SCRIPT: &str = SCRIPT;

    /// Whether it is a bitstream.
    pub fn is_bitstream(&self) -> bool {
        let packers = TARGETS.iter().filter_map(|target| target.chip.as_ref());
        let mut names = packers.map(|chip| bitstream(chip.packer));
        match self.name.split_once('-') {
            Some((_, name)) => names.any(|bitstream| name == bitstream),
            None => false,
        }
    }

    /// Whether a file of some run has this name.
    pub fn is_name(name: &str) -> bool {
        match name
            .strip_prefix("seed")
            .and_then(|rest| rest.split_once('-'))
        {
            Some((seed, name)) => {
                seed.bytes().all(|digit| digit.is_ascii_digit()) && is_of_routing(name)
            }
            None => is_of_synthesis(name),
        }
    }
}

fn is_of_synthesis(name: &str) -> bool {
    [VERILOG, SCRIPT, HIERARCHY, WHOLE, NETLIST, CARRY, YOSYS_LOG].contains(&name)
}

fn is_of_routing(name: &str) -> bool {
    let of_family = || {
        TARGETS.iter().any(|target| {
            let packer = target.chip.as_ref().map(|chip| chip.packer);
            name == pins_file(Format::of_pins(target.family))
                || packer.is_some_and(|packer| name == bitstream(packer))
        })
    };
    [ROUTER_LOG, PACKER_LOG, TIMING, CONFIGURATION].contains(&name) || of_family()
}

/// The netlist's folder of the cache as files of a run, in order of their names.
pub(super) fn of_synthesis(folder: &Path) -> Result<Vec<Artifact>, SynthError> {
    found(folder, "", is_of_synthesis)
}

/// The folder of one seed.
pub(super) fn of_routing(folder: &Path, seed: u32) -> Result<Vec<Artifact>, SynthError> {
    found(folder, &format!("seed{seed}-"), is_of_routing)
}

fn found(
    folder: &Path,
    prefix: &str,
    known: fn(&str) -> bool,
) -> Result<Vec<Artifact>, SynthError> {
    let entries = fs::read_dir(folder).map_err(SynthError::files("read", folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(SynthError::files("read", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if known(&name) {
            files.push(Artifact {
                name: format!("{prefix}{name}"),
                path: entry.path(),
            });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_run_are_told_from_others() {
        let of_runs = "synth.ys yosys.log carry.v seed1-nextpnr.log seed12-pins.cst seed3-pins.lpf \
                       seed1-harness.bit seed100-harness.fs seed2-timing.json";
        let others = "core.v notes.txt nextpnr.log harness.bit seed1-notes.txt seedling-pack.log \
                      seed1-synth.ys seed1.bit seed-a-pack.log";
        for name in of_runs.split_whitespace() {
            assert!(Artifact::is_name(name), "{name}");
        }
        for name in others.split_whitespace() {
            assert!(!Artifact::is_name(name), "{name}");
        }
        let artifact = |name: &str| Artifact {
            name: name.into(),
            path: PathBuf::new(),
        };
        let bitstreams = of_runs.split_whitespace().map(artifact);
        let bitstreams = bitstreams
            .filter(Artifact::is_bitstream)
            .map(|artifact| artifact.name);
        let expected = ["seed1-harness.bit", "seed100-harness.fs"];
        assert_eq!(Vec::from_iter(bitstreams), expected);
    }
}
