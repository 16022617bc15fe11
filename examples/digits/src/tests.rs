//! The demonstration as `scripts/demo` runs it.

#[path = "../../../testbench/tools.rs"]
mod tools;

use super::{Arguments, run};
use clap::Parser;
use ferrogrid::synth::tools::Tool;

/// What the demonstration says with these arguments; it must call itself exact.
fn classify(arguments: &str) -> String {
    let mut out = Vec::new();
    let words = ["digits"].into_iter().chain(arguments.split(' '));
    let arguments = Arguments::parse_from(words);
    let exact = run(&arguments, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    print!("{text}");
    assert!(exact, "{text}");
    text
}

/// The lines from `accuracy` on.
fn verdict(text: &str) -> &str {
    &text[text.find("accuracy:").expect("an accuracy")..]
}

#[test]
fn products_natively() {
    let text = classify("--matmul --sim native");
    let verdict: Vec<&str> = verdict(&text).lines().collect();
    assert_eq!(verdict.len(), 3);
    assert_eq!(verdict[0], "accuracy: 351/360 (97.5 %)");
    assert_eq!(verdict[2], "bit-exact: 360/360");
}

#[test]
fn products_under_verilator() {
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    // The same cycles, too.
    let native = classify("--matmul --preset matmul-8x8-os --sim native");
    let text = classify("--matmul --preset matmul-8x8-os --sim verilator");
    assert_eq!(verdict(&text), verdict(&native));
}

#[test]
fn a_folder_without_networks_is_named() {
    let arguments = Arguments::parse_from(["digits", "--models", "nowhere", "--sim", "native"]);
    let error = run(&arguments, &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read nowhere/ic_resnet8_int8.tflite"
    );
}

/// Natively too long for a test: `testbench/cli/digits.rs` runs some of the images.
#[test]
fn the_network_under_verilator() {
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    assert_eq!(
        verdict(&classify("--sim verilator")),
        "accuracy: 356/360 (98.9 %)\nbit-exact: all 3,600 outputs equal ONNX Runtime's\n"
    );
}
