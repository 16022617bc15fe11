//! Skew and deskew against a queue for each lane.

use ferrogrid::blocks::array::{Lanes, Skew};
use ferrogrid::hdl::{elaborate, sim::Simulator};
use num_bigint::BigInt;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn lanes_of(value: &BigInt, lanes: u32, width: u32) -> Vec<u64> {
    let mask = (BigInt::from(1) << width) - 1;
    let lane = |i: u32| u64::try_from((value >> (i * width)) & &mask).expect("a lane fits");
    (0..lanes).map(lane).collect()
}

#[test]
fn each_lane_is_late_by_its_place() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for (lanes, width) in [(1, 8), (2, 1), (3, 5), (8, 8), (13, 20), (64, 8)] {
        for order in [Lanes::FirstLaneFirst, Lanes::LastLaneFirst] {
            let skew = Skew {
                name: "skew".into(),
                lanes,
                width,
                order,
            };
            let mut sim = Simulator::new(&elaborate(&skew).expect("a legal design"));
            let cycles = 3 * lanes + 5;
            let mut sent: Vec<Vec<u64>> = Vec::new();
            for cycle in 0..cycles {
                let vector: Vec<u64> = (0..lanes).map(|_| rng.next_u64() >> (64 - width)).collect();
                let word = vector.iter().rev().fold(BigInt::from(0), |word, lane| {
                    (word << width) + BigInt::from(*lane)
                });
                sent.push(vector);
                sim.poke("vector_in", word);
                let seen = lanes_of(&sim.peek("vector_out"), lanes, width);
                for lane in 0..lanes {
                    let late = match order {
                        Lanes::FirstLaneFirst => lane,
                        Lanes::LastLaneFirst => lanes - 1 - lane,
                    };
                    if cycle >= late {
                        let expected = sent[(cycle - late) as usize][lane as usize];
                        assert_eq!(
                            seen[lane as usize], expected,
                            "{order:?}, {lanes} lanes of {width} bits, lane {lane}, cycle {cycle}"
                        );
                    }
                }
                sim.step();
            }
        }
    }
}

#[test]
fn deskew_undoes_skew() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let (lanes, width) = (5, 8);
    let part = |order| {
        let skew = Skew {
            name: "part".into(),
            lanes,
            width,
            order,
        };
        Simulator::new(&elaborate(&skew).expect("a legal design"))
    };
    let (mut skew, mut deskew) = (part(Lanes::FirstLaneFirst), part(Lanes::LastLaneFirst));
    let mut sent = Vec::new();
    for cycle in 0..40usize {
        let word = BigInt::from(rng.random_range(0..1u64 << (lanes * width)));
        sent.push(word.clone());
        skew.poke("vector_in", word);
        deskew.poke("vector_in", skew.peek("vector_out"));
        if cycle >= lanes as usize - 1 {
            assert_eq!(deskew.peek("vector_out"), sent[cycle + 1 - lanes as usize]);
        }
        skew.step();
        deskew.step();
    }
}
