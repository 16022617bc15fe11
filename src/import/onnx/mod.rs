//! `.onnx` files: quantized networks as ONNX Runtime's quantizer writes them.
//!
//! Two forms exist. In the one, operators compute in floating point between DequantizeLinear and
//! QuantizeLinear; each such sandwich becomes one node, as ONNX Runtime fuses it. In the other one,
//! operators such as QLinearConv take integers, scales and zero points.

mod clip;
mod concat;
mod constant;
mod elementwise;
mod float;
mod image;
mod integer;
mod layout;
mod movement;
mod normalization;
mod pool;
pub mod proto;
mod quantize;
mod site;
#[cfg(test)]
mod tests;
mod value;
mod weights;

use super::budget::Budget;
use super::{Format, ImportError, ReadFile};
use crate::graph::{Binary, Family, Function, Graph, Operator, Output, Tensor, TensorId, Values};
use constant::{Constant, element};
use prost::Message;
use proto::{Model, NodeProto, TensorProto, ValueInfo};
use site::Site;
use std::collections::BTreeMap;
use std::rc::Rc;
use value::{Activation, Axes, Value};

/// Operators that are read.
const SUPPORTED: &[&str] = &[
    "Add",
    "ArgMax",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "DepthToSpace",
    "DequantizeLinear",
    "Dropout",
    "Elu",
    "Expand",
    "Flatten",
    "Gather",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "LeakyRelu",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mul",
    "PRelu",
    "Pad",
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Resize",
    "Shape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Sub",
    "Tanh",
    "Tile",
    "Transpose",
    "Unsqueeze",
    "Upsample",
    "com.microsoft.QGemm",
    "com.microsoft.QLinearAdd",
    "com.microsoft.QLinearAveragePool",
    "com.microsoft.QLinearConcat",
    "com.microsoft.QLinearGlobalAveragePool",
    "com.microsoft.QLinearLeakyRelu",
    "com.microsoft.QLinearMul",
    "com.microsoft.QLinearSigmoid",
    "com.microsoft.QLinearSoftmax",
];

/// Bytes of the nodes of an image of a batch, about.
const NODE_BYTES: usize = 2048;

/// The network of a file; `file` reads another one beside it.
pub(super) fn read<'a>(bytes: &[u8], file: &'a mut ReadFile<'a>) -> Result<Graph, ImportError> {
    read_model(&decode(bytes)?, file)
}

/// The model in the bytes of a file.
fn decode(bytes: &[u8]) -> Result<Model, ImportError> {
    let unknown = |reason: String| ImportError::Unknown { reason };
    let model = Model::decode(bytes).map_err(|error| unknown(error.to_string()))?;
    match model.ir_version > 0 {
        true => Ok(model),
        false => Err(unknown("it has no version".into())),
    }
}

/// The model in the bytes of a file, with the weights that are in files beside it; `file` reads them.
pub(super) fn decode_whole(bytes: &[u8], file: &mut ReadFile) -> Result<Model, ImportError> {
    let mut model = decode(bytes)?;
    let mut files = BTreeMap::new();
    let constants = model
        .graph
        .iter_mut()
        .flat_map(|graph| &mut graph.initializer);
    for constant in constants {
        constant.embed(&mut |location| beside(location, &mut files, file, &mut |_| {}))?;
    }
    Ok(model)
}

/// Files beside a model, by their names.
type Files = BTreeMap<String, Rc<Vec<u8>>>;

/// A file beside a model, which is read once; `new` hears of its size then.
fn beside(
    location: &str,
    files: &mut Files,
    file: &mut ReadFile,
    new: &mut dyn FnMut(usize),
) -> Result<Rc<Vec<u8>>, String> {
    if let Some(bytes) = files.get(location) {
        return Ok(bytes.clone());
    }
    let bytes = file(location);
    let bytes = bytes.map_err(|reason| format!("is in the file `{location}`: {reason}"))?;
    new(bytes.len());
    let bytes = Rc::new(bytes);
    files.insert(location.to_owned(), bytes.clone());
    Ok(bytes)
}

