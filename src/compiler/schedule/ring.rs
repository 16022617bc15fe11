//! Which tiles of weights are in the ring, at a point of the program.

use std::collections::VecDeque;

/// The tiles, the oldest first: a layer and the number among its tiles.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring(VecDeque<(usize, usize)>);

impl Ring {
    /// WEIGHTS puts a tile behind all others.
    pub fn put(&mut self, layer: usize, tile: usize) {
        self.0.push_back((layer, tile));
    }

    /// How far a tile of a layer is from the oldest one.
    ///
    /// # Panics
    /// When it is not there.
    pub fn distance(&self, layer: usize, tile: usize) -> usize {
        let place = self.0.iter().position(|of| *of == (layer, tile));
        place.expect("a MATRIX comes behind its WEIGHTS")
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The oldest tiles leave.
    pub fn release(&mut self, tiles: usize) {
        self.0.drain(..tiles);
    }
}
