//! The lanes of VECTOR: from bytes and weights to sums.

use super::super::vendor::{Mult18x18d, Operands};
use crate::arch::Target;
use crate::hdl::{
    Block, Module, Shape, Signal, bit, bits_for, bundle, hardware, join, signed, unsigned,
};

/// A number of taps, as instructions have it.
pub(super) const TAPS: Shape = unsigned(2);

/// A lane for each channel: keeps the bytes of the last taps, multiplies them by weights and adds the products
/// up, or takes the largest byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorLanes {
    /// Module name.
    pub name: String,
    /// V.
    pub channels: u32,
    /// T.
    pub taps: u32,
    /// The chips that they are made for.
    pub target: Target,
}

bundle! {
    /// What [`VectorLanes`] take.
    pub struct VectorLanesInputs(lanes: &VectorLanes) {
        /// Bytes come, the latest of all taps.
        enable: bit(),
        /// They begin a row, in front of which all taps are the padding.
        begins: bit(),
        padding: signed(8),
        /// Channel 0 lowest.
        bytes: unsigned(8 * lanes.channels),
        /// The weights of the taps whose latest byte comes, each row as `bytes`, that of the latest tap highest.
        weights: unsigned(8 * lanes.channels * lanes.taps),
        /// The taps that count, the latest of them.
        taps: TAPS,
        /// The largest byte of them counts.
        maximum: bit(),
    }
}

bundle! {
    /// What [`VectorLanes`] give.
    pub struct VectorLanesOutputs(lanes: &VectorLanes) {
        /// Channel 0 lowest.
        sums: unsigned(lanes.channels * lanes.sum_bits()),
    }
}

impl VectorLanes {
    /// Bits of a sum of T products of int8.
    pub fn sum_bits(&self) -> u32 {
        // (-128) * (-128) is 2^14.
        15 + bits_for(self.taps.into())
    }

    /// Cycles from a byte of each channel to the sum that it completes: those of the operands, of the products, and of
    /// each product that is added.
    pub fn latency(&self) -> u32 {
        2 + (self.taps - 1).max(1)
    }
}

#[hardware]
impl VectorLanes {
    /// The products of a byte and a weight for each channel, two cycles later: behind registers of the operands and
    /// of the products. Yosys infers the multipliers of ECP5 without theirs, so that these are instances.
    fn products<'m>(
        &self,
        m: &'m Module,
        tap: u32,
        bytes: Signal<'m>,
        weights: Signal<'m>,
    ) -> Vec<Signal<'m>> {
        let wide = self.sum_bits();
        let name = |channel: usize| format!("product_{channel}_{tap}");
        let factors = |bytes: Signal<'m>, weights: Signal<'m>| {
            let [bytes, weights] = [bytes, weights].map(|of| of.split(8).into_iter());
            bytes
                .map(Signal::as_signed)
                .zip(weights.map(Signal::as_signed))
                .enumerate()
        };
        match self.target {
            Target::Ecp5 => factors(bytes, weights)
                .map(|(channel, (a, b))| {
                    let b_enable = m.high();
                    let operands = Operands { a, b, b_enable };
                    let cell = Mult18x18d {
                        product_register: true,
                    };
                    cell.insert(m, &name(channel), operands).truncate(wide)
                })
                .collect(),
            _ => {
                let weights = m.delay(weights).named(format!("weights_{tap}"));
                let bytes = m.delay(bytes).named(format!("bytes_{tap}"));
                factors(bytes, weights)
                    .map(|(channel, (a, b))| {
                        m.delay((a * b).sign_extend(wide)).named(name(channel))
                    })
                    .collect()
            }
        }
    }
}

#[hardware]
impl Block for VectorLanes {
    fn build<'m>(&self, m: &'m Module, io: VectorLanesInputs<'m>) -> VectorLanesOutputs<'m> {
        m.doc("A multiplier for each channel and tap, and the sum of the products of a channel.");
        let (taps, channels) = (self.taps, self.channels);
        m.section("products of the bytes of the taps and their weights");
        if taps == 1 {
            for unused in [io.enable, io.begins, io.padding] {
                m.unused(unused);
            }
        }
        let mut bytes = vec![io.bytes];
        for age in 1..taps {
            let earlier = m.reg(io.bytes.shape()).named(format!("earlier_{age}"));
            let mut later = bytes[age as usize - 1];
            if age + 1 == taps {
                later = io
                    .begins
                    .mux(io.padding.as_unsigned().repeat(channels), later);
            }
            m.when(io.enable, || earlier.set(later));
            bytes.push(*earlier);
        }
        bytes.reverse();
        // As late as each product that is added; a single one is not.
        let mut maximum = vec![io.maximum];
        for cycle in (1..=taps).filter(|_| taps > 1) {
            let before = maximum[cycle as usize - 1];
            maximum.push(m.delay(before).named(format!("maximum_{cycle}")));
        }
        // A tap that does not count has a weight of 0, and is the least where the largest counts.
        let ones = m.lit(1, unsigned(8)).repeat(channels);
        let least = m.lit(0x80, unsigned(8)).repeat(channels);
        let products: Vec<Vec<Signal<'m>>> = (0..taps)
            .zip(io.weights.split(8 * channels))
            .map(|(tap, weights)| {
                let counts = io.taps.ge(taps - tap).named(format!("counts_{tap}"));
                let weights = io.maximum.mux(ones, weights.gate(counts));
                let bytes = (io.maximum & !counts).mux(least, bytes[tap as usize]);
                self.products(m, tap, bytes, weights)
            })
            .collect();

        m.section("sums of the products");
        let sums: Vec<_> = (0..channels as usize)
            .map(|channel| {
                // A tap a cycle.
                let mut sum = products[0][channel];
                for (behind, of_tap) in (0..).zip(&products[1..]) {
                    let product = format!("product_{channel}_{}_behind", behind + 1);
                    let product = m.delay_by(&product, of_tap[channel], behind);
                    let larger = sum.gt(product).mux(sum, product);
                    sum = m
                        .delay(maximum[behind as usize + 2].mux(larger, sum + product))
                        .named(format!("sum_{channel}_{}", behind + 1));
                }
                match taps {
                    1 => m.delay(sum).named(format!("sum_{channel}")),
                    _ => sum,
                }
            })
            .collect();
        VectorLanesOutputs { sums: join(&sums) }
    }
}
