//! `.onnx` files: quantized networks as ONNX Runtime's quantizer writes them.
//!
//! Two forms exist. In the one, operators compute in floating point between DequantizeLinear and
//! QuantizeLinear; each such sandwich becomes one node, as ONNX Runtime fuses it. In the other one,
//! operators such as QLinearConv take integers, scales and zero points.

mod add;
mod clip;
mod constant;
mod float;
mod integer;
mod pool;
mod proto;
mod quantize;
mod reshape;
mod site;
#[cfg(test)]
mod tests;
mod value;
mod weights;

use super::budget::Budget;
use super::{Format, ImportError};
use crate::graph::{Family, Graph, Limits, Operator, Output, Tensor, TensorId};
use constant::{Constant, element};
use prost::Message;
use proto::{Model, TensorProto, ValueInfo};
use site::Site;
use std::collections::BTreeMap;
use std::rc::Rc;
use value::{Activation, Axes, Value, graph_shape};

/// Operators that are read.
const SUPPORTED: &[&str] = &[
    "Add",
    "AveragePool",
    "Clip",
    "Constant",
    "Conv",
    "DequantizeLinear",
    "Dropout",
    "Flatten",
    "Gemm",
    "GlobalAveragePool",
    "Identity",
    "MatMul",
    "MaxPool",
    "QuantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "Relu",
    "Reshape",
    "Softmax",
    "com.microsoft.QGemm",
    "com.microsoft.QLinearAdd",
    "com.microsoft.QLinearAveragePool",
    "com.microsoft.QLinearGlobalAveragePool",
];

/// The network of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Graph, ImportError> {
    let unknown = |reason: String| ImportError::Unknown { reason };
    let model = Model::decode(bytes).map_err(|error| unknown(error.to_string()))?;
    let graph = match &model.graph {
        Some(graph) if model.ir_version > 0 => graph,
        _ => return Err(unknown("it has no version or no graph".into())),
    };
    let main = |domain: &str| ["", "ai.onnx"].contains(&domain);
    let opset = model.opset_import.iter().find(|set| main(&set.domain));
    let initializers = graph
        .initializer
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor));
    let mut importer = Importer {
        graph: Graph::new(Family::Onnx),
        opset: opset.map_or(1, |set| set.version),
        initializers: initializers.collect(),
        values: BTreeMap::new(),
        budget: Budget::of(bytes.len()),
    };
    for input in &graph.input {
        importer.input(input)?;
    }
    for (place, node) in graph.node.iter().enumerate() {
        importer.node(&Site::new(place, node))?;
    }
    for output in &graph.output {
        importer.output(&output.name)?;
    }
    Ok(importer.graph)
}

struct Importer<'a> {
    graph: Graph,
    /// Version of the main operator set.
    opset: i64,
    initializers: BTreeMap<&'a str, &'a TensorProto>,
    /// What is given or computed so far, by its name in the file.
    values: BTreeMap<String, Value>,
    budget: Budget,
}

