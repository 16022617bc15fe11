//! Every core means the same in the native simulator with and without each of its passes.

use ferrogrid::config::Kind;
use ferrogrid::config::presets_of;
use ferrogrid::hdl::ir::{Design, Direction};
use ferrogrid::hdl::sim::{Handle, Pass, Simulator};
use ferrogrid::product::{self, Part};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CYCLES: u64 = 12;

/// What a run shows: all signals in some cycles, and what failed.
fn shown(design: &Design, pass: Option<Pass>, seed: u64) -> Vec<(String, Vec<u64>)> {
    let mut simulator = Simulator::without(design, pass);
    let names: Vec<String> = simulator.signals().collect();
    let handle = |name: &String| {
        simulator
            .signal(name)
            .expect("a signal of the list is found")
    };
    let handles: Vec<Handle> = names.iter().map(handle).collect();
    let ports = design.top().ports.iter();
    let inputs = ports.filter(|port| port.direction == Direction::Input);
    let inputs = inputs.filter_map(|port| Some((simulator.signal(&port.name)?, port.shape.width)));
    let inputs: Vec<(Handle, u32)> = inputs.collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut shown = Vec::new();
    // So that what nothing sets yet is of use, and all of the core has something to do.
    simulator.randomize(seed);
    for cycle in 0..CYCLES {
        for (input, width) in &inputs {
            let words = (0..width.div_ceil(64)).map(|_| random.random());
            let words: Vec<u64> = words.collect();
            simulator.set_words(*input, &words);
        }
        // Counting begins and ends: from then on there is machine code.
        if cycle == 2 || cycle == 5 {
            simulator.learn();
        }
        if cycle % 4 == 3 {
            for (name, handle) in names.iter().zip(&handles) {
                let words = simulator.words(*handle).to_vec();
                shown.push((format!("{name} in cycle {cycle}"), words));
            }
        }
        simulator.step();
    }
    let failures = simulator.failures().iter();
    shown.extend(failures.map(|failure| (format!("{failure:?}"), vec![])));
    shown
}

/// Each preset with all passes, and without one.
fn mean_the_same(kind: Kind) {
    for (number, preset) in presets_of(kind).enumerate() {
        let name = preset.name;
        let core = product::from_preset(name).expect("a preset is legal");
        let design = core.design(Part::Core).expect("a preset can be built");
        let seed = number as u64;
        let pass = Pass::ALL[number % Pass::ALL.len()];
        let (with, without) = (shown(&design, None, seed), shown(&design, Some(pass), seed));
        assert_eq!(with.len(), without.len(), "{name} without {pass:?}");
        for (with, without) in with.iter().zip(&without) {
            assert_eq!(with, without, "{name} without {pass:?}");
        }
    }
}

#[test]
fn cores_for_matrices_mean_the_same_without_a_pass() {
    mean_the_same(Kind::Matmul);
}

#[test]
fn cores_for_networks_mean_the_same_without_a_pass() {
    mean_the_same(Kind::Npu);
}
