//! The folder that a run is copied to.

use crate::cli::error::CliError;
use crate::cli::files::{PendingFile, folder_of, make_error};
use crate::report::{SynthReport, json};
use crate::synth::Artifact;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const TEXT: &str = "report.txt";
const JSON: &str = "report.json";

/// A folder that files can be written to. Without a run it is as it was before.
pub(super) struct Folder {
    path: PathBuf,
    /// The folders that were made for it, the deepest first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Makes it, if it is not there, and sees that it takes files: before the long work.
    ///
    /// # Errors
    /// When it cannot be made, or takes none.
    pub fn prepare(path: &Path) -> Result<Folder, CliError> {
        if path.exists() && !path.is_dir() {
            return Err(CliError::Write {
                path: path.to_owned(),
                reason: "it is no folder".to_owned(),
            });
        }
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let folder = Folder {
            path: path.to_owned(),
            made: path
                .ancestors()
                .take_while(missing)
                .map(Path::to_owned)
                .collect(),
        };
        let parent = folder_of(folder.made.last().map_or(path, PathBuf::as_path));
        fs::create_dir_all(path).map_err(make_error(path, parent))?;
        PendingFile::new(&path.join(TEXT))?;
        Ok(folder)
    }

    /// Copies what tools made, and the report, to it, in place of an earlier run; other files stay.
    ///
    /// # Errors
    /// When a file cannot be written: while there is no room for all, the folder stays as it was.
    pub fn write(&self, files: &[Artifact], report: &SynthReport) -> Result<(), CliError> {
        let mut pending = Vec::new();
        let mut copy = |name: &str, make: &dyn Fn(&Path) -> io::Result<()>| {
            let file = PendingFile::new(&self.path.join(name))?;
            make(file.path()).map_err(|error| file.error(&error))?;
            pending.push((name != Artifact::SCRIPT, file));
            Ok::<_, CliError>(())
        };
        for Artifact { name, path } in files {
            copy(name, &|to| fs::copy(path, to).map(drop))?;
        }
        copy(TEXT, &|to| fs::write(to, report.text()))?;
        copy(JSON, &|to| fs::write(to, json(report)))?;
        // The mark comes first, so that the next run knows whatever this one leaves when it is killed.
        pending.sort_by_key(|&(later, _)| later);
        self.clear()?;
        pending.into_iter().try_for_each(|(_, file)| file.keep())
    }

    /// Removes an earlier run. Without the script of Yosys there was none, and files that are called
    /// as those of a run are somebody else's.
    fn clear(&self) -> Result<(), CliError> {
        let error = |path: &Path| {
            let path = path.to_owned();
            |error: io::Error| CliError::Write {
                path,
                reason: error.kind().to_string(),
            }
        };
        let mark = self.path.join(Artifact::SCRIPT);
        if !mark.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(&self.path).map_err(error(&self.path))? {
            let entry = entry.map_err(error(&self.path))?;
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            let ours = Artifact::is_name(&name) || name == TEXT || name == JSON;
            if ours && path != mark && !path.is_dir() {
                fs::remove_file(&path).map_err(error(&path))?;
            }
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for folder in &self.made {
            // Only what was made for nothing: a folder with files is not removed.
            let _ = fs::remove_dir(folder);
        }
    }
}
