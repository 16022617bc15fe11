//! What the checks of a parent need to know of a finished module.

use crate::ir::{DomainId, PortId};
use std::collections::BTreeSet;

/// Facts about each port.
pub(crate) struct Summary {
    /// The inputs that an output follows without a register between.
    pub follows: Vec<Vec<PortId>>,
    /// The domains whose values an output shows, apart from its inputs'.
    pub shows: Vec<BTreeSet<DomainId>>,
    /// The domains that sample an input without being marked as synchronizers.
    pub sampled_by: Vec<BTreeSet<DomainId>>,
}
