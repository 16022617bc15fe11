//! Ctrl-C: work ends at the next occasion, and what was begun is removed on the way out.

use super::error::CliError;
use crate::device::is_reading;
use crate::synth::process;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C, or a request to end, only asks for the end: see [`check`].
pub(super) fn catch() {
    // Without a handler the default holds: the process ends at once, and may leave a file with a
    // random name behind. That is no reason to refuse to work.
    let _ = ctrlc::set_handler(|| {
        REQUESTED.store(true, Ordering::SeqCst);
        // Nothing is begun while inputs are read, and a pipe may never end.
        if is_reading() {
            std::process::exit(130);
        }
        process::end_all();
    });
}

/// The user wants to end.
pub(super) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Fails when the user wants to end.
pub(super) fn check() -> Result<(), CliError> {
    if requested() {
        return Err(CliError::Interrupted);
    }
    Ok(())
}
