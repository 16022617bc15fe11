//! The scratchpad of two single-port banks against an array of words.

use ferrogrid::blocks::buffer::BankPair;
use ferrogrid::hdl::{elaborate, sim::Simulator};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn simulator(bank_depth: u32) -> Simulator {
    let pair = BankPair {
        name: "pair".into(),
        width: 8,
        bank_depth,
    };
    Simulator::new(&elaborate(&pair).expect("a legal design"))
}

#[test]
fn one_bank_is_written_while_the_other_is_read() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for bank_depth in [1, 2, 5, 8, 12] {
        let mut sim = simulator(bank_depth);
        sim.reset(1);
        let mut words = vec![None; 2 * bank_depth as usize];
        for _ in 0..2000 {
            let written = rng.random_range(0..2);
            let at = |bank: u32, rng: &mut ChaCha8Rng| {
                bank * bank_depth + rng.random_range(0..bank_depth)
            };
            let (write, read) = (at(written, &mut rng), at(1 - written, &mut rng));
            let data: u32 = rng.random_range(0..256);
            let (writes, reads) = (rng.random::<bool>(), rng.random::<bool>());
            for (port, value) in [
                ("write_enable", u32::from(writes)),
                ("write_address", write),
                ("write_data", data),
                ("read_enable", u32::from(reads)),
                ("read_address", read),
            ] {
                sim.poke(port, value);
            }
            sim.step();
            if writes {
                words[write as usize] = Some(data);
            }
            if let (true, Some(word)) = (reads, words[read as usize]) {
                assert_eq!(sim.peek("read_data"), word.into(), "bank of {bank_depth}");
            }
        }
        assert!(sim.failures().is_empty());
    }
}

#[test]
fn reading_the_bank_that_is_written_is_seen() {
    let mut sim = simulator(4);
    sim.reset(1);
    sim.poke("write_enable", 1);
    sim.poke("write_address", 5);
    sim.poke("read_enable", 1);
    sim.poke("read_address", 6);
    sim.step();
    assert_eq!(sim.failures().len(), 1);
    assert!(sim.failures()[0].path.contains("bank_1_has_one_port"));
}
