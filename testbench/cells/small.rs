//! Counters, memories, shift lines and beats.

use crate::bench::{Ends, Inside, Promise, random_value, run};
use ferrogrid::blocks::prim::{
    Counter, Fifo, ShiftLine, SimpleDualPortRam, StreamInputs, StreamOutputs, beats_of_stream,
    split_beat, stream_of_beats,
};
use ferrogrid::hdl::sim::Simulator;
use ferrogrid::hdl::{self, AxiStream, Block, Module, Shapes, hardware, signed, unsigned};
use num_bigint::{BigInt, BigUint};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

#[test]
fn a_counter_wraps_at_a_last_value_that_changes() {
    for width in [1, 2, 3, 8, 40] {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(width));
        let mut sim = Simulator::new(&hdl::elaborate(&Counter { width }).unwrap());
        sim.reset(1);
        let mut value: u64 = 0;
        let mut last: u64 = 0;
        let mut wraps = 0;
        for _ in 0..2000 {
            if rng.random_range(0..10) == 0 {
                last = match rng.random_range(0..4) {
                    0 => (1 << width) - 1,
                    _ => rng.random_range(0..6.min(1 << width)),
                };
            }
            let enable = rng.random_range(0..4) > 0;
            let clear = rng.random_range(0..20) == 0;
            sim.poke("enable", i32::from(enable));
            sim.poke("clear", i32::from(clear));
            sim.poke("last", last);
            let wrap = enable && !clear && value >= last;
            assert_eq!(sim.peek("value"), BigInt::from(value));
            assert_eq!(sim.peek("wrap"), BigInt::from(i32::from(wrap)));
            wraps += u32::from(wrap);
            if clear || wrap {
                value = 0;
            } else if enable {
                value += 1;
            }
            sim.step();
        }
        assert!(wraps > 100, "{wraps} wraps");
    }
}

/// Random traffic on a memory; with `no_collision` the two ports keep apart.
fn check_ram(width: u32, depth: u32, granularity: Option<u32>, no_collision: bool) {
    let mut ram = SimpleDualPortRam::new(width, depth).attribute("ram_style = \"block\"");
    if let Some(bits) = granularity {
        ram = ram.granularity(bits);
    }
    if no_collision {
        ram = ram.no_collision();
    }
    let mut sim = Simulator::new(&hdl::elaborate(&ram).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(width * depth));
    let mut words: Vec<Option<BigUint>> = vec![None; depth as usize];
    let mut shown: Option<BigUint> = None;
    let granule = granularity.unwrap_or(width);
    let granules = unsigned(width / granule);
    let all = (BigUint::from(1u32) << granules.width) - 1u32;
    for _ in 0..1500 {
        let write_address = rng.random_range(0..depth);
        let read_address = rng.random_range(0..depth);
        let data = random_value(&mut rng, unsigned(width)).magnitude().clone();
        let mask = match granularity {
            // An undefined word is written whole at first.
            Some(_) if words[write_address as usize].is_some() => {
                random_value(&mut rng, granules).magnitude().clone()
            }
            _ => all.clone(),
        };
        let write = rng.random_range(0..3) > 0;
        let read =
            rng.random_range(0..3) > 0 && !(no_collision && write && write_address == read_address);
        let enable = if write {
            mask.clone()
        } else {
            BigUint::default()
        };
        sim.poke("write_enable", enable);
        sim.poke("write_address", write_address);
        sim.poke("write_data", data.clone());
        sim.poke("read_enable", i32::from(read));
        sim.poke("read_address", read_address);
        sim.step();
        if read {
            shown = words[read_address as usize].clone();
        }
        if write {
            let old = words[write_address as usize].take().unwrap_or_default();
            let mut new = BigUint::default();
            for bit in 0..u64::from(width) {
                let written = mask.bit(bit / u64::from(granule));
                new.set_bit(bit, if written { data.bit(bit) } else { old.bit(bit) });
            }
            words[write_address as usize] = Some(new);
        }
        if let Some(word) = &shown {
            assert_eq!(sim.peek("read_data"), BigInt::from(word.clone()), "{ram:?}");
        }
    }
    assert_eq!(sim.failures(), []);
}

