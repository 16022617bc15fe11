//! An item of a module, and what it is ordered by.

use super::ast::Item;

/// The order of what a section holds; within a rank, by position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Declaration,
    Logic,
    Output,
}

/// An item and where it goes.
pub(super) struct Placed {
    pub(super) key: (usize, Rank, u32, bool),
    pub(super) item: Item,
}
