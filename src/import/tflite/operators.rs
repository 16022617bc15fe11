//! Operators: their codes and nodes.

use super::names::SUPPORTED;
use super::site::Site;
use super::{ImportError, Importer, Table, indices, operator_name};
use crate::graph::{Binary, Limits, Operator, Output, TensorId};

const ADD: i32 = 0;
const AVERAGE_POOL_2D: i32 = 1;
const CONV_2D: i32 = 3;
const DEPTHWISE_CONV_2D: i32 = 4;
const DEQUANTIZE: i32 = 6;
const FULLY_CONNECTED: i32 = 9;
const MAX_POOL_2D: i32 = 17;
const RELU: i32 = 19;
const RELU6: i32 = 21;
const RESHAPE: i32 = 22;
const SOFTMAX: i32 = 25;
const PAD: i32 = 34;
const QUANTIZE: i32 = 114;

impl<'a> Importer<'a> {
    /// Adds the node of an operator.
    pub(super) fn operator(&mut self, place: usize, table: &Table<'a>) -> Result<(), ImportError> {
        let code = self.code(table)?;
        let operator = operator_name(code);
        let outputs = indices(table, 2)?;
        let mut site = Site {
            name: format!("{}_{place}", operator.to_lowercase()),
            operator,
            inputs: indices(table, 1)?,
            output: 0,
            options: table.table(4)?,
        };
        let &[output] = outputs.as_slice() else {
            return Err(match SUPPORTED.contains(&site.operator.as_str()) {
                true => site.fail(format!("has {} outputs, not one", outputs.len())),
                false => site.unsupported(),
            });
        };
        site.output = output;
        match code {
            CONV_2D => self.convolution(&site),
            DEPTHWISE_CONV_2D => self.depthwise(&site),
            FULLY_CONNECTED => self.fully_connected(&site),
            ADD => {
                let mut operands = [self.operand(site.input(0)?)?, self.operand(site.input(1)?)?];
                // The second one may be smaller.
                operands.sort_by_key(|id| std::cmp::Reverse(self.graph[*id].shape.len()));
                self.node(&site, Operator::Binary(Binary::Add), &operands, Some(0))
            }
            AVERAGE_POOL_2D => {
                let pool = self.pool(&site)?;
                self.with_input(&site, Operator::AveragePool(pool), Some(5))
            }
            MAX_POOL_2D => {
                let pool = self.pool(&site)?;
                self.with_input(&site, Operator::MaxPool(pool), Some(5))
            }
            RELU => {
                let (low, high) = (0.0, f32::INFINITY);
                self.with_input(&site, Operator::Clip { low, high }, None)
            }
            RELU6 => {
                let (low, high) = (0.0, 6.0);
                self.with_input(&site, Operator::Clip { low, high }, None)
            }
            RESHAPE => {
                let (_, output) = self.activation(site.output)?;
                let shape = output.shape;
                self.with_input(&site, Operator::Reshape { shape }, None)
            }
            SOFTMAX => {
                let beta = site.options.map(|options| options.f32(0)).transpose()?;
                let beta = beta.unwrap_or(1.0);
                self.with_input(&site, Operator::Softmax { beta }, None)
            }
            PAD => self.pad(&site),
            QUANTIZE => self.with_input(&site, Operator::Quantize, None),
            DEQUANTIZE => self.with_input(&site, Operator::Dequantize, None),
            _ => Err(site.unsupported()),
        }
    }

    fn with_input(
        &mut self,
        site: &Site,
        operator: Operator,
        activation: Option<usize>,
    ) -> Result<(), ImportError> {
        let input = self.computed(site.input(0)?)?;
        self.node(site, operator, &[input], activation)
    }

    /// Adds a node; `activation` is the slot of a fused activation in its options.
    pub(super) fn node(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: &[TensorId],
        activation: Option<usize>,
    ) -> Result<(), ImportError> {
        let (place, tensor) = self.activation(site.output)?;
        let limits = match activation {
            Some(slot) => site.limits(slot, &tensor)?,
            None => Limits::of(tensor.element),
        };
        let output = Output {
            name: tensor.name,
            element: tensor.element,
            quantization: tensor.quantization,
            limits,
        };
        let id = self.graph.node(&site.name, operator, inputs, output)?;
        let found = &self.graph[id].shape;
        if *found != tensor.shape {
            let wanted = tensor.shape;
            let reason = format!("gives the shape {found:?}, and the file says {wanted:?}");
            return Err(site.fail(reason));
        }
        self.define(place, id)
    }
}
