//! Operators on integers, with scales and zero points as inputs.

use super::site::Site;
use super::value::{Activation, Axes, Value};
use super::weights::Weights;
use super::{ImportError, Importer};
use crate::graph::{Operator, Output, TensorId};

impl Importer<'_> {
    /// An input of integers, with its scale and zero point behind it.
    pub(super) fn integers(
        &mut self,
        site: &Site,
        place: usize,
    ) -> Result<Activation, ImportError> {
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
    pub(super) fn integer_node(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: &[TensorId],
        meaning: [usize; 2],
        axes: Axes,
    ) -> Result<Value, ImportError> {
        let output = Output::new(site.output()?, self.meaning(site, meaning)?);
        let activation = self.emit(&site.name, operator, inputs, output, axes)?;
        Ok(Value::Activation(activation))
    }

    pub(super) fn integer_convolution(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let weights = self.weights(site, 0)?;
        let (operator, inputs) = self.convolution_of(site, &x, weights, 8)?;
        let axes = self.image_result(site, &x, &operator, &inputs)?;
        self.integer_node(site, operator, &inputs, [6, 7], axes)
    }

    pub(super) fn integer_product(
        &mut self,
        site: &Site,
        meaning: [usize; 2],
        bias: Option<usize>,
    ) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        if let (Value::Activation(_), None) = (self.value(site, 3)?, bias) {
            let y = self.integers(site, 3)?;
            let (inputs, axes) = self.matrices(site, &x, &y)?;
            return self.integer_node(site, Operator::MatMul, &inputs, meaning, axes);
        }
        let weights = self.weights(site, usize::from(site.int("transB", 0) == 0))?;
        let (inputs, axes) = self.product_of(site, &x, weights, bias)?;
        self.integer_node(site, Operator::FullyConnected, &inputs, meaning, axes)
    }

    pub(super) fn integer_softmax(&mut self, site: &Site) -> Result<Value, ImportError> {
        let x = self.integers(site, 0)?;
        let x = self.without_flattening(site, &x)?;
        let opset = site.int("opset", 13);
        let (inputs, axes) = self.softmax_of(site, &x, opset)?;
        let operator = Operator::Softmax { beta: 1.0 };
        self.integer_node(site, operator, &inputs, [3, 4], axes)
    }
}
