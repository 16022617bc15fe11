//! What may happen to a file: an error that says something, or a network that runs as it must.

use crate::edit::Format;
use crate::memory::within;
use clap::Parser;
use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::cli::Cli;
use ferrogrid::compiler::{Effort, Options, Rounding};
use ferrogrid::device::npu::ProgramRun;
use ferrogrid::device::{Executable, ExecutableError};
use ferrogrid::graph::{Element, Family, Graph, Node, Operator, Tensor, Values};
use ferrogrid::import;
use ferrogrid::reference::graph::{Mode, run};
use ferrogrid::reference::{IllegalProgram, MachineSize, run_program};
use ferrogrid::verify::npu::machine_size;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// What is done with a file, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It is damaged as the case says.
    Made,
    /// Its bytes are read.
    Read,
    /// The command lists what it holds.
    Inspected,
    /// It is compiled for `nano`.
    Compiled,
    /// The golden model runs it, if it is small.
    Golden,
    /// The functional model of the core runs it.
    Functional,
    /// All that is done with it is done.
    Done,
}

impl Stage {
    pub(crate) const ALL: [Stage; 7] = [
        Stage::Made,
        Stage::Read,
        Stage::Inspected,
        Stage::Compiled,
        Stage::Golden,
        Stage::Functional,
        Stage::Done,
    ];
}

/// Bytes that reading a file of so many may take at a time.
fn to_read(file: usize) -> usize {
    (16 << 20) + 256 * file
}

/// Bytes that compiling a file of so many may take at a time.
fn to_compile(file: usize) -> usize {
    (64 << 20) + 1024 * file
}

/// Elements of all tensors of a network that is run.
const MOST_ELEMENTS: usize = 1 << 15;
/// Steps of the loops of a network that is run, about.
const MOST_WORK: usize = 1 << 20;

/// Judges files for one core.
pub(crate) struct Judge {
    arch: NpuArch,
    size: MachineSize,
}

/// Why the functional model ran no network.
#[derive(Debug)]
#[allow(dead_code)] // Its fields are what a panic says.
enum Failure {
    Network(ExecutableError),
    Illegal(IllegalProgram),
}

impl From<ExecutableError> for Failure {
    fn from(error: ExecutableError) -> Failure {
        Failure::Network(error)
    }
}

impl Judge {
    pub(crate) fn new() -> Judge {
        let arch = npu_from_preset("nano").expect("a preset");
        let size = machine_size(&arch);
        Judge { arch, size }
    }

    /// Does all with the bytes of a file, which stand in `path` too, and tells `stage` what comes next. What must not
    /// happen ends the process.
    pub(crate) fn check(&self, bytes: &[u8], path: &Path, stage: &mut dyn FnMut(Stage)) {
        stage(Stage::Read);
        match Format::of(bytes) {
            Format::Fgn => self.compiled(bytes, path, stage),
            _ => self.network(bytes, path, stage),
        }
        stage(Stage::Done);
    }

    fn network(&self, bytes: &[u8], path: &Path, stage: &mut dyn FnMut(Stage)) {
        let read = within(to_read(bytes.len()), || import::read(bytes));
        let graph = match read {
            Ok(graph) => graph,
            Err(error) => return said(&error.to_string()),
        };
        if let Err(error) = graph.check() {
            panic!("the importer made an inconsistent network: {error}");
        }
        stage(Stage::Inspected);
        within(to_compile(bytes.len()), || inspect(bytes, path));
        stage(Stage::Compiled);
        // Of TFLite both arithmetics exist.
        let is_float = graph.family == Family::Onnx || bytes.len() % 2 == 1;
        let (rounding, mode) = match is_float {
            true => (Rounding::Float, Mode::Float),
            false => (Rounding::Fixed, Mode::FixedPoint),
        };
        let options = Options {
            rounding,
            folding: true,
            effort: Effort::None,
        };
        let compiled = within(to_compile(bytes.len()), || {
            let network = Executable::compile(&graph, &self.arch, options)?;
            let file = network.to_bytes();
            let again = Executable::from_bytes(&file).expect("what is written is read");
            assert!(
                again.to_bytes() == file,
                "a compiled network changes when it is read"
            );
            Ok::<_, ExecutableError>(network)
        });
        if let Err(error) = &compiled {
            said(&error.to_string());
        }
        if size(&graph) > MOST_ELEMENTS || work(&graph) > MOST_WORK {
            return;
        }
        stage(Stage::Golden);
        let seed = bytes.iter().map(|byte| u64::from(*byte)).sum();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let inputs = graph.inputs.iter().map(|id| values(&graph[*id], &mut rng));
        let inputs = Vec::from_iter(inputs);
        let expected = match run(&graph, &inputs, mode) {
            Ok(expected) => expected,
            Err(error) => return said(&error.to_string()),
        };
        let Ok(network) = compiled else {
            return;
        };
        stage(Stage::Functional);
        let found = self.run(&network, &inputs);
        let found = found.unwrap_or_else(|error| panic!("the golden model ran it: {error:?}"));
        for (id, found) in graph.outputs.iter().zip(found) {
            let name = &graph[*id].name;
            let constant = graph[*id].values.as_ref();
            let expected = constant.unwrap_or_else(|| &expected[id]);
            assert!(
                same(&found, expected),
                "output `{name}` differs: {found:?}, not {expected:?}"
            );
        }
    }

