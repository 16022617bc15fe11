//! Where a file goes that is to replace another.

use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// The place of a file to be written as `path`: links are followed, so that they stay links.
///
/// An error when something is there that is not a regular file: a folder, a pipe or a device
/// cannot be replaced by one. Without anything there, the path itself.
pub fn write_target(path: &Path) -> Result<PathBuf> {
    let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidInput, what));
    match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::canonicalize(path),
        Ok(found) if found.is_dir() => refuse("it is a folder"),
        Ok(_) => refuse("it exists and is not a regular file"),
        Err(_) if path.is_symlink() => refuse("it is a link that leads nowhere"),
        // Why a file cannot be made there is found by making it.
        Err(_) => Ok(path.to_owned()),
    }
}
