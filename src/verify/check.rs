//! Runs a case on simulators, has it judged, and compares them.

use super::case::{Case, Stimulus};
use super::verdict::{CaseFailure, CaseReport, Mismatch};
use crate::device::{
    Backend, Cover, Error, Icarus, Interface, MemoryResult, Native, Outcome, Speed, TestBench,
    Verilator, WaveFile, unwatched,
};
use crate::hdl::ir::Design;
use crate::product::{Part, Product};
use crate::report::Package;
use crate::verilog::VerilogFile;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BackendKind {
    /// In this process.
    Native,
    /// The Verilog through Verilator.
    Verilator,
    /// The Verilog in four-state logic.
    Icarus,
}

impl BackendKind {
    /// Every simulator.
    pub const ALL: [BackendKind; 3] = [
        BackendKind::Native,
        BackendKind::Verilator,
        BackendKind::Icarus,
    ];

    /// `native`, `verilator` or `icarus`.
    pub fn name(self) -> &'static str {
        match self {
            BackendKind::Native => "native",
            BackendKind::Verilator => "verilator",
            BackendKind::Icarus => "icarus",
        }
    }

    /// The simulator with a design in it.
    ///
    /// # Errors
    /// When its tools are missing or fail.
    pub fn open(self, design: &Design) -> Result<Box<dyn Backend>, Error> {
        Ok(match self {
            BackendKind::Native => Box::new(Native::new(design)?),
            BackendKind::Verilator => Box::new(Verilator::new(design, Speed::Compile)?),
            BackendKind::Icarus => Box::new(Icarus::new(design)?),
        })
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BackendKind {
    type Err = String;

    fn from_str(text: &str) -> Result<BackendKind, String> {
        let found = BackendKind::ALL
            .into_iter()
            .find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is none of: native, verilator, icarus"))
    }
}

/// The test bench, in the place of the text of a case.
pub const BENCH: &str = "bench";

/// Verilog of a core from elsewhere, as it is after someone has changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtl {
    /// Its ports: those that the core would have.
    pub interface: Interface,
    /// Its text.
    pub files: Vec<VerilogFile>,
    /// Who runs it: Verilator or Icarus Verilog.
    pub simulator: BackendKind,
}

impl Rtl {
    /// Runs a case of the core on it. How many cycles it takes is its own affair; where it takes as many as the core,
    /// at each port, everything else must be as with the core, too.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn run_case(&self, case: &dyn Case) -> Result<CaseReport, CaseFailure> {
        self.checked(case)
            .map_err(|mismatch| failure(case, mismatch))
    }

    fn checked(&self, case: &dyn Case) -> Result<CaseReport, Mismatch> {
        let mut backend = self.open()?;
        let stimulus = case.stimulus(backend.as_mut())?;
        let mut found = backend.run(&stimulus.scenario, &mut unwatched)?;
        let report = stimulus.judge(&found)?;
        let mut core = Native::new(&design(case))?;
        let mut expected = core.run(&stimulus.scenario, &mut unwatched)?;
        if timing(&found) != timing(&expected) {
            return Ok(report);
        }
        for outcome in [&mut found, &mut expected] {
            forget(outcome, &stimulus.undefined);
            outcome.covers.clear();
        }
        match difference(&expected, &found) {
            None => Ok(report),
            Some(difference) => Err(Mismatch::Disagreement {
                first: "the core",
                second: "the Verilog",
                difference,
            }),
        }
    }

    /// Runs the test bench of the core with it.
    ///
    /// # Errors
    /// What that finds first.
    pub fn run_bench(&self, product: &dyn Product) -> Result<(), CaseFailure> {
        let found = match Package::testbench(product, &self.interface) {
            None => Ok(()),
            Some([bench, main]) => {
                let name = bench.path.clone();
                let text = bench.text;
                let bench = TestBench {
                    top: format!("tb_{}", self.interface.top),
                    verilog: [&self.files[..], &[VerilogFile { name, text }]].concat(),
                    main: main.text,
                };
                let on_verilator = self.simulator == BackendKind::Verilator;
                match bench.run(on_verilator) {
                    Ok(found) => found.map_err(Mismatch::Bench),
                    Err(error) => Err(error.into()),
                }
            }
        };
        found.map_err(|mismatch| CaseFailure {
            case: BENCH.to_owned(),
            mismatch: Box::new(mismatch),
        })
    }

    fn open(&self) -> Result<Box<dyn Backend>, Error> {
        let (interface, files) = (self.interface.clone(), self.files.clone());
        Ok(match self.simulator {
            BackendKind::Icarus => Box::new(Icarus::from_verilog(interface, files)?),
            _ => Box::new(Verilator::from_verilog(interface, files, Speed::Compile)?),
        })
    }
}

fn failure(case: &dyn Case, mismatch: Mismatch) -> CaseFailure {
    CaseFailure {
        case: case.to_string(),
        mismatch: Box::new(mismatch),
    }
}

/// The design of a case's core.
///
/// # Panics
/// When the blocks do not make a design: a bug of theirs.
pub fn design(case: &dyn Case) -> Design {
    match case.product().design(Part::Core) {
        Ok(design) => design,
        Err(error) => panic!("the core of `{case}` is not a design: {error}"),
    }
}

/// Runs a case on the given simulators, the native one first in any case, and compares everything
/// with the golden model and the simulators with each other, cycle for cycle.
///
/// # Errors
/// The first thing that is wrong.
pub fn run_case(case: &dyn Case, backends: &[BackendKind]) -> Result<CaseReport, CaseFailure> {
    let fail = |mismatch| failure(case, mismatch);
    let design = design(case);
    let mut opened: Vec<Box<dyn Backend>> = Vec::new();
    let others = backends.iter().filter(|kind| **kind != BackendKind::Native);
    for kind in std::iter::once(&BackendKind::Native).chain(others) {
        let backend = kind.open(&design).map_err(|error| fail(error.into()))?;
        opened.push(backend);
    }
    check(case, &mut opened).map_err(fail)
}

