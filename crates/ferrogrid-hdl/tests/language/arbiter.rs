//! A round-robin arbiter against a model that walks from requester to requester.

use ferrogrid_hdl::sim::Simulator;
use ferrogrid_hdl::{Block, Module, bit, bundle, elaborate, hardware, unsigned};

// In docs/hdl.md:
/// Grants one of `count` requests; the one behind the last that was taken comes first.
#[derive(Clone, PartialEq, Debug)]
struct RoundRobin {
    count: u32,
}

bundle! {
    pub struct Requests(robin: &RoundRobin) {
        /// Who asks, a bit each.
        request: unsigned(robin.count),
        /// The grant is used up in this cycle.
        take: bit(),
    }
}

bundle! {
    pub struct Grant(count: u32) {
        /// Who gets it: at most one bit.
        grant: unsigned(count),
    }
}

#[hardware]
impl Block for RoundRobin {
    fn module_name(&self) -> String {
        format!("round_robin_{}", self.count)
    }

    fn build<'m>(&self, m: &'m Module, io: Requests<'m>) -> Grant<'m> {
        let behind_last = m.reg(unsigned(self.count)).reset(0);
        let first = io.request & behind_last;
        let candidates = first.any().mux(first, io.request);
        let grant = candidates & -candidates; // the lowest bit alone
        m.when(io.take & grant.any(), || {
            behind_last.set(!(grant | (grant - 1)))
        });
        Grant { grant }
    }
}
// The end of the excerpt.

#[test]
fn every_requester_has_its_turn() {
    for count in [1, 2, 3, 5, 8] {
        let mut sim = Simulator::new(&elaborate(&RoundRobin { count }).unwrap());
        sim.reset(1);
        let (mut next, mut random) = (0, 1u64);
        for _ in 0..2000 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(99);
            let request = (random >> 33) & ((1 << count) - 1);
            let take = random >> 60 & 1 == 1;
            sim.poke("request", request);
            sim.poke("take", u64::from(take));
            let turns = (0..count).map(|i| (next + i) % count);
            let granted = turns.into_iter().find(|who| request >> who & 1 == 1);
            let grant: u64 = granted.map_or(0, |who| 1 << who);
            assert_eq!(sim.peek("grant"), grant.into(), "{request:b} of {count}");
            if take && let Some(who) = granted {
                next = (who + 1) % count;
            }
            sim.step();
        }
    }
}
