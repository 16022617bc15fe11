//! Operators between DequantizeLinear and QuantizeLinear.

use super::site::Site;
use super::value::{Activation, Axes, Pending, Value, file_shape};
use super::{ImportError, Importer};
use crate::graph::{Operator, TensorId};

/// No limits.
pub(super) const ALL: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];

impl Importer<'_> {
    /// An input that stands for real numbers.
    pub(super) fn real(&mut self, site: &Site, place: usize) -> Result<Activation, ImportError> {
        match self.value(site, place)? {
            Value::Activation(activation) if activation.real => Ok(activation),
            Value::Pending(pending) => Err(pending.float()),
            _ => Err(site.float()),
        }
    }

    /// The result of a node, with these axes.
    pub(super) fn pending(
        &self,
        site: &Site,
        operator: Operator,
        inputs: Vec<TensorId>,
        axes: Axes,
    ) -> Value {
        Value::Pending(Pending {
            node: site.name.clone(),
            op_type: site.proto.op_type.clone(),
            operator,
            inputs,
            axes,
            limits: ALL,
        })
    }

    pub(super) fn convolution(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let weights = self.dequantized(site, 1)?;
        let (operator, inputs) = self.convolution_of(site, &x, weights, 2)?;
        Ok(self.pending(site, operator, inputs, x.axes))
    }

    pub(super) fn product(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        if let Value::Activation(_) = self.value(site, 1)? {
            return Err(site.fail("multiplies two activations, which is not supported"));
        }
        let weights = self.dequantized(site, 1)?;
        let bias = (site.proto.op_type == "Gemm").then_some(2);
        let inputs = self.product_of(site, &x, weights, bias)?;
        Ok(self.pending(
            site,
            Operator::FullyConnected,
            inputs,
            Axes::of(x.axes.rank),
        ))
    }

    pub(super) fn softmax(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let rank = x.axes.rank;
        let shape = file_shape(&self.graph[x.id].shape, rank);
        // Before version 13 all axes from this one on were one.
        let default = if self.opset < 13 { 1 } else { -1 };
        let axis = site.axis(site.int("axis", default), rank)?;
        let last = shape.iter().skip(axis + 1).all(|size| *size == 1) || axis + 1 == rank;
        if rank == 4 || x.axes.flattened.is_some() || !last {
            let reason = format!(
                "is a softmax along axis {axis} of {shape:?}; only the last axis is supported"
            );
            return Err(site.fail(reason));
        }
        let operator = Operator::Softmax { beta: 1.0 };
        Ok(self.pending(site, operator, vec![x.id], x.axes))
    }
}
