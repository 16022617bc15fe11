//! Padding that a file states by a rule.

use crate::graph::{Convolution, Pad, Padding};

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

/// The padding and the convolution that a transposed convolution is, of an image with so many rows and columns to one
/// of others, by its kernel and strides; `before` is what the convolution of which it is the transpose pads above and at
/// the left. Its kernel runs backwards. None where there is no such result.
pub(super) fn transposed(
    from: [usize; 2],
    to: [usize; 2],
    kernel: [usize; 2],
    strides: [usize; 2],
    before: [usize; 2],
    zero_point: i32,
) -> Option<(Pad, Convolution)> {
    let around = |axis: usize| -> Option<(usize, usize)> {
        let front = kernel[axis].checked_sub(1 + before[axis])?;
        let wide = from[axis].checked_sub(1)?.checked_mul(strides[axis])?;
        let whole = to[axis].checked_add(kernel[axis])?.checked_sub(1)?;
        let behind = whole.checked_sub(front)?.checked_sub(wide + 1)?;
        Some((front, behind))
    };
    let (rows, columns) = (around(0)?, around(1)?);
    let pad = Pad {
        before: vec![rows.0, columns.0, 0],
        after: vec![rows.1, columns.1, 0],
        between: vec![strides[0] - 1, strides[1] - 1, 0],
        value: zero_point,
    };
    let convolution = Convolution {
        strides: [1, 1],
        dilations: [1, 1],
        padding: Padding::default(),
        groups: 1,
    };
    Some((pad, convolution))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_row_or_column_has_its_side() {
        let padding = |odd| same([5, 8], [2, 3], [1, 2], [3, 1], odd);
        let [top, left, bottom, right] = [1, 0, 2, 1];
        let end = Padding {
            top,
            left,
            bottom,
            right,
        };
        assert_eq!(padding(Odd::End), end);
        let beginning = Padding {
            top: bottom,
            left: right,
            bottom: top,
            right: left,
        };
        assert_eq!(padding(Odd::Beginning), beginning);
        let wide_strides = same([7, 7], [1, 1], [3, 3], [1, 1], Odd::End);
        assert_eq!(wide_strides, Padding::default());
    }
}
