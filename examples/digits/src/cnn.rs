//! The convolutional network, as a whole on a core for networks.

use super::digits::{Digits, classes};
use super::{Sim, say};
use ferrogrid::compiler::Rounding;
use ferrogrid::device::{Accelerator, Executable, npy};
use ferrogrid::graph::{Element, Values};
use ferrogrid::product::{Part, Product};
use ferrogrid::report::{NetworkReport, Table, grouped};
use ferrogrid::{arch, import};
use miette::{IntoDiagnostic, WrapErr};
use ndarray::Array2;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

const MODEL: &str = "digits_cnn.onnx";
/// What ONNX Runtime makes of the images.
const LOGITS: &str = "digits_logits.npy";
/// The clock for which latency and throughput are told.
const CLOCK: &str = "100MHz";
/// Images between two signs of progress.
const STRIDE: usize = 10;

/// Runs the network on every image. True when every output is ONNX Runtime's.
pub fn run(
    folder: &Path,
    digits: &Digits,
    preset: &str,
    sim: Sim,
    out: &mut dyn Write,
) -> miette::Result<bool> {
    let path = folder.join(MODEL);
    let file = std::fs::read(&path).into_diagnostic();
    let file = file.wrap_err_with(|| format!("cannot read {}", path.display()))?;
    let expected = npy::read_matrix(&folder.join(LOGITS))?.integers();

    let graph = import::read(&file)?;
    let arch = arch::npu_from_preset(preset)?;
    let network = Executable::compile(&graph, &arch, Rounding::Float).into_diagnostic()?;
    let figures = arch.description().figures.into_iter();
    let core = figures.fold(Table::plain(), |table, (label, value)| {
        table.row([label.into(), value])
    });
    say(
        out,
        &format!("{MODEL}, compiled for the core {preset}:\n\n{core}"),
    )?;

    let design = arch.design(Part::Core).into_diagnostic()?;
    let backend = sim.with(&design, out)?;
    let simulator = backend.name();
    let mut accelerator = Accelerator::new(&arch, backend);
    let mut loaded = accelerator.load(&network)?;
    let images = digits.images.nrows();
    write!(out, "{images} images ").into_diagnostic()?;
    let started = Instant::now();
    let mut inferences = Vec::new();
    for (index, image) in digits.images.rows().into_iter().enumerate() {
        if index % STRIDE == 0 {
            write!(out, ".").into_diagnostic()?;
            out.flush().into_diagnostic()?;
        }
        let pixels: Vec<i32> = image.iter().map(|&pixel| pixel as i32).collect();
        let image = Values::saturated(Element::Int8, &pixels);
        inferences.push(loaded.infer(&[image])?);
    }
    say(out, &format!(" {:.1} s\n", started.elapsed().as_secs_f64()))?;

    let logits = inferences.iter().flat_map(|inference| &inference.outputs);
    let logits = logits.filter_map(Values::integers).flatten();
    let logits = logits.map(i64::from).collect();
    let logits = Array2::from_shape_vec(expected.raw_dim(), logits).into_diagnostic()?;
    let classes = classes(&logits);
    let clock = CLOCK
        .parse()
        .map_err(|error: String| miette::miette!("{error}"))?;
    let report = NetworkReport::new(&arch, &network, simulator, clock, &inferences);
    say(out, &format!("{}\n", report.text().trim_end()))?;
    say(out, &digits.gallery(&classes))?;

    let equal = logits.iter().zip(&expected).filter(|(a, b)| a == b).count();
    let exact = equal == expected.len();
    say(out, &format!("accuracy: {}", digits.accuracy(&classes)))?;
    let all = grouped(expected.len() as u64);
    say(
        out,
        &match exact {
            true => format!("bit-exact: all {all} outputs equal ONNX Runtime's"),
            false => format!("wrong: only {equal} of {all} outputs equal ONNX Runtime's"),
        },
    )?;
    Ok(exact)
}
