//! Classifies 360 handwritten digits on a generated matrix-multiply core.
//!
//! Both layers of an int8 network run as products on the simulated core; biases and
//! requantization are the host's. Every integer is compared with NumPy's and with the golden
//! model's. See `README.md` beside it for the network and `scripts/demo` for the call.

#[cfg(test)]
mod tests;

use clap::{Parser, ValueEnum};
use comfy_table::{CellAlignment, Table, presets};
use ferrogrid::arch::{self, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::device::matmul::{self, MatmulJob, MatmulResult};
use ferrogrid::device::{Backend, Icarus, Native, Speed, Stalls, Verilator, npy, unwatched};
use ferrogrid::hdl::elaborate;
use ferrogrid::hdl::ir::Design;
use ferrogrid::number::Format;
use ferrogrid::reference;
use ferrogrid::synth::tools::{Tool, ToolError};
use miette::{IntoDiagnostic, WrapErr};
use ndarray::{Array1, Array2};
use serde::Deserialize;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Classify 360 handwritten digits on a generated core and compare every integer.
#[derive(Parser)]
struct Arguments {
    /// Where the core runs; `auto` is Verilator where it is found, else native
    #[arg(long, value_enum, default_value = "auto")]
    sim: Sim,
    /// The core: a preset with int8 operands
    #[arg(long, default_value = "matmul-16x16")]
    preset: String,
}

/// Where a core can run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sim {
    /// Verilator where it is found, else native.
    Auto,
    /// The simulator of the library; needs no tool.
    Native,
    /// Verilator and a C++ compiler.
    Verilator,
    /// Icarus Verilog: slow, four-state.
    Icarus,
}

