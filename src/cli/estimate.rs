//! `ferrogrid estimate`.

use super::core;
use super::npu::{Mode, Passes, compile, executable_error, import};
use super::output::print;
use crate::arch::{Family, JobShape, Target};
use crate::device::{Executable, Inference, expected};
use crate::model::{Area, Core, area};
use crate::report::{Clock, MODEL, MatmulReport, NetworkReport, TimelinePicture, grouped, json};
use crate::runtime::read_bytes;
use clap::{ArgGroup, Args};
use miette::miette;
use serde::Serialize;
use std::path::PathBuf;

/// Say how long a network, or a product of matrices, takes on a core, without simulating it
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("configuration").required(true),
    after_help = "Example:\n  ferrogrid estimate resnet8_int8.tflite --preset edge\n  \
                  ferrogrid estimate 64x64x64 --preset matmul-8x8 --clock 80MHz"
)]
pub(super) struct Estimate {
    /// A .tflite or .onnx file, for an NPU; or the sizes M x K and K x N of two matrices as MxKxN, for a matmul core
    #[arg(value_name = "MODEL|MxKxN")]
    what: PathBuf,
    /// A built-in configuration: see `ferrogrid presets`
    #[arg(long, group = "configuration", value_name = "NAME")]
    preset: Option<String>,
    /// A configuration file: see `ferrogrid new`
    #[arg(long, group = "configuration", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Whose integers are computed [default: onnx for .onnx, tflm for .tflite]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    #[command(flatten)]
    passes: Passes,
    /// The clock for which times are printed
    #[arg(long, value_name = "FREQUENCY", default_value = "100MHz")]
    clock: Clock,
    /// Print which unit would be at work when; with `--json`, for `ferrogrid report`
    #[arg(long)]
    timeline: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a, R> {
    #[serde(flatten)]
    report: &'a R,
    area: Area,
}

impl Estimate {
    pub fn run(self) -> miette::Result<()> {
        let shape = self.what.to_str().and_then(|text| text.parse().ok());
        match shape {
            Some(shape) => self.job(shape),
            None => self.network(),
        }
    }

    fn job(&self, shape: JobShape) -> miette::Result<()> {
        let arch = core::load_matmul(self.preset.as_deref(), self.config.as_deref())?;
        arch.check_shape(shape)
            .map_err(|error| miette!("{error}"))?;
        if self.timeline {
            let help = "leave `--timeline` out: it is for networks";
            return Err(miette!(
                help = help,
                "a product of matrices has no timeline"
            ));
        }
        let result = expected(&arch, shape);
        let report = MatmulReport::new(&arch, MODEL, shape, self.clock, &result);
        self.print(&report, report.text(), &arch, arch.target)
    }

    fn network(&self) -> miette::Result<()> {
        let arch = core::load_npu(self.preset.as_deref(), self.config.as_deref())?;
        let bytes = read_bytes(&self.what)?;
        let network = match Executable::is_file(&bytes) {
            true => {
                let network =
                    Executable::from_bytes(&bytes).map_err(executable_error(&self.what))?;
                let checked = network.check_core(&arch);
                checked.map_err(executable_error(&self.what))?;
                network
            }
            false => {
                let graph = import(&self.what, &bytes)?;
                let mode = self.mode.unwrap_or(Mode::of(graph.family));
                compile(&self.what, &graph, &arch, self.passes.of_mode(mode))?
            }
        };
        let expected = [Inference::expected(&arch, &network)];
        let mut report = NetworkReport::new(&arch, &network, MODEL, self.clock, &expected);
        report.model = Some(self.what.display().to_string());
        let picture = || TimelinePicture::new(&arch.name, &network, &expected[0]);
        report.timeline = self.timeline.then(picture);
        let timeline = report.timeline.as_ref().map(TimelinePicture::text);
        let text = format!(
            "{}: {}, simulator {MODEL}\n\n{}{}",
            arch.name,
            self.what.display(),
            report.text(),
            timeline.unwrap_or_default()
        );
        self.print(&report, text, &arch, arch.target)
    }

    /// A report, and what the core takes of the chips that it is made for.
    fn print(
        &self,
        report: &impl Serialize,
        text: String,
        core: &impl Core,
        target: Target,
    ) -> miette::Result<()> {
        let family = Family::of(target);
        let area = area(core, family);
        Ok(print(&match self.json {
            true => json(&Output { report, area }),
            false => {
                let count = |count: u64, what: &str| format!("{} {what}", grouped(count));
                let cells = [
                    count(area.lut, "LUTs"),
                    count(area.ff, "registers"),
                    count(area.dsp, "multipliers"),
                    count(area.bram, "block RAMs"),
                ];
                format!("{text}Area on {}: {}\n", family.title(), cells.join(", "))
            }
        })?)
    }
}
