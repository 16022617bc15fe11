//! Converters of the width of a stream.

use super::{StreamInputs, StreamOutputs};
use crate::hdl::{
    Block, Elements, Module, SetElements, Shapes, Stream, bit, hardware, index_bits, join, unsigned,
};

/// Joins `ratio` words to a wide one, the first word lowest; a word is taken in every cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamWiden {
    /// Bits of a word.
    pub width: u32,
    /// Words of a wide one, at least 2.
    pub ratio: u32,
}

/// Cuts wide words into `ratio` words, the lowest first; a word is given in every cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamNarrow {
    /// Bits of a word.
    pub width: u32,
    /// Words of a wide one, at least 2.
    pub ratio: u32,
}

#[hardware]
impl Block for StreamWiden {
    fn module_name(&self) -> String {
        format!("stream_widen_{}x{}", self.ratio, self.width)
    }

    fn inputs(&self) -> Shapes<StreamInputs<'static>> {
        StreamInputs::of(unsigned(self.width))
    }

    fn build<'m>(&self, m: &'m Module, io: StreamInputs<'m>) -> StreamOutputs<'m> {
        m.doc("Joins words of a stream to a wide one, the first word lowest.");
        let output = m.wires(Stream::of(unsigned(self.width * self.ratio)));
        let words: Vec<_> = (0..self.ratio)
            .map(|_| m.reg(unsigned(self.width)))
            .collect();
        let index = m.reg(unsigned(index_bits(self.ratio.into()))).reset(0);
        let full = m.reg(bit()).reset(0);
        let last = index.eq(self.ratio - 1);
        m.when(io.s.fires(), || {
            words.set_at(index, io.s.payload);
            index.set(last.mux(0, index + 1));
            full.set(last);
        })
        .else_when(output.ready, || full.set(false));
        io.s.ready.drive(!full | output.ready);
        output.valid.drive(full);
        output.payload.drive(join(&words));
        StreamOutputs { m: output }
    }
}

#[hardware]
impl Block for StreamNarrow {
    fn module_name(&self) -> String {
        format!("stream_narrow_{}x{}", self.ratio, self.width)
    }

    fn inputs(&self) -> Shapes<StreamInputs<'static>> {
        StreamInputs::of(unsigned(self.width * self.ratio))
    }

    fn build<'m>(&self, m: &'m Module, io: StreamInputs<'m>) -> StreamOutputs<'m> {
        m.doc("Cuts wide words of a stream into words, the lowest first.");
        let output = m.wires(Stream::of(unsigned(self.width)));
        let index = m.reg(unsigned(index_bits(self.ratio.into()))).reset(0);
        let last = index.eq(self.ratio - 1);
        m.when(output.fires(), || index.set(last.mux(0, index + 1)));
        io.s.ready.drive(output.ready & last);
        output.valid.drive(io.s.valid);
        output
            .payload
            .drive(io.s.payload.split(self.width).at(index));
        StreamOutputs { m: output }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{AnyBlock, elaborate, sim::Simulator};

    /// Sends wide words' parts through a converter with stalls at both ends.
    fn run(block: &dyn AnyBlock, sent: &[u64], wanted: &[u64], stalls: bool) -> u32 {
        let mut sim = Simulator::new(&elaborate(block).unwrap());
        sim.reset(1);
        let (mut at, mut received, mut random, mut offered) = (0, 0, 3u64, false);
        for cycle in 0..100_000 {
            let mut chance = || {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(99);
                !stalls || random >> 62 > 0
            };
            offered = at < sent.len() && (offered || chance());
            sim.poke("s_valid", u32::from(offered));
            sim.poke("s_payload", sent.get(at).copied().unwrap_or(0));
            sim.poke("m_ready", u32::from(chance()));
            let mut yes = |name: &str| sim.peek(name) == 1.into();
            let (takes, gives) = (yes("s_ready") && offered, yes("m_valid") && yes("m_ready"));
            if gives {
                assert_eq!(sim.peek("m_payload"), wanted[received].into(), "{block:?}");
                received += 1;
            }
            if takes {
                (at, offered) = (at + 1, false);
            }
            if received == wanted.len() {
                return cycle + 1;
            }
            sim.step();
        }
        panic!("{block:?} gave {received} of {}", wanted.len());
    }

    #[test]
    fn words_are_joined_and_cut_in_order() {
        for ratio in [2, 3, 4] {
            let width = 8;
            let words: Vec<u64> = (0..u64::from(ratio) * 100).map(|i| i * 37 % 256).collect();
            let chunks = words.chunks(ratio as usize);
            let wide: Vec<u64> = chunks
                .map(|chunk| chunk.iter().rev().fold(0, |all, word| all << width | word))
                .collect();
            let (widen, narrow) = (StreamWiden { width, ratio }, StreamNarrow { width, ratio });
            run(&widen, &words, &wide, true);
            run(&narrow, &wide, &words, true);
            assert_eq!(run(&widen, &words, &wide, false), words.len() as u32 + 1);
            assert_eq!(run(&narrow, &wide, &words, false), words.len() as u32);
        }
    }
}
