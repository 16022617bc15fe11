//! Networks on a core, with the arrays that the runtime has.

use crate::api::TensorType;
use crate::network::{Network, Part};
use ferrogrid::device::{Executable, NetworkPort};
use ferrogrid::graph::{Element, Values};
use ferrogrid::import::onnx_proto::NodeProto;
use ferrogrid::import::read_onnx;
use ferrogrid::runtime::plugin::{self, PluginOptions, Reports, interruptible};
use ferrogrid::runtime::{CompiledModel, text};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A network on a core.
pub struct Compiled {
    /// The names of the inputs, in the order of [`Self::run`].
    pub inputs: Vec<String>,
    /// The names of the outputs.
    pub outputs: Vec<String>,
    input_types: Vec<TensorType>,
    output_types: Vec<TensorType>,
    /// The number of rows is open: each goes through the network by itself.
    rows: bool,
    reports: Option<Arc<Reports>>,
    model: Mutex<CompiledModel>,
}

/// An array of the runtime.
pub struct Array {
    pub kind: TensorType,
    /// Little-endian elements.
    pub bytes: Vec<u8>,
}

impl Compiled {
    /// Nodes of a network.
    ///
    /// # Errors
    /// Why they do not run on the core.
    fn new(
        network: &Network,
        places: &[usize],
        options: &PluginOptions,
    ) -> Result<Compiled, String> {
        let Part {
            model,
            inputs,
            outputs,
        } = network.part(places);
        let graph = read_onnx(&model).map_err(|error| error.to_string())?;
        Compiled::with_ends(
            network,
            [inputs, outputs],
            options.compile(&graph)?,
            options,
        )
    }

    /// The network of a node that was saved.
    ///
    /// # Errors
    /// When it is damaged, or for another core or mode.
    pub fn saved(
        network: &Network,
        node: &NodeProto,
        bytes: &[u8],
        options: &PluginOptions,
    ) -> Result<Compiled, String> {
        let executable = Executable::from_bytes(bytes).map_err(|error| error.to_string())?;
        if options
            .rounding
            .is_some_and(|rounding| rounding != executable.rounding)
        {
            return Err("the network was compiled in the other mode".into());
        }
        let model = CompiledModel::of_network(executable, &options.device);
        let model = model.map_err(|error| error.to_string())?;
        let ends = [node.input.clone(), node.output.clone()];
        Compiled::with_ends(network, ends, model, options)
    }

    /// What [`Self::saved`] reads.
    pub fn save(&self) -> Vec<u8> {
        self.model().save()
    }

    fn with_ends(
        network: &Network,
        [inputs, outputs]: [Vec<String>; 2],
        model: CompiledModel,
        options: &PluginOptions,
    ) -> Result<Compiled, String> {
        let types = |names: &[String], ports: &[NetworkPort]| {
            if names.len() != ports.len() {
                return Err("an input is not used, or an output is there twice".into());
            }
            let pairs = names.iter().zip(ports);
            pairs
                .map(|(name, port)| port_type(network, name, port))
                .collect()
        };
        let executable = model.network();
        let input_types: Vec<TensorType> = types(&inputs, &executable.inputs)?;
        let output_types: Vec<TensorType> = types(&outputs, &executable.outputs)?;
        let mut all = input_types.iter().chain(&output_types);
        Ok(Compiled {
            inputs,
            outputs,
            rows: all.all(|kind| kind.sizes.first() == Some(&-1)),
            input_types,
            output_types,
            reports: options.reports.clone(),
            model: Mutex::new(model),
        })
    }

    /// Runs it, one thread at a time.
    ///
    /// # Errors
    /// What of the inputs is not as the network has it, or why the core did not end.
    pub fn run(&self, inputs: &[Array]) -> Result<Vec<Array>, String> {
        let rows = self.rows_of(inputs)?;
        let mut model = self.model();
        let mut outputs: Vec<Array> = Vec::from_iter(self.output_types.iter().map(|kind| Array {
            kind: fixed(kind, rows),
            bytes: Vec::new(),
        }));
        let mut inferences = Vec::new();
        for row in 0..rows {
            // A short run asks for nothing by itself.
            if interruptible(0).is_break() {
                return Err("the program has ended this run".into());
            }
            let ports = model.network().inputs.iter().zip(inputs);
            let values = ports.map(|(port, array)| {
                let size = array.bytes.len() / rows;
                let bytes = &array.bytes[row * size..][..size];
                port.from_file(&Values::from_bytes(port.element, bytes))
            });
            let values = Vec::from_iter(values);
            let inference = model.infer(&values, &mut interruptible);
            let inference = inference.map_err(|error| text(&error))?;
            let ports = model.network().outputs.iter().zip(&inference.outputs);
            for ((port, values), output) in ports.zip(&mut outputs) {
                let values = port.to_file(values);
                match (output.kind.element, &values) {
                    (INT64, Values::Int32(values)) => {
                        let wide = values
                            .iter()
                            .flat_map(|value| i64::from(*value).to_le_bytes());
                        output.bytes.extend(wide);
                    }
                    _ => output.bytes.extend(values.to_bytes()),
                }
            }
            if self.reports.is_some() {
                inferences.push(inference);
            }
        }
        let reports = self.reports.as_ref().zip(self.outputs.first());
        if let (Some((reports, part)), [_, ..]) = (reports, &inferences[..]) {
            reports.note(part, &model, &inferences)?;
        }
        Ok(outputs)
    }

