//! Parameters of the channels.

use crate::hdl::{Block, Module, Signal, bit, bundle, hardware, index_bits, unsigned};
use crate::isa::npu::Target;

/// Bias, multiplier and shift of each channel, written a beat of 32-bit words at a time, and read for
/// L channels at a time, the cycle after their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Module name.
    pub name: String,
    /// L: a power of two, at least the words of a beat.
    pub lanes: u32,
    /// Channels: a power of two.
    pub channels: u32,
    /// Bits of a beat.
    pub bus_bits: u32,
}

/// Bits of a shift.
pub const SHIFT_BITS: u32 = 6;

bundle! {
    /// What [`Parameters`] take.
    pub struct ParametersInputs(parameters: &Parameters) {
        /// A beat comes.
        enable: bit(),
        /// The kind of parameter: a [`Target`].
        target: unsigned(3),
        /// Channel of the lowest word, a multiple of the words of a beat.
        channel: unsigned(parameters.channel_bits()),
        data: unsigned(parameters.bus_bits),
        /// L channels.
        read: unsigned(parameters.group_bits()),
    }
}

bundle! {
    /// What [`Parameters`] give, the lowest channel first.
    pub struct ParametersOutputs(parameters: &Parameters) {
        biases: unsigned(32 * parameters.lanes),
        multipliers: unsigned(32 * parameters.lanes),
        shifts: unsigned(SHIFT_BITS * parameters.lanes),
    }
}

impl Parameters {
    /// Bits of the number of a channel.
    pub fn channel_bits(&self) -> u32 {
        self.channels.ilog2()
    }

    /// Bits of the number of L channels.
    pub fn group_bits(&self) -> u32 {
        index_bits((self.channels / self.lanes).into())
    }
}

#[hardware]
impl Block for Parameters {
    fn build<'m>(&self, m: &'m Module, io: ParametersInputs<'m>) -> ParametersOutputs<'m> {
        m.doc("Memories of the parameters of channels.");
        let words = self.bus_bits / 32;
        let parts = self.lanes / words;
        let group = io.channel.slice(self.lanes.ilog2(), self.group_bits());
        let mask = match parts {
            1 => m.high(),
            _ => (io.channel.slice(words.ilog2(), parts.ilog2())).one_hot(parts),
        };
        let memory = |name: &str, target: Target, width: u32| -> Signal<'m> {
            let memory = m.memory(width * self.lanes, self.channels / self.lanes);
            let memory = memory.named(name).granularity(width * words);
            let data: Vec<_> = (io.data.split(32).into_iter())
                .map(|word| word.truncate(width))
                .collect();
            let enable = io.enable & io.target.eq(target as u32);
            memory.write_masked(enable, group, crate::hdl::join(&data).repeat(parts), mask);
            memory.read(io.read)
        };
        let biases = memory("bias", Target::Bias, 32);
        let multipliers = memory("multiplier", Target::Multiplier, 32);
        let shifts = memory("shift", Target::Shift, SHIFT_BITS);
        ParametersOutputs {
            biases,
            multipliers,
            shifts,
        }
    }
}
