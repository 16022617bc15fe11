//! Elements in other places.

use super::Step;
use crate::graph::{Pad, Values, View};

impl Step<'_> {
    pub(super) fn viewed(&self, view: &View) -> Values {
        let sizes = &view.shape;
        let input = self.input(0);
        let place = |index: usize| {
            let steps = places_of(index, sizes).into_iter().zip(&view.strides);
            let moved: isize = steps.map(|(at, stride)| at as isize * stride).sum();
            (view.offset as isize + moved) as usize
        };
        input.gathered(self.output().len(), place)
    }

    pub(super) fn selected(&self, axis: usize, places: &[usize]) -> Values {
        let (from, to) = (&self.input_tensor(0).shape, &self.output().shape);
        let place = |index: usize| {
            let mut at = places_of(index, to);
            at[axis] = places[at[axis]];
            index_of(&at, from)
        };
        self.input(0).gathered(self.output().len(), place)
    }

    pub(super) fn concatenated(&self, axis: usize) -> Vec<i32> {
        let to = &self.output().shape;
        let mut result = vec![0; self.output().len()];
        let mut first = 0;
        for place in 0..self.node.inputs.len() {
            let from = &self.input_tensor(place).shape;
            for (index, value) in self.integers(place).into_iter().enumerate() {
                let mut at = places_of(index, from);
                at[axis] += first;
                result[index_of(&at, to)] = value;
            }
            first += from[axis];
        }
        result
    }

    pub(super) fn padded(&self, pad: &Pad) -> Vec<i32> {
        let (from, to) = (&self.input_tensor(0).shape, &self.output().shape);
        let mut result = vec![pad.value; self.output().len()];
        for (index, value) in self.integers(0).into_iter().enumerate() {
            let mut at = places_of(index, from);
            for (axis, at) in at.iter_mut().enumerate() {
                *at = *at * (pad.between[axis] + 1) + pad.before[axis];
            }
            result[index_of(&at, to)] = value;
        }
        result
    }

    pub(super) fn largest_places(&self) -> Vec<i32> {
        let length = self.input_tensor(0).shape.last().copied().unwrap_or(1);
        let values = self.integers(0);
        let largest = values.chunks(length).map(|row| {
            let largest = row.iter().max();
            let place = row.iter().position(|value| Some(value) == largest);
            place.unwrap_or(0) as i32
        });
        largest.collect()
    }
}

/// The place along each axis of an element by its index.
fn places_of(mut index: usize, sizes: &[usize]) -> Vec<usize> {
    let mut places = vec![0; sizes.len()];
    for (place, size) in places.iter_mut().zip(sizes).rev() {
        *place = index % size;
        index /= size;
    }
    places
}

fn index_of(places: &[usize], sizes: &[usize]) -> usize {
    let pairs = places.iter().zip(sizes);
    pairs.fold(0, |index, (place, size)| index * size + place)
}
