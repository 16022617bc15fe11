//! The array of processing elements, with the lines in front of it and behind it.

use super::parts::{Multipliers, Parts};
use crate::arch::{Dataflow, IntType, Target};

/// An array, as its block has it.
pub(super) struct Array {
    pub rows: u32,
    pub columns: u32,
    pub dataflow: Dataflow,
    pub activation: IntType,
    pub weight: IntType,
    pub product_bits: u32,
    pub sum_bits: u32,
    pub product_register: bool,
    pub target: Target,
}

impl Array {
    /// The processing elements alone.
    pub fn elements(&self) -> Parts {
        let (a, w, sum) = (self.activation.bits, self.weight.bits, self.sum_bits);
        let product = match self.product_register {
            true => self.product_bits,
            false => 0,
        };
        let inside = matches!(self.target, Target::Xilinx | Target::UltraScalePlus);
        let cells = self.target != Target::Portable;
        // Those that a PE has beside its multiplier, the ones that a slice may take in, sums, and other logic.
        let (beside, within, adders, logic) = match self.dataflow {
            // The weight that waits and the swap; operands, product and sum.
            Dataflow::WeightStationary => {
                let operands = match self.target {
                    Target::Ecp5 | Target::Portable => a + w,
                    Target::Ice40 => a,
                    Target::Xilinx | Target::UltraScalePlus => 0,
                };
                let product = if cells { 0 } else { product };
                match inside {
                    true => (1 + w + a, 0, 0, 0.0),
                    false => (1 + w, operands + product + sum, sum, 0.0),
                }
            }
            // Tokens and operands that go on, and the drained sum; the product and the sum.
            Dataflow::OutputStationary => {
                let late = u32::from(self.product_register);
                let product = if cells { 0 } else { product };
                let choice = 2.5 * f64::from(sum);
                match inside {
                    true => (2 + late + a + w + sum, 0, 0, 2.0 * f64::from(sum) + 1.75),
                    false => (2 + late + a + w + sum, product + sum, sum, choice),
                }
            }
        };
        let count = self.rows * self.columns;
        let each = f64::from(count);
        let mut parts = Parts::new(each * f64::from(beside), 0.0, each * logic);
        let signed = u32::from(!self.activation.signed);
        parts.multipliers.push(Multipliers {
            count,
            bits: [a + signed, w],
            registers: within,
            adders,
            cells,
        });
        parts
    }

    /// What the operands go through in front of it and the sums behind it.
    pub fn skews(&self) -> Parts {
        (Parts::default())
            .skew(self.rows, self.activation.bits)
            .skew(self.columns, self.weight.bits)
            .skew(self.columns, self.sum_bits)
    }

    /// What goes with a vector, so many bits and one that it is there, for the cycles that the vector is in the array
    /// and for so many beside those.
    pub fn tokens(&self, bits: u32, beside: u32) -> Parts {
        let follows = self.target == Target::Ecp5 && self.dataflow == Dataflow::WeightStationary;
        let cycles = self.rows
            + self.columns
            + u32::from(self.product_register)
            + u32::from(follows)
            + beside;
        let valid = f64::from(cycles);
        Parts::new(valid, 0.0, 0.25 * valid).line(bits, cycles)
    }
}
