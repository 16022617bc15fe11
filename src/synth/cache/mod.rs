//! The folder of what tools made: compiled models, netlists, routed designs. Shared by processes,
//! bounded, safe to delete at any time.

mod seal;

use fd_lock::RwLock;
use miette::Diagnostic;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use thiserror::Error;

/// Results are removed, oldest use first, when the cache is larger than this.
const LIMIT_BYTES: u64 = 1 << 30;

/// Younger models stay: another process may be about to load them.
const KEEP: Duration = Duration::from_secs(3600);

/// So many logs of failed runs stay, the latest.
const MOST_LOGS: usize = 32;

/// How the names of the logs of failed runs begin.
const FAILED: &str = "failed-";

/// Extensions of the files and folders that are results.
const RESULTS: [&str; 4] = ["so", "o", "netlist", "routed"];

/// The cache could not be used.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot {doing} `{}` in the build cache", path.display())]
#[diagnostic(
    code(ferrogrid::cache),
    help("set FERROGRID_CACHE to a folder that can be written and has some space left")
)]
pub struct CacheError {
    /// What was tried.
    pub doing: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

impl CacheError {
    /// For `map_err`: an operation that failed.
    pub fn during(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| CacheError {
            doing,
            path,
            source,
        }
    }
}

/// The folder. What is in it is named by a hash of all that it was made from.
pub struct Cache {
    root: PathBuf,
    /// What a run of this process uses.
    held: Mutex<BTreeSet<PathBuf>>,
}

impl Cache {
    /// `$FERROGRID_CACHE`, else `ferrogrid` in `$XDG_CACHE_HOME`, else in `~/.cache`.
    ///
    /// # Errors
    /// When the environment names none.
    pub fn open() -> Result<Self, CacheError> {
        let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let root = set("FERROGRID_CACHE")
            .map(PathBuf::from)
            .or_else(|| set("XDG_CACHE_HOME").map(|dir| Path::new(&dir).join("ferrogrid")))
            .or_else(|| set("HOME").map(|dir| Path::new(&dir).join(".cache/ferrogrid")))
            .ok_or_else(|| {
                let source = io::Error::new(io::ErrorKind::NotFound, "HOME is not set");
                CacheError {
                    doing: "find",
                    path: "~/.cache/ferrogrid".into(),
                    source,
                }
            })?;
        // Libraries are loaded by path: a name without a slash would be looked up elsewhere.
        Cache::at(&root)
    }

    /// One in a folder of its own, which need not exist.
    ///
    /// # Errors
    /// When the working directory, which a relative path begins at, is gone.
    pub fn at(folder: &Path) -> Result<Self, CacheError> {
        let root = std::path::absolute(folder).map_err(CacheError::during("find", folder))?;
        Ok(Self {
            root,
            held: Mutex::default(),
        })
    }

    /// The folder; it need not exist.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The cached file or folder of this name, made by `make` if it is not there, or is a file that is not
    /// as it was made.
    ///
    /// `make` gets an empty folder on the same file system and returns the file or folder in it
    /// that is to be kept. One process makes, the others wait for it.
    ///
    /// # Errors
    /// When the cache cannot be written, or with the error of `make`.
    pub fn get_or_make<E: From<CacheError>>(
        &self,
        name: &str,
        make: impl FnOnce(&Path) -> Result<PathBuf, E>,
    ) -> Result<PathBuf, E> {
        let path = self.root.join(name);
        if seal::is_whole(&path) {
            touch(&path);
            return Ok(path);
        }
        fs::create_dir_all(&self.root).map_err(CacheError::during("create", &self.root))?;
        // A few lock files for all models, so that they need not be removed (which is racy).
        let lock_path = self
            .root
            .join(format!("{}.lock", &name[..name.len().min(2)]));
        let lock_file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(CacheError::during("open", &lock_path))?;
        let mut lock = RwLock::new(lock_file);
        let _guard = loop {
            match lock.write() {
                Ok(guard) => break guard,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(CacheError::during("lock", &lock_path)(error).into()),
            }
        };
        if seal::is_whole(&path) {
            return Ok(path);
        }
        let scratch = self.scratch()?;
        self.hold(scratch.path());
        let made = make(scratch.path());
        self.held().remove(scratch.path());
        let made = made?;
        seal::seal(&made).map_err(CacheError::during("write", &made))?;
        fs::rename(made, &path).map_err(CacheError::during("write", &path))?;
        self.prune(LIMIT_BYTES, KEEP);
        Ok(path)
    }

