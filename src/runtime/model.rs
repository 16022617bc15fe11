//! A network that is compiled for a core and runs on it.

use super::error::unknown;
use super::{Device, ModelError, read_bytes, read_model};
use crate::compiler::{Effort, Options as Passes, Rounding};
use crate::device::{Accelerator, Executable, ExecutableError, Inference, Loaded, Watch};
use crate::graph::{Graph, Values};
use crate::report::{Clock, NetworkReport};
use miette::Result;
use std::path::Path;

/// How a network is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How sums are rounded; as the runtime of the model's format does where it is not said.
    pub rounding: Option<Rounding>,
    /// Channels that are the same for every input become part of the biases behind them.
    pub folding: bool,
    /// How long to look for a faster program.
    pub effort: Effort,
}

/// The rounding of `onnx` or `tflm`, the names of modes.
///
/// # Errors
/// For another name.
pub fn mode(name: &str) -> Result<Rounding> {
    match name {
        "onnx" => Ok(Rounding::Float),
        "tflm" => Ok(Rounding::Fixed),
        _ => Err(unknown("mode", name, "`onnx` and `tflm`")),
    }
}

/// The effort of `none`, `some` or `much`.
///
/// # Errors
/// For another name.
pub fn effort(name: &str) -> Result<Effort> {
    match name {
        "none" => Ok(Effort::None),
        "some" => Ok(Effort::Some),
        "much" => Ok(Effort::Much),
        _ => Err(unknown("effort", name, "`none`, `some` and `much`")),
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            rounding: None,
            folding: true,
            effort: Effort::default(),
        }
    }
}

/// A network on a core. What a streaming network keeps goes from one inference to the next.
pub struct CompiledModel {
    device: Device,
    network: Executable,
    accelerator: Option<Accelerator>,
    variables: Vec<Values>,
}

/// What a layer has left.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerValues {
    /// Name of the node that it begins with.
    pub name: String,
    /// Sizes: height, width, channels.
    pub shape: Vec<usize>,
    /// The integers.
    pub values: Values,
}

impl CompiledModel {
    /// The network of a `.tflite` or `.onnx` file, or one that [`Self::save`] or `ferrogrid compile` wrote.
    ///
    /// # Errors
    /// What of the file cannot be read, is not supported, or does not fit the core.
    pub fn open(path: &Path, device: &Device, options: Options) -> Result<CompiledModel> {
        let error = |error| ModelError::Network {
            path: path.to_owned(),
            error,
        };
        let bytes = read_bytes(path)?;
        if !Executable::is_file(&bytes) {
            let graph = read_model(path, &bytes).map_err(|error| ModelError::Import {
                path: path.to_owned(),
                error,
            })?;
            return Ok(CompiledModel::of_graph(&graph, device, options).map_err(error)?);
        }
        let network = Executable::from_bytes(&bytes).map_err(error)?;
        match options.rounding {
            Some(asked) if asked != network.rounding => Err(ModelError::Mode {
                path: path.to_owned(),
            }
            .into()),
            _ => Ok(CompiledModel::of_network(network, device).map_err(error)?),
        }
    }

    /// The network of a graph.
    ///
    /// # Errors
    /// What of it is not supported, or does not fit the core.
    pub fn of_graph(
        graph: &Graph,
        device: &Device,
        options: Options,
    ) -> Result<CompiledModel, ExecutableError> {
        let rounding = options.rounding.unwrap_or(Rounding::of(graph.family));
        let passes = Passes {
            rounding,
            folding: options.folding,
            effort: options.effort,
        };
        let network = Executable::compile(graph, &device.arch, passes)?;
        CompiledModel::of_network(network, device)
    }

    /// A network that is compiled already.
    ///
    /// # Errors
    /// When it is for another core.
    pub fn of_network(
        network: Executable,
        device: &Device,
    ) -> Result<CompiledModel, ExecutableError> {
        network.check_core(&device.arch)?;
        Ok(CompiledModel {
            device: device.clone(),
            variables: network.initial(),
            network,
            accelerator: None,
        })
    }

    /// The network.
    pub fn network(&self) -> &Executable {
        &self.network
    }

    /// The core.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The bytes of a file that [`Self::open`] reads.
    pub fn save(&self) -> Vec<u8> {
        self.network.to_bytes()
    }

    /// Forgets what a streaming network keeps.
    pub fn reset(&mut self) {
        self.variables = self.network.initial();
    }

    /// Runs the network on values of its inputs, in the order of the graph.
    ///
    /// # Errors
    /// When the inputs are not the network's, the core does not end the program, or `watch` stopped it.
    pub fn infer(&mut self, inputs: &[Values], watch: &mut Watch) -> Result<Inference> {
        let mut loaded = self.loaded()?;
        let inference = loaded.infer_watched(inputs, watch)?;
        self.variables = loaded.variables().to_vec();
        Ok(inference)
    }

    /// Runs every layer by itself, and gives what each has left.
    ///
    /// # Errors
    /// As [`Self::infer`].
    pub fn trace(&mut self, inputs: &[Values], watch: &mut Watch) -> Result<Vec<LayerValues>> {
        let names = self.network.layers();
        let names = Vec::from_iter(names.map(|layer| (layer.name.clone(), layer.shape.clone())));
        let mut loaded = self.loaded()?;
        let mut layers = Vec::new();
        for (number, (name, shape)) in names.into_iter().enumerate() {
            let result = loaded.layer(number, inputs, watch)?;
            layers.push(LayerValues {
                name,
                shape,
                values: result.values,
            });
        }
        Ok(layers)
    }

    /// Figures of inferences that ended.
    ///
    /// # Panics
    /// When there is none.
    pub fn report(&self, inferences: &[Inference], clock: Clock) -> NetworkReport {
        let simulator = match &self.accelerator {
            Some(accelerator) => accelerator.simulator(),
            None => "native",
        };
        NetworkReport::new(
            &self.device.arch,
            &self.network,
            simulator,
            clock,
            inferences,
        )
    }

    fn loaded(&mut self) -> Result<Loaded<'_>> {
        let accelerator = match &mut self.accelerator {
            Some(accelerator) => accelerator,
            none => none.insert(self.device.start()?),
        };
        Ok(accelerator.load_again(&self.network, self.variables.clone())?)
    }
}
