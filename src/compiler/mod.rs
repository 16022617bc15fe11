//! From a network to the program that runs it on an NPU.
//!
//! The passes, in their order: `lower` makes layers of nodes, with zero points folded into biases;
//! `folding` leaves channels out that are the same for every input; `units` gives layers to VECTOR; `windows` splits pools that no accumulator bank holds; `pixels` puts pixels of few channels side by side; `packing` fills vectors with several kernel rows; `tiling` cuts each layer into chunks of
//! vectors and tiles of weights; `constants` lays weights and parameters out in DRAM; `memory` gives
//! each activation its home in the scratchpad or, where that is too small, in DRAM, and `bands` cuts
//! layers that reach DRAM into bands of rows; `schedule` writes the instructions and their waits; `search` tries other
//! chunks, and keeps the program of which [`model::npu`](crate::model::npu) expects the fewest cycles.
//!
//! ```
//! use ferrogrid::arch::NpuArch;
//! use ferrogrid::compiler::{Rounding, compile};
//! use ferrogrid::config::NpuConfig;
//! use ferrogrid::graph::{Element, Family, Graph, Operator, Output, Quantization, Values};
//!
//! let mut graph = Graph::new(Family::TfLite);
//! let int8 = |scale, zero_point| (Element::Int8, Quantization::per_tensor(scale, zero_point));
//! let x = graph.input("x", [4], int8(0.5, 3));
//! let weights = Values::Int8(vec![1, 2, 3, 4, -1, -2, -3, -4]);
//! let w = graph.constant("w", [2, 4], weights, Some(Quantization::per_tensor(0.25, 0)));
//! let y = graph.node("layer", Operator::FullyConnected, &[x, w], Output::new("y", int8(1.0, -7)))?;
//! graph.outputs.push(y);
//! let network = compile(&graph, &NpuArch::new(&NpuConfig::new(8, 8))?, Rounding::Fixed)?;
//! assert_eq!(network.layers.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod arithmetic;
mod bands;
mod binding;
mod constants;
mod error;
mod expand;
mod explain;
mod folding;
mod instructions;
mod intervals;
mod kept;
mod lower;
mod memory;
mod packing;
mod pixels;
mod place;
mod requantization;
mod room;
mod schedule;
mod search;
mod steps;
mod tiling;
mod units;
mod windows;

pub(crate) use arithmetic::{fixed, scaled};
pub use binding::Binding;
pub use error::CompileError;
pub use explain::{LayerPasses, explain};
pub use instructions::Instructions;
pub use kept::Kept;
pub(crate) use lower::table;
pub use memory::Home;
pub use place::{Place, places};
pub use search::Effort;
pub use steps::{Step, explain_steps, steps};

use binding::bind;
use constants::Constants;
use lower::Lowered;
use memory::{Plan, Ports};
use search::search;
use tiling::Tiling;

use crate::arch::NpuArch;
use crate::graph::{Family, Graph, TensorId};
use crate::isa::npu::Instruction;

/// DRAM regions of a program.
pub mod region {
    /// Weights and parameters.
    pub const CONSTANTS: u32 = 0;
    /// The inputs, one behind the other.
    pub const INPUTS: u32 = 1;
    /// The outputs, one behind the other.
    pub const OUTPUTS: u32 = 2;
    /// Activations for which the scratchpad is too small.
    pub const ACTIVATIONS: u32 = 3;
}

/// The most instructions of a program.
pub(crate) const MOST_INSTRUCTIONS: usize = 0xffff;

/// Layers that may be under way at a time.
const WINDOW: usize = 3;

/// How sums become activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// In single precision, halves to even, as ONNX Runtime and LiteRT.
    Float,
    /// By a multiplier and a shift, as TFLite Micro.
    Fixed,
}

impl Rounding {
    /// As the usual runtime of a family of files rounds.
    pub fn of(family: Family) -> Rounding {
        match family {
            Family::Onnx => Rounding::Float,
            Family::TfLite => Rounding::Fixed,
        }
    }
}

/// What a program is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How sums become activations.
    pub rounding: Rounding,
    /// Channels that are the same for every input become part of the biases behind them.
    pub folding: bool,
    /// How long to look for a faster program.
    pub effort: Effort,
}

impl From<Rounding> for Options {
    /// With all that makes programs faster.
    fn from(rounding: Rounding) -> Options {
        Options {
            rounding,
            folding: true,
            effort: Effort::default(),
        }
    }
}

/// A program with its constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The instructions.
    pub program: Vec<Instruction>,
    /// The bytes of the region of constants.
    pub constants: Vec<u8>,
    /// Where the inputs of the program are, in the order of the graph.
    pub inputs: Vec<Binding>,
    /// Where its outputs are.
    pub outputs: Vec<Binding>,
    /// Bytes of the region of activations.
    pub activations: u32,
    /// What the program computes.
    pub layers: Vec<LayerSummary>,
    /// The configuration that it was made for.
    pub config_hash: u32,
}

