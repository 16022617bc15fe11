//! Random programs and networks: DRAM in the end is that of the functional model, outputs are those of the golden
//! interpreter, whatever the timing; a program that goes wrong leaves the next one as if it had not been.

use ferrogrid::arch::npu_from_preset;
use ferrogrid::synth::tools::Tool;
use ferrogrid::verify::campaign::{self, Options};
use ferrogrid::verify::check::BackendKind;
use ferrogrid::verify::{Cores, parse};
use std::ops::ControlFlow;

use super::tools;

/// Runs a campaign; a failure shows the smallest case.
fn run(options: &Options) {
    let report = campaign::run(options, &|_| ControlFlow::Continue(())).unwrap();
    if let Some(failure) = report.failure {
        let (index, seed) = (failure.index, options.seed);
        panic!("case {index} of seed {seed}: {}", failure.smallest);
    }
    assert_eq!(report.cases, options.cases);
}

#[test]
fn random_cases_natively() {
    run(&Options {
        cases: 250,
        cores: Cores::Npu,
        ..Options::default()
    });
}

#[test]
fn random_cases_on_a_preset() {
    run(&Options {
        cases: 12,
        cores: Cores::NpuOf(Box::new(npu_from_preset("small").unwrap())),
        ..Options::default()
    });
}

#[test]
fn random_cases_through_icarus() {
    if tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        run(&Options {
            seed: 2,
            cases: 4,
            backends: vec![BackendKind::Icarus],
            cores: Cores::NpuOf(Box::new(npu_from_preset("nano").unwrap())),
            ..Options::default()
        });
    }
}

/// Sums of two activations are requantized in fixed point and means in single precision: a core without that
/// refuses them.
#[test]
fn layers_on_a_core_without_their_arithmetic() {
    let case = |core: &str, layer: &str| {
        let text = format!("network {core}; input 3x1x1; {layer}");
        parse(&text).map_err(|error| error.to_string())
    };
    for (core, layer, wanted) in [
        (
            "family=onnx rounding=float requantization=float",
            "add from=0 to=0",
            "fixed point",
        ),
        (
            "requantization=fixed",
            "average_pool kernel=3x1",
            "single precision",
        ),
    ] {
        let error = case(core, layer).unwrap_err();
        assert!(error.contains(wanted), "{error}");
        let (both, _) = core.split_once("requantization").unwrap();
        assert!(case(both, layer).is_ok(), "{both}");
    }
}
