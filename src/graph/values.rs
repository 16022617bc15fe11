//! The numbers of a tensor.

use super::Element;
use serde::{Deserialize, Serialize};

/// The numbers of a tensor, the last axis of its shape side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// Two's complement, 8 bits.
    Int8(Vec<i8>),
    /// Unsigned, 8 bits.
    Uint8(Vec<u8>),
    /// Two's complement, 32 bits.
    Int32(Vec<i32>),
    /// IEEE single precision.
    Float32(Vec<f32>),
}

impl Values {
    /// Their type.
    pub fn element(&self) -> Element {
        match self {
            Values::Int8(_) => Element::Int8,
            Values::Uint8(_) => Element::Uint8,
            Values::Int32(_) => Element::Int32,
            Values::Float32(_) => Element::Float32,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Int8(values) => values.len(),
            Values::Uint8(values) => values.len(),
            Values::Int32(values) => values.len(),
            Values::Float32(values) => values.len(),
        }
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, where they are integers.
    pub fn integers(&self) -> Option<Vec<i32>> {
        match self {
            Values::Int8(values) => Some(values.iter().map(|value| i32::from(*value)).collect()),
            Values::Uint8(values) => Some(values.iter().map(|value| i32::from(*value)).collect()),
            Values::Int32(values) => Some(values.clone()),
            Values::Float32(_) => None,
        }
    }

    /// The numbers, where they are floating point.
    pub fn floats(&self) -> Option<&[f32]> {
        match self {
            Values::Float32(values) => Some(values),
            _ => None,
        }
    }

    /// Integers as elements of a type; what the type does not hold becomes its nearest number.
    pub fn saturated(element: Element, integers: &[i32]) -> Values {
        let (low, high) = element.range();
        let clamped = integers.iter().map(|value| (*value).clamp(low, high));
        match element {
            Element::Int8 => Values::Int8(clamped.map(|value| value as i8).collect()),
            Element::Uint8 => Values::Uint8(clamped.map(|value| value as u8).collect()),
            Element::Int32 => Values::Int32(integers.to_vec()),
            Element::Float32 => Values::Float32(clamped.map(|value| value as f32).collect()),
        }
    }

    /// Elements of a type from their bytes, little-endian; bytes behind the last whole one are left out.
    pub fn from_bytes(element: Element, bytes: &[u8]) -> Values {
        let words = || bytes.chunks_exact(4).map(|of| [of[0], of[1], of[2], of[3]]);
        match element {
            Element::Int8 => Values::Int8(bytes.iter().map(|byte| *byte as i8).collect()),
            Element::Uint8 => Values::Uint8(bytes.to_vec()),
            Element::Int32 => Values::Int32(words().map(i32::from_le_bytes).collect()),
            Element::Float32 => Values::Float32(words().map(f32::from_le_bytes).collect()),
        }
    }

    /// Their bytes, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Values::Int8(values) => values.iter().map(|value| *value as u8).collect(),
            Values::Uint8(values) => values.clone(),
            Values::Int32(values) => values.iter().flat_map(|of| of.to_le_bytes()).collect(),
            Values::Float32(values) => values.iter().flat_map(|of| of.to_le_bytes()).collect(),
        }
    }

    /// The value at each place `from(i)` of these, for `i` from 0 to `count`.
    ///
    /// # Panics
    /// When there is no such place.
    #[track_caller]
    pub fn gathered(&self, count: usize, from: impl Fn(usize) -> usize) -> Values {
        let places = (0..count).map(from);
        match self {
            Values::Int8(values) => Values::Int8(places.map(|i| values[i]).collect()),
            Values::Uint8(values) => Values::Uint8(places.map(|i| values[i]).collect()),
            Values::Int32(values) => Values::Int32(places.map(|i| values[i]).collect()),
            Values::Float32(values) => Values::Float32(places.map(|i| values[i]).collect()),
        }
    }
}
