//! PEs cycle by cycle.

use ferrogrid::arch::Target;
use ferrogrid::blocks::pe::{OutputStationaryPe, PeFormat, WeightStationaryPe};
use ferrogrid::hdl::sim::{Simulator, Waveform};
use ferrogrid::hdl::{AnyBlock, elaborate, signed};
use ferrogrid::verilog;

const FORMAT: PeFormat = PeFormat {
    activation: signed(8),
    weight: signed(8),
    product: signed(16),
    sum: signed(18),
    product_register: true,
    target: Target::Portable,
};

/// Draws `signals` while the inputs take the values of `stimulus`, a row a cycle.
fn picture(pe: &dyn AnyBlock, inputs: &[&str], stimulus: &[&[i32]], signals: &[&str]) -> String {
    let mut sim = Simulator::new(&elaborate(pe).expect("a legal design"));
    let mut waves = Waveform::new(&sim, signals);
    for values in stimulus {
        for (input, value) in inputs.iter().zip(*values) {
            sim.poke(*input, *value);
        }
        waves.record(&mut sim);
        sim.step();
    }
    waves.to_string()
}

#[test]
fn a_weight_waits_for_the_next_tile() {
    let pe = WeightStationaryPe {
        name: "pe".into(),
        format: FORMAT,
    };
    // The first swap catches the weight 5, the second puts it to work and catches -128.
    let picture = picture(
        &pe,
        &["swap_in", "activation_in", "weight_in", "sum_in"],
        &[
            &[1, 0, 0, 0],
            &[0, 0, 5, 0],
            &[1, 3, 0, 0],
            &[0, -4, -128, 0],
            &[1, -128, 0, 100],
            &[0, 0, 0, 1000],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0],
        ],
        &[
            "swap_in",
            "activation_in",
            "weight_in",
            "next_weight",
            "weight",
            "sum_in",
            "sum_out",
        ],
    );
    insta::assert_snapshot!(picture);
}

#[test]
fn a_sum_is_handed_over_when_the_next_begins() {
    let pe = OutputStationaryPe {
        name: "pe".into(),
        format: FORMAT,
    };
    // A tile of 2 x 3 + 4 x 5, then one of -128 x -128, then nothing.
    let picture = picture(
        &pe,
        &[
            "start_in",
            "shift_in",
            "activation_in",
            "weight_in",
            "drain_in",
        ],
        &[
            &[1, 0, 2, 3, 77],
            &[0, 0, 4, 5, 77],
            &[1, 0, -128, -128, 77],
            &[0, 0, 0, 0, 77],
            &[1, 0, 0, 0, 77],
            &[0, 1, 0, 0, 77],
            &[0, 0, 0, 0, 77],
            &[0, 0, 0, 0, 77],
        ],
        &[
            "start_in",
            "shift_in",
            "activation_in",
            "weight_in",
            "sum",
            "drain_out",
        ],
    );
    insta::assert_snapshot!(picture);
}

/// The register holds the product; its sign is extended where it is added.
#[test]
fn the_product_register_is_as_wide_as_the_product() {
    let name = || "pe".to_owned();
    let format = FORMAT;
    let blocks: [Box<dyn AnyBlock>; 2] = [
        Box::new(WeightStationaryPe {
            name: name(),
            format,
        }),
        Box::new(OutputStationaryPe {
            name: name(),
            format,
        }),
    ];
    for pe in blocks {
        let text = verilog::concat(&elaborate(&*pe).expect("a legal design"));
        for line in [
            "reg signed [15:0] product;",
            "product <= activation * weight;",
            "+ product;",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
