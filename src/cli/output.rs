//! Standard output.

use super::error::CliError;
use std::io::{ErrorKind, Write};

/// Prints a text. A reader that has seen enough (`ferrogrid presets | head -1`) is no error.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}
