//! What a node computes.

use super::View;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// What a node computes of its inputs.
///
/// Where a node requantizes, `x` is its first input, `w` its weights and `y` its output; the real
/// multiplier of a channel is `scale(x) * scale(w) / scale(y)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Inputs `[h, w, c]`, weights `[out, kernel h, kernel w, c / groups]` and, where there is one,
    /// an int32 bias `[out]`; output `[h, w, out]`. With as many groups as channels it is depthwise.
    Convolution(Convolution),
    /// Inputs `[.., features]`, weights `[out, features]` and, where there is one, an int32 bias
    /// `[out]`; output `[.., out]`.
    FullyConnected,
    /// The product of two inputs `[.., rows, inner]` and `[.., inner, columns]` whose first axes are equal; output
    /// `[.., rows, columns]`.
    MatMul,
    /// Two inputs, element by element; the second one may have the last axes of the first alone and is
    /// then repeated. Each has a quantization of its own.
    Binary(Binary),
    /// Means of windows of `[h, w, c]`.
    AveragePool(Pool),
    /// Largest values of windows of `[h, w, c]`; padding never wins.
    MaxPool(Pool),
    /// The mean of every channel of `[h, w, c]`, requantized; output `[1, 1, c]`.
    GlobalAveragePool,
    /// Values between those of `[h, w, c]`, in rows and columns; output `[height, width, c]`.
    ResizeLinear(Resize),
    /// The input within real limits, requantized; a relu is `0.0` to infinity.
    Clip {
        /// The lower limit.
        #[serde(deserialize_with = "below_all")]
        low: f32,
        /// The upper limit.
        #[serde(deserialize_with = "above_all")]
        high: f32,
    },
    /// A function of each element, requantized.
    Unary(Function),
    /// The first input where it is not negative, else times the second one, which may have the last axes of the first
    /// alone.
    PRelu,
    /// The first input times a factor of its channel, the last axis, and an offset of it added, in single precision
    /// between two quantizations: the second and the third input, constants of float32 `[c]`. What an inferring batch
    /// normalization comes down to.
    BatchNormalization,
    /// Elements in another order, left out or repeated.
    View(View),
    /// Elements at places along an axis.
    Select {
        /// The axis.
        axis: usize,
        /// For each place of the output that of the input.
        places: Vec<usize>,
    },
    /// Inputs one behind the other along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// Elements with others around and between them.
    Pad(Pad),
    /// The place of the first largest element along the last axis, which the output has no more.
    ArgMax,
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

/// A limit that may be none: JSON has no infinity, and writes null.
fn below_all<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f32::NEG_INFINITY))
}

/// As [`below_all`], of an upper one.
fn above_all<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f32::INFINITY))
}

/// Sizes of a convolution that its tensors do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What two elements become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binary {
    /// Their sum.
    Add,
    /// The first one less the second one.
    Sub,
    /// Their product.
    Mul,
    /// The larger one.
    Maximum,
    /// The smaller one.
    Minimum,
}

/// A function of real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// `x`, and `slope * x` below 0.
    LeakyRelu {
        /// The slope.
        slope: f32,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `x * max(0, min(1, x / 6 + 1 / 2))`.
    HardSwish,
    /// `max(0, min(1, slope * x + offset))`.
    HardSigmoid {
        /// The slope.
        slope: f32,
        /// The value at 0.
        offset: f32,
    },
    /// `x`, and `scale * (exp(x) - 1)` below 0.
    Elu {
        /// The scale.
        scale: f32,
    },
    /// `x` times the share of a normal distribution below it: `x / 2 * (1 + erf(x / sqrt(2)))`.
    Gelu {
        /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` instead.
        approximate: bool,
    },
}

/// What stands around and between elements, an entry for each axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pad {
    /// How many in front of the first.
    pub before: Vec<usize>,
    /// How many behind the last.
    pub after: Vec<usize>,
    /// How many between two.
    pub between: Vec<usize>,
    /// The integer that stands there.
    pub value: i32,
}

/// Sizes of a linear resize.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resize {
    /// Height and width of the result.
    pub size: [usize; 2],
    /// Where the elements of the result lie between those of the input.
    pub grid: Grid,
    /// How much larger the result is down and right; those of ONNX files need not be the ratios of the sizes.
    pub scales: [f32; 2],
}

/// How places of a resized image are places of the image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grid {
    /// Pixels have their size: the edges of both images are the same.
    HalfPixel,
    /// The centres of the pixels at the corners are the same.
    Corners,
    /// The centres of the first pixels are the same.
    Asymmetric,
}

impl Binary {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Binary::Add => "Add",
            Binary::Sub => "Sub",
            Binary::Mul => "Mul",
            Binary::Maximum => "Maximum",
            Binary::Minimum => "Minimum",
        }
    }
}

impl Function {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Function::LeakyRelu { .. } => "LeakyRelu",
            Function::Sigmoid => "Sigmoid",
            Function::Tanh => "Tanh",
            Function::HardSwish => "HardSwish",
            Function::HardSigmoid { .. } => "HardSigmoid",
            Function::Elu { .. } => "Elu",
            Function::Gelu { .. } => "Gelu",
        }
    }
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
            Operator::MatMul => "MatMul",
            Operator::Binary(binary) => binary.name(),
            Operator::Unary(function) => function.name(),
            Operator::PRelu => "PRelu",
            Operator::BatchNormalization => "BatchNormalization",
            Operator::View(_) => "View",
            Operator::Select { .. } => "Select",
            Operator::Concat { .. } => "Concat",
            Operator::Pad(_) => "Pad",
            Operator::ArgMax => "ArgMax",
            Operator::ResizeLinear(_) => "ResizeLinear",
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

    /// The real numbers that it computes with, but for limits.
    pub(super) fn reals(&self) -> Vec<f32> {
        match self {
            Operator::Unary(Function::LeakyRelu { slope }) => vec![*slope],
            Operator::Unary(Function::HardSigmoid { slope, offset }) => vec![*slope, *offset],
            Operator::Unary(Function::Elu { scale }) => vec![*scale],
            Operator::Softmax { beta } => vec![*beta],
            Operator::ResizeLinear(resize) => resize.scales.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Fewest and most inputs.
    pub(super) fn inputs(&self) -> (usize, usize) {
        match self {
            Operator::Convolution(_) | Operator::FullyConnected => (2, 3),
            Operator::Binary(_) | Operator::MatMul | Operator::PRelu => (2, 2),
            Operator::BatchNormalization => (3, 3),
            Operator::Concat { .. } => (1, usize::MAX),
            _ => (1, 1),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
