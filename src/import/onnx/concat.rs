//! Concatenations, of tensors that mean the same; others become integers of the result before.

use super::constant::{Constant, Data, size};
use super::site::Site;
use super::value::{Activation, Axes, Pending, Value};
use super::{ImportError, Importer};
use crate::graph::{Element, Limits, Operator, Output, Quantization, TensorId, Values};

impl Importer<'_> {
    pub(super) fn concat(&mut self, site: &Site) -> Result<Value, ImportError> {
        let count = site.proto.input.len();
        let mut parts = Vec::new();
        for place in 0..count {
            parts.push(self.value(site, place)?);
        }
        let sizes = parts.iter().map(|part| match part {
            Value::Constant(constant) => match &constant.data {
                Data::Int64(sizes) => Some(sizes.clone()),
                Data::Values(_) => None,
            },
            _ => None,
        });
        if let Some(sizes) = sizes.collect::<Option<Vec<_>>>() {
            let all = sizes.concat();
            return self.sizes_constant(site, vec![all.len()], all);
        }
        let mut real = None;
        for part in &parts {
            match part {
                Value::Activation(x) => real = Some(x.real),
                Value::Pending(pending) => return Err(pending.float()),
                Value::Constant(_) => {}
            }
        }
        let real = real.ok_or_else(|| site.fail("joins constants, which is not supported"))?;
        let (inputs, axes, place) = self.joined(site, parts, real)?;
        let operator = Operator::Concat { axis: place };
        let first = &self.graph[inputs[0]];
        let same = |id: &TensorId| {
            let tensor = &self.graph[*id];
            (tensor.element, &tensor.quantization) == (first.element, &first.quantization)
        };
        if !inputs.iter().all(same) {
            return match real {
                true => Ok(self.pending(site, operator, inputs, axes)),
                false => Err(site.fail("joins integers of different scales")),
            };
        }
        let output = Output {
            name: site.output()?.into(),
            element: first.element,
            quantization: first.quantization.clone(),
            limits: Limits::of(first.element),
        };
        let joined = self.emit(&site.name, operator, &inputs, output, axes)?;
        Ok(Value::Activation(Activation { real, ..joined }))
    }

    pub(super) fn integer_concat(&mut self, site: &Site) -> Result<Value, ImportError> {
        let (element, meaning) = self.meaning(site, [0, 1])?;
        let mut parts = Vec::new();
        for place in (2..site.proto.input.len()).step_by(3) {
            parts.push(match self.value(site, place)? {
                Value::Constant(constant) => {
                    let (_, meaning) = self.meaning(site, [place + 1, place + 2])?;
                    self.take(size(&constant))?;
                    let mut constant = Constant::clone(&constant);
                    constant.meaning = Some((meaning, 0));
                    Value::Constant(constant.into())
                }
                _ => Value::Activation(self.integers(site, place)?),
            });
        }
        let (inputs, axes, place) = self.joined(site, parts, false)?;
        let pending = Pending {
            node: site.name.clone(),
            op_type: site.proto.op_type.clone(),
            operator: Operator::Concat { axis: place },
            inputs,
            axes,
            limits: super::float::ALL,
            padding: None,
            affine: None,
        };
        self.settle(pending, site.output()?, element, meaning)
    }

    /// Tensors in one order, with all axes in memory, the axes of the result, and the axis in memory.
    fn joined(
        &mut self,
        site: &Site,
        parts: Vec<Value>,
        real: bool,
    ) -> Result<(Vec<TensorId>, Axes, usize), ImportError> {
        let first = parts.iter().find_map(|part| match part {
            Value::Activation(x) => Some(x.clone()),
            _ => None,
        });
        let first = first.ok_or_else(|| site.fail("joins constants, which is not supported"))?;
        let first = self.without_flattening(site, &first)?;
        let order = first.axes.order.clone();
        let axis = site.axis(site.int("axis", 0), first.axes.rank())?;
        let mut sizes = first.axes.sizes.clone();
        sizes[axis] = 0;
        let mut inputs = Vec::new();
        for part in parts {
            let (id, of_part) = match part {
                Value::Activation(x) if x.real == real => {
                    if x.axes.rank() != sizes.len() {
                        return Err(site.fail("joins tensors of different numbers of axes"));
                    }
                    let x = self.arranged(site, &x, order.clone())?;
                    (self.reshaped(site, x.id, x.axes.whole())?, x.axes.sizes)
                }
                Value::Constant(constant) => {
                    self.take(size(&constant))?;
                    let axes = Axes::in_order(&constant.shape, order.clone());
                    if axes.order.len() != constant.shape.len() {
                        return Err(constant.fail("has other axes than what it is joined with"));
                    }
                    let constant = constant.transposed(&order);
                    let meaning = constant.meaning.clone().map(|(meaning, _)| meaning);
                    let values = constant.values()?.clone();
                    let id = self
                        .graph
                        .constant(&constant.name, axes.whole(), values, meaning);
                    (id, axes.sizes)
                }
                Value::Activation(_) | Value::Pending(_) => return Err(site.float()),
            };
            sizes[axis] += of_part[axis];
            inputs.push(id);
        }
        let place = order.iter().position(|of| *of == axis).unwrap_or(0);
        Ok((inputs, Axes::in_order(&sizes, order), place))
    }

    /// An input of a concatenation in the integers of its result.
    pub(super) fn in_meaning(
        &mut self,
        node: &str,
        id: TensorId,
        element: Element,
        meaning: &Quantization,
    ) -> Result<TensorId, ImportError> {
        let tensor = &self.graph[id];
        if tensor.element == element && tensor.quantization.as_ref() == Some(meaning) {
            return Ok(id);
        }
        let name = format!("{node}_{}", self.graph.nodes.len());
        if let (Some(values), Some(of)) = (&tensor.values, &tensor.quantization) {
            let integers = values.integers().unwrap_or_default().into_iter();
            let moved = integers.map(|integer| {
                let real = of.scale(0) * integer.saturating_sub(of.zero_point(0)) as f32;
                let steps = (real / meaning.scale(0)).round_ties_even() as i32;
                steps.saturating_add(meaning.zero_point(0))
            });
            let values = Values::saturated(element, &Vec::from_iter(moved));
            let shape = tensor.shape.clone();
            return Ok(self
                .graph
                .constant(name, shape, values, Some(meaning.clone())));
        }
        let output = Output::new(name.clone(), (element, meaning.clone()));
        Ok(self.graph.node(name, Operator::Quantize, &[id], output)?)
    }
}
