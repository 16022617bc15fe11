//! `ferrogrid run`.

mod arrays;
mod compare;
mod trace;
mod watch;
mod waves;

use super::error::CliError;
use super::files::{PendingFile, check_distinct, write_over};
use super::interrupt;
use super::npu::{Configuration, Mode, Passes, compile, executable_error, import};
use super::output::print;
use super::progress::Progress;
use super::simulator::{Init, Simulator};
use super::waves::WaveOptions;
use crate::arch::NpuArch;
use crate::device::npy::write_array;
use crate::device::{Accelerator, Executable, Inference, Loaded, Speed};
use crate::graph::{Graph, Values};
use crate::hdl::ir::Design;
use crate::product::Part;
use crate::report::{Clock, NetworkReport, TimelinePicture, counted, json, slowest};
use crate::runtime::read_bytes;
use crate::verify::npu::machine_size;
use clap::Args;
use compare::Judged;
use serde::Serialize;
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use trace::Trace;

/// Run a network on a simulated NPU and compare every output with the golden model
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid run resnet8_int8.tflite --preset edge --input image.npy"
)]
pub(super) struct Run {
    /// A .tflite or .onnx file, or a network that `ferrogrid compile` wrote
    model: PathBuf,
    #[command(flatten)]
    configuration: Configuration,
    /// An input as .npy file, in the order of the model's runtimes; with another axis in front each row is run.
    /// Once for each input; random numbers without it
    #[arg(long, value_name = "FILE")]
    input: Vec<PathBuf>,
    /// What an output must be, as .npy file; once for each output. Where one differs, all files are written and this
    /// fails
    #[arg(long, value_name = "FILE")]
    expect: Vec<PathBuf>,
    /// Write an output to this .npy file; once for each output
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Whose integers are computed [default: onnx for .onnx, tflm for .tflite]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    #[command(flatten)]
    passes: Passes,
    /// Chooses the random numbers
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "input")]
    seed: u64,
    /// The simulator
    #[arg(long, value_enum, default_value_t = Simulator::Native)]
    sim: Simulator,
    /// What nothing sets at the start
    #[arg(long, value_enum, default_value_t = Init::Zero)]
    init: Init,
    /// The clock for which latency and throughput are printed
    #[arg(long, value_name = "FREQUENCY", default_value = "100MHz")]
    clock: Clock,
    /// Run every layer of the first inference by itself too: write its integers, as a .npy file each, into this folder
    /// and compare them with the golden model. Files of an earlier trace are removed; a folder with others is an error
    #[arg(long, value_name = "FOLDER")]
    trace: Option<PathBuf>,
    // Those of the first inference.
    #[command(flatten)]
    waves: WaveOptions,
    /// Print which unit was at work when; with `--json`, for `ferrogrid report`
    #[arg(long)]
    timeline: bool,
    /// Write which unit was at work when, instruction by instruction, to this .svg file
    #[arg(long, value_name = "FILE")]
    timeline_svg: Option<PathBuf>,
    /// Run again whenever the configuration or the model is saved, and print which figures have changed, until Ctrl-C
    #[arg(long, conflicts_with_all = ["expect", "output", "trace", "waves", "timeline", "timeline_svg", "json"])]
    watch: bool,
    /// Print the figures as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    report: &'a NetworkReport,
    /// Always true: a difference is an error.
    exact: bool,
    outputs: &'a [PathBuf],
}

