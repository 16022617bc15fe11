//! Operators between DequantizeLinear and QuantizeLinear.

use super::site::Site;
use super::value::{Activation, Axes, Pending, Value};
use super::{ImportError, Importer};
use crate::graph::{Element, Limits, Node, Operator, Tensor, TensorId};

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
            padding: None,
            affine: None,
        })
    }

    /// The result of a layer with weights, and the place of its bias in the file.
    pub(super) fn pending_sums(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: Vec<TensorId>,
        bias: Option<usize>,
        axes: Axes,
    ) -> Result<Value, ImportError> {
        let affine = Some(Box::new(self.with_bias(site, bias, &inputs)?));
        Ok(match self.pending(site, operator, inputs, axes) {
            Value::Pending(pending) => Value::Pending(Pending { affine, ..pending }),
            other => other,
        })
    }

    pub(super) fn convolution(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let weights = self.dequantized(site, 1)?;
        let (operator, inputs) = self.convolution_of(site, &x, weights, 2)?;
        let axes = self.image_result(site, &x, &operator, &inputs)?;
        self.pending_sums(site, operator, inputs, Some(2), axes)
    }

    /// The axes of the image that a node makes of an input.
    pub(super) fn image_result(
        &mut self,
        site: &Site,
        x: &Activation,
        operator: &Operator,
        inputs: &[TensorId],
    ) -> Result<Axes, ImportError> {
        let mut node = Node {
            name: site.name.clone(),
            operator: operator.clone(),
            inputs: inputs.to_vec(),
            output: inputs[0],
            limits: Limits::of(Element::Int8),
        };
        // Of a batch the first image.
        let image = &self.graph[inputs[0]];
        if let [_, height, width, channels] = image.shape[..] {
            let shape = vec![height, width, channels];
            let first = Tensor {
                shape,
                ..image.clone()
            };
            node.inputs[0] = self.graph.tensor(first);
        }
        let shape = self.graph.shape_of(&node)?;
        match shape[..] {
            [height, width, channels] => Ok(Self::image_axes(&x.axes, [height, width, channels])),
            _ => Err(site.fail(format!("gives the shape {shape:?}"))),
        }
    }

    pub(super) fn product(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        if let Value::Activation(_) = self.value(site, 1)? {
            if site.proto.op_type != "MatMul" {
                return Err(site.fail("multiplies two activations, which is not supported"));
            }
            let y = self.real(site, 1)?;
            let (inputs, axes) = self.matrices(site, &x, &y)?;
            return Ok(self.pending(site, Operator::MatMul, inputs, axes));
        }
        let weights = self.dequantized(site, 1)?;
        let bias = (site.proto.op_type == "Gemm").then_some(2);
        let (inputs, axes) = self.product_of(site, &x, weights, bias)?;
        self.pending_sums(site, Operator::FullyConnected, inputs, bias, axes)
    }

    /// Two activations that are multiplied, and the axes of the product.
    pub(super) fn matrices(
        &mut self,
        site: &Site,
        x: &Activation,
        y: &Activation,
    ) -> Result<(Vec<TensorId>, Axes), ImportError> {
        let (&[ref first @ .., rows, inner], &[ref others @ .., height, columns]) =
            (x.axes.sizes.as_slice(), y.axes.sizes.as_slice())
        else {
            return Err(site.fail("multiplies what are no matrices"));
        };
        if inner != height {
            return Err(site.fail(format!("multiplies {inner} columns with {height} rows")));
        }
        let first = site.broadcast(first, others)?;
        let mut inputs = Vec::new();
        for (of, matrix) in [(x, [rows, inner]), (y, [height, columns])] {
            let sizes = [&first[..], &matrix].concat();
            let plain = (0..sizes.len()).collect();
            let of = self.repeated(site, of, &sizes, plain)?;
            let skip = usize::from(sizes.len() > 2 && sizes[0] == 1);
            inputs.push(self.reshaped(site, of.id, sizes[skip..].to_vec())?);
        }
        let sizes = [&first[..], &[rows, columns]].concat();
        Ok((inputs, Axes::plain(&sizes)))
    }

    pub(super) fn softmax(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let (inputs, axes) = self.softmax_of(site, &x, self.opset)?;
        let operator = Operator::Softmax { beta: 1.0 };
        Ok(self.pending(site, operator, inputs, axes))
    }

    /// What a softmax takes, the axis that it is along last in memory, and the axes of its result.
    pub(super) fn softmax_of(
        &mut self,
        site: &Site,
        x: &Activation,
        opset: i64,
    ) -> Result<(Vec<TensorId>, Axes), ImportError> {
        let rank = x.axes.rank();
        // Before version 13 all axes from this one on were one.
        let default = if opset < 13 { 1 } else { -1 };
        let axis = site.axis(site.int("axis", default), rank)?;
        if opset < 13 {
            let x = self.plain(site, x)?;
            let last = x.axes.sizes[axis..].iter().product();
            let id = self.reshaped(site, x.id, vec![x.axes.len() / last, last])?;
            return Ok((vec![id], x.axes));
        }
        let mut order = x.axes.order.clone();
        order.retain(|of| *of != axis);
        order.push(axis);
        let x = self.arranged(site, x, order)?;
        Ok((vec![self.reshaped(site, x.id, x.axes.whole())?], x.axes))
    }
}
