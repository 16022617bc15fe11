//! Two layers as products on a matrix-multiply core.
//!
//! Biases and requantization are the host's. Every integer is compared with NumPy's and with the golden
//! model's.

use super::digits::{Digits, classes};
use super::{Sim, say};
use ferrogrid::arch::{self, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::device::matmul::{self, MatmulJob, MatmulResult};
use ferrogrid::device::{Stalls, npy, unwatched};
use ferrogrid::hdl::elaborate;
use ferrogrid::number::Format;
use ferrogrid::reference;
use ferrogrid::report::Table;
use miette::{IntoDiagnostic, WrapErr};
use ndarray::{Array1, Array2};
use serde::Deserialize;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Runs the network on every image. True when every integer is right.
pub fn run(
    folder: &Path,
    digits: &Digits,
    preset: &str,
    sim: Sim,
    out: &mut dyn Write,
) -> miette::Result<bool> {
    let network = Network::read(folder)?;
    let arch = arch::from_preset(preset)?;
    let core = elaborate(&MatmulCore::new(&arch)).into_diagnostic()?;

    say(
        out,
        &format!(
            "{}: {} x {} processing elements, {}, {}",
            arch.name,
            arch.rows,
            arch.columns,
            arch.dataflow.name().replace('_', "-"),
            arch.operands
        ),
    )?;
    let mut backend = sim.with(&core, out)?;

    let mut layer = |name: &str, job: &MatmulJob| -> miette::Result<MatmulResult> {
        write!(out, "{name}: {} ... ", job.shape()).into_diagnostic()?;
        out.flush().into_diagnostic()?;
        let started = Instant::now();
        let result = matmul::run(
            &arch,
            backend.as_mut(),
            job,
            &Stalls::default(),
            &mut unwatched,
        )?;
        say(out, &format!("{:.2} s", started.elapsed().as_secs_f64()))?;
        Ok(result)
    };
    let first = MatmulJob::of_integers(&arch, &digits.images, &network.weights1);
    let first = first.into_diagnostic()?;
    let first_result = layer("layer 1", &first)?;
    let hidden = network.hidden(&first_result.c.integers());
    let second = MatmulJob::of_integers(&arch, &hidden, &network.weights2).into_diagnostic()?;
    let second_result = layer("layer 2", &second)?;
    let sums = [&first_result, &second_result].map(|result| result.c.integers());
    let logits = &sums[1] + &network.bias2;

    let classes = classes(&logits);
    say(out, &format!("\n{}", digits.gallery(&classes)))?;
    let layers = [(&first, &first_result), (&second, &second_result)];
    say(out, &table(&arch, &layers).to_string())?;

    let golden = [golden(&first)?, golden(&second)?];
    let images = classes.len();
    let exact = (0..images).filter(|&image| {
        sums[0].row(image) == golden[0].row(image)
            && sums[1].row(image) == golden[1].row(image)
            && logits.row(image) == network.expected.row(image)
    });
    let exact = exact.count();
    let cycles: u64 = layers.iter().map(|(_, result)| result.span).sum();
    say(out, &format!("accuracy: {}", digits.accuracy(&classes)))?;
    say(
        out,
        &format!(
            "cycles: {cycles}, {} an image",
            cycles.div_ceil(images as u64)
        ),
    )?;
    say(out, &format!("bit-exact: {exact}/{images}"))?;
    Ok(exact == images)
}

/// The product that the core must give.
fn golden(job: &MatmulJob) -> miette::Result<Array2<i64>> {
    let product = reference::matmul(&job.a, &job.b, Format::signed(32)).into_diagnostic()?;
    Ok(product.integers())
}

/// The layers.
struct Network {
    weights1: Array2<i64>,
    bias1: Array1<i64>,
    weights2: Array2<i64>,
    bias2: Array1<i64>,
    expected: Array2<i64>,
    requantize: Requantize,
}

#[derive(Deserialize)]
struct NetworkFile {
    requantize: Requantize,
}

/// `clamp((sum * multiplier + 2^(shift-1)) >> shift, 0, 127)`
#[derive(Deserialize)]
struct Requantize {
    multiplier: i64,
    shift: u32,
}

impl Network {
    fn read(folder: &Path) -> miette::Result<Network> {
        let path = folder.join("network.toml");
        let text = std::fs::read_to_string(&path).into_diagnostic();
        let text = text.wrap_err_with(|| format!("cannot read {}", path.display()))?;
        let file: NetworkFile = toml::from_str(&text).into_diagnostic()?;
        let matrix = |name: &str| npy::read_matrix(&folder.join(name)).map(|m| m.integers());
        let vector = |name: &str| matrix(name).map(|matrix| matrix.row(0).to_owned());
        Ok(Network {
            weights1: matrix("weights1.npy")?,
            bias1: vector("bias1.npy")?,
            weights2: matrix("weights2.npy")?,
            bias2: vector("bias2.npy")?,
            expected: matrix("expected.npy")?,
            requantize: file.requantize,
        })
    }

    /// The int8 activations between the layers, from the sums of the first.
    fn hidden(&self, products: &Array2<i64>) -> Array2<i64> {
        let Requantize { multiplier, shift } = self.requantize;
        let half = 1 << (shift - 1);
        let sums = products + &self.bias1;
        sums.mapv(|sum| ((sum * multiplier + half) >> shift).clamp(0, 127))
    }
}

/// Cycles and utilization of each layer, from the first beat in to the last beat out.
fn table(arch: &MatmulArch, layers: &[(&MatmulJob, &MatmulResult)]) -> Table {
    let headings = [
        "layer",
        "M x K x N",
        "cycles",
        "utilization",
        "waited for A / B / C",
    ];
    let rows = layers.iter().enumerate().map(|(index, (job, result))| {
        let shape = job.shape();
        let utilization = 100.0 * arch.ideal_cycles(shape) as f64 / result.span as f64;
        let counters = &result.counters;
        [
            (index + 1).to_string(),
            format!("{} x {} x {}", shape.m, shape.k, shape.n),
            result.span.to_string(),
            format!("{utilization:.1} %"),
            format!(
                "{} / {} / {}",
                counters.stall_a, counters.stall_b, counters.stall_c
            ),
        ]
    });
    rows.fold(Table::new(&headings), Table::row)
        .right(&[2, 3, 4])
}
