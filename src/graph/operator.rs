//! What a node computes.

use std::fmt;

/// What a node computes of its inputs.
///
/// Where a node requantizes, `x` is its first input, `w` its weights and `y` its output; the real
/// multiplier of a channel is `scale(x) * scale(w) / scale(y)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// Inputs `[h, w, c]`, weights `[out, kernel h, kernel w, c / groups]` and, where there is one,
    /// an int32 bias `[out]`; output `[h, w, out]`. With as many groups as channels it is depthwise.
    Convolution(Convolution),
    /// Inputs `[.., features]`, weights `[out, features]` and, where there is one, an int32 bias
    /// `[out]`; output `[.., out]`.
    FullyConnected,
    /// The sum of two inputs; the second one may have the last axes of the first alone and is
    /// then repeated. Each has a quantization of its own.
    Add,
    /// Means of windows of `[h, w, c]`.
    AveragePool(Pool),
    /// Largest values of windows of `[h, w, c]`; padding never wins.
    MaxPool(Pool),
    /// The mean of every channel of `[h, w, c]`; output `[1, 1, c]`.
    GlobalAveragePool,
    /// The input within real limits, requantized; a relu is `0.0` to infinity.
    Clip {
        /// The lower limit.
        low: f32,
        /// The upper limit.
        high: f32,
    },
    /// The same values with another shape.
    Reshape {
        /// Sizes of the output.
        shape: Vec<usize>,
    },
    /// Floating point to integers, or integers to those of another quantization.
    Quantize,
    /// Integers to floating point.
    Dequantize,
    /// `exp(beta * x) / sum of exp(beta * x)` along the last axis.
    Softmax {
        /// Factor of the exponents.
        beta: f32,
    },
}

/// Sizes of a convolution that its tensors do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Steps of the window, down and right.
    pub strides: [usize; 2],
    /// Distances of neighbours in the window, down and right.
    pub dilations: [usize; 2],
    /// Rows and columns of the zero point around the input.
    pub padding: Padding,
    /// Parts into which input and output channels are split.
    pub groups: usize,
}

/// Sizes of a pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Steps of the window, down and right.
    pub strides: [usize; 2],
    /// Rows and columns around the input.
    pub padding: Padding,
    /// Whether the padding counts in a mean.
    pub count_padding: bool,
}

/// Rows and columns around an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Columns at the left.
    pub left: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns at the right.
    pub right: usize,
}

impl Padding {
    /// Height, width and channels of an image with this around it; none where nothing is so large.
    pub fn around(&self, [height, width, channels]: [usize; 3]) -> Option<[usize; 3]> {
        let add = |size: usize, more: [usize; 2]| size.checked_add(more[0])?.checked_add(more[1]);
        Some([
            add(height, [self.top, self.bottom])?,
            add(width, [self.left, self.right])?,
            channels,
        ])
    }

    /// Both, one around the other.
    pub fn with(&self, other: &Padding) -> Padding {
        Padding {
            top: self.top + other.top,
            left: self.left + other.left,
            bottom: self.bottom + other.bottom,
            right: self.right + other.right,
        }
    }
}

impl Operator {
    /// The name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Operator::Convolution(_) => "Convolution",
            Operator::FullyConnected => "FullyConnected",
            Operator::Add => "Add",
            Operator::AveragePool(_) => "AveragePool",
            Operator::MaxPool(_) => "MaxPool",
            Operator::GlobalAveragePool => "GlobalAveragePool",
            Operator::Clip { .. } => "Clip",
            Operator::Reshape { .. } => "Reshape",
            Operator::Quantize => "Quantize",
            Operator::Dequantize => "Dequantize",
            Operator::Softmax { .. } => "Softmax",
        }
    }

    /// Fewest and most inputs.
    pub(super) fn inputs(&self) -> (usize, usize) {
        match self {
            Operator::Convolution(_) | Operator::FullyConnected => (2, 3),
            Operator::Add => (2, 2),
            _ => (1, 1),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
