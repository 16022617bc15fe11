//! Constants: initializers, and what nodes make of them.

use super::ImportError;
use super::proto::TensorProto;
use crate::graph::{Element, Quantization, Values, View, strides_of};
use ndarray::ArrayD;
use std::path::{Component, Path};
use std::rc::Rc;

/// A constant with the axes of the file.
#[derive(Clone)]
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
    /// What its integers mean, once they are dequantized, and the axis of the scales where there
    /// are several.
    pub(super) meaning: Option<(Quantization, usize)>,
    /// The file has 4 bits for each.
    pub(super) narrow: bool,
    /// The file has float16 for each: scales alone may be so.
    pub(super) half: bool,
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
        UINT4 => "uint4",
        INT4 => "int4",
        _ => {
            return Err(format!(
                "has the type number {code}, which is not supported"
            ));
        }
    };
    Err(format!("has the type {name}, which is not supported"))
}

const INT64: i32 = 7;
const FLOAT16: i32 = 10;
const UINT4: i32 = 21;
const INT4: i32 = 22;

/// The bytes of another file, by its name.
pub(super) type External<'a> = dyn FnMut(&str) -> Result<Rc<Vec<u8>>, String> + 'a;

impl Constant {
    /// The constant of a message, which may name another file.
    pub(super) fn read(
        proto: &TensorProto,
        external: &mut External,
    ) -> Result<Constant, ImportError> {
        let fail = |reason: String| ImportError::Tensor {
            tensor: proto.name.clone(),
            reason,
        };
        let size = |size: &i64| match usize::try_from(*size) {
            Ok(size) => Ok(size),
            Err(_) => Err(fail(format!("has the size {size}"))),
        };
        let shape = proto.dims.iter().map(size).collect::<Result<Vec<_>, _>>()?;
        let count = shape
            .iter()
            .try_fold(1_usize, |product, size| product.checked_mul(*size));
        let mut proto = proto;
        let with_data;
        if proto.data_location != 0 {
            with_data = proto.with_external(external).map_err(fail)?;
            proto = &with_data;
        }
        let data = proto.data(count).map_err(fail)?;
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
            narrow: [UINT4, INT4].contains(&proto.data_type),
            half: proto.data_type == FLOAT16,
        })
    }

    /// With its axes in another order.
    pub(super) fn transposed(&self, order: &[usize]) -> Constant {
        let strides = strides_of(&self.shape);
        let shape: Vec<usize> = order.iter().map(|axis| self.shape[*axis]).collect();
        let view = View {
            strides: order.iter().map(|axis| strides[*axis]).collect(),
            shape: shape.clone(),
            offset: 0,
        };
        let places: Vec<usize> = view.places().collect();
        let data = match &self.data {
            Data::Values(values) => Data::Values(values.gathered(places.len(), |at| places[at])),
            Data::Int64(values) => Data::Int64(places.iter().map(|at| values[*at]).collect()),
        };
        let meaning = self.meaning.clone().map(|(meaning, axis)| {
            let place = order.iter().position(|of| *of == axis);
            (meaning, place.unwrap_or(axis))
        });
        Constant {
            shape,
            data,
            meaning,
            ..self.clone()
        }
    }

    /// Sizes, places or steps.
    pub(super) fn whole_numbers(&self) -> Result<Vec<i64>, ImportError> {
        match &self.data {
            Data::Int64(values) => Ok(values.clone()),
            Data::Values(_) => Ok(self.integers()?.into_iter().map(i64::from).collect()),
        }
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
            Data::Values(_) if self.half => {
                Err(self.fail("has the type float16, which is not supported here"))
            }
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

    /// As [`Self::floats`], of those that may be float16.
    pub(super) fn scales(&self) -> Result<&[f32], ImportError> {
        match &self.data {
            Data::Values(Values::Float32(scales)) => Ok(scales),
            _ => self.floats(),
        }
    }
}

impl TensorProto {
    /// A constant in single or half precision that is in the model; none where its type is another one, or its bytes
    /// are not what its shape says.
    pub fn reals(&self) -> Option<ArrayD<f32>> {
        let constant = Constant::read(self, &mut |_| Err("must be in the model".into())).ok()?;
        let reals = constant.scales().ok()?.to_vec();
        ArrayD::from_shape_vec(constant.shape, reals).ok()
    }

