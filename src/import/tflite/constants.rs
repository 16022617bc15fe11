//! Weights, biases and other constants.

use super::super::values::signed_weights;
use super::{ImportError, Importer, damaged, element, shape};
use crate::graph::{Element, Quantization, TensorId, Values};

/// A constant as the file has it.
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
    quantization: Option<(Quantization, i32)>,
}

impl Constant {
    fn fail(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Tensor {
            tensor: self.name.clone(),
            reason: reason.into(),
        }
    }
}

impl Importer<'_> {
    /// The constant at an index; none where the tensor is computed.
    pub(super) fn constant(&mut self, index: i32) -> Result<Option<Constant>, ImportError> {
        let (place, table) = self.entry(index)?;
        let number = table.index(2)?;
        let buffer = self.buffers.get(number)?;
        let buffer = buffer.ok_or_else(|| damaged(format!("there is no buffer {number}")))?;
        let bytes = buffer.vector::<1>(0)?.as_flattened();
        let name = self.name(place, &table)?;
        let fail = |reason| ImportError::Tensor {
            tensor: name.clone(),
            reason,
        };
        if buffer.u64(2)? > 1 {
            return Err(fail(
                "lies outside the FlatBuffer (a model of more than 2 GB)".into(),
            ));
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let shape = shape(&table)?.map_err(fail)?;
        let element = element(&table)?.map_err(fail)?;
        let sizes = [&[element.bytes()], shape.as_slice()].concat();
        let wanted = sizes
            .iter()
            .try_fold(1_usize, |product, size| product.checked_mul(*size));
        if wanted != Some(bytes.len()) {
            let found = bytes.len();
            return Err(fail(format!(
                "has the shape {shape:?} of {element} in {found} bytes"
            )));
        }
        // Weights are copied once more when their axes are brought into order.
        self.take(2 * bytes.len())?;
        let quantization = self.quantization(&table)?;
        Ok(Some(Constant {
            name,
            shape,
            values: Values::from_bytes(element, bytes),
            quantization,
        }))
    }

    /// The constant at an index, which is weights or a bias.
    fn parameter(&mut self, index: i32) -> Result<Constant, ImportError> {
        if let Some(constant) = self.constant(index)? {
            return Ok(constant);
        }
        let (place, table) = self.entry(index)?;
        Err(ImportError::Tensor {
            tensor: self.name(place, &table)?,
            reason: "is computed, and used as weights or bias: these must be constant".into(),
        })
    }

    /// Weights with the output channels first, of which `axis` of the file is the axis.
    pub(super) fn weights(
        &mut self,
        index: i32,
        axis: usize,
    ) -> Result<(TensorId, Vec<usize>), ImportError> {
        let constant = self.parameter(index)?;
        let Some((meaning, channels)) = constant.quantization.clone() else {
            return Err(constant.fail("is not quantized"));
        };
        if meaning.scales.len() > 1 && usize::try_from(channels) != Ok(axis) {
            let reason = format!("has scales along axis {channels}; they must be along {axis}");
            return Err(constant.fail(reason));
        }
        // Depthwise weights are [1, row, column, output].
        let (shape, values) = match (axis, constant.shape.as_slice()) {
            (3, &[1, height, width, outputs]) => {
                let pixels = height * width;
                let from = |i| i % pixels * outputs + i / pixels;
                let values = constant.values.gathered(pixels * outputs, from);
                (vec![outputs, height, width, 1], values)
            }
            (3, shape) => return Err(constant.fail(format!("has the shape {shape:?}"))),
            (_, shape) => (shape.to_vec(), constant.values),
        };
        let (values, meaning) = signed_weights(values, meaning);
        let id = self
            .graph
            .constant(constant.name, shape.clone(), values, Some(meaning));
        Ok((id, shape))
    }

    /// The bias at an index; none at -1.
    pub(super) fn bias(&mut self, index: Option<i32>) -> Result<Option<TensorId>, ImportError> {
        let Some(index @ 0..) = index else {
            return Ok(None);
        };
        let constant = self.parameter(index)?;
        if constant.values.element() != Element::Int32 {
            let found = constant.values.element();
            return Err(constant.fail(format!("is a bias in {found}; only int32 is supported")));
        }
        let Constant {
            name,
            shape,
            values,
            quantization,
        } = constant;
        let meaning = quantization.map(|(meaning, _)| meaning);
        Ok(Some(self.graph.constant(name, shape, values, meaning)))
    }

    /// An operand that may be a constant, its leading axes of size 1 left out.
    pub(super) fn operand(&mut self, index: i32) -> Result<TensorId, ImportError> {
        let Some(constant) = self.constant(index)? else {
            return self.computed(index);
        };
        let sizes = constant.shape.iter().copied().skip_while(|size| *size == 1);
        let shape: Vec<_> = sizes.collect();
        let Constant {
            name,
            values,
            quantization,
            ..
        } = constant;
        let meaning = quantization.map(|(meaning, _)| meaning);
        Ok(self.graph.constant(name, shape, values, meaning))
    }
}