/// Runs a case on cores that are already there.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(case: &dyn Case, backends: &mut [Box<dyn Backend>]) -> Result<CaseReport, Mismatch> {
    let Some(first) = backends.first_mut() else {
        return Ok(CaseReport::default());
    };
    let stimulus = case.stimulus(first.as_mut())?;
    check_stimulus(&stimulus, backends)
}

/// Does to cores what a case does, and has the outcome judged.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_stimulus(
    stimulus: &Stimulus,
    backends: &mut [Box<dyn Backend>],
) -> Result<CaseReport, Mismatch> {
    let Some((first, others)) = backends.split_first_mut() else {
        return Ok(CaseReport::default());
    };
    let mut outcome = first.run(&stimulus.scenario, &mut unwatched)?;
    let report = stimulus.judge(&outcome)?;
    for other in others {
        let mut second = other.run(&stimulus.scenario, &mut unwatched)?;
        if other.name() == BackendKind::Icarus.name() {
            for outcome in [&mut outcome, &mut second] {
                forget(outcome, &stimulus.undefined);
            }
        }
        if let Some(difference) = difference(&outcome, &second) {
            return Err(Mismatch::Disagreement {
                first: first.name(),
                second: other.name(),
                difference,
            });
        }
    }
    Ok(report)
}

/// Runs a case on a core and on its netlist, which has neither assertions nor cover points and must
/// agree in everything else. `core` is held to the golden model.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_netlist(
    case: &dyn Case,
    core: &mut dyn Backend,
    netlist: &mut dyn Backend,
) -> Result<CaseReport, Mismatch> {
    let stimulus = case.stimulus(core)?;
    let mut outcome = core.run(&stimulus.scenario, &mut unwatched)?;
    let report = stimulus.judge(&outcome)?;
    outcome.covers.clear();
    let second = netlist.run(&stimulus.scenario, &mut unwatched)?;
    match difference(&outcome, &second) {
        None => Ok(report),
        Some(difference) => Err(Mismatch::Disagreement {
            first: core.name(),
            second: "netlist",
            difference,
        }),
    }
}

/// Runs a case natively and writes its waves.
///
/// # Errors
/// When the file cannot be written.
pub fn write_waves(case: &dyn Case, waves: &WaveFile) -> Result<(), Error> {
    let mut backend = Native::new(&design(case))?;
    let stimulus = case.stimulus(&mut backend)?;
    backend.trace(Some(waves.clone()))?;
    backend.run(&stimulus.scenario, &mut unwatched)?;
    Ok(())
}

/// When everything happens at the ports of a core.
fn timing(outcome: &Outcome) -> impl PartialEq + use<> {
    let operations: Vec<u64> = outcome.operations.iter().map(|of| of.end).collect();
    let beats = outcome.sinks.iter().flat_map(|sink| &sink.beats);
    let beats: Vec<u64> = beats.map(|beat| beat.cycle).collect();
    let memories = outcome.memories.iter().map(|memory| MemoryResult {
        bytes: Vec::new(),
        ..memory.clone()
    });
    let memories: Vec<MemoryResult> = memories.collect();
    (
        outcome.cycles,
        operations,
        beats,
        outcome.sources.clone(),
        memories,
    )
}

/// Leaves bytes of the first memory out of what is compared.
fn forget(outcome: &mut Outcome, bytes: &Range<usize>) {
    if let Some(memory) = outcome.memories.first_mut() {
        let [start, end] = [bytes.start, bytes.end].map(|at| at.min(memory.bytes.len()));
        memory.bytes[start..end].fill(0);
    }
}

/// The first difference between two outcomes of one scenario.
fn difference(first: &Outcome, second: &Outcome) -> Option<String> {
    if first == second {
        return None;
    }
    for (sink, other) in first.sinks.iter().zip(&second.sinks) {
        for (index, pair) in sink.beats.iter().zip(&other.beats).enumerate() {
            if pair.0 != pair.1 {
                return Some(format!(
                    "beat {index} of C: {:x?} and {:x?}",
                    pair.0, pair.1
                ));
            }
        }
    }
    for (index, pair) in first.operations.iter().zip(&second.operations).enumerate() {
        if pair.0 != pair.1 {
            return Some(format!(
                "operation {index}: {:x?} and {:x?}",
                pair.0, pair.1
            ));
        }
    }
    if first.covers.len() == second.covers.len() {
        for (cover, other) in first.covers.iter().zip(&second.covers) {
            if cover != other {
                let say = |cover: &Cover| format!("{} hit {} times", cover.path, cover.count);
                return Some(format!("cover points: {} and {}", say(cover), say(other)));
            }
        }
    }
    for (memory, other) in first.memories.iter().zip(&second.memories) {
        let mut pairs = memory.bytes.iter().zip(&other.bytes);
        if let Some(at) = pairs.position(|(byte, other)| byte != other) {
            let [byte, other] = [memory.bytes[at], other.bytes[at]];
            return Some(format!(
                "byte {at:#x} of DRAM: {byte:#04x} and {other:#04x}"
            ));
        }
    }
    let rest = |outcome: &Outcome| {
        format!(
            "{} cycles, {:?}, failures {:?}, waiting {:?}, {} cover points",
            outcome.cycles,
            outcome.sources,
            outcome.failures,
            outcome.waiting,
            outcome.covers.len()
        )
    };
    Some(format!("{} and {}", rest(first), rest(second)))
}
