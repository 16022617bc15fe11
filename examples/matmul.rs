//! From a page of TOML to a product: generates a core, runs it natively, compares the product.
//!
//!     cargo run --example matmul

use ferrogrid::arch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::device::matmul::{self, MatmulJob};
use ferrogrid::device::{Native, Stalls, unwatched};
use ferrogrid::hdl::elaborate;
use ferrogrid::{reference, verilog};
use ndarray::{Array2, array};
use std::io::Write;

const CORE: &str = r#"
kind = "matmul"

[array]
rows = 3
columns = 5
dataflow = "output_stationary"
activation = "uint8"
"#;

/// Generates, multiplies, compares.
pub fn run(out: &mut dyn Write) -> Result<(), Box<dyn std::error::Error>> {
    let arch = arch::from_toml("core.toml", CORE)?;
    let design = elaborate(&MatmulCore::new(&arch))?;
    let text = verilog::concat(&design);
    assert!(text.contains("module matmul_3x5_os ("), "the top module");
    writeln!(out, "{}: {} {}", arch.name, arch.dataflow, arch.operands)?;

    let a = array![[255, 0, 1, 2], [3, 4, 5, 6]];
    let b = Array2::from_shape_fn((4, 6), |(k, n)| k as i64 * 10 - n as i64 * 25);
    let job = MatmulJob::of_integers(&arch, &a, &b)?;
    let mut core = Native::new(&design)?;
    let result = matmul::run(&arch, &mut core, &job, &Stalls::default(), &mut unwatched)?;
    writeln!(out, "{:6}", result.c.integers())?;
    writeln!(out, "{} in {} cycles", job.shape(), result.span)?;

    let golden = reference::matmul(&job.a, &job.b, result.c.format())?;
    assert_eq!(result.c, golden, "the core must compute the golden product");
    Ok(())
}

#[allow(dead_code, reason = "a test includes this file for `run`")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    run(&mut std::io::stdout())
}