    /// Takes in what is in another file, which `file` reads.
    pub(super) fn embed(&mut self, external: &mut External) -> Result<(), ImportError> {
        if self.data_location != 0 {
            let with_data = self.with_external(external);
            *self = with_data.map_err(|reason| ImportError::Tensor {
                tensor: self.name.clone(),
                reason,
            })?;
        }
        Ok(())
    }

    /// With the bytes that are in another file.
    fn with_external(&self, external: &mut External) -> Result<TensorProto, String> {
        let entry = |key: &str| {
            let entries = self.external_data.iter();
            entries
                .rev()
                .find(|entry| entry.key == key)
                .map(|entry| entry.value.as_str())
        };
        let location = entry("location").ok_or("is in another file, which is not named")?;
        // Nothing outside of the folder of the model is read.
        let is_inside = Path::new(location)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !is_inside || location.is_empty() || location.contains(['\\', ':']) {
            return Err(format!(
                "is in the file `{location}`, which is not beside the model"
            ));
        }
        let number = |key: &str| -> Result<Option<usize>, String> {
            let number = entry(key).map(str::parse).transpose();
            number.map_err(|_| format!("has the {key} `{}`", entry(key).unwrap_or_default()))
        };
        let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
        let file = external(location)?;
        let length = length.unwrap_or_else(|| file.len().saturating_sub(offset));
        let bytes = offset
            .checked_add(length)
            .and_then(|end| file.get(offset..end));
        let bytes = bytes.ok_or_else(|| {
            format!(
                "is at byte {offset} of `{location}`, which has {} bytes",
                file.len()
            )
        })?;
        Ok(TensorProto {
            raw_data: bytes.to_vec(),
            data_location: 0,
            external_data: Vec::new(),
            ..self.clone()
        })
    }

    /// So many values of 4 bits, the lower half of a byte first.
    fn nibbles(&self, count: Option<usize>) -> Result<Data, String> {
        let bytes = match self.raw_data.is_empty() {
            true => self.int32_data.iter().map(|byte| *byte as u8).collect(),
            false => self.raw_data.clone(),
        };
        let halves = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]);
        let count = count.filter(|count| count.div_ceil(2) == bytes.len());
        let count = count.ok_or_else(|| format!("has {} bytes", bytes.len()))?;
        let halves = halves.take(count);
        Ok(Data::Values(match self.data_type {
            UINT4 => Values::Uint8(halves.collect()),
            _ => Values::Int8(halves.map(|half| (half << 4) as i8 >> 4).collect()),
        }))
    }

    /// Values of float16 as float32.
    fn halves(&self) -> Data {
        let typed = self.int32_data.iter().map(|half| *half as u16);
        let (raw, _) = self.raw_data.as_chunks();
        let raw = raw.iter().map(|bytes| u16::from_le_bytes(*bytes));
        let wide = |half: u16| {
            let (exponent, fraction) = (i32::from(half >> 10 & 31), f32::from(half & 0x3ff));
            let value = match exponent {
                0 => fraction * 2_f32.powi(-24),
                31 if fraction > 0.0 => f32::NAN,
                31 => f32::INFINITY,
                _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
            };
            if half >> 15 == 1 { -value } else { value }
        };
        Data::Values(Values::Float32(typed.chain(raw).map(wide).collect()))
    }

    /// The values, which stand as bytes or in the field of their type.
    fn data(&self, count: Option<usize>) -> Result<Data, String> {
        if [UINT4, INT4].contains(&self.data_type) {
            return self.nibbles(count);
        }
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
        if self.data_type == FLOAT16 {
            return Ok(self.halves());
        }
        let element = element(self.data_type)?;
        if !self.raw_data.is_empty() {
            if !self.raw_data.len().is_multiple_of(element.bytes()) {
                let bytes = self.raw_data.len();
                return Err(format!("has {bytes} bytes of {element}"));
            }
            return Ok(Data::Values(Values::from_bytes(element, &self.raw_data)));
        }
        Ok(Data::Values(match element {
            Element::Float32 => Values::Float32(self.float_data.clone()),
            _ => Values::saturated(element, &self.int32_data),
        }))
    }
}

/// Bytes of a constant, about.
pub(super) fn size(constant: &Constant) -> usize {
    8 * constant.shape.iter().product::<usize>()
}