/// The network of a model in memory.
pub(super) fn read_model<'a>(
    model: &Model,
    file: &'a mut ReadFile<'a>,
) -> Result<Graph, ImportError> {
    let none = || ImportError::Unknown {
        reason: "it has no graph".into(),
    };
    let graph = model.graph.as_ref().ok_or_else(none)?;
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
        budget: Budget::of(model.encoded_len()),
        file,
        files: BTreeMap::new(),
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
    file: &'a mut ReadFile<'a>,
    files: Files,
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
        let axes = Axes::of(&sizes);
        let tensor = Tensor {
            name: name.into(),
            shape: axes.shape(),
            element,
            quantization: None,
            values: None,
        };
        tensor.check()?;
        let id = self.graph.tensor(tensor);
        self.graph.inputs.push(id);
        let activation = Activation {
            id,
            axes,
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
        let proto = NodeProto {
            name: name.into(),
            op_type: "output".into(),
            ..NodeProto::default()
        };
        let site = Site::new(0, &proto);
        let mut activation = self.standard(&site, &activation)?;
        activation.id = self.shaped(&site, &activation)?;
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
            (false, "Split") => return self.split(site),
            (false, "Add") => self.binary(site, Binary::Add)?,
            (false, "Sub") => self.binary(site, Binary::Sub)?,
            (false, "Mul") => self.binary(site, Binary::Mul)?,
            (false, "Max") => self.binary(site, Binary::Maximum)?,
            (false, "Min") => self.binary(site, Binary::Minimum)?,
            (false, "PRelu") => self.prelu(site)?,
            (false, "LeakyRelu") => self.function(site, leaky(site))?,
            (false, "Sigmoid") => self.function(site, Function::Sigmoid)?,
            (false, "Tanh") => self.function(site, Function::Tanh)?,
            (false, "HardSwish") => self.function(site, Function::HardSwish)?,
            (false, "HardSigmoid") => {
                let slope = site.real("alpha", 0.2);
                let offset = site.real("beta", 0.5);
                self.function(site, Function::HardSigmoid { slope, offset })?
            }
            (false, "Elu") => {
                let scale = site.real("alpha", 1.0);
                self.function(site, Function::Elu { scale })?
            }
            (_, "Gelu") => {
                let rule = site.attribute("approximate");
                let approximate = rule.is_some_and(|rule| rule.s == b"tanh");
                self.function(site, Function::Gelu { approximate })?
            }
            (false, "BatchNormalization") => self.batch_normalization(site)?,
            (false, "ConvTranspose") => self.transposed_convolution(site)?,
            (false, "Concat") => self.concat(site)?,
            (false, "Transpose") => self.transpose(site)?,
            (false, "Slice") => self.slice(site)?,
            (false, "Gather") => self.gather(site)?,
            (false, "Expand") => self.expand(site)?,
            (false, "Tile") => self.tile(site)?,
            (false, "Pad") => self.pad(site)?,
            (false, "DepthToSpace" | "SpaceToDepth") => self.depth_to_space(site)?,
            (false, "Resize" | "Upsample") => self.resize(site)?,
            (false, "ReduceMean") => self.reduce_mean(site)?,
            (false, "ArgMax") => self.largest_place(site)?,
            (false, "Shape") => self.shape(site)?,
            (false, "Cast") => self.cast(site)?,
            (false, "Relu") => self.clip(site, [0.0, f32::INFINITY])?,
            (false, "Clip") => {
                let limits = self.clip_limits(site)?;
                self.clip(site, limits)?
            }
            (false, "GlobalAveragePool" | "AveragePool") => self.average_pool(site)?,
            (false, "MaxPool" | "GlobalMaxPool") => self.max_pool(site)?,
            (false, "Softmax") => self.softmax(site)?,
            (false, "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze") => self.reshape(site)?,
            (false, "Identity" | "Dropout") => self.value(site, 0)?,
            (false, "Constant") => self.constant_node(site)?,
            (false, "QLinearConv") => self.integer_convolution(site)?,
            (false, "QLinearMatMul") => self.integer_product(site, [6, 7], None)?,
            (true, "QGemm") => self.integer_product(site, [7, 8], Some(6))?,
            (true, "QLinearAdd") => self.integer_binary(site, Binary::Add)?,
            (true, "QLinearMul") => self.integer_binary(site, Binary::Mul)?,
            (true, "QLinearConcat") => self.integer_concat(site)?,
            (true, "QLinearLeakyRelu") => self.integer_function(site, leaky(site))?,
            (true, "QLinearSigmoid") => self.integer_function(site, Function::Sigmoid)?,
            (true, "QLinearSoftmax") => self.integer_softmax(site)?,
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
        let value = Value::Constant(Rc::new(self.read_constant(initializer)?));
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

    /// The constant of a message.
    fn read_constant(&mut self, proto: &TensorProto) -> Result<Constant, ImportError> {
        let (file, files, budget) = (&mut self.file, &mut self.files, &mut self.budget);
        Constant::read(proto, &mut |location| {
            beside(location, files, *file, &mut |bytes| budget.add(bytes))
        })
    }

    fn constant_node(&mut self, site: &Site) -> Result<Value, ImportError> {
        let list = |name: &str| site.attribute(name).map(|attribute| attribute.ints.clone());
        let ints = list("value_ints").or_else(|| Some(vec![site.attribute("value_int")?.i()]));
        if let Some(ints) = ints {
            let shape = match site.attribute("value_int") {
                Some(_) => Vec::new(),
                None => vec![ints.len()],
            };
            return self.sizes_constant(site, shape, ints);
        }
        let floats = site
            .attribute("value_floats")
            .map(|attribute| attribute.floats.clone());
        let floats = floats.or_else(|| Some(vec![site.attribute("value_float")?.f()]));
        if let Some(floats) = floats {
            let shape = match site.attribute("value_float") {
                Some(_) => Vec::new(),
                None => vec![floats.len()],
            };
            return Ok(Value::Constant(Rc::new(Constant {
                name: site.output()?.to_owned(),
                shape,
                data: constant::Data::Values(Values::Float32(floats)),
                meaning: None,
                narrow: false,
                half: false,
            })));
        }
        let tensor = site.attribute("value").and_then(|value| value.t.as_ref());
        let tensor = tensor.ok_or_else(|| site.fail("has no tensor as its value"))?;
        let mut constant = self.read_constant(tensor)?;
        constant.name = site.output()?.to_owned();
        Ok(Value::Constant(Rc::new(constant)))
    }

    /// The sizes of a tensor, as a constant.
    fn shape(&mut self, site: &Site) -> Result<Value, ImportError> {
        let sizes = match self.value(site, 0)? {
            Value::Activation(x) => x.axes.sizes,
            Value::Pending(pending) => pending.axes.sizes,
            Value::Constant(constant) => constant.shape.clone(),
        };
        let rank = sizes.len() as i64;
        let place = |name: &str, default: i64| {
            let at = site.int(name, default);
            let at = if at < 0 { at.saturating_add(rank) } else { at };
            at.clamp(0, rank) as usize
        };
        let (start, end) = (place("start", 0), place("end", rank));
        let part = sizes.get(start..end).unwrap_or_default();
        let part = Vec::from_iter(part.iter().map(|size| *size as i64));
        self.sizes_constant(site, vec![part.len()], part)
    }

    /// Sizes as other whole numbers.
    fn cast(&mut self, site: &Site) -> Result<Value, ImportError> {
        match self.value(site, 0)? {
            Value::Constant(constant) if [6, 7].contains(&site.int("to", 0)) => {
                let values = constant.whole_numbers()?;
                self.sizes_constant(site, constant.shape.clone(), values)
            }
            _ => Err(site.fail("is a cast of what are no sizes, which is not supported")),
        }
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
        let of_image = matches!(
            operator,
            Operator::Convolution(_)
                | Operator::AveragePool(_)
                | Operator::MaxPool(_)
                | Operator::GlobalAveragePool
                | Operator::ResizeLinear(_)
        );
        let id = match self.graph[inputs[0]].shape[..] {
            [batch, _, _, _] if of_image => {
                self.take(NODE_BYTES.saturating_mul(batch))?;
                self.graph.node_of_batch(name, operator, inputs, output)?
            }
            _ => self.graph.node(name, operator, inputs, output)?,
        };
        let real = false;
        Ok(Activation { id, axes, real })
    }

    /// An output with the type and quantization of an activation.
    fn output_like(&self, name: &str, activation: &Activation) -> Output {
        Output::like(name, &self.graph[activation.id])
    }

    fn take(&mut self, bytes: usize) -> Result<(), ImportError> {
        self.budget.take(bytes).ok_or_else(|| ImportError::Damaged {
            format: Format::Onnx,
            reason: "its constants are used so often that they would fill the memory".into(),
        })
    }
}

fn leaky(site: &Site) -> Function {
    let slope = site.real("alpha", 0.01);
    Function::LeakyRelu { slope }
}