impl Importer<'_> {
    fn input(&mut self, input: &ValueInfo) -> Result<(), ImportError> {
        let name = input.name.as_str();
        // Before IR version 4 initializers were inputs too.
        if self.initializers.contains_key(name) {
            return Ok(());
        }
        let fail = |reason: String| ImportError::Tensor {
            tensor: name.into(),
            reason,
        };
        let of_tensor = input
            .r#type
            .as_ref()
            .and_then(|kind| kind.tensor_type.as_ref());
        let tensor = of_tensor.ok_or_else(|| fail("is an input that is no tensor".into()))?;
        let element = element(tensor.elem_type).map_err(fail)?;
        let dimensions = tensor.shape.as_ref().map_or(&[][..], |shape| &shape.dim);
        let size = |(axis, size): (usize, Option<i64>)| match (axis, size) {
            (0, None) => Ok(1),
            (_, Some(size @ 1..=0x7fff_ffff)) => Ok(size as usize),
            (_, Some(size)) => Err(fail(format!("has the size {size}"))),
            (_, None) => Err(fail(format!("has no fixed size along axis {axis}"))),
        };
        let sizes = dimensions
            .iter()
            .map(|dimension| dimension.dim_value)
            .enumerate();
        let sizes = sizes.map(size).collect::<Result<Vec<_>, _>>()?;
        let shape = graph_shape(&sizes).map_err(fail)?;
        let id = self.graph.tensor(Tensor {
            name: name.into(),
            shape,
            element,
            quantization: None,
            values: None,
        });
        self.graph.inputs.push(id);
        let activation = Activation {
            id,
            axes: Axes::of(sizes.len()),
            real: false,
        };
        self.define(name, Value::Activation(activation))
    }

    fn output(&mut self, name: &str) -> Result<(), ImportError> {
        let fail = |reason: &str| ImportError::Tensor {
            tensor: name.into(),
            reason: reason.into(),
        };
        let activation = match self.values.get(name) {
            Some(Value::Activation(activation)) => activation.clone(),
            Some(Value::Constant(_)) => return Err(fail("is an output and a constant")),
            Some(Value::Pending(pending)) => return Err(pending.float()),
            None => return Err(fail("is an output that no node computes")),
        };
        if activation.axes.flattened.is_some() {
            return Err(fail(
                "is an image flattened channel by channel; as an output this is not supported",
            ));
        }
        let id = match activation.real {
            true => {
                let node = format!("{name}_dequantize");
                let (inputs, output) = ([activation.id], Output::float(name));
                self.graph
                    .node(node, Operator::Dequantize, &inputs, output)?
            }
            false => activation.id,
        };
        // A node that moves nothing has handed another name on.
        if !self.graph.inputs.contains(&id) && !self.graph.outputs.contains(&id) {
            self.graph[id].name = name.to_owned();
        }
        self.graph.outputs.push(id);
        Ok(())
    }

    fn node(&mut self, site: &Site) -> Result<(), ImportError> {
        let microsoft = match site.proto.domain.as_str() {
            "" | "ai.onnx" => false,
            "com.microsoft" => true,
            _ => return Err(site.unsupported()),
        };
        let value = match (microsoft, site.proto.op_type.as_str()) {
            (_, "QuantizeLinear") => self.quantize(site)?,
            (_, "DequantizeLinear") => self.dequantize(site)?,
            (false, "Conv") => self.convolution(site)?,
            (false, "Gemm" | "MatMul") => self.product(site)?,
            (false, "Add") => self.add(site)?,
            (false, "Relu") => self.clip(site, [0.0, f32::INFINITY])?,
            (false, "Clip") => {
                let limits = self.clip_limits(site)?;
                self.clip(site, limits)?
            }
            (false, "GlobalAveragePool" | "AveragePool") => self.average_pool(site)?,
            (false, "MaxPool") => self.max_pool(site)?,
            (false, "Softmax") => self.softmax(site)?,
            (false, "Flatten" | "Reshape") => self.reshape(site)?,
            (false, "Identity" | "Dropout") => self.value(site, 0)?,
            (false, "Constant") => self.constant_node(site)?,
            (false, "QLinearConv") => self.integer_convolution(site)?,
            (false, "QLinearMatMul") => self.integer_product(site, [6, 7], None)?,
            (true, "QGemm") => self.integer_product(site, [7, 8], Some(6))?,
            (true, "QLinearAdd") => self.integer_add(site)?,
            (true, "QLinearAveragePool" | "QLinearGlobalAveragePool") => {
                self.integer_average_pool(site)?
            }
            _ => return Err(site.unsupported()),
        };
        self.define(site.output()?, value)
    }

    /// Notes what a name of the file stands for.
    fn define(&mut self, name: &str, value: Value) -> Result<(), ImportError> {
        let known = self.values.insert(name.to_owned(), value).is_some();
        if known || self.initializers.contains_key(name) {
            return Err(ImportError::Tensor {
                tensor: name.into(),
                reason: "is computed twice, or computed and given at once".into(),
            });
        }
        Ok(())
    }

    /// What an input of a node is.
    fn value(&mut self, site: &Site, place: usize) -> Result<Value, ImportError> {
        let name = site.needed(place)?;
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let Some(initializer) = self.initializers.remove(name) else {
            return Err(site.fail(format!("reads `{name}`, which no node before it computes")));
        };
        let value = Value::Constant(Rc::new(Constant::read(initializer)?));
        self.values.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    /// An input of a node that must be a constant.
    fn constant(&mut self, site: &Site, place: usize) -> Result<Rc<Constant>, ImportError> {
        match self.value(site, place)? {
            Value::Constant(constant) => Ok(constant),
            _ => Err(site.fail(format!("needs a constant as input {place}"))),
        }
    }

    fn constant_node(&mut self, site: &Site) -> Result<Value, ImportError> {
        let tensor = site.attribute("value").and_then(|value| value.t.as_ref());
        let tensor = tensor.ok_or_else(|| site.fail("has no tensor as its value"))?;
        let mut constant = Constant::read(tensor)?;
        constant.name = site.output()?.to_owned();
        Ok(Value::Constant(Rc::new(constant)))
    }

    /// Adds a node, whose output has these axes in the file.
    fn emit(
        &mut self,
        name: &str,
        operator: Operator,
        inputs: &[TensorId],
        output: Output,
        axes: Axes,
    ) -> Result<Activation, ImportError> {
        let id = self.graph.node(name, operator, inputs, output)?;
        let real = false;
        Ok(Activation { id, axes, real })
    }

    /// An output with the type and quantization of an activation.
    fn output_like(&self, name: &str, activation: &Activation) -> Output {
        let tensor = &self.graph[activation.id];
        Output {
            name: name.into(),
            element: tensor.element,
            quantization: tensor.quantization.clone(),
            limits: Limits::of(tensor.element),
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), ImportError> {
        self.budget.take(bytes).ok_or_else(|| ImportError::Damaged {
            format: Format::Onnx,
            reason: "its constants are used so often that they would fill the memory".into(),
        })
    }
}
