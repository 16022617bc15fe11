//! Verilog that `generate` wrote and a user has changed.

use super::core;
use super::error::CliError;
use crate::device::{Interface, read_text};
use crate::product::Part;
use crate::synth::tools::Tool;
use crate::verify::check::{BackendKind, Rtl};
use crate::verilog::{VerilogFile, cell_models};
use std::path::{Path, PathBuf};

/// Bytes of a Verilog file at most.
const LONGEST_FILE: u64 = 64 << 20;

/// The configuration of the core in such a folder.
pub(super) fn configuration(folder: &Path) -> PathBuf {
    folder.join("core.toml")
}

/// The Verilog of such a folder; without a simulator, Verilator if it is there, else Icarus Verilog.
pub(super) fn load(folder: &Path, simulator: Option<BackendKind>) -> miette::Result<Rtl> {
    let read = |path: PathBuf| {
        read_text(&path, LONGEST_FILE).map_err(|error| CliError::NoRtl {
            folder: folder.to_owned(),
            path,
            error,
        })
    };
    let list = read(folder.join("filelist.f"))?;
    let product = core::load(None, Some(&configuration(folder)))?;
    let design = core::design(&*product, Part::Core)?;
    let mut files: Vec<VerilogFile> = cell_models(&design).into_iter().collect();
    for name in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let text = read(folder.join(name))?;
        let name = name.to_owned();
        files.push(VerilogFile { name, text });
    }
    let simulator = simulator.unwrap_or_else(|| match Tool::Verilator.find() {
        Ok(_) => BackendKind::Verilator,
        Err(_) => BackendKind::Icarus,
    });
    let interface = Interface::of(&design);
    Ok(Rtl {
        interface,
        files,
        simulator,
    })
}