    fn model(&self) -> MutexGuard<'_, CompiledModel> {
        // What a thread that panicked has left is as good as before.
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many rows are given.
    fn rows_of(&self, inputs: &[Array]) -> Result<usize, String> {
        let first = inputs.first().and_then(|array| array.kind.sizes.first());
        let rows = match self.rows {
            true => first.map_or(1, |rows| *rows),
            false => 1,
        } as usize;
        let checked = self.inputs.iter().zip(&self.input_types).zip(inputs);
        for ((name, kind), array) in checked {
            let wanted = fixed(kind, rows);
            if array.kind != wanted {
                let (found, wanted) = (&array.kind.sizes, &wanted.sizes);
                return Err(format!(
                    "the input `{name}` is {found:?}; the network takes {wanted:?}"
                ));
            }
        }
        Ok(rows)
    }
}

/// A network of a session with its options.
pub struct Nodes<'a>(pub &'a Network, pub &'a PluginOptions);

impl plugin::Nodes for Nodes<'_> {
    type Value = String;
    type Compiled = Compiled;

    fn count(&self) -> usize {
        self.0.nodes.len()
    }

    fn inputs(&self, place: usize) -> Vec<String> {
        let names = self.0.nodes[place].input.iter();
        names.filter(|name| !name.is_empty()).cloned().collect()
    }

    fn outputs(&self, place: usize) -> Vec<String> {
        self.0.nodes[place].output.clone()
    }

    fn is_constant(&self, name: &String) -> bool {
        self.0.initializers.contains_key(name)
    }

    fn is_narrow(&self, name: &String) -> bool {
        let kind = self.0.ports.get(name).and_then(Option::as_ref);
        kind.is_some_and(|kind| [UINT8, INT8].contains(&kind.element))
    }

    fn are_supported(&self, places: &[usize]) -> bool {
        let free = places.iter().all(|place| !self.0.taken.contains_key(place));
        free && read_onnx(&self.0.part(places).model).is_ok()
    }

    fn compile(&self, places: &[usize]) -> Result<Compiled, String> {
        for place in places {
            if let Some(provider) = self.0.taken.get(place) {
                let name = &self.0.nodes[*place].name;
                return Err(format!("node `{name}` runs in the {provider}"));
            }
        }
        Compiled::new(self.0, places, self.1)
    }

    fn runs_on_core(&self, compiled: &Compiled) -> bool {
        compiled.model().network().layers().next().is_some()
    }
}

/// Their numbers in `onnx.proto3`.
const UINT8: i32 = 2;
const INT8: i32 = 3;
const INT64: i32 = 7;

/// With an open number of rows decided.
fn fixed(kind: &TensorType, rows: usize) -> TensorType {
    let mut kind = kind.clone();
    if let Some(first @ -1) = kind.sizes.first_mut() {
        *first = rows as i64;
    }
    kind
}

/// The type of a value of the runtime, which a port has.
fn port_type(network: &Network, name: &str, port: &NetworkPort) -> Result<TensorType, String> {
    let known = network.ports.get(name).and_then(Option::as_ref);
    let kind = known.ok_or_else(|| format!("the type of `{name}` is not known"))?;
    let ours = match port.element {
        Element::Float32 => [1, 1],
        Element::Uint8 => [UINT8; 2],
        Element::Int8 => [INT8; 2],
        Element::Int32 => [6, INT64],
    };
    let sizes = fixed(kind, 1).sizes;
    let sizes = sizes.iter().map(|size| usize::try_from(*size).ok());
    let count = sizes.product::<Option<usize>>();
    match ours.contains(&kind.element) && count == Some(port.len()) {
        true => Ok(kind.clone()),
        false => Err(format!(
            "`{name}` has the type {} and the shape {:?}; the network has {} of {:?}",
            kind.element,
            kind.sizes,
            port.element,
            port.file_shape()
        )),
    }
}
