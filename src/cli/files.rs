//! Files and folders that appear whole or not at all.

use super::error::CliError;
use super::interrupt;
use crate::device::npy::write_target;
use crate::report::{Package, PackageFile};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// Begins the names of everything that is not finished.
const PREFIX: &str = ".ferrogrid-";

/// For `map_err`: something that could not be written.
fn write_error(path: &Path) -> impl FnOnce(io::Error) -> CliError {
    let path = path.to_owned();
    move |error| cannot_write(path, &error)
}

fn cannot_write(path: PathBuf, error: &io::Error) -> CliError {
    let reason = plain(error);
    match error.kind() {
        ErrorKind::DirectoryNotEmpty => CliError::Write {
            path,
            reason: "something else was written there at the same time".into(),
        },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            CliError::Room { path, reason }
        }
        _ => CliError::Write { path, reason },
    }
}

/// For `map_err`: nothing new could be made in `folder`, on the way to `path`.
pub(in crate::cli) fn make_error(path: &Path, folder: &Path) -> impl FnOnce(io::Error) -> CliError {
    let (path, folder) = (path.to_owned(), folder.to_owned());
    move |error| match error.kind() {
        ErrorKind::NotFound => {
            let place = folder.display();
            // Such are the folders of /proc.
            let reason = match folder.is_dir() {
                true => format!("the folder `{place}` takes no new files"),
                false => format!("there is no folder `{place}`"),
            };
            CliError::Write { path, reason }
        }
        ErrorKind::NotADirectory => CliError::Write {
            path,
            reason: "a part of this path is no folder".into(),
        },
        _ => cannot_write(path, &error),
    }
}

/// What went wrong, without the random names that `tempfile` adds.
fn plain(error: &io::Error) -> String {
    match error.get_ref() {
        Some(_) => error.kind().to_string(),
        None => error.to_string(),
    }
}

/// The folder that a new file or folder at `path` goes to.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file beside its place, which [`PendingFile::keep`] moves there.
pub(super) struct PendingFile {
    file: NamedTempFile,
    /// As the user calls it.
    path: PathBuf,
    /// Where links lead.
    target: PathBuf,
}

impl PendingFile {
    /// An empty file beside `path`, or beside the file that it leads to.
    pub fn new(path: &Path) -> Result<PendingFile, CliError> {
        let target = write_target(path).map_err(|error| CliError::Write {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file; the process's umask still applies.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let folder = folder_of(&target);
        let file = builder
            .tempfile_in(folder)
            .map_err(make_error(path, folder))?;
        Ok(PendingFile {
            file,
            path: path.to_owned(),
            target,
        })
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What to say when it could not be written.
    pub fn error(&self, error: &io::Error) -> CliError {
        cannot_write(self.path.clone(), error)
    }

    /// Moves it to its place, over what is there.
    pub fn keep(self) -> Result<(), CliError> {
        let PendingFile { file, path, target } = self;
        file.persist(&target)
            .map_err(|error| write_error(&path)(error.error))?;
        Ok(())
    }
}

/// What tells one file from another, by whichever path it is named; also for a file to come.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| {
        let folder = folder_of(path);
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        folder.join(path.file_name().unwrap_or_default())
    })
}

/// Writes a file that does not exist yet.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), CliError> {
    if path.symlink_metadata().is_ok() {
        return Err(CliError::Exists { path: path.into() });
    }
    let mut pending = PendingFile::new(path)?;
    pending
        .file
        .as_file_mut()
        .write_all(text.as_bytes())
        .map_err(write_error(path))?;
    let PendingFile { file, path, target } = pending;
    file.persist_noclobber(&target)
        .map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => CliError::Exists { path: path.clone() },
            _ => write_error(&path)(error.error),
        })?;
    Ok(())
}

/// Writes a file over what is there.
pub(super) fn write_over(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut pending = PendingFile::new(path)?;
    let written = pending.file.as_file_mut().write_all(bytes);
    written.map_err(|error| pending.error(&error))?;
    pending.keep()
}

/// Writes files into a folder, when each has found room; makes the folder. Files of their names are written over if
/// they begin with the same two words, as those of an earlier run do.
pub(super) fn write_into(folder: &Path, files: &[PackageFile]) -> Result<(), CliError> {
    fs::create_dir_all(folder).map_err(write_error(folder))?;
    let begins = |text: &str| Vec::from_iter(text.split_whitespace().take(2).map(str::to_owned));
    for of in files {
        let path = folder.join(&of.path);
        let differs =
            |earlier: Vec<u8>| begins(&String::from_utf8_lossy(&earlier)) != begins(&of.text);
        if fs::read(&path).is_ok_and(differs) {
            return Err(CliError::Exists { path });
        }
    }
    let pending = files.iter().map(|of| {
        let mut pending = PendingFile::new(&folder.join(&of.path))?;
        let written = pending.file.as_file_mut().write_all(of.text.as_bytes());
        written.map_err(|error| pending.error(&error))?;
        Ok(pending)
    });
    let pending = pending.collect::<Result<Vec<_>, CliError>>()?;
    pending.into_iter().try_for_each(PendingFile::keep)
}