fn main() -> miette::Result<ExitCode> {
    let exact = run(&Arguments::parse(), &mut std::io::stdout())?;
    Ok(if exact {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The whole demonstration. True when every integer is right.
fn run(arguments: &Arguments, out: &mut dyn Write) -> miette::Result<bool> {
    let network = Network::read(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let arch = arch::from_preset(&arguments.preset)?;
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
    let started = Instant::now();
    let mut backend = backend(arguments.sim, &core, out)?;
    let ready = format!("{} is ready after", backend.name());
    say(
        out,
        &format!("{ready} {:.1} s\n", started.elapsed().as_secs_f64()),
    )?;

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
    let first = MatmulJob::of_integers(&arch, &network.images, &network.weights1);
    let first = first.into_diagnostic()?;
    let first_result = layer("layer 1", &first)?;
    let hidden = network.hidden(&first_result.c.integers());
    let second = MatmulJob::of_integers(&arch, &hidden, &network.weights2).into_diagnostic()?;
    let second_result = layer("layer 2", &second)?;
    let sums = [&first_result, &second_result].map(|result| result.c.integers());
    let logits = &sums[1] + &network.bias2;

    let classes: Vec<usize> = logits
        .rows()
        .into_iter()
        .map(|row| class(&row.to_vec()))
        .collect();
    say(out, &format!("\n{}", gallery(&network, &classes)))?;
    let layers = [(&first, &first_result), (&second, &second_result)];
    say(out, &format!("{}\n", table(&arch, &layers)))?;

    let golden = [golden(&first)?, golden(&second)?];
    let images = classes.len();
    let exact = (0..images).filter(|&image| {
        sums[0].row(image) == golden[0].row(image)
            && sums[1].row(image) == golden[1].row(image)
            && logits.row(image) == network.expected.row(image)
    });
    let exact = exact.count();
    let labels = classes.iter().zip(&network.labels);
    let right = labels.filter(|(class, label)| class == label).count();
    let cycles: u64 = layers.iter().map(|(_, result)| result.span).sum();
    let percent = 100.0 * right as f64 / images as f64;
    say(out, &format!("accuracy: {right}/{images} ({percent:.1} %)"))?;
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

fn say(out: &mut dyn Write, line: &str) -> miette::Result<()> {
    writeln!(out, "{line}").into_diagnostic()
}

/// The simulator with the core in it.
fn backend(sim: Sim, core: &Design, out: &mut dyn Write) -> miette::Result<Box<dyn Backend>> {
    let tools = || -> Result<_, ToolError> {
        let verilator = Tool::Verilator.find()?;
        Tool::Cxx.find()?;
        Ok(verilator)
    };
    let sim = match (sim, tools()) {
        (Sim::Auto, Ok(_)) => Sim::Verilator,
        (Sim::Auto, Err(error)) => {
            say(out, &format!("Verilator cannot be used: {error}"))?;
            say(
                out,
                "going on with the native simulator, which gives the same cycles",
            )?;
            Sim::Native
        }
        (chosen, _) => chosen,
    };
    Ok(match sim {
        Sim::Verilator => {
            let banner = tools().map(|tool| tool.banner).unwrap_or_default();
            say(out, &format!("building the model with {banner}"))?;
            Box::new(Verilator::new(core, Speed::Compile)?)
        }
        Sim::Icarus => Box::new(Icarus::new(core)?),
        Sim::Native | Sim::Auto => Box::new(Native::new(core)?),
    })
}

/// The product that the core must give.
fn golden(job: &MatmulJob) -> miette::Result<Array2<i64>> {
    let product = reference::matmul(&job.a, &job.b, Format::signed(32)).into_diagnostic()?;
    Ok(product.integers())
}

/// The index of the largest logit, the lowest one on a tie.
fn class(logits: &[i64]) -> usize {
    (0..logits.len())
        .rev()
        .max_by_key(|&class| logits[class])
        .unwrap_or_default()
}

/// What the folder of the package holds.
struct Network {
    images: Array2<i64>,
    labels: Vec<usize>,
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
            images: matrix("images.npy")?,
            labels: vector("labels.npy")?.mapv(|label| label as usize).to_vec(),
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
fn table(arch: &MatmulArch, layers: &[(&MatmulJob, &MatmulResult)]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "layer",
        "M x K x N",
        "cycles",
        "utilization",
        "waited for A / B / C",
    ]);
    for (index, (job, result)) in layers.iter().enumerate() {
        let shape = job.shape();
        let utilization = 100.0 * arch.ideal_cycles(shape) as f64 / result.span as f64;
        let counters = &result.counters;
        table.add_row([
            (index + 1).to_string(),
            format!("{} x {} x {}", shape.m, shape.k, shape.n),
            result.span.to_string(),
            format!("{utilization:.1} %"),
            format!(
                "{} / {} / {}",
                counters.stall_a, counters.stall_b, counters.stall_c
            ),
        ]);
    }
    for column in 2..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A few images with what they are taken for: the first ones that are classified rightly, and
/// the first that is not.
fn gallery(network: &Network, classes: &[usize]) -> String {
    const SHADES: &[u8] = b" .:-=+*#%@";
    const SIDE: usize = 8;
    let right = |image: &usize| classes[*image] == network.labels[*image];
    let mut shown: Vec<usize> = (0..classes.len()).filter(right).take(3).collect();
    shown.extend((0..classes.len()).find(|image| !right(image)));
    let mut text = String::new();
    for row in 0..SIDE {
        let mut line = String::new();
        for &image in &shown {
            for column in 0..SIDE {
                let pixel = network.images[[image, SIDE * row + column]].clamp(0, 16) as usize;
                let shade = char::from(SHADES[pixel * (SHADES.len() - 1) / 16]);
                line.extend([shade, shade]);
            }
            line.push_str("    ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let captions = shown.iter().map(|&image| {
        let (class, label) = (classes[image], network.labels[image]);
        let caption = match class == label {
            true => class.to_string(),
            false => format!("{class}? no, {label}"),
        };
        format!("{caption:^16}    ")
    });
    text.push_str(captions.collect::<String>().trim_end());
    text.push('\n');
    text
}
