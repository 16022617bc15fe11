//! Runs the programs of `examples/` and holds them to what they print.

#[path = "../examples/counter.rs"]
mod counter;
#[path = "../examples/digits.rs"]
mod digits;
#[path = "../examples/matmul.rs"]
mod matmul;
mod tools;

use ferrogrid::synth::tools::Tool;

/// What the demonstration says on this simulator; it must call itself exact.
fn classify(sim: digits::Sim, preset: &str) -> String {
    let mut out = Vec::new();
    let arguments = digits::Arguments {
        sim,
        preset: preset.to_owned(),
    };
    let exact = digits::run(&arguments, &mut out).unwrap();
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
    let text = classify(digits::Sim::Native, "matmul-16x16");
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
    let native = classify(digits::Sim::Native, "matmul-8x8-os");
    let text = classify(digits::Sim::Verilator, "matmul-8x8-os");
    assert_eq!(verdict(&text), verdict(&native));
}

/// What a small program prints.
fn printed(
    run: impl Fn(&mut dyn std::io::Write) -> Result<(), Box<dyn std::error::Error>>,
) -> String {
    let mut out = Vec::new();
    run(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_counter() {
    insta::assert_snapshot!(printed(counter::run));
}

#[test]
fn a_product() {
    let text = printed(matmul::run);
    let (product, cycles) = text.split_once("2x4x6 in ").expect("the shape of the job");
    insta::assert_snapshot!(product);
    assert!(cycles.ends_with(" cycles\n"), "{cycles}");
}