#[test]
fn a_memory_keeps_what_was_written() {
    for (width, depth) in [(1, 1), (1, 2), (8, 3), (32, 16), (72, 100)] {
        for no_collision in [false, true] {
            check_ram(width, depth, None, no_collision);
            check_ram(width, depth, Some(1), no_collision);
            if width % 8 == 0 {
                check_ram(width, depth, Some(8), no_collision);
            }
        }
    }
}

#[test]
fn a_shift_line_shows_values_later_and_resets_valid_bits() {
    for shape in [unsigned(1), signed(8), unsigned(70)] {
        for cycles in [0, 1, 2, 7] {
            let line = ShiftLine { shape, cycles };
            let mut sim = Simulator::new(&hdl::elaborate(&line).unwrap());
            let mut rng = ChaCha8Rng::seed_from_u64(u64::from(cycles));
            // Values and valid bits of the last `cycles` cycles, the oldest first.
            let mut inside = VecDeque::from(vec![(BigInt::ZERO, 0); cycles as usize]);
            for cycle in 0..200 {
                let reset = cycle % 50 == 20 && cycles > 0;
                if cycles > 0 {
                    sim.set_reset(reset);
                }
                let now = (random_value(&mut rng, shape), rng.random_range(0..2));
                sim.poke("s_payload", now.0.clone());
                sim.poke("s_valid", now.1);
                inside.push_back(now);
                let (value, valid) = inside.pop_front().unwrap();
                assert_eq!(sim.peek("m_valid"), BigInt::from(valid), "{line:?}");
                if cycle >= cycles {
                    assert_eq!(sim.peek("m_payload"), value, "{line:?}");
                }
                sim.step();
                if reset {
                    inside.iter_mut().for_each(|(_, valid)| *valid = 0);
                }
            }
        }
    }
}

/// A FIFO between AXI4-Streams, seen through streams of beats at both ends.
#[derive(Debug, Clone, PartialEq)]
struct ThroughAxi;

#[hardware]
impl Block for ThroughAxi {
    fn module_name(&self) -> String {
        "through_axi".into()
    }

    fn inputs(&self) -> Shapes<StreamInputs<'static>> {
        StreamInputs::of(unsigned(33))
    }

    fn build<'m>(&self, m: &'m Module, io: StreamInputs<'m>) -> StreamOutputs<'m> {
        let axi = beats_of_stream(m, "in", &io.s);
        let s = stream_of_beats(m, "in", &axi);
        let fifo = m.instance(&Fifo::new(unsigned(33), 2), StreamInputs { s });
        let axi = beats_of_stream(m, "out", &fifo.m);
        StreamOutputs {
            m: stream_of_beats(m, "out", &axi),
        }
    }
}

#[test]
fn beats_survive_axi4_stream_and_back() {
    let open = |_: &Inside, _: bool| Promise {
        ready: None,
        valid: None,
    };
    for ends in Ends::ALL {
        run(&ThroughAxi, unsigned(33), 300, ends, 3, open);
    }
}

#[test]
fn tlast_is_the_highest_bit_of_a_beat() {
    let design = hdl::design("top", |m| {
        let axi: AxiStream<'_> = m.sink_port("s_axis", AxiStream::of(8));
        let beats = stream_of_beats(m, "s", &axi);
        let (tlast, tdata) = split_beat(beats.payload);
        m.output("beat", beats.payload);
        m.output("last", tlast);
        m.output("data", tdata);
        m.output("valid", beats.valid);
        beats.ready.drive(true);
    })
    .unwrap();
    let mut sim = Simulator::new(&design);
    sim.poke("s_axis_tdata", 0x5a);
    sim.poke("s_axis_tlast", 1);
    sim.poke("s_axis_tvalid", 1);
    let values = ["beat", "last", "data", "valid", "s_axis_tready"].map(|name| sim.peek(name));
    assert_eq!(values, [0x15a, 1, 0x5a, 1, 1].map(BigInt::from));
}
