//! The channels that a result has of a tensor of the network.

use crate::graph::Values;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The channels that are computed of a tensor: each other one is the same for every input, or nothing depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Their numbers in the tensor, in order.
    pub channels: Vec<usize>,
    /// How many the tensor has.
    pub of: usize,
}

impl Kept {
    /// What they are of the values of the tensor.
    ///
    /// # Panics
    /// When there is no such channel.
    pub fn of_tensor(&self, tensor: &Values) -> Values {
        let count = self.channels.len();
        let place = |element| element / count * self.of + self.channels[element % count];
        tensor.gathered(tensor.len() / self.of * count, place)
    }

    /// Whether these are different channels of the tensor, in order, and so many.
    pub fn is_valid(&self, count: usize) -> bool {
        let mut neighbours = self.channels.windows(2);
        let last = self.channels.last();
        self.channels.len() == count
            && neighbours.all(|pair| pair[0] < pair[1])
            && last.is_some_and(|last| *last < self.of)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kept {} of {} channels", self.channels.len(), self.of)
    }
}
