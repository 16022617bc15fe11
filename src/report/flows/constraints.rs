//! Constraints of a core as a top of its own.

use super::Flow;
use crate::synth::constraints::{CORE_CLOCK_MHZ, Format, core_clock};

impl Flow<'_> {
    /// The clock in a format.
    pub(super) fn constraints(&self, format: Format) -> String {
        core_clock(format, self.top(), self.clock(), CORE_CLOCK_MHZ)
    }
}