    fn compiled(&self, bytes: &[u8], path: &Path, stage: &mut dyn FnMut(Stage)) {
        let read = within(to_read(bytes.len()), || Executable::from_bytes(bytes));
        let network = match read {
            Ok(network) => network,
            Err(error) => return said(&error.to_string()),
        };
        stage(Stage::Inspected);
        within(to_compile(bytes.len()), || inspect(bytes, path));
        let programs = network.programs();
        let activations = programs.map(|program| program.activations as usize);
        let elements = activations.fold(size(&network.graph), usize::saturating_add);
        if elements > MOST_ELEMENTS || work(&network.graph) > MOST_WORK {
            return;
        }
        stage(Stage::Functional);
        let inputs = network.graph.inputs.iter();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let inputs = inputs.map(|id| values(&network.graph[*id], &mut rng));
        if let Err(error) = self.run(&network, &Vec::from_iter(inputs)) {
            said(&format!("{error:?}"));
        }
    }

    /// What a network makes of inputs in the functional model of the core.
    fn run(&self, network: &Executable, inputs: &[Values]) -> Result<Vec<Values>, Failure> {
        let made = network.run(&mut network.initial(), inputs, |program, given| {
            let run = ProgramRun::of_network(program, given);
            let mut dram = run.dram.clone();
            run_program(&self.size, &program.program, run.bases, &mut dram)
                .map_err(Failure::Illegal)?;
            Ok(run.outputs(program, &dram))
        });
        made.map(|made| network.returned(&made))
    }
}

/// An error says something.
fn said(error: &str) {
    assert!(!error.is_empty(), "an error says nothing");
}

/// What the command `ferrogrid inspect` does with a file that is a network.
fn inspect(bytes: &[u8], path: &Path) {
    std::fs::write(path, bytes).expect("a file of the campaign is written");
    let command = Cli::try_parse_from(["ferrogrid".as_ref(), "inspect".as_ref(), path.as_os_str()]);
    // It may refuse what a file asks for: that it says so is what matters.
    drop(command.expect("a command").run());
}

/// Elements of all tensors.
fn size(graph: &Graph) -> usize {
    let sizes = graph.tensors.iter().map(Tensor::len);
    sizes.fold(0, usize::saturating_add)
}

/// Steps of the loops that run a network, about.
fn work(graph: &Graph) -> usize {
    let of = |node: &Node| {
        let each = match &node.operator {
            Operator::Convolution(_) | Operator::FullyConnected => {
                let weights = &graph[node.inputs[1]];
                weights.len() / weights.shape[0].max(1)
            }
            Operator::MatMul => graph[node.inputs[0]].shape.last().copied().unwrap_or(1),
            Operator::AveragePool(pool) | Operator::MaxPool(pool) => {
                pool.kernel[0].saturating_mul(pool.kernel[1])
            }
            _ => 1,
        };
        each.saturating_mul(graph[node.output].len())
    };
    graph.nodes.iter().map(of).fold(0, usize::saturating_add)
}

/// Random values of a tensor.
fn values(tensor: &Tensor, rng: &mut impl Rng) -> Values {
    let (low, high) = match tensor.element {
        Element::Int32 => (-9, 9),
        Element::Float32 => (0, 0),
        element => element.range(),
    };
    match tensor.element {
        Element::Float32 => {
            let values = (0..tensor.len()).map(|_| rng.random_range(-3.0..3.0));
            Values::Float32(values.collect())
        }
        element => {
            let values = (0..tensor.len()).map(|_| rng.random_range(low..=high));
            Values::saturated(element, &Vec::from_iter(values))
        }
    }
}

/// Equal in every bit, but for which of the values that are no number one is.
fn same(found: &Values, expected: &Values) -> bool {
    match (found.floats(), expected.floats()) {
        (Some(found), Some(expected)) => {
            let mut pairs = found.iter().zip(expected);
            let same =
                |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            found.len() == expected.len() && pairs.all(same)
        }
        _ => found == expected,
    }
}
