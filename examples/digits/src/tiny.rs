//! The networks of MLPerf Tiny, on inputs of which a folder has what TFLite Micro makes.

use super::{Sim, say};
use ferrogrid::compiler::Rounding;
use ferrogrid::device::{Accelerator, Executable};
use ferrogrid::graph::Values;
use ferrogrid::product::{Part, Product};
use ferrogrid::report::{Table, grouped};
use ferrogrid::{arch, import};
use miette::{IntoDiagnostic, WrapErr};
use ndarray::ArrayD;
use ndarray_npy::NpzReader;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Files of a folder: `NAME.tflite`, and in `NAME.golden.npz` inputs `x` and outputs `y_tflm`, a row for each inference.
const NETWORKS: [(&str, &str); 4] = [
    ("image classification", "ic_resnet8_int8"),
    ("keyword spotting", "kws_dscnn_int8"),
    ("person detection", "vww_mbv1_025_int8"),
    ("anomaly detection", "ad_autoencoder_int8"),
];
/// Inferences of each.
const ROWS: usize = 3;
/// Cycles in a millisecond, at 100 MHz.
const CYCLES: f64 = 100_000.0;

/// What to say where no folder is given.
pub const HINT: &str = "scripts/demo --models FOLDER runs the networks of MLPerf Tiny: examples/digits/README.md says how to get them";

/// Runs some inferences of each network. True when every output is that of TFLite Micro.
pub fn run(folder: &Path, preset: &str, sim: Sim, out: &mut dyn Write) -> miette::Result<bool> {
    let arch = arch::npu_from_preset(preset)?;
    say(
        out,
        &format!("the networks of MLPerf Tiny, compiled for the core {preset}"),
    )?;
    let design = arch.design(Part::Core).into_diagnostic()?;
    let mut accelerator = Accelerator::new(&arch, sim.with(&design, out)?);
    let multipliers = u64::from(arch.rows * arch.columns);
    let headings = [
        "network",
        "file",
        "cycles",
        "at 100 MHz",
        "utilization",
        "outputs",
    ];
    let mut table = Table::new(&headings);
    let mut all_exact = true;
    for (what, name) in NETWORKS {
        write!(out, "{what} ").into_diagnostic()?;
        let path = folder.join(format!("{name}.tflite"));
        let file = std::fs::read(&path).into_diagnostic();
        let file = file.wrap_err_with(|| format!("cannot read {}", path.display()))?;
        let graph = import::read(&file)?;
        let network = Executable::compile(&graph, &arch, Rounding::Fixed).into_diagnostic()?;
        let golden = folder.join(format!("{name}.golden.npz"));
        let [inputs, expected] = ["x", "y_tflm"].map(|array| rows(&golden, array));
        let (inputs, expected) = (inputs?, expected?);
        let mut loaded = accelerator.load(&network)?;
        let (mut cycles, mut outputs, mut equal) = (0, 0, 0);
        for (input, expected) in inputs.iter().zip(&expected).take(ROWS) {
            write!(out, ".").into_diagnostic()?;
            out.flush().into_diagnostic()?;
            let inference = loaded.infer(&[Values::Int8(input.clone())])?;
            cycles = inference.cycles;
            let found = inference.outputs.first().and_then(Values::integers);
            let found = found.unwrap_or_default();
            let pairs = found.into_iter().zip(expected);
            outputs += expected.len();
            equal += pairs.filter(|(a, b)| *a == i32::from(**b)).count();
        }
        say(out, "")?;
        let products = network.layers().map(|layer| layer.multiplications);
        let share = products.sum::<u64>() as f64 / (cycles * multipliers) as f64;
        all_exact &= equal == outputs;
        table = table.row([
            what.to_owned(),
            format!("{name}.tflite"),
            grouped(cycles),
            format!("{:.3} ms", cycles as f64 / CYCLES),
            format!("{:.1} %", 100.0 * share),
            match equal == outputs {
                true => format!("all {} exact", grouped(outputs as u64)),
                false => format!("only {equal} of {outputs} exact"),
            },
        ]);
    }
    say(out, &format!("\n{}", table.right(&[2, 3, 4])))?;
    let verdict = match all_exact {
        true => "bit-exact: all outputs equal TFLite Micro's",
        false => "wrong: outputs differ from TFLite Micro's",
    };
    say(out, verdict)?;
    Ok(all_exact)
}

/// The rows of an array of bytes.
fn rows(path: &Path, name: &str) -> miette::Result<Vec<Vec<i8>>> {
    let what = || format!("cannot read `{name}` of {}", path.display());
    let file = File::open(path).into_diagnostic().wrap_err_with(what)?;
    let mut arrays = NpzReader::new(file).into_diagnostic().wrap_err_with(what)?;
    let array: ArrayD<i8> = arrays.by_name(name).into_diagnostic().wrap_err_with(what)?;
    let rows = array.outer_iter().map(|row| row.iter().copied().collect());
    Ok(rows.collect())
}
