//! Files of users, which may be anything.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Files that are being read.
static READING: AtomicUsize = AtomicUsize::new(0);

/// Whether a file is being read: a pipe may keep whoever reads it waiting for ever.
pub fn is_reading() -> bool {
    READING.load(Ordering::SeqCst) > 0
}

/// Counts a file that is being read.
struct Reading;

impl Reading {
    fn begin() -> Reading {
        READING.fetch_add(1, Ordering::SeqCst);
        Reading
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A file that is being read.
pub(super) struct Source {
    file: File,
    _reading: Reading,
}

impl Read for Source {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        self.file.read(bytes)
    }
}

/// Opens a file that ends: no device.
pub(super) fn open(path: &Path) -> Result<Source> {
    let reading = Reading::begin();
    let file = File::open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = file.metadata()?.file_type();
        if kind.is_char_device() || kind.is_block_device() {
            return Err(Error::new(ErrorKind::InvalidInput, "it is a device"));
        }
    }
    Ok(Source {
        file,
        _reading: reading,
    })
}

/// Reads a file of at most so many bytes, and no device.
///
/// # Errors
/// When it is not to be read, is a device, or has more bytes.
pub fn read_file(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => {
            let reason = format!("it has more than {most} bytes");
            Err(Error::new(ErrorKind::FileTooLarge, reason))
        }
        false => Ok(bytes),
    }
}

/// Reads a text of at most so many bytes, and no device.
///
/// # Errors
/// As [`read_file`], or when it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String> {
    let text = String::from_utf8(read_file(path, most)?);
    text.map_err(|error| Error::new(ErrorKind::InvalidData, error.utf8_error()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "four").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "four");
        let error = read_file(&path, 3).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 3 bytes");
        fs::write(&path, [0xff]).unwrap();
        assert_eq!(
            read_text(&path, 4).unwrap_err().kind(),
            ErrorKind::InvalidData
        );
        assert_eq!(
            read_file(folder.path(), 4).unwrap_err().kind(),
            ErrorKind::IsADirectory
        );
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_not_read() {
        let error = read_file(Path::new("/dev/zero"), 4).unwrap_err();
        assert_eq!(error.to_string(), "it is a device");
    }
}
