//! The weights of VECTOR.

use super::super::prim::RamRead;
use crate::hdl::{
    Block, Module, Signal, bit, bits_for, bundle, hardware, index_bits, join, unsigned,
};

/// Groups of weights, a row for each of T taps, written a beat at a time and read a group at a time, the cycle after
/// the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorWeights {
    /// Module name.
    pub name: String,
    /// T.
    pub taps: u32,
    /// Bits of a row.
    pub row_bits: u32,
    /// Bits of a beat: a power of two up to those of a row.
    pub bus_bits: u32,
    /// Groups: a power of two.
    pub groups: u32,
}

bundle! {
    /// What [`VectorWeights`] take.
    pub struct VectorWeightsInputs(weights: &VectorWeights) {
        /// A beat comes.
        enable: bit(),
        /// It is the first one of its run.
        begins: bit(),
        /// The group in which the run begins.
        group: unsigned(weights.group_bits()),
        data: unsigned(weights.bus_bits),
        /// A group.
        read: RamRead(weights.group_bits()),
    }
}

bundle! {
    /// What [`VectorWeights`] give.
    pub struct VectorWeightsOutputs(weights: &VectorWeights) {
        /// The row of tap 0 lowest, in it channel 0 lowest; two cycles after it is read; it stays until the next.
        weights: unsigned(weights.taps * weights.row_bits),
    }
}

impl VectorWeights {
    /// Bits of the number of a group.
    pub fn group_bits(&self) -> u32 {
        index_bits(self.groups.into())
    }
}

#[hardware]
impl Block for VectorWeights {
    fn build<'m>(&self, m: &'m Module, io: VectorWeightsInputs<'m>) -> VectorWeightsOutputs<'m> {
        m.doc("Memories of the weights of VECTOR, one for each tap.");
        let beats = self.row_bits / self.bus_bits;
        let of_group = self.taps * beats;
        /// beats in front of this one in its group, and its group, where it does not begin a run
        let beat = m.reg(unsigned(bits_for((of_group - 1).into())));
        let of_run = m.reg(io.group.shape());
        let beat_here = io.begins.mux(m.zero(beat.shape()), *beat);
        let group_here = io.begins.mux(io.group, *of_run);
        let ends = beat_here.eq(of_group - 1);
        m.when(io.enable, || {
            beat.set(ends.mux(m.zero(beat.shape()), beat_here + 1));
            of_run.set(group_here + ends.zero_extend(group_here.width()));
        });
        let part = beat_here.one_hot(of_group);
        let rows: Vec<Signal<'m>> = (0..self.taps)
            .map(|tap| {
                let memory = m.memory(self.row_bits, self.groups);
                let memory = memory
                    .named(format!("tap_{tap}"))
                    .granularity(self.bus_bits);
                let mask = part.slice(tap * beats, beats);
                memory.write_masked(io.enable, group_here, io.data.repeat(beats), mask);
                memory.read_enabled(io.read.enable, io.read.address)
            })
            .collect();
        // The memories take most of a cycle.
        VectorWeightsOutputs {
            weights: m.capture(m.delay(io.read.enable), join(&rows)),
        }
    }
}
