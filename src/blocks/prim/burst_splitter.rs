//! Transfers cut into AXI4 bursts.

use crate::hdl::{Block, Module, Stream, bit, bits_for, bundle, hardware, index_bits, unsigned};

/// Bytes that no AXI4 burst crosses.
const PAGE: u32 = 4096;
/// The most beats of an AXI4 burst.
const MOST_BEATS: u32 = 256;

/// Cuts a transfer into AXI4 bursts that stay within 4 KiB, for a channel of addresses of either
/// direction; a burst is offered in every cycle while fewer than `outstanding` have not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurstSplitter {
    /// Bits of an address.
    pub address_bits: u32,
    /// Bits of a transfer's number of beats: 9 or more.
    pub count_bits: u32,
    /// Bytes of a beat, a power of two from 2 to 128.
    pub beat_bytes: u32,
    /// The most bursts that have not ended.
    pub outstanding: u32,
}

bundle! {
    /// What is to be read or written.
    pub struct Transfer(p: &BurstSplitter) {
        /// The first byte, aligned to a beat.
        address: unsigned(p.address_bits),
        /// How many beats.
        beats: unsigned(p.count_bits),
    }
}

bundle! {
    /// A burst, as the channel of addresses says it.
    pub struct Burst(p: &BurstSplitter) {
        /// The first byte.
        address: unsigned(p.address_bits),
        /// The beats, less one.
        length: unsigned(8),
        /// The transfer ends with it.
        last: bit(),
    }
}

bundle! {
    /// What a [`BurstSplitter`] takes.
    pub struct BurstSplitterInputs(p: &BurstSplitter) {
        /// The transfers.
        s: Stream(Transfer(p)),
        /// A burst has ended in this cycle.
        ended: bit(),
    }
}

bundle! {
    /// What a [`BurstSplitter`] gives.
    pub struct BurstSplitterOutputs(p: &BurstSplitter) {
        /// The bursts.
        m: Stream(Burst(p)),
        /// There are bursts to offer, or bursts that have not ended.
        busy: bit(),
    }
}

#[hardware]
impl Block for BurstSplitter {
    fn module_name(&self) -> String {
        format!(
            "burst_splitter_{}x{}_{}_of_{}",
            self.address_bits, self.count_bits, self.outstanding, self.beat_bytes
        )
    }

    fn build<'m>(&self, m: &'m Module, io: BurstSplitterInputs<'m>) -> BurstSplitterOutputs<'m> {
        m.doc("Cuts transfers into AXI4 bursts that stay within 4 KiB.");
        let output = m.wires(Stream::of(Burst::of(self)));
        let longest = (PAGE / self.beat_bytes).min(MOST_BEATS);
        let beat_shift = self.beat_bytes.ilog2();
        let count = unsigned(self.count_bits);
        let address = m.reg(unsigned(self.address_bits));
        let left = m.reg(count).reset(0);
        /// some are
        let any_left = m.reg(bit()).reset(0);
        let open = m.reg(unsigned(bits_for(self.outstanding.into()))).reset(0);

        let within = address.slice(beat_shift, index_bits(longest.into()));
        let room = m.lit(longest, count) - within.zero_extend(self.count_bits);
        let last = left.le(room);
        let beats = last.mux(left, room);
        output.payload.address.drive(address);
        output.payload.length.drive((beats - 1).truncate(8));
        output.payload.last.drive(last);
        output.valid.drive(any_left & open.lt(self.outstanding));
        io.s.ready.drive(!any_left);

        let asked = output.fires();
        m.when(io.s.fires(), || {
            address.set(io.s.payload.address);
            left.set(io.s.payload.beats);
            any_left.set(io.s.payload.beats.any());
        })
        .else_when(asked, || {
            address.set(address + (beats.extend(self.address_bits) << beat_shift));
            left.set(left - beats);
            any_left.set(!last);
        });
        m.when(asked & !io.ended, || open.set(open + 1))
            .else_when(io.ended & !asked, || open.set(open - 1));

        let unaligned = io.s.payload.address.truncate(beat_shift).any();
        m.assert(
            "is_aligned",
            !(io.s.valid & unaligned),
            "a transfer does not start at a beat",
        );
        m.assert(
            "was_open",
            !io.ended | open.any(),
            "a burst ended that was not open",
        );
        BurstSplitterOutputs {
            m: output,
            busy: any_left | open.any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{elaborate, sim::Simulator};

    /// The bursts of a transfer, found beat by beat.
    fn model(address: u64, beats: u64, bytes: u64) -> Vec<(u64, u64)> {
        let mut bursts: Vec<(u64, u64)> = Vec::new();
        for beat in 0..beats {
            let at = address + beat * bytes;
            let boundary = bytes * 256.min(4096 / bytes);
            match bursts.last_mut() {
                Some((_, length)) if !at.is_multiple_of(boundary) => *length += 1,
                _ => bursts.push((at, 1)),
            }
        }
        bursts
    }

    #[test]
    fn bursts_are_those_of_the_model_with_stalls() {
        for (beat_bytes, outstanding) in [(2, 1), (4, 2), (8, 3), (16, 4), (128, 2)] {
            let splitter = BurstSplitter {
                address_bits: 20,
                count_bits: 12,
                beat_bytes,
                outstanding,
            };
            let mut sim = Simulator::new(&elaborate(&splitter).unwrap());
            sim.reset(1);
            let mut random = u64::from(beat_bytes);
            let mut draw = move || {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(99);
                random >> 40
            };
            let mut open = 0;
            for _ in 0..60 {
                let bytes = u64::from(beat_bytes);
                let address = draw() % (1 << 18) / bytes * bytes;
                let beats = draw() % 1500;
                sim.poke("s_valid", 1);
                sim.poke("s_payload_address", address);
                sim.poke("s_payload_beats", beats);
                sim.poke("m_ready", 0);
                sim.poke("ended", 0);
                sim.step();
                sim.poke("s_valid", 0);
                let mut bursts = Vec::new();
                while sim.peek("s_ready") == 0.into() {
                    let ends = open > 0 && draw() % 4 == 0;
                    let ready = draw() % 2 == 0;
                    sim.poke("m_ready", u32::from(ready));
                    sim.poke("ended", u32::from(ends));
                    assert_eq!(sim.peek("m_valid"), u32::from(open < outstanding).into());
                    if ready && open < outstanding {
                        let start: u64 = sim.peek("m_payload_address").try_into().unwrap();
                        let length: u64 = sim.peek("m_payload_length").try_into().unwrap();
                        bursts.push((start, length + 1));
                        open += 1;
                    }
                    open -= u32::from(ends);
                    sim.step();
                }
                assert_eq!(bursts, model(address, beats, bytes), "{splitter:?}");
            }
            assert!(sim.failures().is_empty());
        }
    }
}
