//! PE of an output-stationary array.

use super::{PeFormat, multiply};
use crate::blocks::vendor::Operands;
use crate::hdl::{Block, Module, bit};

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

impl Block for OutputStationaryPe {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let format = &self.format;
        m.doc(
            "Processing element of an output-stationary array: sum += activation * weight.\n\
             Activations and tokens move right, weights and drained sums move down.",
        );
        let start_in = m.input("start_in", bit());
        let shift_in = m.input("shift_in", bit());
        let activation_in = m.input("activation_in", format.activation);
        let weight_in = m.input("weight_in", format.weight);
        let drain_in = m.input("drain_in", format.sum);
        start_in.comment("first operands of a tile");
        shift_in.comment("the drain chain moves down");
        activation_in.comment("from the left, 0 between tiles");
        weight_in.comment("from above, 0 between tiles");
        drain_in.comment("from above");

        // Without reset: tokens left from before pass ahead of those of the next job.
        let start = m.delay(start_in).named("start");
        let shift = m.delay(shift_in).named("shift");
        let activation = m.delay(activation_in).named("activation");
        let weight = m.delay(weight_in).named("weight");
        // The token reaches the sum together with the first product.
        let first = |start| {
            if format.product_register {
                m.delay(start).named("first")
            } else {
                start
            }
        };
        let (first, sum) = if let Some(slice) = format.dsp_slice() {
            let first = first(start);
            let operands = Operands {
                a: activation_in,
                b: weight_in,
                b_enable: m.high(),
            };
            let width = format.sum.width;
            (first, slice.accumulate(m, "dsp", operands, first, width))
        } else {
            let product = match format.registered_multiplier(&self.name) {
                None => multiply(m, format, format.product.width, activation, weight),
                Some(multiplier) => multiplier.insert(m, activation_in, weight_in, m.high()),
            };
            let first = first(start);
            let sum = m.reg(format.sum).named("sum");
            let base = sum.gate(!first).named("base");
            (
                first,
                sum.next(base + product.sign_extend(format.sum.width)),
            )
        };
        let drain = m.reg(format.sum).named("drain");
        let moved = shift_in.mux(drain_in, drain);
        drain.next(first.mux(sum, moved));

        m.output("start_out", start);
        m.output("shift_out", shift);
        m.output("activation_out", activation);
        m.output("weight_out", weight);
        m.output("drain_out", drain);
    }
}
