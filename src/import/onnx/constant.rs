//! Constants: initializers, and what nodes make of them.

use super::super::values::{from_bytes, size_of};
use super::ImportError;
use super::proto::TensorProto;
use crate::graph::{Element, Quantization, Values};

/// A constant with the axes of the file.
#[derive(Clone)]
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
    /// What its integers mean, once they are dequantized, and the axis of the scales where there
    /// are several.
    pub(super) meaning: Option<(Quantization, usize)>,
}

/// The values of a constant.
#[derive(Clone)]
pub(super) enum Data {
    /// Those that a graph may hold.
    Values(Values),
    /// Sizes.
    Int64(Vec<i64>),
}

/// The element of a type of `onnx.proto3`.
pub(super) fn element(code: i32) -> Result<Element, String> {
    let name = match code {
        1 => return Ok(Element::Float32),
        2 => return Ok(Element::Uint8),
        3 => return Ok(Element::Int8),
        6 => return Ok(Element::Int32),
        4 => "uint16",
        5 => "int16",
        7 => "int64",
        10 => "float16",
        11 => "double",
        16 => "bfloat16",
        17..=20 => "float8",
        21 => "uint4",
        22 => "int4",
        _ => {
            return Err(format!(
                "has the type number {code}, which is not supported"
            ));
        }
    };
    Err(format!("has the type {name}, which is not supported"))
}

const INT64: i32 = 7;

impl Constant {
    /// The constant of a message.
    pub(super) fn read(proto: &TensorProto) -> Result<Constant, ImportError> {
        let fail = |reason: String| ImportError::Tensor {
            tensor: proto.name.clone(),
            reason,
        };
        if proto.data_location != 0 {
            return Err(fail(
                "is in another file: save the model with its data inside".into(),
            ));
        }
        let size = |size: &i64| match usize::try_from(*size) {
            Ok(size) => Ok(size),
            Err(_) => Err(fail(format!("has the size {size}"))),
        };
        let shape = proto.dims.iter().map(size).collect::<Result<Vec<_>, _>>()?;
        let count = shape
            .iter()
            .try_fold(1_usize, |product, size| product.checked_mul(*size));
        let data = proto.data().map_err(fail)?;
        let found = match &data {
            Data::Values(values) => values.len(),
            Data::Int64(values) => values.len(),
        };
        if count != Some(found) {
            let reason = format!("has the shape {shape:?} and holds {found} values");
            return Err(fail(reason));
        }
        Ok(Constant {
            name: proto.name.clone(),
            shape,
            data,
            meaning: None,
        })
    }

    pub(super) fn fail(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Tensor {
            tensor: self.name.clone(),
            reason: reason.into(),
        }
    }

    /// The values, but for sizes.
    pub(super) fn values(&self) -> Result<&Values, ImportError> {
        match &self.data {
            Data::Values(values) => Ok(values),
            Data::Int64(_) => Err(self.fail("has the type int64, which is not supported here")),
        }
    }

    /// The values as integers.
    pub(super) fn integers(&self) -> Result<Vec<i32>, ImportError> {
        let integers = self.values()?.integers();
        integers.ok_or_else(|| self.fail("is float32, where integers are needed"))
    }

    /// The values as floating point.
    pub(super) fn floats(&self) -> Result<&[f32], ImportError> {
        let floats = self.values()?.floats();
        floats.ok_or_else(|| self.fail("is not float32"))
    }
}

impl TensorProto {
    /// The values, which stand as bytes or in the field of their type.
    fn data(&self) -> Result<Data, String> {
        if self.data_type == INT64 {
            let chunks = self.raw_data.as_chunks().0;
            let raw = || {
                chunks
                    .iter()
                    .map(|bytes| i64::from_le_bytes(*bytes))
                    .collect()
            };
            let typed = self.int64_data.clone();
            return Ok(Data::Int64(if typed.is_empty() { raw() } else { typed }));
        }
        let element = element(self.data_type)?;
        if !self.raw_data.is_empty() {
            if !self.raw_data.len().is_multiple_of(size_of(element)) {
                let bytes = self.raw_data.len();
                return Err(format!("has {bytes} bytes of {element}"));
            }
            return Ok(Data::Values(from_bytes(element, &self.raw_data)));
        }
        Ok(Data::Values(match element {
            Element::Float32 => Values::Float32(self.float_data.clone()),
            _ => Values::saturated(element, &self.int32_data),
        }))
    }
}
