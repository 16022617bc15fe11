//! Operators on integers, with scales and zero points as inputs.

use super::constant::Constant;
use super::layer::{Addends, Weights};
use super::site::Site;
use super::value::{Activation, Value};
use super::{ImportError, Importer};
use crate::graph::{Operator, Output, TensorId};
use std::rc::Rc;

impl Importer<'_> {
    /// An input of integers, with its scale and zero point behind it.
    fn integers(&mut self, site: &Site, place: usize) -> Result<Activation, ImportError> {
        let (_, meaning) = self.meaning(site, [place + 1, place + 2])?;
        match self.value(site, place)? {
            Value::Activation(activation) if !activation.real => {
                self.assume(site, &activation, meaning)?;
                Ok(activation)
            }
            _ => Err(site.fail(format!("needs integers as input {place}"))),
        }
    }

    /// Weights, with their scale and zero point behind them; several stand along `axis`.
    fn weights(&mut self, site: &Site, axis: usize) -> Result<Weights, ImportError> {
        let (_, meaning) = self.meaning(site, [4, 5])?;
        let weights = self.constant(site, 3)?;
        let channels = weights.shape.get(axis).copied().unwrap_or(1);
        match meaning.scales.len() {
            count if count == 1 || count == channels => Ok((weights, meaning, axis)),
            count => Err(site.fail(format!("has {count} scales for {channels} channels"))),
        }
    }

    /// Adds the node, whose scale and zero point are inputs.
    fn integer_node(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: &[TensorId],
        meaning: [usize; 2],
        rank: usize,
    ) -> Result<Value, ImportError> {
        let output = Output::new(site.output()?, self.meaning(site, meaning)?);
        let activation = self.emit(&site.name, operator, inputs, output, rank)?;
        Ok(Value::Activation(activation))
    }

    pub(super) fn integer_convolution(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let weights = self.weights(site, 0)?;
        let (operator, inputs) = self.convolution_of(site, &x, weights, 8)?;
        self.integer_node(site, operator, &inputs, [6, 7], x.rank)
    }

    pub(super) fn integer_product(
        &mut self,
        site: &Site,
        meaning: [usize; 2],
        bias: Option<usize>,
    ) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let weights = self.weights(site, usize::from(site.int("transB", 0) == 0))?;
        let inputs = self.product_of(site, &x, weights, bias)?;
        self.integer_node(site, Operator::FullyConnected, &inputs, meaning, x.rank)
    }

    pub(super) fn integer_add(&mut self, site: &Site) -> Result<Value, ImportError> {
        let mut operands = Vec::new();
        for place in [0, 3] {
            operands.push(match self.value(site, place)? {
                Value::Constant(constant) => {
                    let (_, meaning) = self.meaning(site, [place + 1, place + 2])?;
                    let mut constant = Constant::clone(&constant);
                    constant.meaning = Some((meaning, 0));
                    Err(Rc::new(constant))
                }
                _ => Ok(self.integers(site, place)?),
            });
        }
        let Addends {
            inputs,
            rank,
            order,
        } = self.operands(site, operands)?;
        let value = self.integer_node(site, Operator::Add, &inputs, [6, 7], rank)?;
        Ok(match value {
            Value::Activation(activation) => Value::Activation(Activation {
                order,
                ..activation
            }),
            value => value,
        })
    }

    pub(super) fn integer_average_pool(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let operator = self.average_pool_of(site, &x)?;
        self.integer_node(site, operator, &[x.id], [3, 4], x.rank)
    }
}
