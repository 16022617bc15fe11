//! A layer on its way.

use crate::compiler::bands::Bands;
use crate::compiler::lower::Layer;
use crate::compiler::tiling::Tiling;
use std::ops::Range;

/// A layer on its way.
pub(super) struct Work<'a> {
    pub index: usize,
    pub layer: &'a Layer,
    pub tiling: &'a Tiling,
    pub bands: Option<Bands>,
    /// Rows of the result under way.
    pub band: Range<usize>,
    /// The region and the offset that its result goes to.
    pub output: Option<(u32, u32)>,
    /// Tiles of C channels under way, and the first channel of theirs among the parameters.
    pub columns: Range<usize>,
    pub parameters: u32,
    /// The first of its groups among the weights of VECTOR.
    pub vector_weights: u32,
    /// Bytes of the result that were stored.
    pub stored: usize,
    /// Each POST tells who reads its result.
    pub tells_all: bool,
    /// No POST has waited for the parameters yet.
    pub first: bool,
}

impl Work<'_> {
    /// The first tile of those for C channels. A pool has the same ones for all.
    pub fn first_tile(&self, column: usize) -> usize {
        match self.layer.pool {
            Some(_) => 0,
            None => column * self.tiling.tiles(self.layer),
        }
    }
}