impl Run {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        if self.watch {
            return watch::watch(&self);
        }
        self.check_paths()?;
        let arch = self.configuration.load()?;
        let (network, graph, mode) = self.network(&arch)?;
        let rows = self.rows(&network)?;
        let expected = match &self.expect[..] {
            [] => None,
            files => Some(arrays::read(files, "--expect", "output", &network.outputs)?),
        };
        if let Some(expected) = &expected {
            arrays::check_rows(&self.expect[0], expected.len(), rows.len())?;
        }
        arrays::check_count(&self.output, "--output", "output", &network.outputs)?;
        // A run may take long: what it is for must be possible.
        for path in self.output.iter().chain(&self.timeline_svg) {
            PendingFile::new(path)?;
        }
        if let Some(folder) = &self.trace {
            if graph.is_none() {
                return Err(CliError::Trace {
                    path: self.model.clone(),
                }
                .into());
            }
            fs::create_dir_all(folder).map_err(|error| CliError::Write {
                path: folder.clone(),
                reason: error.to_string(),
            })?;
            trace::earlier(folder)?;
        }

        let mut progress = Progress::new(self.json);
        if graph.is_some() {
            progress.working("computing what the golden model says");
        }
        let judged = self.judged(&arch, (&network, graph.as_ref(), mode), &rows)?;
        let design = super::core::design(&arch, Part::Core)?;
        let mut accelerator = self.accelerator(&arch, &design, &mut progress)?;
        let simulator = accelerator.simulator();
        self.write_waves(&mut accelerator, &network, &rows[0], &mut progress)?;
        let mut loaded = accelerator.load(&network)?;
        let inferences = self.simulate(&arch, &mut loaded, &network, &rows, &mut progress)?;
        interrupt::check()?;
        let judgement = judged.check(&inferences);
        if let Some(graph) = &graph
            && (self.trace.is_some() || judgement.is_err())
        {
            let trace = Trace {
                path: &self.model,
                graph,
                network: &network,
                mode: mode.golden(),
            };
            let row = judged.first_wrong(&inferences).unwrap_or(0);
            let first = (row, &rows[row][..]);
            let found = trace.run(&mut loaded, first, self.trace.as_deref(), &mut progress)?;
            if let Some(difference) = found {
                return Err(CliError::Differs(Box::new(difference)).into());
            }
        }
        progress.done();
        judgement?;
        for (place, (path, port)) in self.output.iter().zip(&network.outputs).enumerate() {
            let outputs = inferences.iter().map(|inference| &inference.outputs[place]);
            write_array(path, &arrays::of_rows(port, outputs))?;
        }

