//! Additions.

use super::constant::{Constant, size};
use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::{ImportError, Importer};
use crate::graph::{Binary, Operator, TensorId};
use std::cmp::Reverse;
use std::rc::Rc;

/// What is added.
enum Operand {
    Activation(Activation),
    /// With its meaning.
    Constant(Rc<Constant>),
}

impl Importer<'_> {
    pub(super) fn add(&mut self, site: &Site) -> Result<Value, ImportError> {
        let mut operand = |place| -> Result<Operand, ImportError> {
            match self.value(site, place)? {
                Value::Constant(constant) if constant.meaning.is_some() => {
                    Ok(Operand::Constant(constant))
                }
                _ => Ok(Operand::Activation(self.real(site, place)?)),
            }
        };
        let operands = [operand(0)?, operand(1)?];
        let (inputs, axes) = self.operands(site, operands)?;
        Ok(self.pending(site, Operator::Binary(Binary::Add), inputs, axes))
    }

    pub(super) fn integer_add(&mut self, site: &Site) -> Result<Value, ImportError> {
        let mut operand = |place| -> Result<Operand, ImportError> {
            match self.value(site, place)? {
                Value::Constant(constant) => {
                    let (_, meaning) = self.meaning(site, [place + 1, place + 2])?;
                    self.take(size(&constant))?;
                    let mut constant = Constant::clone(&constant);
                    constant.meaning = Some((meaning, 0));
                    Ok(Operand::Constant(Rc::new(constant)))
                }
                _ => Ok(Operand::Activation(self.integers(site, place)?)),
            }
        };
        let operands = [operand(0)?, operand(3)?];
        let (inputs, axes) = self.operands(site, operands)?;
        self.integer_node(site, Operator::Binary(Binary::Add), &inputs, [6, 7], axes)
    }

    /// The inputs of an addition, the larger one first, and the axes of the sum.
    fn operands(
        &mut self,
        site: &Site,
        operands: [Operand; 2],
    ) -> Result<(Vec<TensorId>, Axes), ImportError> {
        let axes = match &operands {
            [Operand::Activation(a), Operand::Activation(b)] if a.axes != b.axes => {
                return Err(site.fail("adds tensors of different axes, which is not supported"));
            }
            [Operand::Activation(x), _] | [_, Operand::Activation(x)] => x.axes,
            _ => return Err(site.fail("adds two constants, which is not supported")),
        };
        let mut inputs = Vec::new();
        for operand in operands {
            inputs.push(match operand {
                Operand::Activation(x) => x.id,
                Operand::Constant(constant) => self.addend(site, &constant, axes)?,
            });
        }
        // The second one may be smaller.
        inputs.sort_by_key(|id| Reverse(self.graph[*id].shape.len()));
        Ok((inputs, axes))
    }

    /// A constant that is added to an activation with these axes.
    fn addend(
        &mut self,
        site: &Site,
        constant: &Constant,
        axes: Axes,
    ) -> Result<TensorId, ImportError> {
        let wrong = || {
            let shape = &constant.shape;
            let wanted = "the shape of the other operand, or a value per channel";
            constant.fail(format!(
                "is added in `{}` and has the shape {shape:?}; it must have {wanted}",
                site.name
            ))
        };
        if constant.shape.len() > axes.rank || axes.flattened.is_some() {
            return Err(wrong());
        }
        self.take(size(constant))?;
        let values = constant.values()?;
        let sizes = [
            &vec![1; axes.rank - constant.shape.len()],
            &constant.shape[..],
        ]
        .concat();
        let (sizes, values) = match *sizes.as_slice() {
            [1, channels, height, width] => {
                let pixels = height * width;
                let from = |i: usize| i % channels * pixels + i / channels;
                let values = values.gathered(values.len(), from);
                (vec![height, width, channels], values)
            }
            [1, _, ..] | [_] => (sizes, values.clone()),
            _ => return Err(wrong()),
        };
        let shape: Vec<_> = sizes.into_iter().skip_while(|size| *size == 1).collect();
        let meaning = constant.meaning.clone().map(|(meaning, _)| meaning);
        Ok(self.graph.constant(&constant.name, shape, values, meaning))
    }
}
