//! Operators between DequantizeLinear and QuantizeLinear.

use super::constant::{Constant, Data};
use super::layer::Addends;
use super::quantize::size;
use super::site::Site;
use super::value::{Activation, Pending, Value, file_shape};
use super::{ImportError, Importer};
use crate::graph::{Limits, Operator, TensorId, Values};
use std::rc::Rc;

/// No limits.
const ALL: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];

impl Importer<'_> {
    /// An input that stands for real numbers.
    pub(super) fn real(&mut self, site: &Site, place: usize) -> Result<Activation, ImportError> {
        match self.value(site, place)? {
            Value::Activation(activation) if activation.real => Ok(activation),
            Value::Pending(pending) => Err(pending.float()),
            _ => Err(site.float()),
        }
    }

    /// The result of a node, of so many axes.
    fn pending(
        &self,
        site: &Site,
        operator: Operator,
        inputs: Vec<TensorId>,
        rank: usize,
        order: Option<[usize; 3]>,
    ) -> Value {
        Value::Pending(Pending {
            node: site.name.clone(),
            op_type: site.proto.op_type.clone(),
            operator,
            inputs,
            rank,
            order,
            limits: ALL,
        })
    }

    pub(super) fn convolution(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let weights = self.dequantized(site, 1)?;
        let (operator, inputs) = self.convolution_of(site, &x, weights, 2)?;
        Ok(self.pending(site, operator, inputs, x.rank, None))
    }

    pub(super) fn product(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        if let Value::Activation(_) = self.value(site, 1)? {
            return Err(site.fail("multiplies two activations, which is not supported"));
        }
        let weights = self.dequantized(site, 1)?;
        let bias = (site.proto.op_type == "Gemm").then_some(2);
        let inputs = self.product_of(site, &x, weights, bias)?;
        Ok(self.pending(site, Operator::FullyConnected, inputs, x.rank, None))
    }

    pub(super) fn add(&mut self, site: &Site) -> Result<Value, ImportError> {
        let mut operands = Vec::new();
        for place in [0, 1] {
            operands.push(match self.value(site, place)? {
                Value::Constant(constant) if constant.meaning.is_some() => Err(constant),
                _ => Ok(self.real(site, place)?),
            });
        }
        let Addends {
            inputs,
            rank,
            order,
        } = self.operands(site, operands)?;
        Ok(self.pending(site, Operator::Add, inputs, rank, order))
    }

    pub(super) fn average_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let operator = self.average_pool_of(site, &x)?;
        Ok(self.pending(site, operator, vec![x.id], x.rank, None))
    }

    /// Its values are some of its input: the node needs no quantization of its own.
    pub(super) fn max_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let Value::Activation(x) = self.value(site, 0)? else {
            return Err(site.float());
        };
        let operator = Operator::MaxPool(self.pool_of(site, &x)?);
        let output = self.output_like(site.output()?, &x);
        let pooled = self.emit(&site.name, operator, &[x.id], output, x.rank)?;
        Ok(Value::Activation(Activation {
            real: x.real,
            ..pooled
        }))
    }

    pub(super) fn softmax(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let shape = file_shape(&self.graph[x.id].shape, x.rank);
        // Before version 13 all axes from this one on were one.
        let default = if self.opset < 13 { 1 } else { -1 };
        let axis = site.axis(site.int("axis", default), x.rank)?;
        let last = shape.iter().skip(axis + 1).all(|size| *size == 1) || axis + 1 == x.rank;
        if x.rank == 4 || x.order.is_some() || !last {
            let reason = format!(
                "is a softmax along axis {axis} of {shape:?}; only the last axis is supported"
            );
            return Err(site.fail(reason));
        }
        let operator = Operator::Softmax { beta: 1.0 };
        Ok(self.pending(site, operator, vec![x.id], x.rank, None))
    }

    /// Limits the result of the node before, or is a node of its own.
    pub(super) fn clip(
        &mut self,
        site: &Site,
        [low, high]: [f32; 2],
    ) -> Result<Value, ImportError> {
        let x = match self.value(site, 0)? {
            Value::Pending(mut pending) => {
                let [least, most] = pending.limits;
                pending.limits = [least.max(low).min(most), most.min(high).max(least)];
                return Ok(Value::Pending(pending));
            }
            Value::Constant(constant) => {
                self.take(size(&constant))?;
                return clip_constant(site, &constant, [low, high]);
            }
            Value::Activation(x) if !x.real && self.graph[x.id].element.is_byte() => {
                return self.clip_integers(site, &x, [low, high]);
            }
            _ => self.real(site, 0)?,
        };
        let operator = Operator::Clip { low, high };
        Ok(self.pending(site, operator, vec![x.id], x.rank, x.order))
    }

    /// Integers between integers.
    fn clip_integers(
        &mut self,
        site: &Site,
        x: &Activation,
        limits: [f32; 2],
    ) -> Result<Value, ImportError> {
        let mut output = self.output_like(site.output()?, x);
        let all = output.limits;
        let [low, high] = limits.map(|limit| (limit as i32).clamp(all.low, all.high));
        output.limits = Limits { low, high };
        let [low, high] = ALL;
        let operator = Operator::Clip { low, high };
        let clipped = self.emit(&site.name, operator, &[x.id], output, x.rank)?;
        Ok(Value::Activation(Activation {
            order: x.order,
            ..clipped
        }))
    }

    /// The limits of a Clip: inputs, or attributes before version 11.
    pub(super) fn clip_limits(&mut self, site: &Site) -> Result<[f32; 2], ImportError> {
        let mut limits = ALL;
        for (place, name) in [(1, "min"), (2, "max")] {
            if let Some(attribute) = site.attribute(name) {
                limits[place - 1] = attribute.f;
            }
            if site.input(place).is_some() {
                let constant = self.constant(site, place)?;
                let value = match constant.values()?.floats() {
                    Some(floats) => floats.first().copied(),
                    None => constant.integers()?.first().map(|value| *value as f32),
                };
                limits[place - 1] = value.ok_or_else(|| constant.fail("has no value"))?;
            }
        }
        match limits {
            [low, high] if low <= high => Ok(limits),
            [low, high] => Err(site.fail(format!(
                "clips between {low} and {high}, which are no limits"
            ))),
        }
    }
}

/// Integers between limits, before they are dequantized.
fn clip_constant(
    site: &Site,
    constant: &Constant,
    [low, high]: [f32; 2],
) -> Result<Value, ImportError> {
    if constant.meaning.is_some() || !constant.values()?.element().is_byte() {
        return Err(site.float());
    }
    let (low, high) = (low as i32, high as i32);
    let integers = constant.integers()?;
    let clipped: Vec<_> = integers
        .into_iter()
        .map(|value| value.clamp(low, high))
        .collect();
    let element = constant.values()?.element();
    Ok(Value::Constant(Rc::new(Constant {
        data: Data::Values(Values::saturated(element, &clipped)),
        ..constant.clone()
    })))
}
