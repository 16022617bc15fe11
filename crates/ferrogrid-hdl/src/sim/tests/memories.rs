//! Memories against arrays; the rules that are checked.

use super::{Simulator, Source, simulate};
use crate::{bit, index_bits, unsigned};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};

/// A memory with two read ports, one of them enabled, and two masked write ports.
fn two_ports(width: u32, depth: u32, granularity: u32) -> Simulator {
    simulate(|m| {
        let address = unsigned(index_bits(u64::from(depth)));
        let ram = m.memory(width, depth).named("ram").granularity(granularity);
        for port in 0..2 {
            let enable = m.input(format!("write_{port}"), bit());
            let to = m.input(format!("to_{port}"), address);
            let data = m.input(format!("data_{port}"), unsigned(width));
            let mask = m.input(format!("mask_{port}"), unsigned(width / granularity));
            ram.write_masked(enable, to, data, mask);
        }
        m.output("q_0", ram.read(m.input("from_0", address)).named("read_0"));
        let enable = m.input("read_1_enable", bit());
        m.output(
            "q_1",
            ram.read_enabled(enable, m.input("from_1", address))
                .named("read_1"),
        );
    })
}

#[test]
fn reads_are_first_writes_are_masked_addresses_are_bounded() {
    let shapes = [
        (1, 1, 1),
        (8, 5, 8),
        (8, 16, 1),
        (63, 3, 21),
        (64, 8, 8),
        (65, 7, 13),
    ];
    let wide = [
        (128, 4, 64),
        (128, 6, 128),
        (200, 9, 25),
        (200, 8, 2),
        (192, 3, 96),
    ];
    for (width, depth, granularity) in shapes.into_iter().chain(wide) {
        let mut sim = two_ports(width, depth, granularity);
        let mut source = Source(u64::from(width * 1000 + depth));
        let mut words = vec![BigUint::zero(); depth as usize];
        let mut shown = [BigUint::zero(), BigUint::zero()];
        let addresses = 1u64 << index_bits(u64::from(depth));
        for _ in 0..300 {
            let from = [0, 1].map(|_| source.below(addresses) as usize);
            let enable = source.below(2);
            sim.poke("read_1_enable", enable);
            for (port, from) in from.into_iter().enumerate() {
                sim.poke(format!("from_{port}"), from);
                if port == 0 || enable == 1 {
                    shown[port] = words.get(from).cloned().unwrap_or_default();
                }
            }
            for port in 0..2 {
                let (write, to) = (source.below(2), source.below(addresses) as usize);
                let (data, mask) = (source.bits(width), source.bits(width / granularity));
                sim.poke(format!("write_{port}"), write);
                sim.poke(format!("to_{port}"), to);
                sim.poke(format!("data_{port}"), data.clone());
                sim.poke(format!("mask_{port}"), mask.clone());
                if let (1, Some(word)) = (write, words.get_mut(to)) {
                    for bit in 0..u64::from(width) {
                        if mask.bit(bit / u64::from(granularity)) {
                            word.set_bit(bit, data.bit(bit));
                        }
                    }
                }
            }
            sim.step();
            for (port, shown) in shown.iter().enumerate() {
                assert_eq!(sim.peek(format!("q_{port}")), shown.clone().into());
            }
        }
        for (address, word) in words.iter().enumerate() {
            assert_eq!(sim.peek_memory("ram", address), *word);
        }
    }
}

#[test]
fn initial_words_and_pokes() {
    let init = vec![BigUint::from(7u32), (BigUint::one() << 99u32) + 1u32];
    let mut sim = simulate(|m| {
        let ram = m.memory(100, 3).named("ram").init(init.clone());
        let address = m.input("address", unsigned(2));
        ram.write(
            m.input("write", bit()),
            address,
            m.input("data", unsigned(100)),
        );
        m.output("q", ram.read(address).named("word"));
    });
    assert_eq!(sim.peek("q"), 0.into(), "nothing was read yet");
    for (address, word) in init.iter().enumerate() {
        sim.poke("address", address);
        sim.step();
        assert_eq!(sim.peek("q"), word.clone().into());
        assert_eq!(sim.peek_memory("ram", address), *word);
    }
    assert_eq!(sim.peek_memory("ram", 2), BigUint::zero());
    let largest = unsigned(100).max();
    sim.poke_memory("ram", 2, largest.clone());
    sim.poke("address", 2);
    sim.step();
    assert_eq!(sim.peek("word"), largest);
    sim.poke("word", 5);
    assert_eq!(sim.peek("q"), 5.into());
}

fn rules(no_collision: bool) -> Simulator {
    simulate(|m| {
        let ram = m.memory(8, 5).named("ram");
        let ram = if no_collision {
            ram.no_collision()
        } else {
            ram
        };
        let write = m.input("write", bit());
        ram.write(
            write,
            m.input("to", unsigned(3)),
            m.input("data", unsigned(8)),
        );
        let read = m.input("read", bit());
        m.output(
            "q",
            ram.read_enabled(read, m.input("from", unsigned(3)))
                .named("word"),
        );
        let count = m.reg(unsigned(8)).named("count").reset(0);
        count.next(count + 1);
        m.output("cycles", count);
    })
}

/// Steps once; the failure that it adds, if any.
fn step(sim: &mut Simulator, write: Option<u32>, read: Option<u32>) -> Option<String> {
    let before = sim.failures().len();
    sim.poke("write", i32::from(write.is_some()));
    sim.poke("to", write.unwrap_or(0));
    sim.poke("read", i32::from(read.is_some()));
    sim.poke("from", read.unwrap_or(0));
    sim.step();
    assert!(sim.failures().len() <= before + 1);
    sim.failures().get(before).map(ToString::to_string)
}

