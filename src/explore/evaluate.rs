//! What a configuration of a space takes and does, without simulating it.

use super::point::{Figures, Outcome, Point};
use super::workload::{Work, Workload};
use crate::arch::{MatmulArch, NpuArch};
use crate::compiler::{Effort, Options};
use crate::config::{Config, Kind, Space};
use crate::device::{Executable, Inference, expected};
use crate::product::{Part, Product};
use crate::report::{Clock, MODEL, MatmulReport, NetworkReport, Performance, Shares, area_on};
use crate::synth::Target;
use thiserror::Error;

/// The chip of which cores take shares, where none is asked for, nor known of the cores' own family.
const CHIP: &str = "ecp5-85k";

/// Configurations, what they are to do, and the chip of which they take shares.
#[derive(Debug)]
pub struct Exploration {
    /// The configurations.
    pub space: Space,
    /// What they are to do.
    pub workloads: Vec<Workload>,
    /// The chip of which cores take shares.
    pub chip: &'static Target,
    /// What does not fit the chip is refused.
    pub must_fit: bool,
    clock: Clock,
}

/// Why there is nothing to explore.
#[derive(Debug, Error)]
pub enum ExplorationError {
    /// The cores of the space do not do such work.
    #[error("`{workload}` is {what}, and the configurations are of kind `{kind}`")]
    Kind {
        /// The workload.
        workload: String,
        /// What it is.
        what: &'static str,
        /// What the cores are.
        kind: Kind,
    },
    /// There is nothing to do.
    #[error("there is no workload")]
    Nothing,
    /// The chip has no table of what it has.
    #[error("what `{0}` has room for is not known: it stands for a family of chips")]
    Chip(&'static str),
}

/// A core of either kind.
pub(super) enum Core {
    Matmul(Box<MatmulArch>),
    Npu(Box<NpuArch>),
}

impl Core {
    pub fn product(&self) -> &dyn Product {
        match self {
            Core::Matmul(arch) => &**arch,
            Core::Npu(arch) => &**arch,
        }
    }
}

impl Exploration {
    /// Of these configurations; what does not fit a chip that is asked for is refused.
    ///
    /// # Errors
    /// When the configurations are of a kind that does not do this work.
    pub fn new(
        space: Space,
        workloads: Vec<Workload>,
        chip: Option<&'static Target>,
        clock: Clock,
    ) -> Result<Exploration, ExplorationError> {
        let first = vec![0; space.choices().len()];
        let document = space.document(&first).expect("a space has been checked");
        let kind = document.config().kind();
        for workload in &workloads {
            let (what, wanted) = match workload.work {
                Work::Network { .. } => ("a network", Kind::Npu),
                Work::Product(_) => ("a product of matrices", Kind::Matmul),
            };
            if kind != wanted {
                let workload = workload.name.clone();
                return Err(ExplorationError::Kind {
                    workload,
                    what,
                    kind,
                });
            }
        }
        if workloads.is_empty() {
            return Err(ExplorationError::Nothing);
        }
        let shares_of = chip.unwrap_or(Target::named(CHIP).expect("a chip of the table"));
        if shares_of.chip.is_none() {
            return Err(ExplorationError::Chip(shares_of.name));
        }
        Ok(Exploration {
            space,
            workloads,
            chip: shares_of,
            must_fit: chip.is_some(),
            clock,
        })
    }

    /// The clock for which times are told.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The core of a point.
    pub(super) fn core(&self, number: u64) -> Result<Core, String> {
        let document = self.space.document(&self.space.place(number));
        let document = document.map_err(|error| error.to_string())?;
        let core = match document.config() {
            Config::Matmul(config) => {
                MatmulArch::new(config).map(|arch| Core::Matmul(Box::new(arch)))
            }
            Config::Npu(config) => NpuArch::new(config).map(|arch| Core::Npu(Box::new(arch))),
        };
        core.map_err(|error| error.to_string())
    }

    /// What a point takes and does.
    pub fn evaluate(&self, number: u64) -> Point {
        let outcome = match self.figures(number) {
            Ok(figures) => Outcome::Figures(figures),
            Err(reason) => Outcome::Refused(reason),
        };
        Point { number, outcome }
    }

    fn figures(&self, number: u64) -> Result<Figures, String> {
        let core = self.core(number)?;
        let target = self.chip;
        let area = area_on(core.product(), Part::Core, target);
        let chip = target.chip.as_ref().expect("a chip was asked for");
        let shares = Shares::of_chip(&area, chip);
        if self.must_fit && !shares.fit() {
            return Err(format!("no room on {}", self.chip.title));
        }
        let mut figures = Figures {
            cycles: Vec::new(),
            latency_s: 0.0,
            energy_j: 0.0,
            luts: area.lut,
            registers: area.ff,
            multipliers: area.dsp,
            block_rams: area.bram,
            area: shares.most(),
        };
        for workload in &self.workloads {
            let (cycles, performance) = self.expected(&core, workload)?;
            figures.cycles.push(cycles);
            figures.latency_s += performance.seconds;
            figures.energy_j += performance.energy.unwrap_or(0.0);
        }
        Ok(figures)
    }

    /// Cycles of a workload, and what it was worth.
    fn expected(&self, core: &Core, workload: &Workload) -> Result<(u64, Performance), String> {
        let failed = |reason: &dyn ToString| format!("{}: {}", workload.name, reason.to_string());
        match (core, &workload.work) {
            (Core::Npu(arch), Work::Network { graph, rounding }) => {
                let options = Options {
                    effort: Effort::None,
                    ..Options::from(*rounding)
                };
                let network = Executable::compile(graph, arch, options);
                let network = network.map_err(|error| failed(&error))?;
                let inference = [Inference::expected(arch, &network)];
                let report = NetworkReport::new(arch, &network, MODEL, self.clock, &inference);
                Ok((report.cycles, report.performance))
            }
            (Core::Matmul(arch), Work::Product(shape)) => {
                arch.check_shape(*shape).map_err(|error| failed(&error))?;
                let result = expected(arch, *shape);
                let report = MatmulReport::new(arch, MODEL, *shape, self.clock, &result);
                Ok((report.cycles, report.performance))
            }
            _ => unreachable!("the kinds have been compared"),
        }
    }
}
