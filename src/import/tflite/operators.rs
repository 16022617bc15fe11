//! Operators: their codes and nodes.

use super::names::SUPPORTED;
use super::site::Site;
use super::{ImportError, Importer, Table, indices, operator_name};
use crate::graph::{Binary, Function, Limits, Operator, Output, Pool, TensorId};

/// Bytes of the nodes of an image of a batch, about.
const NODE_BYTES: usize = 2048;

impl<'a> Importer<'a> {
    /// Adds the nodes of an operator.
    pub(super) fn operator(&mut self, place: usize, table: &Table<'a>) -> Result<(), ImportError> {
        let code = self.code(table)?;
        let operator = operator_name(code);
        let mut site = Site {
            name: format!("{}_{place}", operator.to_lowercase()),
            operator,
            inputs: indices(table, 1)?,
            output: 0,
            outputs: indices(table, 2)?,
            options: table.table(4)?,
        };
        if !SUPPORTED.contains(&site.operator.as_str()) {
            return Err(site.unsupported());
        }
        match site.operator.as_str() {
            "SPLIT" => return self.split(&mut site, 1, None),
            "SPLIT_V" => return self.split(&mut site, 0, Some(1)),
            "UNPACK" => return self.unpack(&mut site),
            "CALL_ONCE" => return self.call_once(&site),
            "ASSIGN_VARIABLE" => return self.assign(&site),
            _ => {}
        }
        let &[output] = site.outputs.as_slice() else {
            return Err(site.fail(format!("has {} outputs, not one", site.outputs.len())));
        };
        site.output = output;
        match site.operator.as_str() {
            "CONV_2D" => self.convolution(&site),
            "DEPTHWISE_CONV_2D" => self.depthwise(&site),
            "TRANSPOSE_CONV" => self.transposed_convolution(&site),
            "FULLY_CONNECTED" => self.fully_connected(&site),
            "BATCH_MATMUL" => self.matrix_product(&site),
            "ADD" => self.binary(&site, Binary::Add),
            "SUB" => self.binary(&site, Binary::Sub),
            "MUL" => self.binary(&site, Binary::Mul),
            "MAXIMUM" => self.binary(&site, Binary::Maximum),
            "MINIMUM" => self.binary(&site, Binary::Minimum),
            "PRELU" => self.prelu(&site),
            "AVERAGE_POOL_2D" => self.pooled(&site, Operator::AveragePool),
            "MAX_POOL_2D" => self.pooled(&site, Operator::MaxPool),
            "MEAN" => self.mean(&site),
            "ARG_MAX" => self.largest_place(&site),
            "RELU" => self.clip(&site, 0.0, f32::INFINITY),
            "RELU6" => self.clip(&site, 0.0, 6.0),
            "RELU_N1_TO_1" => self.clip(&site, -1.0, 1.0),
            "RELU_0_TO_1" => self.clip(&site, 0.0, 1.0),
            "LOGISTIC" => self.function(&site, Function::Sigmoid),
            "TANH" => self.function(&site, Function::Tanh),
            "HARD_SWISH" => self.function(&site, Function::HardSwish),
            "ELU" => self.function(&site, Function::Elu { scale: 1.0 }),
            "GELU" => {
                let approximate = site.options.map(|options| options.u8(0)).transpose()?;
                let approximate = approximate.is_some_and(|flag| flag != 0);
                self.function(&site, Function::Gelu { approximate })
            }
            "LEAKY_RELU" => {
                let slope = site.options.map(|options| options.f32(0)).transpose()?;
                let slope = slope.unwrap_or(0.0);
                self.function(&site, Function::LeakyRelu { slope })
            }
            "RESHAPE" | "SQUEEZE" | "EXPAND_DIMS" => self.reshape(&site),
            "TRANSPOSE" => self.transpose(&site),
            "CONCATENATION" => self.concatenate(&site, 0),
            "PACK" => self.pack(&site),
            "SLICE" => self.slice(&site),
            "STRIDED_SLICE" => self.strided_slice(&site),
            "REVERSE_V2" => self.reverse(&site),
            "GATHER" => self.gather(&site),
            "TILE" => self.tile(&site),
            "BROADCAST_TO" => self.broadcast(&site),
            "DEPTH_TO_SPACE" => self.depth_to_space(&site),
            "SPACE_TO_DEPTH" => self.space_to_depth(&site),
            "PAD" | "PADV2" => self.pad(&site),
            "MIRROR_PAD" => self.mirror_pad(&site),
            "RESIZE_NEAREST_NEIGHBOR" => self.resize_nearest(&site),
            "RESIZE_BILINEAR" => self.resize_linear(&site),
            "SOFTMAX" => {
                let beta = site.options.map(|options| options.f32(0)).transpose()?;
                let beta = beta.unwrap_or(1.0);
                self.with_input(&site, Operator::Softmax { beta }, None)
            }
            "QUANTIZE" => self.with_input(&site, Operator::Quantize, None),
            "DEQUANTIZE" => self.with_input(&site, Operator::Dequantize, None),
            "VAR_HANDLE" => self.handle(&site),
            "READ_VARIABLE" => self.read_variable(&site),
            _ => Err(site.unsupported()),
        }
    }

