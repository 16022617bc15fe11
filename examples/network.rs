//! From a network to its outputs: lists the cores, compiles a model for one, runs it, compares.
//!
//!     cargo run --example network

use ferrogrid::compiler::Rounding;
use ferrogrid::config::{Kind, presets_of};
use ferrogrid::device::{Accelerator, Executable, npy};
use ferrogrid::graph::Values;
use ferrogrid::reference::graph::{Mode, run as golden};
use ferrogrid::{arch, import};
use std::io::Write;
use std::path::Path;

/// Reads a handwritten digit.
pub fn run(out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
    let model = std::fs::read(folder.join("digits_cnn.onnx"))?;
    let images = npy::read_array(&folder.join("images.npy"))?;
    let inputs = [images.values.gathered(64, |pixel| pixel)];
    let cores: Vec<_> = presets_of(Kind::Npu).map(|core| core.name).collect();
    writeln!(out, "cores: {}", cores.join(", "))?;

    // From the file to the outputs.
    let graph = import::read(&model)?;
    let arch = arch::npu_from_preset("small")?;
    let network = Executable::compile(&graph, &arch, Rounding::Float)?;
    let mut accelerator = Accelerator::native(&arch)?;
    let inference = accelerator.load(&network)?.infer(&inputs)?;

    let values = golden(&graph, &inputs, Mode::Float)?;
    let logits = &inference.outputs[0];
    assert_eq!(*logits, values[&graph.outputs[0]], "the golden model's");
    let Values::Int8(logits) = logits else {
        return Err("the network gives int8".into());
    };
    let digit = (0..logits.len()).max_by_key(|digit| logits[*digit]);
    let digit = digit.ok_or("the network gives logits")?;
    let cycles = inference.cycles;
    writeln!(out, "{}: a {digit} in {cycles} cycles", arch.name)?;
    Ok(())
}

#[allow(dead_code, reason = "a test includes this file for `run`")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&mut std::io::stdout())
}
