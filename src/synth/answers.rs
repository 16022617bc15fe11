//! What the tools write, read again.

use super::error::{Stage, SynthError};
use super::router::TIMING;
use super::timing::{self, Timing};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;

pub(super) fn read(path: &Path) -> Result<String, SynthError> {
    fs::read_to_string(path).map_err(SynthError::files("read", path))
}

/// What the router says in its folder.
pub(super) fn read_timing(folder: &Path) -> Result<Timing, SynthError> {
    timing::parse(&read(&folder.join(TIMING))?).map_err(answer(Stage::Routing, TIMING))
}

/// For `map_err`: an answer that cannot be understood.
pub(super) fn answer(
    stage: Stage,
    file: &'static str,
) -> impl FnOnce(serde_json::Error) -> SynthError {
    move |error| SynthError::Answer {
        stage,
        file,
        reason: error.to_string(),
    }
}

/// SHA-256 of texts, in hexadecimal digits; which text ends where matters.
pub(super) fn hash(texts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for text in texts {
        sha.update((text.len() as u64).to_le_bytes());
        sha.update(text);
    }
    let mut digits = String::new();
    for byte in sha.finalize() {
        write!(digits, "{byte:02x}").expect("a String takes everything");
    }
    digits
}
