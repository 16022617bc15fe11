//! FIFOs of every storage.

use crate::bench::{Ends, Inside, Promise, run};
use ferrogrid::blocks::prim::{Fifo, Storage};
use ferrogrid::hdl::sim::{Simulator, Waveform};
use ferrogrid::hdl::{self, signed, unsigned};

/// Cycles from taking a payload to showing it.
fn latency(storage: Storage) -> u64 {
    match storage {
        Storage::Registers | Storage::Words => 1,
        Storage::Ram => 3,
    }
}

/// Ready while not full; valid as soon as the latency allows.
fn promise(depth: u32, storage: Storage) -> impl Fn(&Inside, bool) -> Promise {
    move |inside, _| Promise {
        ready: Some(inside.held < depth as usize),
        valid: match storage {
            Storage::Registers | Storage::Words => Some(inside.held > 0),
            // Behind another payload the wait is shorter: the oldest is at the output by then.
            Storage::Ram if inside.held == 0 => Some(false),
            Storage::Ram => (inside.age >= latency(storage)).then_some(true),
        },
    }
}

#[test]
fn payloads_leave_in_order_and_once_at_every_size() {
    for storage in Storage::ALL {
        for shape in [unsigned(1), unsigned(8), signed(9), unsigned(65)] {
            for depth in [1, 2, 3, 4, 7, 8, 32, 33, 100] {
                let fifo = Fifo::new(shape, depth).storage(storage);
                for (seed, ends) in Ends::ALL.into_iter().enumerate() {
                    let count = 150 + 2 * depth as usize;
                    run(
                        &fifo,
                        shape,
                        count,
                        ends,
                        seed as u64,
                        promise(depth, storage),
                    );
                }
            }
        }
    }
}

#[test]
fn one_payload_passes_per_cycle() {
    for (storage, depths) in [
        (Storage::Registers, [2, 3, 8]),
        (Storage::Words, [2, 3, 8]),
        (Storage::Ram, [4, 5, 64]),
    ] {
        for depth in depths {
            let shape = unsigned(16);
            let fifo = Fifo::new(shape, depth).storage(storage);
            let cycles = run(&fifo, shape, 500, Ends::GREEDY, 1, promise(depth, storage));
            let fill = latency(storage);
            assert_eq!(cycles, 500 + fill, "{fifo:?}");
        }
    }
}

/// Fills a FIFO of three, is refused a fourth payload, and drains it.
#[test]
fn a_waveform_of_filling_and_draining() {
    let fifo = Fifo::new(unsigned(8), 3);
    let mut sim = Simulator::new(&hdl::elaborate(&fifo).unwrap());
    sim.reset(1);
    let names = [
        "clk",
        "s_payload",
        "s_valid",
        "s_ready",
        "m_payload",
        "m_valid",
        "m_ready",
        "level",
    ];
    let mut wave = Waveform::new(&sim, names);
    // Payload offered, and whether the consumer is ready.
    let mut offers = [11, 22, 33, 44].into_iter().peekable();
    for accept in [0, 0, 0, 0, 1, 1, 0, 1, 1, 1] {
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
    cycle      1   2   3   4   5   6   7   8   9   10
    clk       /-\_/-\_/-\_/-\_/-\_/-\_/-\_/-\_/-\_/-\_
    s_payload |11 |22 |33 |44         |0              |
    s_valid   ------------------------\_______________
    s_ready   ------------\_______/-------------------
    m_payload |0  |11             |22 |33     |44     |
    m_valid   ____/-------------------------------\___
    m_ready   ________________/-------\___/-----------
    level     |0  |1  |2  |3      |2          |1  |0  |
    ");
}
