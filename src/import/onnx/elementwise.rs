//! Two operands, element by element; functions of one.

use super::constant::{Constant, size};
use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::{ImportError, Importer};
use crate::graph::{Binary, Function, Operator, TensorId};
use std::rc::Rc;

/// What is added or multiplied.
enum Operand {
    Activation(Activation),
    /// With its meaning.
    Constant(Rc<Constant>),
}

impl Operand {
    fn sizes(&self) -> &[usize] {
        match self {
            Operand::Activation(x) => &x.axes.sizes,
            Operand::Constant(constant) => &constant.shape,
        }
    }
}

impl Importer<'_> {
    pub(super) fn binary(&mut self, site: &Site, binary: Binary) -> Result<Value, ImportError> {
        if let [Value::Constant(a), Value::Constant(b)] =
            [self.value(site, 0)?, self.value(site, 1)?]
        {
            return self.sizes_with(site, binary, &a, &b);
        }
        let mut operand = |place| -> Result<Operand, ImportError> {
            match self.value(site, place)? {
                Value::Constant(constant) if constant.meaning.is_some() => {
                    Ok(Operand::Constant(constant))
                }
                _ => Ok(Operand::Activation(self.real(site, place)?)),
            }
        };
        if site.proto.input.len() != 2 {
            return Err(site.fail("has not two operands, which is not supported"));
        }
        let operands = [operand(0)?, operand(1)?];
        let (inputs, axes) = self.operands(site, operands, binary != Binary::Sub)?;
        Ok(self.pending(site, Operator::Binary(binary), inputs, axes))
    }

    pub(super) fn integer_binary(
        &mut self,
        site: &Site,
        binary: Binary,
    ) -> Result<Value, ImportError> {
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
        let (inputs, axes) = self.operands(site, operands, true)?;
        self.integer_node(site, Operator::Binary(binary), &inputs, [6, 7], axes)
    }

    pub(super) fn prelu(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        let slope = match self.value(site, 1)? {
            Value::Constant(constant) if constant.meaning.is_some() => Operand::Constant(constant),
            _ => Operand::Activation(self.real(site, 1)?),
        };
        let (inputs, axes) = self.operands(site, [Operand::Activation(x), slope], false)?;
        Ok(self.pending(site, Operator::PRelu, inputs, axes))
    }

    pub(super) fn function(
        &mut self,
        site: &Site,
        function: Function,
    ) -> Result<Value, ImportError> {
        let x = self.real(site, 0)?;
        Ok(self.pending(site, Operator::Unary(function), vec![x.id], x.axes))
    }

    pub(super) fn integer_function(
        &mut self,
        site: &Site,
        function: Function,
    ) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        self.integer_node(site, Operator::Unary(function), &[x.id], [3, 4], x.axes)
    }

    /// The inputs of a node of two operands, and the axes of its result. Where they may be `swapped` the second one
    /// is the one that is repeated.
    fn operands(
        &mut self,
        site: &Site,
        operands: [Operand; 2],
        swapped: bool,
    ) -> Result<(Vec<TensorId>, Axes), ImportError> {
        let sizes = site.broadcast(operands[0].sizes(), operands[1].sizes())?;
        let is_whole =
            |operand: &Operand| matches!(operand, Operand::Activation(x) if x.axes.sizes == sizes);
        let swaps = swapped && !is_whole(&operands[0]) && is_whole(&operands[1]);
        let operands = match (operands, swaps) {
            ([a, b], true) => [b, a],
            (operands, _) => operands,
        };
        // In the order in which the larger one lies.
        let order = match &operands {
            [Operand::Activation(x), _] | [_, Operand::Activation(x)]
                if x.axes.sizes == sizes && x.axes.flattened.is_none() =>
            {
                x.axes.order.clone()
            }
            _ => Axes::of(&sizes).order,
        };
        let axes = Axes::in_order(&sizes, order.clone());
        let mut inputs = Vec::new();
        for (place, operand) in operands.into_iter().enumerate() {
            inputs.push(match operand {
                Operand::Activation(x) if place == 1 && x.axes.rank() == sizes.len() => {
                    let x = self.arranged(site, &x, order.clone())?;
                    let shape = x.axes.shape().into_iter().skip_while(|size| *size == 1);
                    let shape = Vec::from_iter(shape);
                    // The last axes in memory alone are repeated by the node itself.
                    match !shape.is_empty() && axes.shape().ends_with(&shape) {
                        true => self.reshaped(site, x.id, shape)?,
                        false => {
                            let x = self.repeated(site, &x, &sizes, order.clone())?;
                            self.reshaped(site, x.id, axes.shape())?
                        }
                    }
                }
                Operand::Activation(x) => {
                    let x = self.repeated(site, &x, &sizes, order.clone())?;
                    self.reshaped(site, x.id, axes.shape())?
                }
                Operand::Constant(constant) => {
                    self.constant_operand(site, &constant, &axes, place == 1)?
                }
            });
        }
        Ok((inputs, axes))
    }

    /// A constant beside an activation with these axes; as the second operand it may have the last of them in memory
    /// alone.
    fn constant_operand(
        &mut self,
        site: &Site,
        constant: &Constant,
        axes: &Axes,
        is_second: bool,
    ) -> Result<TensorId, ImportError> {
        let front = axes.rank() - constant.shape.len();
        let sizes = [&vec![1; front], &constant.shape[..]].concat();
        let own = Axes::in_order(&sizes, axes.order.clone());
        let shape = own.shape();
        // Without axes of size 1 in front.
        let suffix = Vec::from_iter(shape.iter().copied().skip_while(|size| *size == 1));
        let (target, shape) = match is_second && axes.shape().ends_with(&suffix) {
            true => (own, suffix),
            false => (axes.clone(), axes.shape()),
        };
        self.take(8 * target.len())?;
        let (whole, row_major) = (target.whole(), Axes::plain(&sizes).strides());
        let place = |mut index: usize| {
            let mut place = 0;
            for (axis, size) in target.order.iter().zip(&whole).rev() {
                let at = index % size;
                index /= size;
                place += if sizes[*axis] == 1 {
                    0
                } else {
                    at * row_major[*axis] as usize
                };
            }
            place
        };
        let values = constant.values()?.gathered(target.len(), place);
        let meaning = constant.meaning.clone().map(|(meaning, _)| meaning);
        if meaning
            .as_ref()
            .is_some_and(|meaning| meaning.scales.len() > 1)
        {
            return Err(constant.fail(format!("has several scales in `{}`", site.name)));
        }
        Ok(self.graph.constant(&constant.name, shape, values, meaning))
    }

    /// Arithmetic of sizes.
    fn sizes_with(
        &mut self,
        site: &Site,
        binary: Binary,
        a: &Constant,
        b: &Constant,
    ) -> Result<Value, ImportError> {
        let (left, right) = (a.whole_numbers()?, b.whole_numbers()?);
        let of = |(left, right): (&i64, &i64)| match binary {
            Binary::Add => left.checked_add(*right),
            Binary::Sub => left.checked_sub(*right),
            Binary::Mul => left.checked_mul(*right),
            Binary::Maximum => Some(*left.max(right)),
            Binary::Minimum => Some(*left.min(right)),
        };
        let count = left.len().max(right.len());
        let is_one_each = [&left, &right]
            .iter()
            .all(|of| [1, count].contains(&of.len()));
        let pairs = left.iter().cycle().zip(right.iter().cycle()).take(count);
        let result: Option<Vec<i64>> = pairs.map(of).collect();
        let result = result.filter(|_| is_one_each);
        let result = result.ok_or_else(|| site.fail("computes sizes that do not fit together"))?;
        let shape = if a.shape.len() >= b.shape.len() {
            &a.shape
        } else {
            &b.shape
        };
        self.sizes_constant(site, shape.clone(), result)
    }
}
