//! The folder of what tools made: compiled models, netlists, routed designs. Shared by processes,
//! bounded, safe to delete at any time.

use fd_lock::RwLock;
use miette::Diagnostic;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use thiserror::Error;

/// Results are removed, oldest use first, when the cache is larger than this.
const LIMIT_BYTES: u64 = 1 << 30;

/// Younger models stay: another process may be about to load them.
const KEEP: Duration = Duration::from_secs(3600);

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
        Ok(Self { root })
    }

    /// The folder; it need not exist.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The cached file or folder of this name, made by `make` if it is not there.
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
        if path.exists() {
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
        if path.exists() {
            return Ok(path);
        }
        let scratch = self.scratch()?;
        let made = make(scratch.path())?;
        fs::rename(&made, &path).map_err(CacheError::during("write", &path))?;
        self.prune(LIMIT_BYTES, KEEP);
        Ok(path)
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
        let now = SystemTime::now();
        let old = |used: SystemTime| now.duration_since(used).is_ok_and(|age| age >= keep);
        let mut results = Vec::new();
        for entry in entries.flatten() {
            let Ok(data) = entry.metadata() else { continue };
            let used = data.modified().unwrap_or(now);
            let (path, name) = (entry.path(), entry.file_name());
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
mod tests {
    use super::*;

    fn cache() -> (TempDir, Cache) {
        let dir = tempfile::tempdir().expect("a folder");
        let cache = Cache {
            root: dir.path().join("cache"),
        };
        (dir, cache)
    }

    fn make(text: &str) -> impl FnOnce(&Path) -> Result<PathBuf, CacheError> {
        move |dir| {
            let path = dir.join("made");
            fs::write(&path, text).map_err(CacheError::during("write", &path))?;
            Ok(path)
        }
    }

    #[test]
    fn makes_once_and_leaves_nothing_else() {
        let (_dir, cache) = cache();
        let first = cache.get_or_make("ab.so", make("one")).expect("made");
        let second = cache.get_or_make("ab.so", make("two")).expect("found");
        assert_eq!(first, second);
        assert_eq!(fs::read_to_string(first).expect("a file"), "one");
        let mut names: Vec<_> = fs::read_dir(&cache.root)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["ab.lock", "ab.so"]);
    }

    #[test]
    fn many_threads_make_once() {
        let (_dir, cache) = cache();
        let made = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    cache.get_or_make("ab.so", |dir| {
                        made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        make("x")(dir)
                    })
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn prunes_the_longest_unused() {
        let (_dir, cache) = cache();
        for (name, age) in [("aa.so", 3), ("bb.so", 1), ("cc.so", 2)] {
            let path = cache.get_or_make(name, make("12345678")).expect("made");
            let file = File::options().append(true).open(path).expect("a file");
            let hours = Duration::from_secs(3600 * age);
            file.set_modified(SystemTime::now() - hours).expect("set");
        }
        cache.prune(16, Duration::ZERO);
        let left = |name: &str| cache.root.join(name).exists();
        assert_eq!(["aa.so", "bb.so", "cc.so"].map(left), [false, true, true]);
        cache.prune(0, Duration::from_secs(5400));
        assert_eq!(["bb.so", "cc.so"].map(left), [true, false]);
    }

    #[test]
    fn a_folder_is_kept_and_pruned_whole() {
        let (_dir, cache) = cache();
        let folder = |dir: &Path| -> Result<PathBuf, CacheError> {
            let path = dir.join("made");
            fs::create_dir(&path).map_err(CacheError::during("create", &path))?;
            fs::write(path.join("log"), "12345678").map_err(CacheError::during("write", &path))?;
            Ok(path)
        };
        let kept = cache.get_or_make("ab.netlist", folder).expect("made");
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let opened = File::open(&kept).expect("a folder");
        opened.set_modified(hour_ago).expect("set");
        let again = cache.get_or_make("ab.netlist", folder).expect("found");
        let used = again.metadata().and_then(|data| data.modified());
        assert!(used.expect("a time") > hour_ago, "the use was noted");
        cache.prune(8, Duration::ZERO);
        assert!(kept.join("log").exists());
        cache.prune(7, Duration::ZERO);
        assert!(!kept.exists());
    }

    #[test]
    fn a_failed_build_leaves_nothing_and_can_be_repeated() {
        let (_dir, cache) = cache();
        let failing = |_: &Path| Err(CacheError::during("no", "no")(io::ErrorKind::Other.into()));
        assert!(cache.get_or_make("ab.so", failing).is_err());
        assert!(cache.get_or_make("ab.so", make("x")).is_ok());
    }

    #[test]
    fn a_cache_below_a_file_says_which_variable_to_set() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let cache = Cache {
            root: file.path().join("cache"),
        };
        let error = cache.get_or_make("ab.so", make("x")).unwrap_err();
        assert!(
            matches!(
                error,
                CacheError {
                    doing: "create",
                    ..
                }
            ),
            "{error:?}"
        );
        let help = miette::Diagnostic::help(&error).expect("help").to_string();
        assert!(help.contains("FERROGRID_CACHE"), "{help}");
    }
}
