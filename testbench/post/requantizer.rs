//! The hardware against the golden model, in every arithmetic and with stalls.

use crate::tools;
use crate::vectors::{Vector, vectors};
use ferrogrid::arch::Target;
use ferrogrid::blocks::post::{Arithmetic, Requantizer};
use ferrogrid::device::{Simulation, Speed};
use ferrogrid::hdl::{elaborate, sim::Simulator};
use ferrogrid::reference::{fixed_point, float_scale, quantize_multiplier};
use ferrogrid::synth::tools::Tool;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

/// Random sums of each arithmetic.
const RANDOM: usize = 100_000;

const ALL: [Arithmetic; 3] = [Arithmetic::Float, Arithmetic::FixedPoint, Arithmetic::Both];

#[derive(Clone, Copy, Debug)]
enum Scale {
    Float(f32),
    Fixed { multiplier: i32, shift: i32 },
}

/// What goes into a requantizer at once.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    accumulator: i32,
    scale: Scale,
    zero_point: i32,
    low: i32,
    high: i32,
}

impl Case {
    /// With limits that leave out as little as 8 bits can.
    fn wide(accumulator: i32, scale: Scale) -> Case {
        Case {
            accumulator,
            scale,
            zero_point: 0,
            low: -128,
            high: 127,
        }
    }

    /// A row of the vectors, in both arithmetics. A uint8 value is the int8 value 128 below.
    fn both(row: &Vector) -> [(Case, i32); 2] {
        let below = if row.high.max(row.zero_point) > 127 {
            128
        } else {
            0
        };
        let case = |scale| Case {
            accumulator: row.accumulator,
            scale,
            zero_point: row.zero_point - below,
            low: row.low - below,
            high: row.high - below,
        };
        let (multiplier, shift) = (row.multiplier, row.shift);
        [
            (case(Scale::Float(row.scale)), row.by_float - below),
            (
                case(Scale::Fixed { multiplier, shift }),
                row.by_fixed_point - below,
            ),
        ]
    }

    fn expected(&self) -> i32 {
        let &Case {
            accumulator,
            scale,
            zero_point,
            low,
            high,
        } = self;
        match scale {
            Scale::Float(scale) => float_scale(accumulator, scale, zero_point, low, high),
            Scale::Fixed { multiplier, shift } => {
                fixed_point(accumulator, multiplier, shift, zero_point, low, high)
            }
        }
    }

    fn suits(&self, arithmetic: Arithmetic) -> bool {
        match self.scale {
            Scale::Float(_) => arithmetic != Arithmetic::FixedPoint,
            Scale::Fixed { .. } => arithmetic != Arithmetic::Float,
        }
    }

    /// The ports of a requantizer and their values.
    fn ports(&self, arithmetic: Arithmetic) -> Vec<(&'static str, i64)> {
        let (multiplier, shift, float) = match self.scale {
            Scale::Float(scale) => (scale.to_bits().into(), 0, 1),
            Scale::Fixed { multiplier, shift } => (multiplier.into(), shift.into(), 0),
        };
        let mut ports = vec![
            ("accumulator", self.accumulator.into()),
            ("multiplier", multiplier),
            ("zero_point", self.zero_point.into()),
            ("low", self.low.into()),
            ("high", self.high.into()),
        ];
        if arithmetic != Arithmetic::Float {
            ports.push(("shift", shift));
        }
        if arithmetic == Arithmetic::Both {
            ports.push(("is_float", float));
        }
        ports
    }
}

/// A simulator, whichever it is.
trait Running {
    fn poke(&mut self, port: &str, value: i64);
    fn value(&mut self) -> i32;
    fn step(&mut self);
}

impl Running for Simulator {
    fn poke(&mut self, port: &str, value: i64) {
        self.poke(port, value);
    }
    fn value(&mut self) -> i32 {
        i32::try_from(self.peek("value")).expect("8 bits")
    }
    fn step(&mut self) {
        self.step();
    }
}

impl Running for Simulation {
    fn poke(&mut self, port: &str, value: i64) {
        self.poke(port, value).expect("an input");
    }
    fn value(&mut self) -> i32 {
        i32::try_from(self.peek("value").expect("an output")).expect("8 bits")
    }
    fn step(&mut self) {
        self.step(1).expect("a clock");
    }
}

fn requantizer(arithmetic: Arithmetic, target: Target) -> Requantizer {
    Requantizer {
        name: "requantizer".into(),
        arithmetic,
        target,
    }
}

