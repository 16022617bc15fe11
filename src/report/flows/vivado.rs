//! The project script for Vivado.

use super::Flow;
use super::template::fill;

impl Flow<'_> {
    /// Tcl that makes a project and synthesizes the core out of context.
    pub(super) fn vivado(&self) -> String {
        fill(include_str!("templates/vivado.tcl"), &[("top", self.top())])
    }
}