#[test]
fn broken_memory_rules_are_recorded() {
    let mut sim = rules(true);
    assert_eq!(step(&mut sim, Some(3), Some(2)), None);
    assert_eq!(step(&mut sim, None, Some(0)), None);
    assert_eq!(step(&mut sim, Some(0), None), None);
    let collision = "cycle 3: ram: read of address 3 in the cycle in which it is written";
    assert_eq!(step(&mut sim, Some(3), Some(3)).as_deref(), Some(collision));
    let write = "cycle 4: ram: write at or beyond depth 5";
    assert_eq!(step(&mut sim, Some(5), None).as_deref(), Some(write));
    let read = "cycle 5: ram: read at or beyond depth 5";
    assert_eq!(step(&mut sim, None, Some(7)).as_deref(), Some(read));
    sim.set_reset(true);
    assert_eq!(step(&mut sim, Some(3), Some(3)), None, "not in reset");
    assert_eq!(
        step(&mut rules(false), Some(3), Some(3)),
        None,
        "allowed without the promise"
    );
}

#[test]
#[should_panic(expected = "the design has no memory `rom`; did you mean `ram`?")]
fn an_unknown_memory_is_refused() {
    rules(false).peek_memory("rom", 0);
}

#[test]
#[should_panic(expected = "memory `ram` has 5 words, none at 5")]
fn a_memory_address_is_checked() {
    rules(false).peek_memory("ram", 5);
}

#[test]
#[should_panic(expected = "256 does not fit a word of memory `ram`, which is u8: 0 to 255")]
fn a_memory_word_is_checked() {
    rules(false).poke_memory("ram", 0, BigInt::from(256));
}

#[test]
fn a_word_is_read_in_the_same_cycle() {
    let mut sim = simulate(|m| {
        let write = m.input("write", bit());
        let address = m.input("address", unsigned(2));
        let words = m.memory(70, 3).named("words");
        let word = words.read_async(address);
        words.write(write, address, word + 1);
        m.output("word", word);
    });
    sim.poke("address", 2);
    assert_eq!(sim.peek("word"), 0.into());
    sim.poke("write", 1);
    sim.run(3);
    assert_eq!(sim.peek("word"), 3.into());
    sim.poke("address", 1);
    assert_eq!(sim.peek("word"), 0.into());
    sim.poke_memory("words", 1, 9);
    assert_eq!(sim.peek("word"), 9.into());
    assert!(sim.failures().is_empty());
    sim.poke("write", 0);
    sim.poke("address", 3);
    assert_eq!(sim.peek("word"), 0.into());
    sim.step();
    assert_eq!(sim.failures()[0].message, "read at or beyond depth 3");
}

#[test]
fn words_of_a_public_memory_are_set_and_read_from_outside() {
    let mut sim = simulate(|m| {
        let address = m.input("address", unsigned(20));
        let words = m.memory(72, 1 << 20).named("words").public();
        m.output("word", words.read(address).named("word"));
        let enable = m.input("enable", bit());
        words.write(enable, address, m.lit(5, unsigned(72)));
    });
    sim.set_memory_words("words", 9, &[1, 2, 3, 4]);
    assert_eq!(sim.memory_words("words", 8..12), [0, 0, 1, 2, 3, 4, 0, 0]);
    for (address, word) in [
        (9, BigInt::from(1) + (BigInt::from(2) << 64)),
        (1 << 19, 0.into()),
    ] {
        sim.poke("address", address);
        sim.step();
        assert_eq!(sim.peek("word"), word);
    }
    sim.poke("enable", 1);
    sim.step();
    assert_eq!(sim.peek_memory("words", 1 << 19), 5u32.into());
    assert_eq!(sim.peek_memory("words", (1 << 20) - 1), 0u32.into());
    assert_eq!(sim.restarted().peek_memory("words", 9), 0u32.into());
}

#[test]
#[should_panic(expected = "memory `table` is public and cannot be called as a word of Verilog")]
fn a_public_memory_keeps_its_name() {
    simulate(|m| {
        m.memory(8, 4).named("table").public();
    });
}

/// A ring of words of which the reader starts one word early, at one that was never written.
#[test]
fn a_read_of_what_was_never_written_differs_from_seed_to_seed() {
    let run = |early: u32, seed: Option<u64>| {
        let mut sim = simulate(|m| {
            let count = m.reg(unsigned(4)).named("count").reset(0);
            count.next(count + 1);
            let ring = m.memory(70, 16).named("ring");
            ring.write(m.high(), *count, count.extend(70) + 5);
            let from = count - 1 - early;
            m.output("word", ring.read(from));
        });
        sim.reset(1);
        if let Some(seed) = seed {
            sim.randomize(seed);
            sim.reset(1);
        }
        sim.run(2);
        sim.peek("word")
    };
    assert_eq!(run(0, None), 5.into());
    for seed in 0..4 {
        assert_eq!(run(0, Some(seed)), 5.into());
    }
    // With zeros it looks as if there were something to read.
    assert_eq!(run(1, None), 0.into());
    assert_ne!(run(1, Some(1)), run(1, Some(2)));
    assert_eq!(run(1, Some(1)), run(1, Some(1)));
}

#[test]
fn random_state_leaves_alone_what_is_set() {
    let mut sim = simulate(|m| {
        let d = m.input("d", unsigned(90));
        let free = m.reg(unsigned(90)).named("free").enable(m.low());
        m.output("free", free.next(d));
        let reset = m.reg(unsigned(90)).named("reset").reset(9).enable(m.low());
        m.output("reset", reset.next(d));
    });
    sim.randomize(3);
    assert_ne!(sim.peek("free"), 0.into());
    assert_eq!(sim.peek("reset"), 9.into());
}
