//! QuantizeLinear and DequantizeLinear, and scales with their zero points.

use super::constant::{Constant, Data, size};
use super::site::Site;
use super::value::{Activation, Pending, Value};
use super::{ImportError, Importer};
use crate::graph::{Element, Limits, Operator, Output, Quantization, TensorId, Values};
use std::rc::Rc;

impl Importer<'_> {
    pub(super) fn quantize(&mut self, site: &Site) -> Result<Value, ImportError> {
        let (element, meaning) = self.meaning(site, [1, 2])?;
        // An output type without a zero point: int8 or uint8 as codes of ONNX.
        let element = match (site.int("output_dtype", 0), site.input(2)) {
            (3, None) => Element::Int8,
            _ => element,
        };
        site.only("block_size", 0)?;
        if site.input(2).is_some() && self.constant(site, 2)?.narrow {
            return Err(site.fail("quantizes to 4 bits, which is not supported"));
        }
        let activation = match self.value(site, 0)? {
            Value::Pending(pending) => {
                return self.settle(pending, site.output()?, element, meaning);
            }
            Value::Constant(constant) => {
                return self.quantize_constant(site, &constant, element, meaning);
            }
            Value::Activation(activation) => activation,
        };
        let tensor = &self.graph[activation.id];
        let same = tensor.element == element && tensor.quantization.as_ref() == Some(&meaning);
        if !activation.real && tensor.element != Element::Float32 {
            return Err(site.fail("quantizes integers"));
        }
        let quantized = match activation.real && same {
            true => Activation {
                real: false,
                ..activation
            },
            false => {
                let output = Output::new(site.output()?, (element, meaning));
                let (inputs, axes) = ([activation.id], activation.axes);
                self.emit(&site.name, Operator::Quantize, &inputs, output, axes)?
            }
        };
        Ok(Value::Activation(quantized))
    }

    pub(super) fn dequantize(&mut self, site: &Site) -> Result<Value, ImportError> {
        let (_, meaning) = self.meaning(site, [1, 2])?;
        site.only("block_size", 0)?;
        match self.value(site, 0)? {
            Value::Constant(constant) => {
                let axis = self.channel_axis(site, &meaning, &constant.shape)?;
                self.take(size(&constant))?;
                let mut constant = Constant::clone(&constant);
                constant.integers()?;
                constant.meaning = Some((meaning, axis));
                Ok(Value::Constant(Rc::new(constant)))
            }
            Value::Activation(activation) if !activation.real => {
                unused_axis(site, activation.axes.rank())?;
                self.assume(site, &activation, meaning)?;
                Ok(Value::Activation(Activation {
                    real: true,
                    ..activation
                }))
            }
            _ => Err(site.fail("dequantizes what is not quantized")),
        }
    }

    /// Gives a result its quantization, and the graph its node.
    pub(super) fn settle(
        &mut self,
        pending: Pending,
        name: &str,
        element: Element,
        meaning: Quantization,
    ) -> Result<Value, ImportError> {
        let all = Limits::of(element);
        let [low, high] = pending.limits.map(|limit| {
            let integer = (limit / meaning.scale(0)).round_ties_even() as i32;
            integer
                .saturating_add(meaning.zero_point(0))
                .clamp(all.low, all.high)
        });
        let mut output = Output::new(name, (element, meaning));
        output.limits = Limits { low, high };
        let Pending {
            node,
            mut inputs,
            mut operator,
            padding,
            affine,
            axes,
            ..
        } = pending;
        if let Some(affine) = affine {
            inputs = self.folded(inputs, &affine, &output)?;
        }
        if let (Operator::Pad(pad), Some(real), Some(meaning)) =
            (&mut operator, padding, &output.quantization)
        {
            inputs[0] = self.in_meaning(&node, inputs[0], element, meaning)?;
            let steps = (real / meaning.scale(0)).round_ties_even() as i32;
            pad.value = steps
                .saturating_add(meaning.zero_point(0))
                .clamp(all.low, all.high);
        }
        if let (Operator::Concat { .. }, Some(meaning)) = (&operator, &output.quantization) {
            for input in &mut inputs {
                *input = self.in_meaning(&node, *input, element, meaning)?;
            }
        }
        let activation = self.emit(&node, operator, &inputs, output, axes)?;
        Ok(Value::Activation(activation))
    }

    fn quantize_constant(
        &mut self,
        site: &Site,
        constant: &Constant,
        element: Element,
        meaning: Quantization,
    ) -> Result<Value, ImportError> {
        let axis = self.channel_axis(site, &meaning, &constant.shape)?;
        self.take(size(constant))?;
        let after: usize = constant.shape.iter().skip(axis + 1).product();
        let channels = constant.shape.get(axis).copied().unwrap_or(1);
        let integer = |(place, real): (usize, &f32)| {
            let channel = place / after % channels;
            let integer = (real / meaning.scale(channel)).round_ties_even() as i32;
            integer.saturating_add(meaning.zero_point(channel))
        };
        let integers: Vec<i32> = constant.floats()?.iter().enumerate().map(integer).collect();
        Ok(Value::Constant(Rc::new(Constant {
            name: site.output()?.to_owned(),
            shape: constant.shape.clone(),
            data: Data::Values(Values::saturated(element, &integers)),
            meaning: None,
            narrow: false,
            half: false,
        })))
    }

    /// The axis along which the scales of a constant stand.
    fn channel_axis(
        &self,
        site: &Site,
        meaning: &Quantization,
        shape: &[usize],
    ) -> Result<usize, ImportError> {
        let count = meaning.scales.len();
        if count == 1 {
            unused_axis(site, shape.len())?;
            return Ok(0);
        }
        let axis = site.axis(site.int("axis", 1), shape.len())?;
        match shape[axis] == count {
            true => Ok(axis),
            false => Err(site.fail(format!("has {count} scales for {} channels", shape[axis]))),
        }
    }

    /// A scale and, where there is one, a zero point: the inputs at these places. Without a zero
    /// point the type is uint8.
    pub(super) fn meaning(
        &mut self,
        site: &Site,
        [scale, zero_point]: [usize; 2],
    ) -> Result<(Element, Quantization), ImportError> {
        let scale = self.constant(site, scale)?;
        // Between DequantizeLinear and QuantizeLinear real numbers would be of float16 too.
        let scales = match site.proto.op_type.starts_with("QLinear") {
            true => scale.scales()?,
            false => scale.floats()?,
        };
        self.take(8 * scales.len())?;
        let scales = scales.to_vec();
        if let Some(bad) = scales
            .iter()
            .find(|scale| !scale.is_finite() || **scale <= 0.0)
        {
            return Err(scale.fail(format!("is a scale of {bad}; scales are greater than 0")));
        }
        if scales.is_empty() {
            return Err(scale.fail("is a scale without a value"));
        }
        let (element, mut zero_points) = match site.input(zero_point) {
            Some(_) => {
                let constant = self.constant(site, zero_point)?;
                (constant.values()?.element(), constant.integers()?)
            }
            None => (Element::Uint8, vec![0]),
        };
        if zero_points.len() == 1 {
            zero_points.resize(scales.len(), zero_points[0]);
        }
        if zero_points.len() != scales.len() {
            let (scales, zeros) = (scales.len(), zero_points.len());
            return Err(site.fail(format!("has {scales} scales and {zeros} zero points")));
        }
        let meaning = Quantization {
            scales,
            zero_points,
        };
        Ok((element, meaning))
    }

    /// A node says what the integers of an activation mean. What wrote them may not have said so:
    /// an input of the network, and what it is in other shapes.
    pub(super) fn assume(
        &mut self,
        site: &Site,
        activation: &Activation,
        meaning: Quantization,
    ) -> Result<(), ImportError> {
        let tensor = &self.graph[activation.id];
        match &tensor.quantization {
            None if tensor.element.is_byte() => {
                for tensor in self.in_all_shapes(activation.id) {
                    self.graph[tensor].quantization = Some(meaning.clone());
                }
                Ok(())
            }
            Some(known) if *known == meaning => Ok(()),
            Some(_) => {
                let name = &tensor.name;
                let reason =
                    format!("reads `{name}` with a scale or zero point that is not its own");
                Err(site.fail(reason))
            }
            None => Err(site.fail(format!(
                "reads integers, and `{}` is {}",
                tensor.name, tensor.element
            ))),
        }
    }

    /// A tensor with all those that hold the same bytes.
    fn in_all_shapes(&self, tensor: TensorId) -> Vec<TensorId> {
        let nodes = self.graph.nodes.iter();
        let reshapes = nodes.filter(|node| {
            matches!(
                node.operator,
                Operator::Reshape { .. } | Operator::View(_) | Operator::Select { .. }
            )
        });
        let pairs: Vec<_> = reshapes.map(|node| (node.inputs[0], node.output)).collect();
        let backwards = pairs.iter().rev();
        let first = backwards.fold(
            tensor,
            |to, (from, made)| if *made == to { *from } else { to },
        );
        pairs.iter().fold(vec![first], |mut all, (from, made)| {
            if all.contains(from) {
                all.push(*made);
            }
            all
        })
    }
}

/// Checks an axis that nothing stands along. Some write the 1 of files that say none, whatever the tensor.
fn unused_axis(site: &Site, rank: usize) -> Result<(), ImportError> {
    match site.int("axis", 1) {
        1 => Ok(()),
        axis => site.axis(axis, rank).map(|_| ()),
    }
}
