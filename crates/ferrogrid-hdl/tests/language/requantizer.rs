//! A requantizer as of TFLite, against integers.

use ferrogrid_hdl::sim::Simulator;
use ferrogrid_hdl::{Block, Module, Stream, bundle, elaborate, hardware, signed, unsigned};

// In docs/hdl.md:
/// Scales 32-bit sums to 8 bits as TFLite's reference does, one a cycle, in four stages.
#[derive(Clone, PartialEq, Debug)]
struct Requantizer;

bundle! {
    pub struct Sum() {
        value: signed(32),
        /// The scale is multiplier * 2^(left - right - 31).
        multiplier: unsigned(31),
        left: unsigned(5),
        right: unsigned(5),
    }
}

bundle! {
    pub struct RequantizerInputs() {
        s: Stream(Sum()),
        /// What stands for 0; rests while sums are under way.
        zero_point: signed(8),
    }
}

bundle! {
    pub struct RequantizerOutputs() {
        m: Stream(signed(8)),
    }
}

#[hardware]
impl Block for Requantizer {
    fn module_name(&self) -> String {
        "requantizer".into()
    }

    fn build<'m>(&self, m: &'m Module, io: RequantizerInputs<'m>) -> RequantizerOutputs<'m> {
        let output = m.wires(Stream::of(signed(8)));
        let advance = output.ready | !output.valid;
        io.s.ready.drive(advance);
        // All stages move at once, or none does.
        m.in_domain(m.default_domain().enable(advance), || {
            let sum = io.s.payload;
            let multiplier = sum.multiplier.zero_extend(32).as_signed();
            let product = m.delay((sum.value << sum.left) * multiplier);
            let product_right = m.delay(sum.right);
            let product_valid = m.flag(io.s.valid);

            // SaturatingRoundingDoublingHighMul: halves go up.
            let high = m.delay(((product + (1 << 30)) >> 31).truncate(32));
            let right = m.delay(product_right);
            let high_valid = m.flag(product_valid);

            // RoundingDivideByPOT: halves go away from zero.
            let mask = !(m.lit(-1, signed(32)) << right);
            let threshold = (mask >> 1) + high.msb().zero_extend(32).as_signed();
            let up = (high & mask).gt(threshold);
            let quotient = m.delay((high >> right) + up.zero_extend(32).as_signed());
            let quotient_valid = m.flag(high_valid);

            let result = quotient.sign_extend(33) + io.zero_point.sign_extend(33);
            let clamped = result.lt(-128).mux(-128, result.gt(127).mux(127, result));
            output
                .payload
                .drive(m.delay(clamped.truncate(8)).named("payload"));
            output.valid.drive(m.flag(quotient_valid).named("valid"));
        });
        RequantizerOutputs { m: output }
    }
}
// The end of the excerpt.

/// gemmlowp's, in its own words.
fn model(value: i32, multiplier: i32, left: u32, right: u32, zero_point: i32) -> i32 {
    let product = i64::from(value.wrapping_shl(left)) * i64::from(multiplier);
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    let high = ((product + nudge) / (1 << 31)) as i32;
    let mask = ((1i64 << right) - 1) as i32;
    let threshold = (mask >> 1) + i32::from(high < 0);
    let rounded = (high >> right) + i32::from(high & mask > threshold);
    rounded.saturating_add(zero_point).clamp(-128, 127)
}

#[test]
fn results_are_those_of_the_reference_with_stalls() {
    let mut sim = Simulator::new(&elaborate(&Requantizer).unwrap());
    sim.reset(1);
    let mut random = 3u64;
    let mut next = move || {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        random >> 32
    };
    let zero_point = -7;
    sim.poke("zero_point", zero_point);
    let mut wanted = std::collections::VecDeque::new();
    let mut compared = 0;
    let mut offer: Option<(i32, i32, u32, u32)> = None;
    let edges = [
        i32::MIN,
        i32::MAX,
        -1,
        0,
        1,
        1 << 30,
        -(1 << 30),
        (1 << 30) - 1,
    ];
    while compared < 20_000 {
        if offer.is_none() && next() % 4 > 0 {
            let any = next() as u32 as i32;
            let value = match next() % 4 {
                0 => edges[next() as usize % edges.len()],
                1 => any >> 16,
                2 => (any >> 20) << 8,
                _ => any,
            };
            let multiplier = match next() % 4 {
                0 => 1 << 30,
                1 => i32::MAX,
                _ => (next() as u32 >> 1) as i32 | 1 << 30,
            };
            let left = if next() % 4 == 0 {
                next() as u32 % 8
            } else {
                0
            };
            let right = if left > 0 { 0 } else { next() as u32 % 32 };
            offer = Some((value, multiplier, left, right));
        }
        let (value, multiplier, left, right) = offer.unwrap_or_default();
        sim.poke("s_valid", u64::from(offer.is_some()));
        sim.poke("s_payload_value", value);
        sim.poke("s_payload_multiplier", multiplier);
        sim.poke("s_payload_left", left);
        sim.poke("s_payload_right", right);
        sim.poke("m_ready", u64::from(next() % 4 > 0));
        let yes = |sim: &mut Simulator, name: &str| sim.peek(name) == 1.into();
        if yes(&mut sim, "m_valid") && yes(&mut sim, "m_ready") {
            let (inputs, result): (_, i32) = wanted.pop_front().expect("a sum");
            assert_eq!(sim.peek("m_payload"), result.into(), "{inputs:?}");
            compared += 1;
        }
        if offer.is_some() && yes(&mut sim, "s_ready") {
            wanted.push_back((offer, model(value, multiplier, left, right, zero_point)));
            offer = None;
        }
        sim.step();
    }
}
