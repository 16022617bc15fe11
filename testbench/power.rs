//! What the model says that arrays take, beside what their gates take.

mod tools;

use ferrogrid::arch::{self, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::hdl::elaborate;
use ferrogrid::model::energy::{ArrayEvents, matmul_array};
use ferrogrid::synth::power::{ArrayWork, Numbers, gate_power, library};
use ferrogrid::synth::tools::Tool;
use ferrogrid::synth::unwatched;

const CYCLES: u64 = 128;

/// Joules of the gates of an array, and of the model: so many of a hundred activations are 0.
fn both(arch: &MatmulArch, zeros: u64) -> [f64; 2] {
    let array = elaborate(&*MatmulCore::array(arch)).expect("a legal design");
    let work = ArrayWork {
        rows: arch.rows as usize,
        columns: arch.columns as usize,
        dataflow: arch.dataflow,
        bits: [arch.activation.bits, arch.weight.bits],
    };
    let (mut a, mut b) = (Numbers::new(3), Numbers::new(4));
    let activation = |_, _| match a.draw() % 100 < zeros {
        true => 0,
        false => a.draw(),
    };
    let stimulus = work.stimulus(CYCLES as usize, activation, |_, _| b.draw());
    let clock = &array.top().domains[0].clock;
    let gates = gate_power(&array, clock, &stimulus, 100.0, &mut unwatched);
    let gates = gates.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(gates.unknown, 0, "wires that are neither 0 nor 1");
    let events = ArrayEvents {
        cycles: CYCLES,
        active: CYCLES,
        zeros: zeros as f64 / 100.0,
    };
    let model = matmul_array(arch, events, Default::default());
    [gates.joules_a_cycle * CYCLES as f64, model]
}

/// The model is 15 % off at most.
#[test]
fn the_model_has_the_power_of_small_arrays() {
    if !tools::present(&[Tool::Iverilog, Tool::Synthesizer, Tool::Sta]) {
        return;
    }
    if let Err(error) = library() {
        tools::skip::<()>(format_args!(
            "no osu018: run `scripts/setup --fpga`: {error}"
        ));
        return;
    }
    for (array, zeros) in [
        ("rows = 2, columns = 2", 0),
        ("rows = 2, columns = 2", 60),
        ("rows = 2, columns = 3, activation = \"int4\"", 0),
        ("rows = 2, columns = 2, dataflow = \"output_stationary\"", 0),
    ] {
        let text = format!("array = {{ {array} }}");
        let arch = arch::from_toml("core.toml", &text).expect("a legal core");
        let [gates, model] = both(&arch, zeros);
        let ratio = model / gates;
        assert!(
            (0.85..=1.15).contains(&ratio),
            "{array}, {zeros} % zeros: {ratio:.3} of {gates:e} J"
        );
    }
}

#[test]
fn without_fpga_tools() {
    tools::pass_without_fpga_tools(&["small_arrays"]);
}
