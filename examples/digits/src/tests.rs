//! The demonstration as `scripts/demo` runs it.

#[path = "../../../testbench/tools.rs"]
mod tools;

use super::{Arguments, Sim, Tool, run};

/// What the demonstration says on this simulator; it must call itself exact.
fn classify(sim: Sim, preset: &str) -> String {
    let mut out = Vec::new();
    let arguments = Arguments {
        sim,
        preset: preset.to_owned(),
    };
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
fn digits_natively() {
    let text = classify(Sim::Native, "matmul-16x16");
    let verdict: Vec<&str> = verdict(&text).lines().collect();
    assert_eq!(verdict.len(), 3);
    assert_eq!(verdict[0], "accuracy: 351/360 (97.5 %)");
    assert_eq!(verdict[2], "bit-exact: 360/360");
}

#[test]
fn digits_under_verilator() {
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    // The same cycles, too.
    let native = classify(Sim::Native, "matmul-8x8-os");
    let text = classify(Sim::Verilator, "matmul-8x8-os");
    assert_eq!(verdict(&text), verdict(&native));
}
