//! What the commands of networks share: the core, the mode, and the network of a file.

use super::core;
use super::error::CliError;
use crate::arch::NpuArch;
use crate::compiler::{Effort, LayerPasses, Options, Rounding, explain_steps};
use crate::device::npu::ProgramRun;
use crate::device::{Executable, ExecutableError};
use crate::graph::{Family, Graph, TensorId, Values};
use crate::reference::graph::Mode as GoldenMode;
use crate::reference::{IllegalProgram, MachineSize, run_program};
use crate::runtime::{ModelError, read_model};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The core that a command runs networks on.
#[derive(Debug, Args)]
#[group(id = "configuration", required = true, multiple = false)]
pub(super) struct Configuration {
    /// A built-in configuration of an NPU: see `ferrogrid presets`
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// A configuration file of an NPU: see `ferrogrid new`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl Configuration {
    pub fn load(&self) -> miette::Result<NpuArch> {
        core::load_npu(self.preset.as_deref(), self.config.as_deref())
    }
}

/// Whose integers a network computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// ONNX Runtime's, and LiteRT's with its default kernels: factors in single precision
    Onnx,
    /// TFLite Micro's: factors in fixed point
    Tflm,
}

impl Mode {
    pub fn of(family: Family) -> Mode {
        match family {
            Family::Onnx => Mode::Onnx,
            Family::TfLite => Mode::Tflm,
        }
    }

    pub fn of_rounding(rounding: Rounding) -> Mode {
        match rounding {
            Rounding::Float => Mode::Onnx,
            Rounding::Fixed => Mode::Tflm,
        }
    }

    pub fn rounding(self) -> Rounding {
        match self {
            Mode::Onnx => Rounding::Float,
            Mode::Tflm => Rounding::Fixed,
        }
    }

    pub fn golden(self) -> GoldenMode {
        match self {
            Mode::Onnx => GoldenMode::Float,
            Mode::Tflm => GoldenMode::FixedPoint,
        }
    }

    /// Fails where a network of this mode is asked for in another one.
    pub fn check_asked(self, asked: Option<Mode>, path: &Path) -> Result<(), CliError> {
        match asked {
            Some(mode) if mode != self => Err(CliError::Mode {
                path: path.to_owned(),
                compiled: self.name(),
            }),
            _ => Ok(()),
        }
    }

    /// The mode in a report, with a word of warning where the model's runtime computes otherwise.
    pub fn told(self, family: Family) -> String {
        let name = self.name();
        match (family, self) {
            (Family::Onnx, Mode::Tflm) => {
                format!("{name} (ONNX Runtime computes otherwise: its outputs may differ)")
            }
            _ => name.into(),
        }
    }

    /// As options and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Onnx => "onnx",
            Mode::Tflm => "tflm",
        }
    }
}

/// What a command that compiles may leave out.
#[derive(Debug, Args)]
pub(super) struct Passes {
    /// Compute channels that are the same for every input too
    #[arg(long)]
    pub no_fold: bool,
    /// How long to look for a faster program; `much` may take some seconds
    #[arg(long, default_value = "some", value_parser = efforts())]
    pub effort: Effort,
}

/// Efforts by their names.
fn efforts() -> impl TypedValueParser<Value = Effort> {
    PossibleValuesParser::new(["none", "some", "much"]).map(|name| match name.as_str() {
        "none" => Effort::None,
        "much" => Effort::Much,
        _ => Effort::Some,
    })
}

impl Passes {
    /// For a program of a mode.
    pub fn of_mode(&self, mode: Mode) -> Options {
        Options {
            rounding: mode.rounding(),
            folding: !self.no_fold,
            effort: self.effort,
        }
    }
}

/// The network in the bytes of a model.
pub(super) fn import(path: &Path, bytes: &[u8]) -> Result<Graph, ModelError> {
    read_model(path, bytes).map_err(|error| ModelError::Import {
        path: path.to_owned(),
        error,
    })
}

/// The network of a graph for a core.
pub(super) fn compile(
    path: &Path,
    graph: &Graph,
    arch: &NpuArch,
    options: Options,
) -> Result<Executable, CliError> {
    Executable::compile(graph, arch, options).map_err(executable_error(path))
}

/// What each pass of the compiler does with each layer of each program.
pub(super) fn explain(
    path: &Path,
    graph: &Graph,
    arch: &NpuArch,
    options: Options,
) -> Result<Vec<Vec<LayerPasses>>, CliError> {
    let layers = explain_steps(graph, arch, options);
    layers.map_err(|error| executable_error(path)(error.into()))
}

/// Why a network did not run in the functional model.
enum Failure {
    Network(ExecutableError),
    Illegal(IllegalProgram),
}

impl From<ExecutableError> for Failure {
    fn from(error: ExecutableError) -> Failure {
        Failure::Network(error)
    }
}

/// What the steps of a network make of inputs in the functional model; `help` says what to do where it finds a
/// program illegal.
pub(super) fn functional(
    path: &Path,
    network: &Executable,
    size: &MachineSize,
    variables: &mut Vec<Values>,
    inputs: &[Values],
    help: &'static str,
) -> Result<BTreeMap<TensorId, Values>, CliError> {
    let ran = network.run(variables, inputs, |program, given| {
        let run = ProgramRun::of_network(program, given);
        let mut dram = run.dram.clone();
        run_program(size, &program.program, run.bases, &mut dram).map_err(Failure::Illegal)?;
        Ok(run.outputs(program, &dram))
    });
    ran.map_err(|failure| match failure {
        Failure::Network(error) => executable_error(path)(error),
        Failure::Illegal(error) => CliError::Illegal {
            path: path.to_owned(),
            error,
            help,
        },
    })
}

/// For `map_err`: what is wrong with the network of a file.
pub(super) fn executable_error(path: &Path) -> impl FnOnce(ExecutableError) -> CliError {
    let path = path.to_owned();
    move |error| ModelError::Network { path, error }.into()
}
