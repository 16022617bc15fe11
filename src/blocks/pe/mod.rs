//! Processing elements: one multiplier each, and what the dataflow keeps beside it.

mod multiply;
mod output_stationary;
mod weight_stationary;

pub use multiply::{MultiplierInputs, MultiplierOutputs, RegisteredMultiplier, multiply};
pub use output_stationary::{
    OutputStationaryPe, OutputStationaryPeInputs, OutputStationaryPeOutputs,
};
pub use weight_stationary::{
    WeightStationaryPe, WeightStationaryPeInputs, WeightStationaryPeOutputs,
};

use super::vendor::{Dsp48, Slice};
use crate::arch::{Dataflow, IntType, Target};
use crate::hdl::Shape;

/// The number formats inside a PE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeFormat {
    /// Elements of A.
    pub activation: Shape,
    /// Elements of B.
    pub weight: Shape,
    /// Holds every product.
    pub product: Shape,
    /// Sums: of a column (weight-stationary) or of a PE (output-stationary).
    pub sum: Shape,
    /// A pipeline register stands behind the multiplier.
    pub product_register: bool,
    /// The chips that the PE is made for.
    pub target: Target,
}

impl PeFormat {
    /// Cycles that the product register adds.
    pub fn product_latency(&self) -> u32 {
        u32::from(self.product_register)
    }

    /// Cycles that the operand registers of the multiplier add to those of a weight-stationary PE.
    ///
    /// The multipliers of a block of ECP5 share four clock enables, and each PE swaps its weight
    /// in a cycle of its own. So the weight is kept outside, and the register of the multiplier
    /// follows it: placement stays free, and neither operand has far to go within a cycle.
    pub fn operand_latency(&self, dataflow: Dataflow) -> u32 {
        let follows = self.target == Target::Ecp5 && dataflow == Dataflow::WeightStationary;
        u32::from(follows)
    }

    /// The path in a PE to the multiplier cell of the chip, if there is one.
    pub fn multiplier_cell(&self) -> Option<String> {
        let cell = || format!("{}.{}", multiply::MULTIPLIER, multiply::CELL);
        self.registered_multiplier("").map(|_| cell())
    }

    /// The multiplier that holds the registers of its operands, where the chips have one and the
    /// sum stays outside.
    fn registered_multiplier(&self, pe: &str) -> Option<RegisteredMultiplier> {
        let name = format!("{}_multiplier", pe.trim_end_matches("_pe"));
        match self.target {
            Target::Ecp5 | Target::Ice40 => Some(RegisteredMultiplier {
                name,
                format: *self,
            }),
            Target::Portable | Target::Xilinx | Target::UltraScalePlus => None,
        }
    }

    /// The slice with the multiplier, the sum and their registers, where it is instantiated. Yosys
    /// infers it without the registers (DSP48E2), or without the adders of a flat column (DSP48E1).
    fn dsp_slice(&self) -> Option<Dsp48> {
        let slice = match self.target {
            Target::Xilinx => Slice::Dsp48e1,
            Target::UltraScalePlus => Slice::Dsp48e2,
            Target::Portable | Target::Ecp5 | Target::Ice40 => return None,
        };
        Some(Dsp48 {
            slice,
            product_register: self.product_register,
        })
    }
}

/// The shape of an integer type.
pub fn shape(int: IntType) -> Shape {
    Shape {
        width: int.bits,
        signed: int.signed,
    }
}
