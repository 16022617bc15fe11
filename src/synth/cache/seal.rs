//! Files of the cache end with the hash of what is before it, so that one that was cut off or written over is
//! never loaded. Linkers and loaders do not look at what stands behind a library.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Bytes of the hash.
const HASH: usize = 32;

/// Closes a file that was made; folders stay as they are.
pub(super) fn seal(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let hash = Sha256::digest(fs::read(path)?);
    File::options().append(true).open(path)?.write_all(&hash)
}

/// Whether this is there, and as it was made.
pub(super) fn is_whole(path: &Path) -> bool {
    if path.is_dir() {
        return true;
    }
    let Ok(bytes) = fs::read(path) else {
        return false;
    };
    let Some((made, hash)) = bytes.split_last_chunk::<HASH>() else {
        return false;
    };
    Sha256::digest(made)[..] == hash[..]
}
