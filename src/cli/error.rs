//! Errors that only the command line can make; the others come from the library as they are.

use crate::graph::Element;
use crate::isa::npu::AssemblyError;
use crate::number::Number;
use crate::reference::IllegalProgram;
use crate::reference::graph::RunError;
use crate::report::{CNetworkError, counted};
use crate::runtime::ModelError;
use crate::verify::ParseCaseError;
use miette::Diagnostic;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a command could not do its work.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum CliError {
    /// A file could not be read.
    #[error("cannot read `{}`: {error}", path.display())]
    #[diagnostic(help(
        "`ferrogrid new {}` writes a configuration to start from; `ferrogrid presets` lists \
         those that are built in",
        path.display()
    ))]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },

    /// A file or folder could not be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    #[diagnostic(help("choose another place; nothing was left behind"))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },

    /// There is no room for a file or folder.
    #[error("cannot write `{}`: {reason}", path.display())]
    #[diagnostic(help("make room or choose another place; nothing was left behind"))]
    Room {
        /// The file or folder.
        path: PathBuf,
        /// What of.
        reason: String,
    },

    /// Waves are those of one run of the core.
    #[error("the network runs as {programs} programs, and waves are those of one")]
    #[diagnostic(help(
        "`ferrogrid inspect` says which nodes the host computes between them: waves are there for a network without such nodes"
    ))]
    WavesOfPrograms {
        /// How many.
        programs: usize,
    },

    /// A file that a run writes is also one that it reads, or another that it writes.
    #[error("{first} and {second} are the same file, `{}`", path.display())]
    #[diagnostic(help("choose another file for {second}; nothing was changed"))]
    Same {
        /// What it is for.
        first: &'static str,
        /// What else it is for.
        second: &'static str,
        /// The file.
        path: PathBuf,
    },

    /// The file exists.
    #[error("`{}` exists already", path.display())]
    #[diagnostic(help("choose another name, or remove it first; nothing was changed"))]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// The output folder is not ours.
    #[error("`{}` exists and is not the output of an earlier `ferrogrid generate`", path.display())]
    #[diagnostic(help("choose another folder, or remove it first; nothing was changed"))]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },

    /// Somebody worked in the output folder.
    #[error(
        "`{}` holds what `ferrogrid generate` did not write: {}",
        path.display(),
        some(files)
    )]
    #[diagnostic(help(
        "move these files away, or replace the whole folder with `--force`; nothing was changed"
    ))]
    Changed {
        /// The folder.
        path: PathBuf,
        /// Files that were added or edited.
        files: Vec<String>,
    },

    /// The output folder is the one that we are in.
    #[error("`{}` is the current folder, or holds it", path.display())]
    #[diagnostic(help("name another folder: the whole folder is replaced"))]
    Current {
        /// The folder.
        path: PathBuf,
    },

    /// The simulated product is wrong.
    #[error(
        "{wrong} of {elements} elements differ from the golden model, the first at [{row}, {column}]: \
         {found} instead of {expected}"
    )]
    #[diagnostic(help(
        "this is a bug of Ferrogrid: please report it with the configuration and both operands; \
         `--waves waves.vcd` records the run. C was not written"
    ))]
    Mismatch {
        /// How many differ.
        wrong: usize,
        /// Of how many.
        elements: usize,
        /// Row of the first.
        row: usize,
        /// Its column.
        column: usize,
        /// What the core computed.
        found: Number,
        /// What the golden model computed.
        expected: Number,
    },

    /// A model is not read, or does not run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),

    /// A compiled network is to run in another mode.
    #[error("`{}` was compiled with `--mode {compiled}`", path.display())]
    #[diagnostic(help("leave `--mode` out, or compile the model again"))]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its mode.
        compiled: &'static str,
    },

    /// A network that was compiled is to be folded otherwise.
    #[error("`{}` is compiled: `--no-fold` comes too late", path.display())]
    #[diagnostic(help("compile the model again with `ferrogrid compile --no-fold`"))]
    Folded {
        /// The file.
        path: PathBuf,
    },

    /// An array is not what a network takes or gives.
    #[error("`{}` does not fit `{tensor}`: {problem}", path.display())]
    #[diagnostic(help(
        "`{tensor}` takes {element} of shape {shape}, or rows of it behind another axis in front: \
         `ferrogrid inspect` lists inputs and outputs"
    ))]
    Array {
        /// The file.
        path: PathBuf,
        /// Name of the input or output.
        tensor: String,
        /// What is wrong.
        problem: String,
        /// Type of its elements.
        element: Element,
        /// Its shape, as Python writes it.
        shape: String,
    },

    /// There are not as many files as inputs or outputs.
    #[error(
        "`{option}` is given {}, and the network has {}",
        counted(*found as u64, "time"),
        counted(*wanted as u64, what)
    )]
    #[diagnostic(help("give `{option}` once for each of: {}", names.join(", ")))]
    Count {
        /// The option.
        option: &'static str,
        /// `input` or `output`.
        what: &'static str,
        /// How many are given.
        found: usize,
        /// How many there are.
        wanted: usize,
        /// Their names.
        names: Vec<String>,
    },

    /// Files of one run have other numbers of rows.
    #[error("`{}` has {}, and the other files have {wanted}", path.display(), counted(*found as u64, "row"))]
    #[diagnostic(help("every row is an inference: each file needs as many"))]
    Rows {
        /// The file.
        path: PathBuf,
        /// Its rows.
        found: usize,
        /// Those of the others.
        wanted: usize,
    },

    /// A network that the driver in C does not run.
    #[error("`{}`: {error}", path.display())]
    #[diagnostic(help(
        "`ferrogrid inspect` lists what of a model runs where; `-o` writes any network to a file"
    ))]
    CNetwork {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: CNetworkError,
    },

    /// A network computed something else.
    #[error("{0}")]
    #[diagnostic(help("{}", .0.help))]
    Differs(Box<Difference>),

    /// Layers of a compiled network cannot be compared.
    #[error("`--trace` compares layers with the golden model, and `{}` holds none of the network", path.display())]
    #[diagnostic(help("give it the .onnx or .tflite file that this was compiled from"))]
    Trace {
        /// The file.
        path: PathBuf,
    },

    /// The folder of a trace holds something else.
    #[error("`{}` holds what `--trace` did not write: {}", path.display(), some(files))]
    #[diagnostic(help("choose another folder, or move these files away; nothing was changed"))]
    NoTrace {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        files: Vec<String>,
    },

    /// The golden model does not run the network.
    #[error("the golden model cannot run `{}`: {error}", path.display())]
    Golden {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: RunError,
    },

    /// A file is not what a run prints.
    #[error("`{}` is no report of a run: {error}", path.display())]
    #[diagnostic(help(
        "`ferrogrid run MODEL --preset edge --json > run.json` makes one, and so do `estimate` and `matmul` with `--json`"
    ))]
    NoReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: serde_json::Error,
    },

    /// A file is no report of synthesis.
    #[error("`{}` is no report of `ferrogrid synth`: {error}", path.display())]
    #[diagnostic(help("`ferrogrid synth -o FOLDER` writes it into the folder"))]
    NoSynthesis {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: serde_json::Error,
    },

    /// A program is not legal.
    #[error("`{}` is no legal program: {error}", path.display())]
    #[diagnostic(help("{help}"))]
    Illegal {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: IllegalProgram,
        /// What to do.
        help: &'static str,
    },

    /// A line of assembly is wrong.
    #[error("{}:{line}: {error}", path.display())]
    #[diagnostic(help(
        "docs/isa.md lists the instructions and their fields; a line is `weights offset=64 tiles=8 signal=1`"
    ))]
    Assembly {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        error: AssemblyError,
    },

    /// A file is no program.
    #[error("`{}` is no program: {problem}", path.display())]
    #[diagnostic(help(
        "`ferrogrid asm` makes a program of its assembly, `ferrogrid compile` of a model"
    ))]
    Program {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },

    /// A program left other bytes than the functional model says.
    #[error("{problem}")]
    #[diagnostic(help(
        "this is a bug of Ferrogrid: please report it with the program and the configuration"
    ))]
    Dram {
        /// The first difference.
        problem: String,
    },

    /// A case failed.
    #[error("{problem}")]
    #[diagnostic(help(
        "this is a bug of Ferrogrid: please report it with the line below, which replays the case; \
         with `--waves waves.vcd` it writes its waves"
    ))]
    Case {
        /// The first thing that is wrong.
        problem: String,
        /// The smallest case in which it is.
        case: String,
    },

    /// A case failed on Verilog from elsewhere.
    #[error("{problem}")]
    #[diagnostic(help(
        "the Verilog in `{}` does not do what the core must; the line below replays the case", rtl.display()
    ))]
    Rtl {
        /// The first thing that is wrong.
        problem: String,
        /// The smallest case in which it is.
        case: String,
        /// Where the Verilog is.
        rtl: PathBuf,
    },

    /// There is no Verilog to run.
    #[error("`{}` cannot be read: {error}", path.display())]
    #[diagnostic(help(
        "`{}` must be a folder that `ferrogrid generate` wrote, with `core.toml`, `filelist.f` and the files in it",
        folder.display()
    ))]
    NoRtl {
        /// The folder.
        folder: PathBuf,
        /// What of it is missing.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },

    /// Verilog is not for this simulator.
    #[error("`--rtl` wants one simulator that reads Verilog")]
    #[diagnostic(help("say `--sim verilator` or `--sim icarus`, or leave it out"))]
    RtlSimulator,

    /// A case of one core, and Verilog of another.
    #[error("the case is of another core than `{}`", path.display())]
    #[diagnostic(help("its first words are the parameters of its core"))]
    CaseOfAnother {
        /// The configuration of the Verilog.
        path: PathBuf,
    },

    /// The text is not a case.
    #[error("{0}")]
    #[diagnostic(help(
        "a case is `key=value` separated by blanks, as \"rows=3 columns=2 job=5x4x3:min seed=7\"; \
         take it from the `replay:` line of a failure"
    ))]
    Replay(ParseCaseError),

    /// Figures miss what they must reach.
    #[error("{missed} of the figures above miss what they must reach")]
    #[diagnostic(help(
        "times and speeds want an idle machine and a release build; all other values are the same on every machine"
    ))]
    Figures {
        /// How many.
        missed: usize,
    },

    /// Standard output does not take the text.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),

    /// Ctrl-C or a request to end.
    #[error("interrupted")]
    #[diagnostic(help("nothing was left behind"))]
    Interrupted,

    /// The user ended an exploration.
    #[error("interrupted")]
    #[diagnostic(help("what was found is in `{}`: the same command goes on from there", folder.display()))]
    InterruptedExploration {
        /// Where it is.
        folder: PathBuf,
    },
}

/// A tensor that is not what it should be.
#[derive(Debug, Error)]
#[error(
    "{wrong} of {elements} elements of `{tensor}` in row {row} differ from {against}, the first at \
     {place}: {found} instead of {expected}{made}"
)]
pub(super) struct Difference {
    /// Its name.
    pub tensor: String,
    /// The inference.
    pub row: usize,
    /// How many elements differ.
    pub wrong: usize,
    /// Of how many.
    pub elements: usize,
    /// Where the first is, as Python writes it.
    pub place: String,
    /// What the core computed.
    pub found: String,
    /// What it should have.
    pub expected: String,
    /// Who says so.
    pub against: String,
    /// What made the first, with what is in front of it in a sentence; empty where that is not known.
    pub made: String,
    /// What to do.
    pub help: &'static str,
}

/// Names enough to recognise what is meant.
fn some(files: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut text = files
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > SHOWN {
        text += &format!(" and {} more", files.len() - SHOWN);
    }
    text
}
