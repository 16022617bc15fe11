//! What stands at the ports of a design that is synthesized.

use serde::Serialize;

/// What stands at the ports of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// Nothing: the router leaves the ports open. Paths that begin or end at a port have no part
    /// in Fmax.
    OutOfContext,
    /// Shift registers; see [`harness`](super::harness).
    Harness,
}
