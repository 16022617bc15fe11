//! Elements of a tensor in another order.

use serde::{Deserialize, Serialize};

/// Elements of a tensor in another order, left out or repeated: the element at a place of the result is the one at
/// `offset` and, for each axis, so many steps of its stride, in the memory of the tensor.
///
/// ```
/// use ferrogrid::graph::View;
///
/// let transposed = View { shape: vec![3, 2], strides: vec![1, 3], offset: 0 };
/// assert_eq!(transposed.places().collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
/// assert_eq!(transposed.range(), Some(0..6));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Sizes of the result.
    pub shape: Vec<usize>,
    /// For each axis the distance of its elements, which may be negative, or 0 where one is repeated.
    pub strides: Vec<isize>,
    /// Where the first element of the result is.
    pub offset: usize,
}

/// The distance in memory of the elements along each axis of a shape.
pub fn strides_of(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

impl View {
    /// A tensor repeated along axes in which it has the size 1, or which it has not in front; none where sizes differ
    /// otherwise.
    pub fn repeating(from: &[usize], to: &[usize]) -> Option<View> {
        let front = to.len().checked_sub(from.len())?;
        let mut strides = vec![0; to.len()];
        for (axis, stride) in strides_of(from).into_iter().enumerate() {
            match from[axis] {
                1 => {}
                size if size == to[front + axis] => strides[front + axis] = stride,
                _ => return None,
            }
        }
        Some(View {
            shape: to.to_vec(),
            strides,
            offset: 0,
        })
    }

    /// The places of the tensor that the result has, in order.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let count = self.shape.iter().product();
        (0..count).map(|index| self.place(index))
    }

    /// The place in the tensor of an element of the result.
    pub(super) fn place(&self, mut index: usize) -> usize {
        let mut place = self.offset as isize;
        for (size, stride) in self.shape.iter().zip(&self.strides).rev() {
            place += (index % size) as isize * stride;
            index /= size;
        }
        place as usize
    }

    /// The places from the first that is read to behind the last; none where they are below 0 or too many, or where
    /// there is not a stride for each axis.
    pub fn range(&self) -> Option<std::ops::Range<usize>> {
        if self.shape.len() != self.strides.len() {
            return None;
        }
        let (mut first, mut last) = (self.offset as i64, self.offset as i64);
        for (size, stride) in self.shape.iter().zip(&self.strides) {
            let steps = i64::try_from(size.checked_sub(1)?).ok()?;
            let way = steps.checked_mul(*stride as i64)?;
            match way < 0 {
                true => first = first.checked_add(way)?,
                false => last = last.checked_add(way)?,
            }
        }
        let first = usize::try_from(first).ok()?;
        Some(first..usize::try_from(last).ok()?.checked_add(1)?)
    }
}
