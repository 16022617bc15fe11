//! PE of a weight-stationary array.

use super::{MultiplierInputs, PeFormat, multiply};
use crate::arch::Dataflow;
use crate::blocks::vendor::Operands;
use crate::hdl::{Block, Module, Signal, bit, bundle, hardware};

bundle! {
    /// Inputs of [`WeightStationaryPe`].
    pub struct WeightStationaryPeInputs(pe: &WeightStationaryPe) {
        /// First vector of a tile: use the waiting weight.
        swap_in: bit(),
        /// From the left.
        activation_in: pe.format.activation,
        /// Column bus, caught a cycle after the swap.
        weight_in: pe.format.weight,
        /// From above.
        sum_in: pe.format.sum,
    }
}

bundle! {
    /// Outputs of [`WeightStationaryPe`]: the token and the activation to the right, the sum down.
    pub struct WeightStationaryPeOutputs(format: PeFormat) {
        swap_out: bit(),
        activation_out: format.activation,
        sum_out: format.sum,
    }
}

/// Multiply-accumulate element whose weight stays while activations stream past.
///
/// Activations move right, partial sums down, one PE a cycle. The `swap` token travels with the
/// first activation of a tile: it puts the waiting weight to work, and a cycle later the weight
/// of the next tile, then on the column's bus, is caught. A tile can follow another without a
/// gap as long as each streams at least as many vectors as the array has rows.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightStationaryPe {
    /// Module name.
    pub name: String,
    /// Number formats.
    pub format: PeFormat,
}

#[hardware]
impl Block for WeightStationaryPe {
    fn build<'m>(
        &self,
        m: &'m Module,
        io: WeightStationaryPeInputs<'m>,
    ) -> WeightStationaryPeOutputs<'m> {
        m.doc(
            "Processing element of a weight-stationary array: sum_out = sum_in + activation * weight.\n\
             Activations and the swap token move right, partial sums move down.",
        );
        // Without reset: a token left from before passes ahead of those of the next job, and finds
        // nothing but weights that no vector has used.
        let swap = m.delay(io.swap_in);
        let next_weight = m.capture(swap, io.weight_in);
        let activation = m.delay(io.activation_in);
        let sum = if let Some(slice) = self.format.dsp_slice() {
            let operands = Operands {
                a: io.activation_in,
                b: next_weight,
                b_enable: io.swap_in,
            };
            slice.add(m, operands, io.sum_in)
        } else {
            let product = self.multiply(m, &io, activation, next_weight);
            m.delay(io.sum_in + product.sign_extend(self.format.sum.width))
        };
        WeightStationaryPeOutputs {
            swap_out: swap,
            activation_out: activation,
            sum_out: sum,
        }
    }
}

#[hardware]
impl WeightStationaryPe {
    /// The product of the weight at work and the activation in the PE's register, behind the
    /// product register if there is one.
    #[track_caller]
    fn multiply<'m>(
        &self,
        m: &'m Module,
        io: &WeightStationaryPeInputs<'m>,
        activation: Signal<'m>,
        next_weight: Signal<'m>,
    ) -> Signal<'m> {
        let Some(block) = self.format.registered_multiplier(&self.name) else {
            let weight = m.capture(io.swap_in, next_weight);
            return multiply(m, &self.format, activation, weight);
        };
        let inputs = if self.format.operand_latency(Dataflow::WeightStationary) > 0 {
            let weight = m.capture(io.swap_in, next_weight);
            MultiplierInputs {
                activation_in: activation,
                weight_in: weight,
                weight_enable: m.high(),
            }
        } else {
            MultiplierInputs {
                activation_in: io.activation_in,
                weight_in: next_weight,
                weight_enable: io.swap_in,
            }
        };
        let multiplier = m.instance(&block, inputs);
        multiplier.product_out
    }
}
