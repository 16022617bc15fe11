//! Padding that a file states by a rule.

use crate::graph::Padding;

/// Which side has the odd row or column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Odd {
    /// The end.
    End,
    /// The beginning.
    Beginning,
}

/// The padding that gives as many positions of the window as there are strides in an image of this
/// size ("same" padding), for `[down, right]`.
pub(super) fn same(
    size: [usize; 2],
    kernel: [usize; 2],
    strides: [usize; 2],
    dilations: [usize; 2],
    odd: Odd,
) -> Padding {
    let around = |axis: usize| {
        let window = (kernel[axis].max(1) - 1) * dilations[axis] + 1;
        let last = (size[axis].div_ceil(strides[axis].max(1)).max(1) - 1) * strides[axis];
        let total = (last + window).saturating_sub(size[axis]);
        match odd {
            Odd::End => (total / 2, total - total / 2),
            Odd::Beginning => (total - total / 2, total / 2),
        }
    };
    let ((top, bottom), (left, right)) = (around(0), around(1));
    Padding {
        top,
        left,
        bottom,
        right,
    }
}
