//! What the checks of a parent need to know of a finished module.

use crate::ir::{DomainId, PortId};

/// Some of the domains of a module, of which there are at most 128.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DomainSet(u128);

impl DomainSet {
    pub fn of(domain: DomainId) -> Self {
        DomainSet(1 << domain.index())
    }

    pub fn union(self, other: Self) -> Self {
        DomainSet(self.0 | other.0)
    }

    pub fn without(self, other: Self) -> Self {
        DomainSet(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = DomainId> {
        (0..u128::BITS)
            .filter(move |index| self.0 >> index & 1 == 1)
            .map(DomainId)
    }

    pub fn first(self) -> Option<DomainId> {
        (self.0 != 0).then(|| DomainId(self.0.trailing_zeros()))
    }
}

impl FromIterator<DomainSet> for DomainSet {
    fn from_iter<I: IntoIterator<Item = DomainSet>>(sets: I) -> Self {
        sets.into_iter()
            .fold(DomainSet::default(), DomainSet::union)
    }
}

/// Facts about each port.
pub(crate) struct Summary {
    /// The inputs that an output follows without a register between.
    pub follows: Vec<Vec<PortId>>,
    /// The domains whose values an output shows, apart from its inputs'.
    pub shows: Vec<DomainSet>,
    /// The domains that sample an input without being marked as synchronizers.
    pub sampled_by: Vec<DomainSet>,
}
