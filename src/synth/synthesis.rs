//! One run of Yosys, through the cache.

use super::answers::{hash, read};
use super::cache::Cache;
use super::error::{Stage, SynthError};
use super::run::{Run, Watch};
use super::script::{SCRIPT, miscompilation};
use super::tools::FoundTool;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The log in the folder of the netlist.
pub(super) const YOSYS_LOG: &str = "yosys.log";

/// A script and the files that it reads.
pub(super) struct Synthesis<'a> {
    pub yosys: &'a FoundTool,
    pub script: &'a str,
    /// Names and texts.
    pub files: Vec<(&'a str, &'a str)>,
    /// The longest time that Yosys may take.
    pub limit: Duration,
}

impl Synthesis<'_> {
    /// What the cache knows the run by.
    pub fn key(&self) -> String {
        let mut parts = vec![self.yosys.banner.as_str(), self.script];
        parts.extend(self.files.iter().flat_map(|(name, text)| [*name, *text]));
        hash(&parts)
    }

    /// The folder with what Yosys made. It is kept once `complete` has found it whole; that may add
    /// to it.
    pub fn folder(
        &self,
        cache: &Cache,
        watch: &mut Watch,
        complete: impl Fn(&Path) -> Result<(), SynthError>,
    ) -> Result<PathBuf, SynthError> {
        let key = self.key();
        cache.get_or_make(&format!("{key}.netlist"), |scratch| {
            let folder = scratch.join("netlist");
            fs::create_dir(&folder).map_err(SynthError::files("create", &folder))?;
            for (name, text) in [(SCRIPT, self.script)].iter().chain(&self.files) {
                write(&folder.join(name), text)?;
            }
            let run = Run {
                stage: Stage::Synthesis,
                tool: self.yosys,
                floorplan: false,
                limit: self.limit,
                cache,
                key: &key,
            };
            run.run(&folder, YOSYS_LOG, &["-s", SCRIPT], watch)?;
            let log = folder.join(YOSYS_LOG);
            if let Some(message) = miscompilation(&read(&log)?) {
                return Err(SynthError::miscompiled(self.yosys, message, run.keep(&log)));
            }
            complete(&folder)?;
            Ok(folder)
        })
    }
}

/// A file of the run.
pub(super) fn write(path: &Path, text: &str) -> Result<(), SynthError> {
    fs::write(path, text).map_err(SynthError::files("write", path))
}