/// A layer of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSummary {
    /// Name of the node that it begins with.
    pub name: String,
    /// Its operator.
    pub operator: String,
    /// Shape of its result.
    pub shape: Vec<usize>,
    /// The channels of the network's tensor that the result has, where it has not all.
    pub kept: Option<Kept>,
    /// Products that the network asks for.
    pub multiplications: u64,
    /// Its instructions.
    pub instructions: Instructions,
    /// Its result.
    pub result: TensorId,
    /// Where that is when its instructions have ended.
    pub home: Home,
    /// The result is uint8: its bytes have their highest bit inverted.
    pub unsigned: bool,
}

/// What the passes have made of a network.
struct Passes {
    lowered: Lowered,
    tilings: Vec<Tiling>,
    constants: Constants,
    inputs: Vec<Binding>,
    outputs: Vec<Binding>,
    plan: Plan,
    program: Vec<Instruction>,
    layers: Vec<LayerSummary>,
}

/// The passes, one behind the other.
fn run(graph: &Graph, arch: &NpuArch, options: Options) -> Result<Passes, CompileError> {
    let rounding = options.rounding;
    requantization::check_rounding(arch, rounding)?;
    graph.check()?;
    let graph = &expand::expanded(graph);
    let mut lowered = lower::lower(graph, rounding)?;
    requantization::check_factors(arch, &lowered)?;
    if options.folding {
        folding::fold(&mut lowered, arch);
    }
    units::choose(&mut lowered, arch);
    windows::split(graph, &mut lowered, arch);
    let joined = pixels::joined(&lowered, arch);
    let schedule = |lowered| scheduled(graph, lowered, arch, options.effort);
    match (joined.map(schedule), options.effort) {
        (None, _) => schedule(lowered),
        (Some(Ok(joined)), Effort::None) => Ok(joined),
        // Layers on other units may be what takes long.
        (Some(joined), _) => match (joined, schedule(lowered)) {
            (Ok(joined), Ok(apart)) => {
                let cycles = |passes: &Passes| search::cycles(&passes.program, arch);
                Ok(if cycles(&joined) < cycles(&apart) {
                    joined
                } else {
                    apart
                })
            }
            (joined, apart) => joined.or(apart),
        },
    }
}

/// The passes that know of the memories.
fn scheduled(
    graph: &Graph,
    mut lowered: Lowered,
    arch: &NpuArch,
    effort: Effort,
) -> Result<Passes, CompileError> {
    packing::pack(&mut lowered, arch);
    let mut tilings = tiling::tile(&lowered, arch);
    tiling::check(&lowered, &tilings, arch)?;
    let constants = constants::lay_out(graph, &lowered, &tilings, arch);
    let inputs = bind(graph, &lowered.inputs, arch);
    let outputs = bind(graph, &lowered.outputs, arch);
    let ports = Ports {
        inputs: &inputs,
        outputs: &outputs,
        constants: &constants.activations,
    };
    let plan = memory::plan(graph, &lowered, &ports, arch)?;
    let (program, layers) = search(&lowered.layers, &mut tilings, (effort, arch), |tilings| {
        schedule::schedule(graph, &lowered, tilings, &plan, &ports, &constants, arch)
    });
    Ok(Passes {
        lowered,
        tilings,
        constants,
        inputs,
        outputs,
        plan,
        program,
        layers,
    })
}

/// The program of a network.
///
/// # Errors
/// What of the graph is not supported, or does not fit.
pub fn compile(
    graph: &Graph,
    arch: &NpuArch,
    options: impl Into<Options>,
) -> Result<Network, CompileError> {
    let passes = run(graph, arch, options.into())?;
    let mut network = Network {
        program: passes.program,
        constants: passes.constants.bytes,
        inputs: passes.inputs,
        outputs: passes.outputs,
        activations: passes.plan.activations,
        layers: passes.layers,
        config_hash: arch.config_hash(),
    };
    // Reshaped outputs are the bytes of others.
    for (binding, tensor) in network.outputs.iter_mut().zip(&graph.outputs) {
        binding.tensor = *tensor;
    }
    for (at, instruction) in network.program.iter().enumerate() {
        instruction.encode().map_err(|error| {
            let mut layers = network.layers.iter();
            // What is in front of all layers or behind them moves inputs and outputs.
            let layer = layers.find(|layer| layer.instructions.contains(at));
            CompileError::Size {
                node: layer
                    .map_or("inputs and outputs", |layer| &layer.name)
                    .into(),
                reason: error.to_string(),
            }
        })?;
    }
    match network.program.len() > MOST_INSTRUCTIONS {
        true => Err(CompileError::Program),
        false => Ok(network),
    }
}
