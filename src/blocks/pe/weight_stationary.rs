//! PE of a weight-stationary array.

use super::{PeFormat, multiply};
use crate::arch::Dataflow;
use crate::blocks::vendor::Operands;
use crate::hdl::{Block, Module, bit};

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

impl Block for WeightStationaryPe {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let format = &self.format;
        m.doc(
            "Processing element of a weight-stationary array: sum_out = sum_in + activation * weight.\n\
             Activations and the swap token move right, partial sums move down.",
        );
        let swap_in = m.input("swap_in", bit());
        let activation_in = m.input("activation_in", format.activation);
        let weight_in = m.input("weight_in", format.weight);
        let sum_in = m.input("sum_in", format.sum);
        swap_in.comment("first vector of a tile: use the waiting weight");
        activation_in.comment("from the left");
        weight_in.comment("column bus, caught a cycle after the swap");
        sum_in.comment("from above");

        // Without reset: a token left from before passes ahead of those of the next job, and finds
        // nothing but weights that no vector has used.
        let swap = m.delay(swap_in).named("swap");
        let next_weight = m.capture(swap, weight_in).named("next_weight");
        // The product is as wide as the sum: synthesis merges the copies of the sign, and compiled
        // simulators need not make them every cycle.
        let width = format.sum.width;
        let (activation, sum) = if let Some(slice) = format.dsp_slice() {
            let activation = m.delay(activation_in).named("activation");
            let operands = Operands {
                a: activation_in,
                b: next_weight,
                b_enable: swap_in,
            };
            (activation, slice.add(m, "dsp", operands, sum_in))
        } else {
            let (activation, product) = match format.registered_multiplier(&self.name) {
                None => {
                    let weight = m.capture(swap_in, next_weight).named("weight");
                    let activation = m.delay(activation_in).named("activation");
                    (activation, multiply(m, format, width, activation, weight))
                }
                Some(multiplier) => {
                    let activation = m.delay(activation_in).named("activation");
                    let product = if format.operand_latency(Dataflow::WeightStationary) > 0 {
                        let weight = m.capture(swap_in, next_weight).named("weight");
                        multiplier.insert(m, activation, weight, m.high())
                    } else {
                        multiplier.insert(m, activation_in, next_weight, swap_in)
                    };
                    (activation, product.sign_extend(width))
                }
            };
            let sum = m.reg(format.sum).named("sum").next(sum_in + product);
            (activation, sum)
        };

        m.output("swap_out", swap);
        m.output("activation_out", activation);
        m.output("sum_out", sum);
    }
}
