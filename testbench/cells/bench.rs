//! A cell with a stream in and a stream out, a random producer and a random consumer.

use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{self, AnyBlock, Shape};
use num_bigint::BigInt;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

/// How the two ends behave.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Chance in percent that an idle producer offers a payload.
    pub offer: u32,
    /// Chance in percent that the consumer is ready.
    pub accept: u32,
    /// The consumer is ready only while it sees a payload.
    pub wait_for_valid: bool,
}

impl Ends {
    /// Never idle, always ready.
    pub const GREEDY: Ends = Ends {
        offer: 100,
        accept: 100,
        wait_for_valid: false,
    };

    /// Slow and fast ends in all combinations.
    pub const ALL: [Ends; 7] = [
        Ends::GREEDY,
        Ends::of(50, 50, false),
        Ends::of(100, 30, false),
        Ends::of(30, 100, false),
        Ends::of(90, 80, true),
        Ends::of(10, 90, true),
        Ends::of(95, 10, true),
    ];

    const fn of(offer: u32, accept: u32, wait_for_valid: bool) -> Self {
        Ends {
            offer,
            accept,
            wait_for_valid,
        }
    }
}

/// What is inside the cell in a cycle, before its edge.
pub struct Inside {
    /// Payloads taken and not yet given away.
    pub held: usize,
    /// For how many edges the oldest of them has been inside; 0 when it arrives in this cycle.
    pub age: u64,
    /// The producer offers a payload in this cycle.
    pub offered: bool,
}

/// What the cell must say in a cycle.
pub struct Promise {
    /// `s_ready`; `None` leaves it open.
    pub ready: Option<bool>,
    /// `m_valid`; `None` leaves it open.
    pub valid: Option<bool>,
}

/// A random value of a shape, extremes included.
pub fn random_value(rng: &mut ChaCha8Rng, shape: Shape) -> BigInt {
    match rng.random_range(0..8) {
        0 => shape.min(),
        1 => shape.max(),
        _ => {
            let mut bytes = vec![0; shape.width.div_ceil(8) as usize];
            rng.fill_bytes(&mut bytes);
            shape.from_bits(&shape.to_bits(&BigInt::from_bytes_le(num_bigint::Sign::Plus, &bytes)))
        }
    }
}

/// Sends `count` random payloads through the cell and checks, in every cycle, that they come out
/// in order and once, that valid and payload are stable, and what `promise` says; `level` is
/// compared with the number inside where the cell shows it. Returns the cycles from the first
/// offer to the last payload.
pub fn run(
    block: &dyn AnyBlock,
    shape: Shape,
    count: usize,
    ends: Ends,
    seed: u64,
    promise: impl Fn(&Inside, bool) -> Promise,
) -> u64 {
    let design = hdl::elaborate(block).expect("the cell closes");
    let mut sim = Simulator::new(&design);
    sim.reset(2);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let context =
        |sim: &Simulator| format!("{block:?}, {ends:?}, seed {seed}, cycle {}", sim.cycle());
    let has_level = sim.signal("level").is_some();
    let start = sim.cycle();
    // Payload and the cycle in which it was taken.
    let mut model: VecDeque<(BigInt, u64)> = VecDeque::new();
    let (mut sent, mut received) = (0, 0);
    let mut offer: Option<BigInt> = None;
    let mut shown: Option<BigInt> = None;
    while received < count {
        let now = sim.cycle();
        assert!(
            now - start < 200 * count as u64 + 1000,
            "stuck: {}",
            context(&sim)
        );
        if offer.is_none() && sent < count && rng.random_range(0..100) < ends.offer {
            offer = Some(random_value(&mut rng, shape));
            sent += 1;
        }
        sim.poke("s_valid", i32::from(offer.is_some()));
        // What stands beside valid 0 must not matter.
        let beside = random_value(&mut rng, shape);
        sim.poke("s_payload", offer.clone().unwrap_or(beside));
        let mut accept = rng.random_range(0..100) < ends.accept;
        sim.poke("m_ready", 0);
        let valid_unasked = sim.peek("m_valid");
        if ends.wait_for_valid {
            accept &= valid_unasked == BigInt::from(1);
        }
        sim.poke("m_ready", i32::from(accept));
        assert_eq!(
            sim.peek("m_valid"),
            valid_unasked,
            "valid waits for ready: {}",
            context(&sim)
        );

        let ready = sim.peek("s_ready") == BigInt::from(1);
        let valid = valid_unasked == BigInt::from(1);
        let inside = Inside {
            held: model.len(),
            age: model.front().map_or(0, |(_, taken)| now - taken),
            offered: offer.is_some(),
        };
        if has_level {
            assert_eq!(
                sim.peek("level"),
                BigInt::from(model.len()),
                "level: {}",
                context(&sim)
            );
        }
        let promised = promise(&inside, accept);
        if let Some(expected) = promised.ready {
            assert_eq!(ready, expected, "ready: {}", context(&sim));
        }
        if let Some(expected) = promised.valid {
            assert_eq!(valid, expected, "valid: {}", context(&sim));
        }
        if let Some(shown) = &shown {
            assert!(valid, "valid fell: {}", context(&sim));
            assert_eq!(sim.peek("m_payload"), *shown, "payload: {}", context(&sim));
        }
        // A payload may pass within the cycle: take before giving.
        if ready && let Some(payload) = offer.take_if(|_| ready) {
            model.push_back((payload, now));
        }
        shown = None;
        if valid {
            let payload = sim.peek("m_payload");
            let expected = model.front().map(|(payload, _)| payload);
            assert_eq!(Some(&payload), expected, "order: {}", context(&sim));
            if accept {
                model.pop_front();
                received += 1;
            } else {
                shown = Some(payload);
            }
        }
        sim.step();
    }
    assert!(model.is_empty(), "left inside: {}", context(&sim));
    assert_eq!(sim.failures(), [], "{}", context(&sim));
    sim.cycle() - start
}
