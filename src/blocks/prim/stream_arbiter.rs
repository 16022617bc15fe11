//! Arbiters: one stream of several.

use super::shape_name;
use crate::hdl::{Block, Module, Shape, Signal, Stream, bundle, hardware, join, unsigned};

/// Who comes first where several ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The stream behind the last one that handed over a payload.
    RoundRobin,
    /// The first stream.
    Priority,
}

/// Merges streams; payloads pass within the cycle. A stream whose payload is shown keeps its turn
/// until the handover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamArbiter {
    /// Shape of a payload.
    pub shape: Shape,
    /// Number of streams.
    pub count: u32,
    /// Who comes first.
    pub policy: Policy,
}

bundle! {
    /// What a [`StreamArbiter`] takes.
    pub struct StreamArbiterInputs(arbiter: &StreamArbiter) {
        /// The streams to merge.
        s: [Stream(arbiter.shape); arbiter.count],
    }
}

bundle! {
    /// What a [`StreamArbiter`] gives.
    pub struct StreamArbiterOutputs(shape: Shape, count: u32) {
        /// The merged stream.
        m: Stream(shape),
        /// Whose payload is shown: at most one bit.
        grant: unsigned(count),
    }
}

#[hardware]
impl Block for StreamArbiter {
    fn module_name(&self) -> String {
        let policy = match self.policy {
            Policy::RoundRobin => "round_robin",
            Policy::Priority => "priority",
        };
        format!("{policy}_{}_of_{}", self.count, shape_name(self.shape))
    }

    fn build<'m>(&self, m: &'m Module, io: StreamArbiterInputs<'m>) -> StreamArbiterOutputs<'m> {
        m.doc("Merges streams; who is shown keeps its turn until the handover.");
        let output = m.wires(Stream::of(self.shape));
        let valid: Vec<Signal> = io.s.iter().map(|stream| stream.valid).collect();
        let payloads: Vec<Signal> = io.s.iter().map(|stream| stream.payload).collect();
        let request = join(&valid);
        let lines = unsigned(self.count);
        let grant = m.wire(lines);
        let choice = match self.policy {
            Policy::Priority => request.lowest_one(),
            Policy::RoundRobin => {
                let behind_last = m.reg(lines).reset(0);
                m.when(output.fires(), || {
                    behind_last.set(!(grant | (grant - 1)));
                });
                let first = request & behind_last;
                first.any().mux(first, request).lowest_one()
            }
        };
        let waiting = m.reg(lines).reset(0);
        m.when(output.valid & !output.ready, || waiting.set(grant))
            .otherwise(|| waiting.set(0));
        grant.drive(waiting.any().mux(waiting, choice));

        output.valid.drive(request.any());
        output.payload.drive(grant.one_hot_select(&payloads));
        for (who, stream) in (0..).zip(&io.s) {
            stream.ready.drive(grant.bit(who) & output.ready);
        }
        StreamArbiterOutputs { m: output, grant }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{elaborate, sim::Simulator};

    /// Random requests and stalls: offers stay, turns are those of the policy, nothing is lost.
    #[test]
    fn turns_are_those_of_the_policy() {
        for (count, policy) in [
            (1, Policy::RoundRobin),
            (2, Policy::Priority),
            (3, Policy::RoundRobin),
            (5, Policy::RoundRobin),
            (5, Policy::Priority),
        ] {
            let shape = unsigned(16);
            let arbiter = StreamArbiter {
                shape,
                count,
                policy,
            };
            let mut sim = Simulator::new(&elaborate(&arbiter).unwrap());
            sim.reset(1);
            let count = count as usize;
            let (mut offers, mut sent) = (vec![None; count], 0u32);
            let (mut next, mut shown, mut random) = (0, None, 5u64);
            for _ in 0..3000 {
                let mut chance = || {
                    random = random.wrapping_mul(6364136223846793005).wrapping_add(99);
                    random >> 62
                };
                for (who, offer) in offers.iter_mut().enumerate() {
                    if offer.is_none() && chance() == 0 {
                        sent = (sent + 1) % 65536;
                        *offer = Some(sent);
                    }
                    sim.poke(format!("s_{who}_valid"), u32::from(offer.is_some()));
                    sim.poke(format!("s_{who}_payload"), offer.unwrap_or(0));
                }
                let ready = chance() > 0;
                sim.poke("m_ready", u32::from(ready));
                let turns = (0..count).map(|turn| (next + turn) % count);
                let first = turns.into_iter().find(|&who| offers[who].is_some());
                let chosen = shown.or(first);
                assert_eq!(sim.peek("m_valid"), u32::from(chosen.is_some()).into());
                shown = chosen;
                if let Some(who) = chosen {
                    assert_eq!(sim.peek("m_payload"), offers[who].unwrap().into());
                    assert_eq!(sim.peek(format!("s_{who}_ready")), u32::from(ready).into());
                    if ready {
                        (offers[who], shown) = (None, None);
                        if policy == Policy::RoundRobin {
                            next = (who + 1) % count;
                        }
                    }
                }
                sim.step();
            }
        }
    }
}
