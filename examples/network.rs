//! From a network to its outputs: compiles a model, runs it on the simulated core, compares.
//!
//!     cargo run --example network

use ferrogrid::compiler::Rounding;
use ferrogrid::device::{Accelerator, Executable, npy};
use ferrogrid::graph::Values;
use ferrogrid::reference::graph::{Mode, run as golden};
use ferrogrid::{arch, import};
use std::io::Write;
use std::path::Path;

/// Reads a handwritten digit.
pub fn run(out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
    let images = npy::read_array(&folder.join("images.npy"))?;
    let image = images.values.gathered(64, |pixel| pixel);

    let graph = import::read(&std::fs::read(folder.join("network.onnx"))?)?;
    let arch = arch::npu_from_preset("nano")?;
    let network = Executable::compile(&graph, &arch, Rounding::Float)?;
    let mut accelerator = Accelerator::native(&arch)?;
    let inference = accelerator
        .load(&network)?
        .infer(std::slice::from_ref(&image))?;

    let values = golden(&graph, &[image], Mode::Float)?;
    let logits = &inference.outputs[0];
    assert_eq!(*logits, values[&graph.outputs[0]], "the golden model's");
    let Values::Int8(logits) = logits else {
        return Err("the network gives int8".into());
    };
    let digit = (0..logits.len()).max_by_key(|digit| logits[*digit]);
    let digit = digit.ok_or("the network gives logits")?;
    writeln!(
        out,
        "{}: a {digit} in {} cycles",
        arch.name, inference.cycles
    )?;
    Ok(())
}

#[allow(dead_code, reason = "a test includes this file for `run`")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&mut std::io::stdout())
}