    fn clip(&mut self, site: &Site, low: f32, high: f32) -> Result<(), ImportError> {
        self.with_input(site, Operator::Clip { low, high }, None)
    }

    fn function(&mut self, site: &Site, function: Function) -> Result<(), ImportError> {
        self.with_input(site, Operator::Unary(function), None)
    }

    fn pooled(&mut self, site: &Site, of: fn(Pool) -> Operator) -> Result<(), ImportError> {
        let input = self.computed(site.input(0)?)?;
        let pool = self.pool(site, input)?;
        self.windowed(site, of(pool), &[input], Some(5))
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

    /// The output of a node as the file has it, with the index of its tensor and its shape; `activation` is the slot of
    /// a fused activation in its options.
    pub(super) fn output(
        &mut self,
        site: &Site,
        activation: Option<usize>,
    ) -> Result<(usize, Vec<usize>, Output), ImportError> {
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
        Ok((place, tensor.shape, output))
    }

    /// Adds a node; `activation` is the slot of a fused activation in its options.
    pub(super) fn node(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: &[TensorId],
        activation: Option<usize>,
    ) -> Result<(), ImportError> {
        let (place, wanted, output) = self.output(site, activation)?;
        let id = self.graph.node(&site.name, operator, inputs, output)?;
        self.finish(site, place, id, &wanted)
    }

    /// Notes the tensor of an output, which must have the shape that the file says.
    pub(super) fn finish(
        &mut self,
        site: &Site,
        place: usize,
        id: TensorId,
        wanted: &[usize],
    ) -> Result<(), ImportError> {
        let found = &self.graph[id].shape;
        if found != wanted {
            let reason = format!("gives the shape {found:?}, and the file says {wanted:?}");
            return Err(site.fail(reason));
        }
        self.define(place, id)
    }

    /// Adds a node that only hands values on, between those of an operator.
    pub(super) fn between(
        &mut self,
        name: String,
        operator: Operator,
        inputs: &[TensorId],
    ) -> Result<TensorId, ImportError> {
        let tensor = &self.graph[inputs[0]];
        let output = Output::like(name.clone(), tensor);
        Ok(self.graph.node(name, operator, inputs, output)?)
    }

    /// A tensor in another shape.
    pub(super) fn reshaped(
        &mut self,
        site: &Site,
        id: TensorId,
        shape: &[usize],
    ) -> Result<TensorId, ImportError> {
        if self.graph[id].shape == shape {
            return Ok(id);
        }
        let shape = shape.to_vec();
        let name = format!("{}_reshape_{}", site.name, self.graph.nodes.len());
        self.between(name, Operator::Reshape { shape }, &[id])
    }

    /// Adds a node of windows, image by image where there are several.
    pub(super) fn windowed(
        &mut self,
        site: &Site,
        operator: Operator,
        inputs: &[TensorId],
        activation: Option<usize>,
    ) -> Result<(), ImportError> {
        if self.graph[inputs[0]].shape.len() != 4 {
            return self.node(site, operator, inputs, activation);
        }
        let (place, wanted, output) = self.output(site, activation)?;
        let images = self.graph[inputs[0]].shape[0];
        let taken = self.budget.take(NODE_BYTES.saturating_mul(images));
        taken.ok_or_else(|| {
            site.fail(format!(
                "takes {images} images at once, which are too many for its size"
            ))
        })?;
        let id = (self.graph).node_of_batch(&site.name, operator, inputs, output)?;
        self.finish(site, place, id, &wanted)
    }
}
