//! Random programs and networks: DRAM in the end is that of the functional model, outputs are those of the golden
//! interpreter, whatever the timing; a program that goes wrong leaves the next one as if it had not been.

use ferrogrid::arch::npu_from_preset;
use ferrogrid::synth::tools::Tool;
use ferrogrid::verify::campaign::{self, Options};
use ferrogrid::verify::check::{BackendKind, run_case};
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
            // One of these programs stores bytes that nothing wrote: X in four states.
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

/// VECTOR with the multipliers of a chip: sums of products, and the largest of bytes.
#[test]
fn vector_in_multipliers_of_ecp5() {
    for taps in [1, 3] {
        let text = format!(
            "network rows=4 columns=4 bus=32 lanes=1 scratchpad=4096 weights=512 accumulators=32 parameters=64 \
             taps={taps} groups=32 target=ecp5 family=tflite rounding=fixed latency=1; input 4x4x5; \
             depthwise from=0 kernel=2x2 seed=1; max_pool from=1 kernel=2x2 strides=1x1"
        );
        let case = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        run_case(case.as_ref(), &[]).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

/// VECTOR reads an activation, and the array behind it, whose first vectors need all of it: POST tells one of them, the
/// other waits for what it is told next, or for a fence where it is told nothing.
#[test]
fn both_units_read_an_activation() {
    for last in ["max_pool from=2 kernel=2x2", "convolution from=2"] {
        let text = format!(
            "network rows=8 columns=8 bus=64 lanes=2 scratchpad=8192 weights=4096 accumulators=32 parameters=64 \
             taps=3 groups=32 family=tflite rounding=fixed latency=1; input 9x8x6; convolution outputs=6; \
             max_pool from=1 kernel=3x3 strides=1x1; convolution from=1 outputs=6 kernel=7x6; {last}"
        );
        let case = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        run_case(case.as_ref(), &[]).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

/// Cases that failed once, as they were printed or a little simpler.
#[test]
fn cases_that_failed() {
    const CASES: [&str; 4] = [
        // POST reads what it adds while passes of three vectors go to the same sums.
        "network rows=4 columns=4 bus=32 lanes=1 scratchpad=4096 weights=64 accumulators=16 parameters=64 \
         outstanding=1 queue=1 product_register=false family=onnx rounding=fixed; input 1x1x1; \
         convolution outputs=15 padding=0,2,1,0; convolution outputs=15; add from=2 to=1",
        // The second convolution reads nothing of the last row of the first, and may not end before it.
        "network rows=4 columns=4 bus=32 lanes=2 scratchpad=8192 weights=1024 accumulators=32 parameters=512 taps=0 \
         outstanding=3 queue=1 family=onnx rounding=fixed latency=1; input 2x9x11; \
         convolution outputs=11; convolution from=1 outputs=17 kernel=1x2 strides=2x1 padding=2,2,0,1; \
         average_pool from=2 kernel=1x3 strides=1x2; depthwise from=3 kernel=1x1 strides=1x2 padding=2,0,0,0",
        // The image has a pitch of its own, and the constant that is added has none.
        "network rows=4 columns=4 bus=32 lanes=1 scratchpad=4096 weights=64 accumulators=16 parameters=64 taps=0 \
         outstanding=1 queue=1 product_register=false family=onnx rounding=fixed; input 1x4x1; \
         convolution outputs=1 kernel=3x1 padding=1,1,1,1; add_constant from=1",
        // Weights beside a beat of the bus come in a beat more.
        "program scratchpad=8192 weights=512 accumulators=32 parameters=64 before=flipped@2.50; \
         load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=64 rows=1 planes=1; \
         weights offset=24576 tiles=1; fence units=1; matrix pitch=4 width=4 height=4 blocks=1 \
         kernel_rows=1 taps=1 rows=4 row_step=1 columns=1 release begin end; post address=4096 rows=4 \
         row_pitch=4 columns=1 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 \
         signal=1; store wait=1:1 offset=28672 address=4096 run=16 rows=1 planes=1; end",
    ];
    for case in CASES {
        let case = parse(case).unwrap_or_else(|error| panic!("{error}"));
        run_case(case.as_ref(), &[]).unwrap_or_else(|failure| panic!("{failure}"));
    }
}
