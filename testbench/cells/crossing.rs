//! The FIFO between two clocks: in random order of their edges, and proven for any order.

use crate::contracts::{assume_kept, kept};
use crate::proofs::check;
use ferrogrid::blocks::prim::cross_clocks;
use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{
    self, Domain, Module, Reset, Shape, Signal, Stream, bit, hardware, ir::Design, signed, unsigned,
};
use ferrogrid::verify::formal::Proof;
use num_bigint::BigInt;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

/// A crossing from `clk` to `m_clk`.
pub fn design(shape: Shape, depth: u32) -> Design {
    let name = format!("crossing_{shape}_{depth}");
    let design = hdl::design(&name, |m| {
        let from = m.default_domain();
        let to = m.add_domain("m_clk", Reset::ActiveHigh("m_rst"));
        between(m, shape, depth, (from, to));
    });
    design.unwrap()
}

fn between(m: &Module, shape: Shape, depth: u32, domains: (Domain, Domain)) -> [Stream<'_>; 2] {
    let (from, to) = domains;
    let s = Stream {
        payload: m.input_of(from, "s_payload", shape),
        valid: m.input_of(from, "s_valid", bit()),
        ready: m.output_wire("s_ready", bit()),
    };
    let output = cross_clocks(m, "fifo", &s, domains, depth);
    m.output("m_payload", output.payload);
    m.output("m_valid", output.valid);
    output.ready.drive(m.input_of(to, "m_ready", bit()));
    [s, output]
}

#[test]
fn payloads_cross_in_order_and_once() {
    for (shape, depth) in [(unsigned(8), 4), (signed(9), 8), (unsigned(70), 16)] {
        let model = Simulator::new(&design(shape, depth));
        // In how many of 100 events the writer's clock ticks, then the reader's; both may.
        for (seed, ticks) in [[100, 100], [50, 50], [90, 20], [15, 95]]
            .into_iter()
            .enumerate()
        {
            let mut sim = model.restarted();
            sim.reset(2);
            let mut rng = ChaCha8Rng::seed_from_u64(seed as u64);
            let mut inside: VecDeque<BigInt> = VecDeque::new();
            let (mut offer, mut came) = (None, 0);
            while came < 500 {
                assert!(sim.cycle() < 50_000, "a payload waits for ever");
                let offered =
                    offer.get_or_insert_with(|| crate::bench::random_value(&mut rng, shape));
                sim.poke("s_payload", offered.clone());
                sim.poke("s_valid", 1);
                let writes = rng.random_range(0..100) < ticks[0];
                let reads = rng.random_range(0..100) < ticks[1];
                sim.poke(
                    "m_ready",
                    i32::from(seed == 0 || rng.random_range(0..4) > 0),
                );
                let mut yes = |name: &str| sim.peek(name) == 1.into();
                let (takes, gives) = (
                    yes("s_ready") && writes,
                    yes("m_valid") && yes("m_ready") && reads,
                );
                if gives {
                    assert_eq!(inside.pop_front(), Some(sim.peek("m_payload")));
                    came += 1;
                }
                if takes {
                    inside.extend(offer.take());
                }
                assert!(inside.len() <= depth as usize + 1);
                match (writes, reads) {
                    (true, true) => sim.step(),
                    (true, false) => sim.step_domain("clk"),
                    (false, true) => sim.step_domain("m_clk"),
                    (false, false) => {}
                }
            }
            assert_eq!(sim.failures(), []);
            if seed == 0 && depth >= 8 {
                assert!(sim.cycle() < 510, "{} cycles", sim.cycle());
            }
        }
    }
}

/// The binary value of a Gray code.
fn binary<'m>(gray: Signal<'m>) -> Signal<'m> {
    (1..gray.width()).fold(gray, |value, shift| value ^ (gray >> shift))
}

