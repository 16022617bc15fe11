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