/// Runs the cases, each with what must come of it, that suit the arithmetic, with stalls.
fn run(
    sim: &mut impl Running,
    arithmetic: Arithmetic,
    cases: impl IntoIterator<Item = (Case, i32)>,
) {
    let latency = requantizer(arithmetic, Target::Portable).latency() as usize;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut under_way = VecDeque::new();
    let mut compared = 0;
    let suitable = cases.into_iter().filter(|(case, _)| case.suits(arithmetic));
    // The last ones leave while another waits.
    let mut cases = suitable.map(Some).chain(std::iter::repeat_n(None, latency));
    let mut next = cases.next();
    while let Some(case) = next {
        let advance = rng.random_bool(0.9);
        sim.poke("advance", advance.into());
        if let Some((case, _)) = case {
            for (port, value) in case.ports(arithmetic) {
                sim.poke(port, value);
            }
        }
        sim.step();
        if advance {
            under_way.push_back(case);
            next = cases.next();
        }
        if under_way.len() > latency - 1 && advance {
            if under_way.len() > latency {
                under_way.pop_front();
            }
            if let Some(Some((case, expected))) = under_way.front() {
                assert_eq!(sim.value(), *expected, "{arithmetic:?}, {case:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "nothing was compared");
}

pub fn run_natively(cases: &[(Case, i32)]) {
    for arithmetic in ALL {
        let design = elaborate(&requantizer(arithmetic, Target::Portable)).expect("a legal design");
        let mut sim = Simulator::new(&design);
        run(&mut sim, arithmetic, cases.iter().copied());
    }
}

fn with_golden(cases: impl IntoIterator<Item = Case>) -> Vec<(Case, i32)> {
    let golden = cases.into_iter().map(|case| (case, case.expected()));
    golden.collect()
}

/// Every sum that is special by every such scale, positive and negative.
fn edges() -> Vec<Case> {
    let mut sums = vec![0, i32::MIN, i32::MAX];
    for bit in [0, 1, 7, 8, 22, 23, 24, 25, 29, 30] {
        let power = 1_i32 << bit;
        for near in [-3, -2, -1, 0, 1, 2, 3] {
            let sum = power.saturating_add(near);
            sums.extend([sum, -sum]);
        }
    }
    // Sums with a half below their 24 significant bits, above an even and an odd one.
    for excess in 1..=7 {
        let half = 1 << (excess - 1);
        for above in [1 << 23, (1 << 23) + 1, (1 << 24) - 1, (1 << 24) - 2] {
            let sum = (above << excess) + half;
            sums.extend([sum - 1, sum, sum + 1, -sum]);
        }
    }
    let mut scales = Vec::new();
    for exponent in 0..255_u32 {
        let fractions = [0, 1, 0x40_0000, 0x7f_ffff];
        scales.extend(
            fractions.map(|fraction| Scale::Float(f32::from_bits(exponent << 23 | fraction))),
        );
    }
    for shift in -32..=31 {
        for multiplier in [0, 1 << 30, (1 << 30) + 1, 3 << 29, i32::MAX - 1, i32::MAX] {
            scales.push(Scale::Fixed { multiplier, shift });
        }
    }
    let scaled = scales.into_iter().flat_map(|scale| {
        let all = sums.iter().map(move |sum| Case::wide(*sum, scale));
        all.collect::<Vec<_>>()
    });
    scaled
        .filter(|case| !matches!(case.scale, Scale::Float(0.0)))
        .collect()
}

/// A sum of any magnitude by a scale of any, or one that makes of it a number near a half.
fn random(rng: &mut ChaCha8Rng, float: bool) -> Case {
    let accumulator = rng.random::<i32>() >> rng.random_range(0..32);
    let near_half = f64::from(rng.random_range(-260..260)) + 0.5;
    let real = (near_half / f64::from(accumulator)).abs();
    let far = rng.random_bool(0.2) || accumulator == 0;
    let scale = if float {
        let bits = match far {
            true => rng.random_range(1..0x7f80_0000),
            false => (real as f32).to_bits() + rng.random_range(0..3) - 1,
        };
        Scale::Float(f32::from_bits(bits))
    } else {
        let any = (
            rng.random_range(1 << 30..=i32::MAX),
            rng.random_range(-31..31),
        );
        let (multiplier, shift) = match far {
            true => any,
            false => quantize_multiplier(real).expect("a positive number"),
        };
        let multiplier = (multiplier + rng.random_range(-1..2)).max(1 << 30);
        Scale::Fixed { multiplier, shift }
    };
    let (one, other) = (rng.random_range(-128..128), rng.random_range(-128..128));
    let limits = if rng.random_bool(0.5) {
        (-128, 127)
    } else {
        (one, other)
    };
    Case {
        accumulator,
        scale,
        zero_point: rng.random_range(-128..128),
        low: limits.0.min(limits.1),
        high: limits.0.max(limits.1),
    }
}

/// So many of each arithmetic.
pub fn random_cases(seed: u64, count: usize) -> Vec<(Case, i32)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let cases = (0..2 * count).map(|number| random(&mut rng, number % 2 == 0));
    with_golden(cases)
}

#[test]
fn edges_are_those_of_the_golden_model() {
    run_natively(&with_golden(edges()));
}

#[test]
fn random_values_are_those_of_the_golden_model() {
    run_natively(&random_cases(4, RANDOM));
}

#[test]
fn values_are_those_of_the_runtimes() {
    if let Some(rows) = vectors() {
        let cases: Vec<_> = rows.iter().flat_map(Case::both).collect();
        run_natively(&cases);
    }
}

#[test]
fn the_verilog_computes_the_same() {
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    let cases = random_cases(4, 1_000);
    for arithmetic in ALL {
        for target in [Target::Portable, Target::Ecp5] {
            let block = requantizer(arithmetic, target);
            let design = elaborate(&block).expect("a legal design");
            let sim = Simulation::of(&design).verilator(Speed::Compile);
            let mut sim = sim.expect("a model");
            run(&mut sim, arithmetic, cases.iter().copied());
        }
    }
}