        let mut report = NetworkReport::new(&arch, &network, simulator, self.clock, &inferences);
        report.model = Some(self.model.display().to_string());
        let picture = || TimelinePicture::new(&arch.name, &network, slowest(&inferences));
        report.timeline = self.timeline.then(picture);
        if let Some(path) = &self.timeline_svg {
            write_over(path, picture().svg().as_bytes())?;
        }
        if let Some(expected) = &expected {
            compare::expected(&self.expect, &network, expected, &inferences)?;
        }
        Ok(print(&if self.json {
            json(&Output {
                report: &report,
                exact: true,
                outputs: &self.output,
            })
        } else {
            let model = self.model.display();
            let mut text = format!(
                "{}: {model}, mode {}, simulator {simulator}\n\n",
                arch.name,
                mode.told(network.graph.family)
            );
            text += &report.text();
            if let Some(timeline) = &report.timeline {
                text += &format!("{}\n", timeline.text());
            }
            text += &format!("exact: {}\n", judged.text());
            for path in &self.expect {
                text += &format!("equal to {}\n", path.display());
            }
            if let Some(folder) = &self.trace {
                let layers = counted(network.layers().count() as u64, "layer");
                let folder = folder.display();
                text +=
                    &format!("written: {layers} into {folder}, each equal to the golden model\n");
            }
            for path in self.output.iter().chain(&self.timeline_svg) {
                text += &format!("written: {}\n", path.display());
            }
            text
        })?)
    }

    /// Fails when a file that is written is also another file of the run.
    fn check_paths(&self) -> Result<(), CliError> {
        let read = [("the model", &self.model)].into_iter();
        let read = read
            .chain(
                self.configuration
                    .config
                    .iter()
                    .map(|path| ("the configuration", path)),
            )
            .chain(self.input.iter().map(|path| ("`--input`", path)))
            .chain(self.expect.iter().map(|path| ("`--expect`", path)));
        let outputs = self.output.iter().map(|path| ("`--output`", path));
        let svg = self.timeline_svg.iter();
        let waves = self.waves.waves.iter();
        let written = outputs
            .chain(svg.map(|path| ("`--timeline-svg`", path)))
            .chain(waves.map(|path| ("`--waves`", path)));
        let written = written.map(|(what, path)| (what, path.as_path()));
        check_distinct(read.map(|(what, path)| (what, path.as_path())), written)
    }

    /// The network, and the graph that it was made of where it is known.
    fn network(&self, arch: &NpuArch) -> Result<(Executable, Option<Graph>, Mode), CliError> {
        let bytes = read_bytes(&self.model)?;
        if Executable::is_file(&bytes) {
            let network = Executable::from_bytes(&bytes).map_err(executable_error(&self.model))?;
            network
                .check_core(arch)
                .map_err(executable_error(&self.model))?;
            let compiled = Mode::of_rounding(network.rounding);
            compiled.check_asked(self.mode, &self.model)?;
            if self.passes.no_fold {
                return Err(CliError::Folded {
                    path: self.model.clone(),
                });
            }
            return Ok((network, None, compiled));
        }
        let graph = import(&self.model, &bytes)?;
        let mode = self.mode.unwrap_or(Mode::of(graph.family));
        let network = compile(&self.model, &graph, arch, self.passes.of_mode(mode))?;
        Ok((network, Some(graph), mode))
    }

    /// The inputs of each inference.
    fn rows(&self, network: &Executable) -> miette::Result<Vec<Vec<Values>>> {
        Ok(match &self.input[..] {
            [] => vec![network.random_inputs(self.seed)],
            files => arrays::read(files, "--input", "input", &network.inputs)?,
        })
    }

    /// What a model of the network, or of the core, says of each row.
    fn judged(
        &self,
        arch: &NpuArch,
        (network, graph, mode): (&Executable, Option<&Graph>, Mode),
        rows: &[Vec<Values>],
    ) -> Result<Judged, CliError> {
        match graph {
            Some(graph) => compare::golden(&self.model, graph, network, mode.golden(), rows),
            None => compare::functional(&self.model, network, &machine_size(arch), rows),
        }
    }

    /// The core in the simulator.
    fn accelerator(
        &self,
        arch: &NpuArch,
        design: &Design,
        progress: &mut Progress,
    ) -> miette::Result<Accelerator> {
        if self.sim == Simulator::Verilator {
            progress.working("building the model, or taking it from the cache");
        }
        let (sim, speed) = (self.sim, Speed::Compile);
        let backend = sim.starting(design, speed, self.init, self.seed)?;
        Ok(Accelerator::new(arch, backend))
    }

    /// Runs every row.
    fn simulate(
        &self,
        arch: &NpuArch,
        loaded: &mut Loaded<'_>,
        network: &Executable,
        rows: &[Vec<Values>],
        progress: &mut Progress,
    ) -> miette::Result<Vec<Inference>> {
        // The array is busy for most of the time: the first row tells how many cycles the others will take.
        let products = network.layers().map(|layer| layer.multiplications);
        let mut each = products.sum::<u64>() / u64::from(arch.tile_bytes());
        progress.count(each * rows.len() as u64, "cycles");
        let mut inferences: Vec<Inference> = Vec::new();
        for row in rows {
            let done = each * inferences.len() as u64;
            let mut watch = |cycle| {
                progress.at(done + cycle);
                match interrupt::requested() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            inferences.push(loaded.infer_watched(row, &mut watch)?);
            if let [first] = &inferences[..] {
                each = first.cycles;
                progress.count(each * rows.len() as u64, "cycles");
            }
        }
        Ok(inferences)
    }
}