/// Edges of both clocks come in any order, as enables of one clock, together or alone.
#[hardware]
fn proof<'m>(m: &'m Module) {
    let (shape, depth) = (unsigned(2), 4);
    let ticks = [m.input("from_ticks", bit()), m.input("to_ticks", bit())];
    let domains = (
        m.default_domain().enable(ticks[0]),
        m.default_domain().enable(ticks[1]),
    );
    let [s, output] = between(m, shape, depth, domains);
    m.in_domain(domains.0, || assume_kept(m, "s", &s));
    let stable = m.in_domain(domains.1, || kept(m, "m", &output));
    m.assert("m_stable", stable, "an offer is taken back");
    let push = s.fires() & ticks[0];
    let pop = output.fires() & ticks[1];

    // How far each view of a pointer is ahead of the oldest one.
    let pointers = [
        "read_sync",
        "read_meta",
        "read_gray",
        "write_sync",
        "write_meta",
        "write_gray",
    ];
    let views = pointers.map(|name| binary(m.input(name, unsigned(3))));
    let ahead = views.map(|view| view - views[0]);
    for (pair, name) in ahead.windows(2).zip(pointers) {
        m.assert(
            &format!("{name}_is_older"),
            pair[0].le(pair[1]),
            "a pointer is seen too early",
        );
    }
    let stored = (ahead[5] - ahead[2]).zero_extend(4);
    m.assert(
        "no_overflow",
        ahead[5].le(depth),
        "a payload is overwritten",
    );
    let counts =
        m.input("read", unsigned(3)).eq(views[2]) & m.input("write", unsigned(3)).eq(views[5]);
    m.assert("counts", counts, "a Gray code is of another value");

    let count = |when: Signal<'m>| when.zero_extend(4);
    let inside = m.reg(unsigned(4)).reset(0);
    let left = inside - count(pop);
    inside.next(left + count(push));
    m.assert(
        "inside_is",
        inside.eq(stored + count(output.valid)),
        "another number is inside",
    );
    let following = m.reg(bit()).reset(0);
    let start = push & m.input("follow", bit()) & !following;
    let value = m.capture(start, s.payload);
    let before = m.reg(unsigned(4));
    before.next(start.mux(left, before - count(pop)));
    let shown = following & before.eq(0) & output.valid;
    following.next(start | (following & !(before.eq(0) & pop)));
    m.assert(
        "not_lost",
        !following | before.lt(*inside),
        "a payload was lost",
    );
    m.assert(
        "is_shown",
        !shown | output.payload.eq(value),
        "another payload is shown in its turn",
    );
    let words: Vec<_> = (0..depth)
        .map(|at| m.input(format!("word_{at}"), shape))
        .collect();
    let place = views[2] + (before - count(output.valid)).truncate(3);
    let word = place.truncate(2).select(&words);
    m.assert(
        "is_stored",
        !following | shown | word.eq(value),
        "another payload is stored",
    );
}

#[test]
fn a_crossing_for_any_order_of_edges() {
    let design = hdl::design("proof", proof).unwrap();
    let mut proof = Proof::of(&design);
    for net in [
        "read",
        "read_meta",
        "read_sync",
        "read_gray",
        "write",
        "write_meta",
        "write_sync",
        "write_gray",
    ] {
        proof = proof.probe(net, &format!("fifo_{net}"));
    }
    for at in 0..4 {
        proof = proof.probe_word(&format!("word_{at}"), "words", at);
    }
    let bugs = [
        // Full is seen late, empty is seen late, and a pointer that is no Gray code.
        ("!= 3'd6", "!= 3'd5"),
        ("fifo_read_gray != fifo_write_sync && moves", "moves"),
        (
            "fifo_write_gray <= next_1 ^ {1'b0, next_1[2:1]}",
            "fifo_write_gray <= next_1",
        ),
        ("!output_valid || output_ready", "1'b1"),
    ];
    check("crossing", &proof, &bugs);
}

#[test]
fn a_module_may_cross_there_and_back() {
    let design = hdl::design("echo", |m| {
        let here = m.default_domain();
        let there = m.add_domain("m_clk", Reset::ActiveHigh("m_rst"));
        let input = m.sink_port("s", Stream::of(unsigned(8)));
        let stream = cross_clocks(m, "there", &input, (here, there), 4);
        let stream = cross_clocks(m, "back", &stream, (there, here), 4);
        hdl::connect(&stream, &m.source_port("m", Stream::of(unsigned(8))));
    });
    let mut sim = Simulator::new(&design.unwrap());
    sim.reset(1);
    sim.poke("s_valid", 1);
    sim.poke("s_payload", 42);
    sim.run(8);
    assert_eq!(
        (sim.peek("m_valid"), sim.peek("m_payload")),
        (1.into(), 42.into())
    );
}
