//! Arrays of PEs. Arithmetic lives in the PEs, timing in skew and deskew: an array only wires.
//!
//! An array is made of rows and a row of PEs, so that the text of an array grows with rows +
//! columns. Operands and sums of a row are buses with column 0 in the lowest bits.

mod output_stationary;
mod skew;
mod weight_stationary;

pub use output_stationary::{OutputStationaryArray, OutputStationaryArrayInputs};
pub use skew::{Lanes, Skew, SkewInputs, SkewOutputs};
pub use weight_stationary::{WeightStationaryArray, WeightStationaryArrayInputs};

use crate::arch::Dataflow;
use crate::blocks::pe::PeFormat;
use crate::hdl::{AnyBlock, Shape, Signal, bundle, unsigned};

/// R rows of C PEs.
///
/// Everything at its edges is skewed: the operands of row r and of column c arrive r and c
/// cycles after those of row 0 and column 0, and results of column c leave c cycles after those
/// of column 0.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrayParams {
    /// Module name.
    pub name: String,
    /// What stays in the PEs.
    pub dataflow: Dataflow,
    /// R.
    pub rows: u32,
    /// C.
    pub columns: u32,
    /// Number formats.
    pub format: PeFormat,
}

impl ArrayParams {
    /// The array.
    pub fn block(&self) -> Box<dyn AnyBlock> {
        match self.dataflow {
            Dataflow::WeightStationary => Box::new(WeightStationaryArray(self.clone())),
            Dataflow::OutputStationary => Box::new(OutputStationaryArray(self.clone())),
        }
    }

    /// Cycles from the arrival of operands at row 0, column 0 until the sums to which they
    /// complete are at the bottom of column 0. For an output-stationary array the operands are
    /// those with the token that ends the sums' tile.
    pub fn latency(&self) -> u32 {
        self.rows + 1 + self.format.product_latency() + self.format.operand_latency(self.dataflow)
    }

    /// Bits of the activations of all rows.
    pub fn activation_bits(&self) -> u32 {
        self.rows * self.format.activation.width
    }

    /// Bits of the weights of all columns.
    pub fn weight_bits(&self) -> u32 {
        self.columns * self.format.weight.width
    }

    /// Bits of the sums of all columns.
    pub fn sum_bits(&self) -> u32 {
        self.columns * self.format.sum.width
    }

    /// Paths of the multiplier cells, a list for every column from row 0 on; none where the
    /// multipliers are not cells of a chip.
    pub fn multipliers(&self) -> Vec<Vec<String>> {
        let Some(cell) = self.format.multiplier_cell() else {
            return Vec::new();
        };
        let path = |row, column| format!("{}.{}.{cell}", row_name(row), pe_name(column));
        let column = |column| (0..self.rows).map(|row| path(row, column)).collect();
        (0..self.columns).map(column).collect()
    }

    /// The module of a part, as a row.
    fn part_name(&self, part: &str) -> String {
        format!("{}_{part}", self.name.trim_end_matches("_array"))
    }

    fn doc(&self) -> String {
        format!(
            "{} x {} processing elements. Row r and column c are r and c cycles behind row 0 and column 0.",
            self.rows, self.columns
        )
    }
}

/// Paths of cells, as they are where `block` is an instance.
pub(super) fn within(block: &str, columns: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let of_column =
        |paths: Vec<String>| paths.iter().map(|path| format!("{block}.{path}")).collect();
    columns.into_iter().map(of_column).collect()
}

bundle! {
    /// Outputs of an array.
    pub struct ArrayOutputs(array: &ArrayParams) {
        /// Column 0 lowest.
        sums: unsigned(array.sum_bits()),
    }
}

/// The instance of a row.
fn row_name(row: u32) -> String {
    format!("row_{row}")
}

/// The instance of a PE.
fn pe_name(column: u32) -> String {
    format!("pe_{column}")
}

/// The lanes of a bus, lowest first, as values of `shape`.
#[track_caller]
fn lanes(bus: Signal<'_>, shape: Shape) -> Vec<Signal<'_>> {
    let lanes = bus.split(shape.width).into_iter();
    match shape.signed {
        true => lanes.map(Signal::as_signed).collect(),
        false => lanes.collect(),
    }
}
