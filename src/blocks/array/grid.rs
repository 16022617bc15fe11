//! The grid of PEs.

use super::ArrayRow;
use super::row::pe_name;
use crate::arch::{Dataflow, MatmulArch};
use crate::blocks::pe::PeFormat;
use crate::hdl::{Block, Module, Signal, unsigned};

/// R rows of C PEs.
///
/// Everything at its edges is skewed: the operands of row r and of column c arrive r and c
/// cycles after those of row 0 and column 0, and results of column c leave c cycles after those
/// of column 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
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

impl Array {
    /// The array of an architecture.
    pub fn new(name: &str, arch: &MatmulArch) -> Array {
        let sum = match arch.dataflow {
            Dataflow::WeightStationary => arch.partial_sum,
            Dataflow::OutputStationary => arch.accumulator,
        };
        Array {
            name: name.to_string(),
            dataflow: arch.dataflow,
            rows: arch.rows,
            columns: arch.columns,
            format: PeFormat::new(arch, sum),
        }
    }

    /// Cycles from the arrival of operands at row 0, column 0 until the sums to which they
    /// complete are at the bottom of column 0. For an output-stationary array the operands are
    /// those with the token that ends the sums' tile.
    pub fn latency(&self) -> u32 {
        self.rows + 1 + self.format.product_latency() + self.format.operand_latency(self.dataflow)
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

    fn row(&self) -> ArrayRow {
        ArrayRow {
            name: format!("{}_row", self.name.trim_end_matches("_array")),
            dataflow: self.dataflow,
            columns: self.columns,
            format: self.format,
        }
    }

    fn weights_shape(&self) -> crate::hdl::Shape {
        unsigned(self.columns * self.format.weight.width)
    }

    fn sums_shape(&self) -> crate::hdl::Shape {
        unsigned(self.columns * self.format.sum.width)
    }
}

/// The instance of a row.
fn row_name(row: u32) -> String {
    format!("row_{row}")
}

impl Block for Array {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc(&format!(
            "{} x {} processing elements. Row r and column c are r and c cycles behind row 0 and column 0.",
            self.rows, self.columns
        ));
        match self.dataflow {
            Dataflow::WeightStationary => self.weight_stationary(m),
            Dataflow::OutputStationary => self.output_stationary(m),
        }
    }
}

impl Array {
    /// The activation of a row, from the bus of all rows.
    fn activation<'m>(&self, activations: Signal<'m>, row: u32) -> Signal<'m> {
        let shape = self.format.activation;
        let lane = activations.slice(row * shape.width, shape.width);
        if shape.signed { lane.as_signed() } else { lane }
    }

    fn weight_stationary(&self, m: &Module) {
        let swaps = m.input("swaps", unsigned(self.rows));
        let activations = m.input(
            "activations",
            unsigned(self.rows * self.format.activation.width),
        );
        let weights = m.input("weights", self.weights_shape());
        swaps.comment("a bit a row");
        activations.comment("row 0 lowest");
        weights.comment("column 0 lowest, shared by all rows");
        let row = self.row();
        let mut sums = m.zero(self.sums_shape());
        for r in 0..self.rows {
            let row = m
                .untyped_instance(row_name(r), &row)
                .input("swap", swaps.bit(r))
                .input("activation", self.activation(activations, r))
                .input("weights", weights)
                .input("sums_in", sums);
            sums = row.output("sums_out").named(format!("sums_{r}"));
        }
        m.output("sums", sums);
    }

    fn output_stationary(&self, m: &Module) {
        let starts = m.input("starts", unsigned(self.rows));
        let shifts = m.input("shifts", unsigned(self.rows));
        let activations = m.input(
            "activations",
            unsigned(self.rows * self.format.activation.width),
        );
        let mut weights = m.input("weights", self.weights_shape());
        starts.comment("a bit a row");
        shifts.comment("a bit a row");
        activations.comment("row 0 lowest");
        weights.comment("column 0 lowest");
        let row = self.row();
        let mut drain = m.zero(self.sums_shape());
        for r in 0..self.rows {
            let row = m
                .untyped_instance(row_name(r), &row)
                .input("start", starts.bit(r))
                .input("shift", shifts.bit(r))
                .input("activation", self.activation(activations, r))
                .input("weights_in", weights)
                .input("drain_in", drain);
            if r + 1 < self.rows {
                weights = row
                    .output("weights_out")
                    .named(format!("weights_{}", r + 1));
            }
            drain = row.output("drain_out").named(format!("drain_{r}"));
        }
        m.output("sums", drain);
    }
}
