//! The mutations of the core that runs networks.

use super::Change::*;
use super::Spot::*;
use super::{Mutation, m};

/// Every mutation, in the order in which a network goes through the core.
#[rustfmt::skip]
pub const NPU: &[Mutation] = &[
    m("a wait takes nothing", "_front", Next("semaphore_0"), KeepLeft),
    m("the ring is read from the next row", "_ring", Output("weights"), Invert),
    m("a tile is not waited for", "_matrix", Wire("tile_is_there"), Stuck(1)),
    m("banks are never taken", "_matrix", Wire("bank_is_there"), Stuck(1)),
    m("POST stays in one bank", "_post", Next("bank"), Stuck(0)),
];
