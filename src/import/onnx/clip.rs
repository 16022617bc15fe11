//! Relu and Clip: limits of a result, or nodes of their own.

use super::constant::{Constant, Data, size};
use super::float::ALL;
use super::site::Site;
use super::value::{Activation, Value};
use super::{ImportError, Importer};
use crate::graph::{Limits, Operator, Values};
use std::rc::Rc;

impl Importer<'_> {
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
        Ok(self.pending(site, operator, vec![x.id], x.axes))
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
        let clipped = self.emit(&site.name, operator, &[x.id], output, x.axes.clone())?;
        Ok(Value::Activation(clipped))
    }

    /// The limits of a Clip: inputs, or attributes before version 11.
    pub(super) fn clip_limits(&mut self, site: &Site) -> Result<[f32; 2], ImportError> {
        let mut limits = ALL;
        for (place, name) in [(1, "min"), (2, "max")] {
            if let Some(attribute) = site.attribute(name) {
                limits[place - 1] = attribute.f();
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
