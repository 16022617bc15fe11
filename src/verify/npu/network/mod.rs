//! Networks at random: their outputs are those of the golden interpreter, bit for bit.

mod build;
mod generate;
mod judge;
mod shrink;
mod text;

pub use generate::{random_network, random_network_of};
pub(crate) use text::NETWORK;

use super::{SLOW, enough_cycles};
use crate::arch::NpuArch;
use crate::compiler::{Network, Rounding, compile};
use crate::device::npu::ProgramRun;
use crate::device::{Backend, Error};
use crate::graph::{Family, Graph, Values};
use crate::product::Product;
use crate::verify::{Case, Stimulus};

/// A core, and a network that runs on it. [`Display`](std::fmt::Display) and
/// [`FromStr`](std::str::FromStr) are inverse: the text is what `ferrogrid verify --replay` takes.
///
/// ```
/// use ferrogrid::verify::npu::NetworkCase;
/// let text = "network rows=4 columns=8; input 5x4x3; convolution from=0 outputs=2 kernel=3x1; add from=1 to=1";
/// let case: NetworkCase = text.parse()?;
/// assert_eq!((case.shape, case.layers.len()), ([5, 4, 3], 2));
/// assert_eq!(case.to_string().parse(), Ok(case));
/// # Ok::<(), ferrogrid::verify::ParseCaseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkCase {
    /// The core.
    pub arch: NpuArch,
    /// Whose arithmetic the network has.
    pub family: Family,
    /// How the core rounds.
    pub rounding: Rounding,
    /// Height, width and channels of the input.
    pub shape: [usize; 3],
    /// The layers; the last one's result is the output.
    pub layers: Vec<Layer>,
    /// Cycles from a request of DRAM to its answer.
    pub latency: u16,
    /// In how many of 256 cycles each channel of DRAM pauses.
    pub stalls: u8,
    /// Decides the input, and where DRAM pauses.
    pub seed: u32,
}

/// A layer of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Of what: 0 is the input, 1 the result of the first layer, and so on.
    pub from: usize,
    /// What it computes.
    pub kind: Kind,
    /// Its result has no numbers below 0.
    pub relu: bool,
    /// About how many of 8 channels of its result have no weights, so that they are the same for every input.
    pub zeros: u32,
    /// Decides weights, bias and what the integers of the result mean.
    pub seed: u32,
}

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A convolution.
    Convolution {
        /// Channels of the result.
        outputs: usize,
        /// Its kernel.
        window: Window,
    },
    /// A convolution of each channel by itself.
    Depthwise(Window),
    /// A fully connected layer of the last axis.
    FullyConnected {
        /// Features of the result.
        outputs: usize,
    },
    /// The sum with this other value.
    Add {
        /// As [`Layer::from`].
        to: usize,
    },
    /// The sum with a constant of the same shape.
    AddConstant,
    /// The means of windows.
    AveragePool {
        /// Height and width.
        kernel: [usize; 2],
        /// Steps of the window, down and right.
        strides: [usize; 2],
    },
    /// The largest values of windows.
    MaxPool {
        /// Height and width.
        kernel: [usize; 2],
        /// Steps of the window, down and right.
        strides: [usize; 2],
    },
    /// The mean of every channel.
    GlobalAveragePool,
    /// Each channel times a factor, and an offset of it added.
    BatchNormalization,
}

/// The kernel of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height and width.
    pub kernel: [usize; 2],
    /// Steps, down and right.
    pub strides: [usize; 2],
    /// Distances of neighbours, down and right.
    pub dilations: [usize; 2],
    /// Rows above, columns at the left, rows below and columns at the right of the image.
    pub padding: [usize; 4],
}

impl Window {
    /// One pixel.
    const PLAIN: Window = Window {
        kernel: [1, 1],
        strides: [1, 1],
        dilations: [1, 1],
        padding: [0; 4],
    };
}

/// A case as it is run.
pub(super) struct Built {
    graph: Graph,
    pub network: Network,
    /// The input.
    input: Values,
    pub run: ProgramRun,
}

impl NetworkCase {
    /// Whether the case can be run: why not.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let graph = self.graph()?;
        let network = compile(&graph, &self.arch, self.rounding);
        network.map(|_| ()).map_err(|error| error.to_string())
    }

    pub(super) fn build(&self) -> Built {
        let graph = self.graph().expect("the network of a case");
        let network = compile(&graph, &self.arch, self.rounding).expect("the network of a case");
        let input = self.input(&graph);
        let mut run = ProgramRun::of_network(&network, &[judge::bytes(&input)]);
        run.latency = self.latency;
        run.write_latency = self.latency;
        run.stalls = self.stalls;
        run.seed = self.seed | 1;
        run.max_cycles = enough_cycles(&self.arch, &network.program, self.latency, self.stalls);
        Built {
            graph,
            network,
            input,
            run,
        }
    }
}

impl Case for NetworkCase {
    fn product(&self) -> &dyn Product {
        &self.arch
    }

    fn stimulus(&self, _: &mut dyn Backend) -> Result<Stimulus<'_>, Error> {
        let built = self.build();
        let mut scenario = built.run.scenario(&self.arch);
        let memory = &mut scenario.memories[0];
        memory.overtake = self.stalls > 0;
        memory.after_valid = self.stalls >= SLOW;
        let judge = move |outcome: &_| judge::judge(self, &built, outcome);
        Ok(Stimulus::new(scenario, judge))
    }

    fn simpler(&self) -> Box<dyn Iterator<Item = Box<dyn Case>>> {
        let boxed = |case| Box::new(case) as Box<dyn Case>;
        Box::new(shrink::simpler(self).map(boxed))
    }
}
