//! The folder of compiled models: shared by processes, bounded, safe to delete at any time.

use crate::device::error::Error;
use fd_lock::RwLock;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Models are removed, oldest use first, when the cache is larger than this.
const LIMIT_BYTES: u64 = 1 << 30;

/// Younger models stay: another process may be about to load them.
const KEEP: Duration = Duration::from_secs(3600);

pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$FERROGRID_CACHE`, else `ferrogrid` in `$XDG_CACHE_HOME`, else in `~/.cache`.
    pub fn open() -> Result<Self, Error> {
        let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let root = set("FERROGRID_CACHE")
            .map(PathBuf::from)
            .or_else(|| set("XDG_CACHE_HOME").map(|dir| Path::new(&dir).join("ferrogrid")))
            .or_else(|| set("HOME").map(|dir| Path::new(&dir).join(".cache/ferrogrid")))
            .ok_or_else(|| {
                let source = io::Error::new(io::ErrorKind::NotFound, "HOME is not set");
                Error::Cache {
                    doing: "find",
                    path: "~/.cache/ferrogrid".into(),
                    source,
                }
            })?;
        // Libraries are loaded by path: a name without a slash would be looked up elsewhere.
        let root = std::path::absolute(&root).map_err(Error::cache("find", &root))?;
        Ok(Self { root })
    }

    /// The folder; it need not exist.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The cached file of this name, made by `make` if it is not there.
    ///
    /// `make` gets an empty folder on the same file system and returns the file in it that is to
    /// be kept. One process makes, the others wait for it.
    pub fn get_or_make(
        &self,
        name: &str,
        make: impl FnOnce(&Path) -> Result<PathBuf, Error>,
    ) -> Result<PathBuf, Error> {
        let path = self.root.join(name);
        if path.exists() {
            touch(&path);
            return Ok(path);
        }
        fs::create_dir_all(&self.root).map_err(Error::cache("create", &self.root))?;
        // A few lock files for all models, so that they need not be removed (which is racy).
        let lock_path = self
            .root
            .join(format!("{}.lock", &name[..name.len().min(2)]));
        let lock_file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(Error::cache("open", &lock_path))?;
        let mut lock = RwLock::new(lock_file);
        let _guard = loop {
            match lock.write() {
                Ok(guard) => break guard,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::cache("lock", &lock_path)(error)),
            }
        };
        if path.exists() {
            return Ok(path);
        }
        let scratch = self.scratch()?;
        let made = make(scratch.path())?;
        fs::rename(&made, &path).map_err(Error::cache("write", &path))?;
        self.prune(LIMIT_BYTES, KEEP);
        Ok(path)
    }

    fn scratch(&self) -> Result<TempDir, Error> {
        tempfile::Builder::new()
            .prefix(".build-")
            .tempdir_in(&self.root)
            .map_err(Error::cache("create a folder in", &self.root))
    }

    /// Removes what was used longest ago until `limit` bytes are left, and what builds that were
    /// killed left behind. Failing to is no error: the next build tries again.
    fn prune(&self, limit: u64, keep: Duration) {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return;
        };
        let now = SystemTime::now();
        let old = |used: SystemTime| now.duration_since(used).is_ok_and(|age| age >= keep);
        let mut models = Vec::new();
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
                .is_some_and(|extension| extension == "so" || extension == "o")
            {
                models.push((used, path, data.len()));
            }
        }
        let mut total: u64 = models.iter().map(|(_, _, bytes)| bytes).sum();
        models.sort();
        for (used, path, bytes) in models {
            if total <= limit || !old(used) {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
    }
}

/// Notes that the file was used. A cache that cannot be written is still good for reading.
fn touch(path: &Path) {
    if let Ok(file) = File::options().append(true).open(path) {
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

    fn make(text: &str) -> impl FnOnce(&Path) -> Result<PathBuf, Error> {
        move |dir| {
            let path = dir.join("made");
            fs::write(&path, text).map_err(Error::cache("write", &path))?;
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
    fn a_failed_build_leaves_nothing_and_can_be_repeated() {
        let (_dir, cache) = cache();
        let failing = |_: &Path| Err(Error::Scenario("no".to_owned()));
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
                Error::Cache {
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
