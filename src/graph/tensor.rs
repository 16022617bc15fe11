//! Tensors: type, shape and quantization.

use super::Values;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// Two's complement, 8 bits.
    Int8,
    /// Unsigned, 8 bits.
    Uint8,
    /// Two's complement, 32 bits.
    Int32,
    /// IEEE single precision.
    Float32,
}

impl Element {
    /// The smallest and the largest integer; those of int32 for floating point, where no integer is
    /// out of range.
    pub const fn range(self) -> (i32, i32) {
        match self {
            Element::Int8 => (-128, 127),
            Element::Uint8 => (0, 255),
            Element::Int32 | Element::Float32 => (i32::MIN, i32::MAX),
        }
    }

    /// Bytes of one.
    pub const fn bytes(self) -> usize {
        match self {
            Element::Int8 | Element::Uint8 => 1,
            Element::Int32 | Element::Float32 => 4,
        }
    }

    /// True for int8 and uint8, the types of quantized activations and weights.
    pub const fn is_byte(self) -> bool {
        matches!(self, Element::Int8 | Element::Uint8)
    }
}

/// `int8`, `uint8`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Element::Int8 => "int8",
            Element::Uint8 => "uint8",
            Element::Int32 => "int32",
            Element::Float32 => "float32",
        })
    }
}

/// What an integer means: `scale * (integer - zero point)`.
///
/// Weights may have one scale and zero point per output channel, the first axis of their shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantization {
    /// One, or one per output channel.
    pub scales: Vec<f32>,
    /// As many as there are scales.
    pub zero_points: Vec<i32>,
}

impl Quantization {
    /// One scale and zero point for all elements.
    pub fn per_tensor(scale: f32, zero_point: i32) -> Quantization {
        Quantization {
            scales: vec![scale],
            zero_points: vec![zero_point],
        }
    }

    /// The scale of an output channel.
    ///
    /// # Panics
    /// When there are several and none for this channel.
    pub fn scale(&self, channel: usize) -> f32 {
        match self.scales.as_slice() {
            [scale] => *scale,
            scales => scales[channel],
        }
    }

    /// The zero point of an output channel.
    ///
    /// # Panics
    /// When there are several and none for this channel.
    pub fn zero_point(&self, channel: usize) -> i32 {
        match self.zero_points.as_slice() {
            [zero_point] => *zero_point,
            zero_points => zero_points[channel],
        }
    }
}

/// A tensor: the values that flow on an edge of the graph, or a constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Sizes without the batch axis.
    pub shape: Vec<usize>,
    /// Type of the elements.
    pub element: Element,
    /// What integers mean; none for floating point, and where the file says nothing.
    pub quantization: Option<Quantization>,
    /// The values of a constant.
    pub values: Option<Values>,
}

impl Tensor {
    /// How many elements there are; `usize::MAX` where a shape that is not checked has more.
    pub fn len(&self) -> usize {
        let times = |product: usize, size: &usize| product.saturating_mul(*size);
        self.shape.iter().fold(1, times)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
