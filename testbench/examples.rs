//! Runs the programs of `examples/` and holds them to what they print.

#[path = "../examples/counter.rs"]
mod counter;
#[path = "../examples/matmul.rs"]
mod matmul;
#[path = "../examples/network.rs"]
mod network;

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

/// The first image of examples/digits shows a 7.
#[test]
fn a_digit() {
    let text = printed(network::run);
    assert!(text.starts_with("cores: nano, small, "), "{text}");
    assert!(text.contains("\nsmall: a 7 in "), "{text}");
}
