//! Elements in other places.

use super::Task;
use crate::graph::{Pad, Values, View};

/// How many elements stand behind an axis, for each place along it.
fn behind(shape: &[usize], axis: usize) -> usize {
    shape.iter().skip(axis + 1).product()
}

impl Task<'_> {
    pub(super) fn viewed(&self, view: &View) -> Result<Values, String> {
        let places: Vec<usize> = view.places().collect();
        Ok(self.input(0)?.gathered(places.len(), |index| places[index]))
    }

    pub(super) fn selected(&self, axis: usize, places: &[usize]) -> Result<Values, String> {
        let shape = &self.tensor(0).shape;
        let (size, behind) = (shape[axis], behind(shape, axis));
        let row = places.len() * behind;
        let from = |index: usize| {
            let (outer, inner) = (index / row, index % row);
            (outer * size + places[inner / behind]) * behind + inner % behind
        };
        Ok(self.input(0)?.gathered(self.output().len(), from))
    }

    /// Rows of each input by turns.
    pub(super) fn concatenated(&self, axis: usize) -> Result<Vec<i32>, String> {
        let inputs = (0..self.node.inputs.len()).map(|place| self.integers(place));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        let rows = |place: usize| {
            let shape = &self.tensor(place).shape;
            shape[axis] * behind(shape, axis)
        };
        let count: usize = self.output().shape[..axis].iter().product();
        let mut result = Vec::with_capacity(self.output().len());
        for outer in 0..count {
            for (place, input) in inputs.iter().enumerate() {
                let row = rows(place);
                result.extend(&input[outer * row..(outer + 1) * row]);
            }
        }
        Ok(result)
    }

    /// Axis by axis, the last one first.
    pub(super) fn padded(&self, pad: &Pad) -> Result<Vec<i32>, String> {
        let mut shape = self.tensor(0).shape.clone();
        let mut integers = self.integers(0)?;
        for axis in (0..shape.len()).rev() {
            let behind = behind(&shape, axis);
            let (size, step) = (shape[axis], pad.between[axis] + 1);
            shape[axis] = self.output().shape[axis];
            let mut wider = Vec::with_capacity(shape.iter().product());
            for row in integers.chunks(size * behind) {
                let start = wider.len();
                wider.resize(start + shape[axis] * behind, pad.value);
                for (place, element) in row.chunks(behind).enumerate() {
                    let at = start + (pad.before[axis] + place * step) * behind;
                    wider[at..at + behind].copy_from_slice(element);
                }
            }
            integers = wider;
        }
        Ok(integers)
    }

    pub(super) fn largest_places(&self) -> Result<Vec<i32>, String> {
        let length = self.tensor(0).shape.last().copied().unwrap_or(1);
        let integers = self.integers(0)?;
        let largest = integers.chunks(length).map(|row| {
            let places = row.iter().enumerate().rev();
            let largest = places.max_by_key(|(_, value)| **value);
            largest.map_or(0, |(place, _)| place as i32)
        });
        Ok(largest.collect())
    }
}