    /// Notes that a run uses this result until the cache is dropped. This process then does not
    /// remove it, and others do not as long as [`Cache::refresh`] is called more often than they
    /// take results for unused: within the hour.
    pub fn hold(&self, result: &Path) {
        self.held().insert(result.to_owned());
    }

    /// Tells other processes that what is held is still used.
    pub fn refresh(&self) {
        for path in self.held().iter() {
            touch(path);
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the log of a run that failed, by the key of the run, and says where: as
    /// `failed-<tool>-<key>.log`. Only the latest of such logs stay.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn keep_log(&self, log: &Path, key: &str) -> io::Result<PathBuf> {
        let tool = log.file_stem().unwrap_or_default().to_string_lossy();
        let key = &key[..key.len().min(12)];
        let kept = self.root.join(format!("{FAILED}{tool}-{key}.log"));
        fs::copy(log, &kept)?;
        let entries = fs::read_dir(&self.root)?.flatten();
        let logs = entries.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(FAILED) && name.ends_with(".log")
        });
        let time = |entry: &fs::DirEntry| entry.metadata().and_then(|data| data.modified()).ok();
        let mut logs: Vec<_> = logs.map(|entry| (time(&entry), entry.path())).collect();
        logs.sort();
        let surplus = logs.len().saturating_sub(MOST_LOGS);
        for (_, path) in logs.drain(..surplus) {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
        Ok(kept)
    }

    fn scratch(&self) -> Result<TempDir, CacheError> {
        tempfile::Builder::new()
            .prefix(".build-")
            .tempdir_in(&self.root)
            .map_err(CacheError::during("create a folder in", &self.root))
    }

    /// Removes what was used longest ago until `limit` bytes are left, and what builds that were
    /// killed left behind. Failing to is no error: the next build tries again.
    fn prune(&self, limit: u64, keep: Duration) {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return;
        };
        // Ours is used, also where another process prunes at the same time.
        self.refresh();
        let held = self.held().clone();
        let now = SystemTime::now();
        let old = |used: SystemTime| now.duration_since(used).is_ok_and(|age| age >= keep);
        let mut results = Vec::new();
        for entry in entries.flatten() {
            let Ok(data) = entry.metadata() else { continue };
            let used = data.modified().unwrap_or(now);
            let (path, name) = (entry.path(), entry.file_name());
            if held.contains(&path) {
                continue;
            }
            if data.is_dir() && name.to_string_lossy().starts_with(".build-") {
                if old(used) {
                    let _ = fs::remove_dir_all(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| RESULTS.iter().any(|result| extension == *result))
            {
                let bytes = if data.is_dir() {
                    folder_bytes(&path)
                } else {
                    data.len()
                };
                results.push((used, path, bytes));
            }
        }
        let mut total: u64 = results.iter().map(|(_, _, bytes)| bytes).sum();
        results.sort();
        for (used, path, bytes) in results {
            if total <= limit || !old(used) {
                break;
            }
            let removed = if path.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            };
            if removed.is_ok() {
                total -= bytes;
            }
        }
    }
}

/// Bytes of the files in a folder without folders.
fn folder_bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .map(|data| data.len())
        .sum()
}

/// Notes that the result was used. A cache that cannot be written is still good for reading.
fn touch(path: &Path) {
    // A folder opens for reading only, and that suffices for its owner.
    let file = File::options()
        .append(true)
        .open(path)
        .or_else(|_| File::open(path));
    if let Ok(file) = file {
        let _ = file.set_modified(SystemTime::now());
    }
}

#[cfg(test)]
mod tests;