/// Fails when a file that is written is also another file of the run.
pub(super) fn check_distinct<'a>(
    read: impl IntoIterator<Item = (&'static str, &'a Path)>,
    written: impl IntoIterator<Item = (&'static str, &'a Path)>,
) -> Result<(), CliError> {
    let read = read.into_iter();
    let mut files: Vec<_> = read.map(|(what, path)| (what, identity(path))).collect();
    for (second, path) in written {
        let file = identity(path);
        if let Some((first, _)) = files.iter().find(|(_, other)| *other == file) {
            let path = path.to_owned();
            return Err(CliError::Same {
                first,
                second,
                path,
            });
        }
        files.push((second, file));
    }
    Ok(())
}

/// Writes a package to a folder that does not exist, is empty, or holds an earlier package that
/// nobody changed (or with `force`, one that somebody did).
pub(super) fn write_package(path: &Path, package: &Package, force: bool) -> Result<(), CliError> {
    let target = std::path::absolute(path).map_err(write_error(path))?;
    // A link stays a link: what it leads to is replaced.
    let target = fs::canonicalize(&target).unwrap_or(target);
    let exists = target.symlink_metadata().is_ok();
    if exists {
        check_replaceable(path, &target, force)?;
    }

    let parent = folder_of(&target);
    let there = parent.ancestors().find(|folder| folder.exists());
    let there = there.unwrap_or(parent);
    let scratch = tempfile::Builder::new().prefix(PREFIX).tempdir_in(there);
    let scratch = scratch.map_err(make_error(path, there))?;
    let fresh = scratch.path().join("new");
    let manifest = package.manifest();
    for file in package.files.iter().chain([&manifest]) {
        write_file(&fresh, file).map_err(write_error(path))?;
    }
    interrupt::check()?;

    let missing: Vec<&Path> = parent
        .ancestors()
        .take_while(|folder| !folder.exists())
        .collect();
    let moved =
        fs::create_dir_all(parent).and_then(|()| replace(&target, &fresh, &scratch, exists));
    if moved.is_err() {
        for folder in missing {
            // Only what was made for nothing; not when somebody else uses it by now.
            let _ = fs::remove_dir(folder);
        }
    }
    moved.map_err(write_error(path))
}

fn write_file(folder: &Path, file: &PackageFile) -> io::Result<()> {
    let path = folder.join(&file.path);
    fs::create_dir_all(folder_of(&path))?;
    fs::write(path, &file.text)
}

/// Puts `fresh` in the place of `target`; what was there goes with `scratch`.
fn replace(target: &Path, fresh: &Path, scratch: &TempDir, exists: bool) -> io::Result<()> {
    let old = scratch.path().join("old");
    if exists {
        fs::rename(target, &old)?;
    }
    fs::rename(fresh, target).inspect_err(|_| {
        if exists {
            let _ = fs::rename(&old, target);
        }
    })
}

/// Whether the folder `target`, called `path` by the user, may be replaced.
fn check_replaceable(path: &Path, target: &Path, force: bool) -> Result<(), CliError> {
    let not_ours = || CliError::NotOurs { path: path.into() };
    if !target.is_dir() {
        return Err(CliError::Exists { path: path.into() });
    }
    if std::env::current_dir().is_ok_and(|current| current.starts_with(target)) {
        return Err(CliError::Current { path: path.into() });
    }
    let mut found = BTreeMap::new();
    list(target, "", &mut found).map_err(write_error(path))?;
    if found.is_empty() {
        return Ok(());
    }
    let manifest = found.remove(Package::MANIFEST).ok_or_else(not_ours)?;
    if force {
        return Ok(());
    }
    let manifest = fs::read_to_string(manifest).map_err(|_| not_ours())?;
    let written: BTreeMap<&str, &str> = manifest
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, file)| (file, hash))
        .collect();
    let changed = |(name, file): &(&String, &PathBuf)| {
        let contents = fs::read(file).unwrap_or_default();
        written.get(name.as_str()) != Some(&Package::hash(&contents).as_str())
    };
    let files: Vec<String> = found
        .iter()
        .filter(changed)
        .map(|(name, _)| name.clone())
        .collect();
    if files.is_empty() {
        return Ok(());
    }
    let path = path.into();
    Err(CliError::Changed { path, files })
}

/// The files in a folder by their path below it; empty folders and links count as files.
fn list(folder: &Path, prefix: &str, found: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    let mut empty = true;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.insert(name, entry.path());
        }
        empty = false;
    }
    if empty && !prefix.is_empty() {
        found.insert(prefix.to_owned(), folder.to_owned());
    }
    Ok(())
}
