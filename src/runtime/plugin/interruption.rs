//! How a program that runs networks through another runtime ends a run.

use std::ops::ControlFlow;
use std::sync::OnceLock;

static ASKED: OnceLock<fn() -> bool> = OnceLock::new();

/// Has runs of all threads end where this says so, which they ask now and then. The first one that is set holds.
pub fn end_runs_when(asked: fn() -> bool) {
    ASKED.get_or_init(|| asked);
}

/// Watches a run.
pub fn interruptible(_cycles: u64) -> ControlFlow<()> {
    match ASKED.get() {
        Some(asked) if asked() => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}
