//! Skid buffers and register slices.

use crate::bench::{Ends, Inside, Promise, run};
use ferrogrid::blocks::prim::{Cut, RegisterSlice, SkidBuffer};
use ferrogrid::hdl::sim::{Simulator, Waveform};
use ferrogrid::hdl::{self, Shape, signed, unsigned};

const SHAPES: [(u32, bool); 5] = [(1, false), (8, false), (9, true), (64, false), (130, true)];

fn shapes() -> impl Iterator<Item = Shape> {
    SHAPES.into_iter().map(|(width, is_signed)| {
        if is_signed {
            signed(width)
        } else {
            unsigned(width)
        }
    })
}

/// Ready depends on the spare register alone; payloads pass within the cycle.
fn skid_promise(inside: &Inside, _: bool) -> Promise {
    Promise {
        ready: Some(inside.held == 0),
        valid: Some(inside.held > 0 || inside.offered),
    }
}

/// Ready when empty or emptied; valid comes from the register.
fn forward_promise(inside: &Inside, accept: bool) -> Promise {
    Promise {
        ready: Some(inside.held == 0 || accept),
        valid: Some(inside.held > 0),
    }
}

/// Two payloads fit, and nothing passes within the cycle.
fn both_promise(inside: &Inside, _: bool) -> Promise {
    Promise {
        ready: Some(inside.held < 2),
        valid: Some(inside.held > 0),
    }
}

#[test]
fn payloads_leave_in_order_and_once_at_every_width() {
    for shape in shapes() {
        for (seed, ends) in Ends::ALL.into_iter().enumerate() {
            let seed = seed as u64;
            run(&SkidBuffer { shape }, shape, 300, ends, seed, skid_promise);
            let cut = Cut::Forward;
            run(
                &RegisterSlice { shape, cut },
                shape,
                300,
                ends,
                seed,
                forward_promise,
            );
            let cut = Cut::Both;
            run(
                &RegisterSlice { shape, cut },
                shape,
                300,
                ends,
                seed,
                both_promise,
            );
        }
    }
}

#[test]
fn one_payload_passes_per_cycle() {
    let shape = unsigned(16);
    let skid = SkidBuffer { shape };
    assert_eq!(run(&skid, shape, 500, Ends::GREEDY, 1, skid_promise), 500);
    let cut = Cut::Forward;
    let slice = RegisterSlice { shape, cut };
    assert_eq!(
        run(&slice, shape, 500, Ends::GREEDY, 1, forward_promise),
        501
    );
    let cut = Cut::Both;
    let slice = RegisterSlice { shape, cut };
    assert_eq!(run(&slice, shape, 500, Ends::GREEDY, 1, both_promise), 501);
}

/// The consumer stops for two cycles: the payload under way is kept, the next one waits outside.
#[test]
fn a_waveform_of_a_consumer_that_stops() {
    let mut sim = Simulator::new(&hdl::elaborate(&SkidBuffer { shape: unsigned(8) }).unwrap());
    sim.reset(1);
    let names = [
        "clk",
        "s_payload",
        "s_valid",
        "s_ready",
        "m_payload",
        "m_valid",
        "m_ready",
    ];
    let mut wave = Waveform::new(&sim, names);
    let mut offers = [11, 22, 33, 44].into_iter().peekable();
    for accept in [1, 0, 0, 1, 1, 1, 1] {
        sim.poke("s_valid", i32::from(offers.peek().is_some()));
        sim.poke("s_payload", offers.peek().copied().unwrap_or(0));
        sim.poke("m_ready", accept);
        wave.record(&mut sim);
        if sim.peek("s_ready") == 1.into() {
            offers.next();
        }
        sim.step();
    }
    insta::assert_snapshot!(wave.to_string(), @r"
    cycle      1   2   3   4   5   6   7
    clk       /-\_/-\_/-\_/-\_/-\_/-\_/-\_
    s_payload |11 |22 |33         |44 |0  |
    s_valid   ------------------------\___
    s_ready   --------\_______/-----------
    m_payload |11 |22         |33 |44 |0  |
    m_valid   ------------------------\___
    m_ready   ----\_______/---------------
    ");
}
