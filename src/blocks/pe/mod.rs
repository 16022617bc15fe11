//! Processing elements: one multiplier each, and what the dataflow keeps beside it.

mod multiply;
mod output_stationary;
mod weight_stationary;

pub use multiply::multiply;
pub use output_stationary::OutputStationaryPe;
pub use weight_stationary::WeightStationaryPe;

use crate::arch::{IntType, MatmulArch};
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
}

impl PeFormat {
    /// The formats of an architecture whose sums have the type `sum`.
    pub fn new(arch: &MatmulArch, sum: IntType) -> PeFormat {
        PeFormat {
            activation: shape(arch.activation),
            weight: shape(arch.weight),
            product: shape(arch.product),
            sum: shape(sum),
            product_register: arch.product_register,
        }
    }

    /// Cycles that the product register adds.
    pub fn product_latency(&self) -> u32 {
        u32::from(self.product_register)
    }
}

/// The shape of an integer type.
pub fn shape(int: IntType) -> Shape {
    Shape {
        width: int.bits,
        signed: int.signed,
    }
}
