//! `ferrogrid quantize`.

use super::files::{check_distinct, write_over};
use super::interrupt;
use super::output::print;
use super::progress::Progress;
use crate::device::npy::read_reals;
use crate::quantize::{Accuracy, Arrays, Method, Options, QuantizedTensor, Report};
use crate::report::{Table, counted, json};
use crate::runtime::{Quantization, quantize};
use clap::{Args, ValueEnum};
use ndarray::ArrayD;
use std::path::PathBuf;

/// Quantize an ONNX model in floating point to int8, with samples of what it will see
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ferrogrid quantize model.onnx --calibration samples.npz -o int8.onnx"
)]
pub(super) struct Quantize {
    /// An .onnx file in floating point, operator set 13 or newer
    model: PathBuf,
    /// Samples: a .npz file with an array for each input, or a .npy file for one input; the first axis is that of the
    /// samples
    #[arg(long, value_name = "FILE")]
    calibration: PathBuf,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How the range of an activation is found
    #[arg(long, value_enum, default_value_t = MethodName::Mse)]
    method: MethodName,
    /// Values that `percentile` keeps, in percent
    #[arg(long, value_name = "P", default_value_t = 99.99)]
    percentile: f64,
    /// Do not bring channels between two layers to like sizes
    #[arg(long)]
    no_equalize: bool,
    /// Do not correct biases by what quantization adds to the mean of a channel
    #[arg(long)]
    no_bias_correction: bool,
    /// Give the most sensitive activations 16 bits until the outputs are so many decibels above what quantization adds
    #[arg(long, value_name = "DECIBELS")]
    mixed: Option<f64>,
    /// The index of the right class of each sample: a .npy file [default: `labels` of the samples, if they are there]
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Other samples that right answers are counted of, and their `labels`
    #[arg(long, value_name = "FILE")]
    validation: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// How the range of an activation is found.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MethodName {
    /// From the least value to the largest
    Minmax,
    /// That of `--percentile` percent of the values
    Percentile,
    /// The limit with the least divergence of Kullback and Leibler
    Entropy,
    /// The range with the least mean of squared errors
    Mse,
}

impl Quantize {
    pub fn run(self) -> miette::Result<()> {
        let files = [
            ("the model", Some(&self.model)),
            ("the samples", Some(&self.calibration)),
            ("the labels", self.labels.as_ref()),
            ("the other samples", self.validation.as_ref()),
        ];
        let files = files
            .iter()
            .filter_map(|(what, path)| Some((*what, path.as_ref()?.as_path())));
        check_distinct(files, [("`--output`", self.output.as_path())])?;
        let calibration = read_reals(&self.calibration)?;
        let validation = self.validation.as_deref().map(read_reals).transpose()?;
        let labels = self.labels.as_deref().map(read_reals).transpose()?;
        let of_file = |arrays: &Arrays| arrays.values().next().cloned();
        let labels: Option<ArrayD<f32>> = match &labels {
            Some(labels) => of_file(labels),
            None => validation
                .as_ref()
                .unwrap_or(&calibration)
                .get("labels")
                .cloned(),
        };
        let with = Quantization {
            calibration: &calibration,
            validation: validation.as_ref(),
            labels: labels.as_ref(),
            options: self.options(),
        };
        let mut progress = Progress::new(self.json);
        let mut stage = "";
        let done = quantize(&self.model, &with, &mut |name, done, of| {
            if stage != name {
                stage = name;
                progress.count(of as u64, name);
            }
            progress.at(done as u64);
            !interrupt::requested()
        });
        progress.done();
        interrupt::check()?;
        let quantized = done?;
        let bytes = quantized.to_bytes();
        write_over(&self.output, &bytes)?;
        let report = &quantized.report;
        let text = match self.json {
            true => json(report),
            false => self.told(report, bytes.len()),
        };
        Ok(print(&text)?)
    }

    fn options(&self) -> Options {
        Options {
            method: match self.method {
                MethodName::Minmax => Method::MinMax,
                MethodName::Percentile => Method::Percentile(self.percentile),
                MethodName::Entropy => Method::Entropy,
                MethodName::Mse => Method::MeanSquare,
            },
            equalize: !self.no_equalize,
            correct_biases: !self.no_bias_correction,
            mixed: self.mixed,
        }
    }

    fn told(&self, report: &Report, bytes: usize) -> String {
        let mut text = format!(
            "{}: calibrated with {}, {} folded, {} of layers equalized\n\n",
            self.model.display(),
            counted(report.samples as u64, "sample"),
            counted(report.folded as u64, "node"),
            counted(report.equalized as u64, "pair"),
        );
        let headings = [
            "tensor",
            "operator",
            "bits",
            "from",
            "to",
            "zero point",
            "SQNR dB",
        ];
        let table = report.tensors.iter().map(row);
        let table = table
            .fold(Table::new(&headings), Table::row)
            .right(&[2, 3, 4, 5, 6]);
        text += &table.to_string();
        text += "\n";
        for (output, ratio) in &report.outputs {
            let ratio = ratio.map_or("equal".into(), |ratio| {
                format!("{ratio:.1} dB above what quantization adds")
            });
            text += &format!("output `{output}`: {ratio}\n");
        }
        if let Some(Accuracy {
            samples,
            float,
            quantized,
        }) = report.accuracy
        {
            let percent = |right: usize| 100.0 * right as f64 / samples.max(1) as f64;
            text += &format!(
                "right answers of {samples}: {float} ({:.1} %) in floating point, {quantized} ({:.1} %) quantized\n",
                percent(float),
                percent(quantized),
            );
        }
        for (node, operator) in &report.left {
            text += &format!("stays in floating point: node `{node}` ({operator})\n");
        }
        if let Some(reason) = &report.unsupported {
            text += &format!("a core does not run it as it is: {reason}\n");
        }
        text + &format!("written: {}, {bytes} bytes\n", self.output.display())
    }
}

fn row(tensor: &QuantizedTensor) -> [String; 7] {
    [
        tensor.name.clone(),
        tensor.operator.clone(),
        tensor.bits.to_string(),
        format!("{:.4}", tensor.low),
        format!("{:.4}", tensor.high),
        tensor.zero_point.to_string(),
        tensor
            .ratio
            .map_or("equal".into(), |ratio| format!("{ratio:.1}")),
    ]
}
