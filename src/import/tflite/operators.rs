//! Operators: their codes, options and nodes.

use super::super::window::{Odd, same};
use super::{ImportError, Importer, Table, indices, operator_name};
use crate::graph::{
    Convolution, Element, Limits, Operator, Output, Padding, Pool, Tensor, TensorId,
};

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
const QUANTIZE: i32 = 114;

const SUPPORTED: [&str; 12] = [
    "ADD",
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEQUANTIZE",
    "FULLY_CONNECTED",
    "MAX_POOL_2D",
    "QUANTIZE",
    "RELU",
    "RELU6",
    "RESHAPE",
    "SOFTMAX",
];

/// An operator of the file.
struct Site<'a> {
    /// Name of its node.
    name: String,
    operator: String,
    inputs: Vec<i32>,
    output: i32,
    options: Option<Table<'a>>,
}

impl Site<'_> {
    fn fail(&self, reason: impl Into<String>) -> ImportError {
        ImportError::Node {
            node: self.name.clone(),
            operator: self.operator.clone(),
            reason: reason.into(),
        }
    }

    fn input(&self, place: usize) -> Result<i32, ImportError> {
        let input = self.inputs.get(place).copied();
        input.ok_or_else(|| self.fail(format!("has no input {place}")))
    }

    /// Options of four bytes that must be at least 1: sizes and steps.
    fn sizes<const N: usize>(
        &self,
        slots: [usize; N],
        default: i32,
    ) -> Result<[usize; N], ImportError> {
        let mut sizes = [0; N];
        for (size, slot) in sizes.iter_mut().zip(slots) {
            let found = match &self.options {
                Some(options) => options.i32(slot, default)?,
                None => default,
            };
            *size = match usize::try_from(found) {
                Ok(found @ 1..) => found,
                _ => return Err(self.fail(format!("has a window, stride or dilation of {found}"))),
            };
        }
        Ok(sizes)
    }

    fn byte(&self, slot: usize) -> Result<u8, ImportError> {
        let byte = self.options.map(|options| options.u8(slot)).transpose();
        Ok(byte?.unwrap_or(0))
    }

    /// The padding of a window on an image of `[h, w, c]`; the option is the first of all windows.
    fn padding(
        &self,
        image: &[usize],
        kernel: [usize; 2],
        strides: [usize; 2],
        dilations: [usize; 2],
    ) -> Result<Padding, ImportError> {
        let &[height, width, _] = image else {
            return Err(self.fail(format!("takes an image; its input has the shape {image:?}")));
        };
        match self.byte(0)? {
            0 => Ok(same([height, width], kernel, strides, dilations, Odd::End)),
            1 => Ok(Padding::default()),
            other => Err(self.fail(format!("has the unknown padding {other}"))),
        }
    }

    /// The limits of a fused activation, as integers of the output.
    fn limits(&self, slot: usize, output: &Tensor) -> Result<Limits, ImportError> {
        let (low, high) = match self.byte(slot)? {
            0 => return Ok(Limits::of(output.element)),
            1 => (0.0, f32::INFINITY),
            2 => (-1.0, 1.0),
            3 => (0.0, 6.0),
            other => {
                let reason = format!("has the fused activation {other}, which is not supported");
                return Err(self.fail(reason));
            }
        };
        let Some(meaning) = &output.quantization else {
            return Err(self.fail("has an output that is not quantized"));
        };
        // Halves away from zero, as both runtimes do.
        let whole = |limit: f32| (limit / meaning.scale(0)).round() as i32;
        let all = Limits::of(output.element);
        let integer = |limit| whole(limit).saturating_add(meaning.zero_point(0));
        Ok(Limits {
            low: integer(low).clamp(all.low, all.high),
            high: integer(high).clamp(all.low, all.high),
        })
    }
}

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
                self.node(&site, Operator::Add, &operands, Some(0))
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
            QUANTIZE => self.with_input(&site, Operator::Quantize, None),
            DEQUANTIZE => self.with_input(&site, Operator::Dequantize, None),
            _ => Err(site.unsupported()),
        }
    }

    fn convolution(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let (weights, shape) = self.weights(site.input(1)?, 0)?;
        let &[_, height, width, channels] = shape.as_slice() else {
            return Err(site.fail(format!("has weights of the shape {shape:?}")));
        };
        let image = self.graph[input].shape.clone();
        // Filters of fewer channels than the image has make a grouped convolution.
        let groups = image.last().map_or(1, |all| all / channels);
        let strides = site.sizes([2, 1], 1)?;
        let dilations = site.sizes([5, 4], 1)?;
        let padding = site.padding(&image, [height, width], strides, dilations)?;
        let convolution = Operator::Convolution(Convolution {
            strides,
            dilations,
            padding,
            groups,
        });
        self.weighted(site, convolution, input, weights, 3)
    }

    fn depthwise(&mut self, site: &Site) -> Result<(), ImportError> {
        let input = self.quantized(site)?;
        let (weights, shape) = self.weights(site.input(1)?, 3)?;
        let image = self.graph[input].shape.clone();
        let strides = site.sizes([2, 1], 1)?;
        let dilations = site.sizes([6, 5], 1)?;
        let padding = site.padding(&image, [shape[1], shape[2]], strides, dilations)?;
        let convolution = Operator::Convolution(Convolution {
            strides,
            dilations,
            padding,
            groups: image[2],
        });
        self.weighted(site, convolution, input, weights, 4)
    }

    fn fully_connected(&mut self, site: &Site) -> Result<(), ImportError> {
        let mut input = self.quantized(site)?;
        let (weights, shape) = self.weights(site.input(1)?, 0)?;
        if site.byte(1)? != 0 {
            return Err(site.fail("has shuffled weights, which are not supported"));
        }
        let tensor = &self.graph[input];
        let features = shape.last().copied().unwrap_or(0);
        // TFLite takes an image as it lies in memory.
        if tensor.shape.last() != Some(&features) && tensor.len() == features
            || site.byte(2)? == 0 && tensor.len() == features
        {
            input = self.flattened(site, input, features)?;
        }
        self.weighted(site, Operator::FullyConnected, input, weights, 0)
    }

    fn flattened(
        &mut self,
        site: &Site,
        input: TensorId,
        features: usize,
    ) -> Result<TensorId, ImportError> {
        let tensor = &self.graph[input];
        if tensor.shape == [features] {
            return Ok(input);
        }
        let output = Output {
            name: format!("{}_flat", tensor.name),
            element: tensor.element,
            quantization: tensor.quantization.clone(),
            limits: Limits::of(tensor.element),
        };
        let operator = Operator::Reshape {
            shape: vec![features],
        };
        let name = format!("{}_flat", site.name);
        Ok(self.graph.node(name, operator, &[input], output)?)
    }

    /// A node of weights and perhaps a bias.
    fn weighted(
        &mut self,
        site: &Site,
        operator: Operator,
        input: TensorId,
        weights: TensorId,
        activation: usize,
    ) -> Result<(), ImportError> {
        let bias = self.bias(site.inputs.get(2).copied())?;
        let inputs: Vec<_> = [Some(input), Some(weights), bias]
            .into_iter()
            .flatten()
            .collect();
        self.node(site, operator, &inputs, Some(activation))
    }

    fn pool(&mut self, site: &Site) -> Result<Pool, ImportError> {
        let input = self.computed(site.input(0)?)?;
        let kernel = site.sizes([4, 3], 0)?;
        let strides = site.sizes([2, 1], 0)?;
        let image = self.graph[input].shape.clone();
        Ok(Pool {
            kernel,
            strides,
            padding: site.padding(&image, kernel, strides, [1, 1])?,
            count_padding: false,
        })
    }

    /// The first input, which must not be floating point.
    fn quantized(&self, site: &Site) -> Result<TensorId, ImportError> {
        let input = self.computed(site.input(0)?)?;
        match self.graph[input].element {
            Element::Float32 => Err(ImportError::Float {
                node: site.name.clone(),
                operator: site.operator.clone(),
            }),
            _ => Ok(input),
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
    fn node(
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

impl Site<'_> {
    fn unsupported(&self) -> ImportError {
        ImportError::Operator {
            node: self.name.clone(),
            operator: self.operator.clone(),
            supported: SUPPORTED.to_vec(),
        }
    }
}
