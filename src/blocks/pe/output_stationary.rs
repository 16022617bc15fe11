//! PE of an output-stationary array.

use super::{MultiplierInputs, PeFormat, multiply};
use crate::blocks::vendor::Operands;
use crate::hdl::{Block, Module, bit, bundle, hardware};

bundle! {
    /// Inputs of [`OutputStationaryPe`].
    pub struct OutputStationaryPeInputs(pe: &OutputStationaryPe) {
        /// First operands of a tile.
        start_in: bit(),
        /// The drain chain moves down.
        shift_in: bit(),
        /// From the left, 0 between tiles.
        activation_in: pe.format.activation,
        /// From above, 0 between tiles.
        weight_in: pe.format.weight,
        /// From above.
        drain_in: pe.format.sum,
    }
}

bundle! {
    /// Outputs of [`OutputStationaryPe`]: tokens and activations to the right, the others down.
    pub struct OutputStationaryPeOutputs(format: PeFormat) {
        start_out: bit(),
        shift_out: bit(),
        activation_out: format.activation,
        weight_out: format.weight,
        drain_out: format.sum,
    }
}

/// Multiply-accumulate element whose sum stays while operands stream past.
///
/// Activations move right and weights move down, one PE a cycle. The `start` token travels with
/// the first operands of a tile: it hands the finished sum to the drain register and begins a new
/// one in the same cycle, so that tiles follow each other without a gap. Drain registers form a
/// chain down each column that moves where `shift` is 1.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStationaryPe {
    /// Module name.
    pub name: String,
    /// Number formats.
    pub format: PeFormat,
}

#[hardware]
impl Block for OutputStationaryPe {
    fn build<'m>(
        &self,
        m: &'m Module,
        io: OutputStationaryPeInputs<'m>,
    ) -> OutputStationaryPeOutputs<'m> {
        let format = &self.format;
        m.doc(
            "Processing element of an output-stationary array: sum += activation * weight.\n\
             Activations and tokens move right, weights and drained sums move down.",
        );
        // Without reset: tokens left from before pass ahead of those of the next job.
        let start = m.delay(io.start_in);
        let shift = m.delay(io.shift_in);
        let activation = m.delay(io.activation_in);
        let weight = m.delay(io.weight_in);
        // The token reaches the sum together with the first product.
        let first = match format.product_register {
            true => m.delay(start),
            false => start,
        };
        let sum = if let Some(slice) = format.dsp_slice() {
            let operands = Operands {
                a: io.activation_in,
                b: io.weight_in,
                b_enable: m.high(),
            };
            slice.accumulate(m, operands, first, format.sum.width)
        } else {
            let product = match format.registered_multiplier(&self.name) {
                None => multiply(m, format, activation, weight),
                Some(block) => {
                    let inputs = MultiplierInputs {
                        activation_in: io.activation_in,
                        weight_in: io.weight_in,
                        weight_enable: m.high(),
                    };
                    let multiplier = m.instance(&block, inputs);
                    multiplier.product_out
                }
            };
            let sum = m.reg(format.sum);
            let base = sum.gate(!first);
            sum.next(base + product.sign_extend(format.sum.width))
        };
        let drain = m.reg(format.sum);
        m.when(first, || drain.set(sum))
            .else_when(io.shift_in, || drain.set(io.drain_in));
        OutputStationaryPeOutputs {
            start_out: start,
            shift_out: shift,
            activation_out: activation,
            weight_out: weight,
            drain_out: *drain,
        }
    }
}
