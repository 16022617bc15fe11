//! Cells of Verilog that was not generated here, to compare with.

use super::answers::{answer, read};
use super::cache::Cache;
use super::cells::CellCounts;
use super::error::{Stage, SynthError};
use super::resources::Resources;
use super::run::Watch;
use super::script::{WHOLE, mapped};
use super::synthesis::Synthesis;
use super::target::Family;
use super::tools::Tool;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The cells of a module and the modules in it, flat, with the multipliers of the chip: counted as
/// [`Flow`](super::Flow) counts a design without a harness.
///
/// The module is called as its file; the other Verilog files in the folder (`.v`, `.sv`) are read
/// with it, and may include those (`.vh`, `.svh`). Yosys may take `limit`.
///
/// # Errors
/// When a file cannot be read, Yosys is missing, fails or takes too long, or the watch cancels.
pub fn count_file(
    file: &Path,
    family: Family,
    limit: Duration,
    watch: &mut Watch,
) -> Result<Resources, SynthError> {
    let yosys = Tool::synthesizer()?;
    let top = file.file_stem().unwrap_or_default().to_string_lossy();
    let sources = sources(file)?;
    let names = sources.iter().map(|source| source.name.as_str());
    let names: Vec<&str> = names.filter(|name| name.ends_with("v")).collect();
    let script = format!(
        "read_verilog -sv {}\n{}tee -q -o {WHOLE} stat -json -top {top}\n",
        names.join(" "),
        mapped(family, true, &top)
    );
    let files = sources.iter();
    let synthesis = Synthesis {
        yosys: &yosys,
        script: &script,
        files: files
            .map(|source| (source.name.as_str(), source.text.as_str()))
            .collect(),
        limit,
    };
    let count = |folder: &Path| {
        let counts = CellCounts::of_stat(family, &read(&folder.join(WHOLE))?);
        Ok(counts.map_err(answer(Stage::Synthesis, WHOLE))?.total(&top))
    };
    let folder = synthesis.folder(&Cache::open()?, watch, |folder| count(folder).map(drop))?;
    count(&folder)
}

struct Source {
    name: String,
    text: String,
}

/// The file and the Verilog beside it, in order of their names.
fn sources(file: &Path) -> Result<Vec<Source>, SynthError> {
    // One that is not there is named by itself.
    read(file)?;
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let entries = fs::read_dir(folder).map_err(SynthError::files("read", folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        ["v", "sv", "vh", "svh"].contains(&&*extension)
    });
    paths.sort();
    let source = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Source {
            name: name.into_owned(),
            text: read(path)?,
        })
    };
    paths.iter().map(source).collect()
}
