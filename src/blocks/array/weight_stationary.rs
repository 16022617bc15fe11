//! The array in which weights stay.

use super::{ArrayOutputs, ArrayParams, lanes, pe_name, row_name};
use crate::blocks::pe::{WeightStationaryPe, WeightStationaryPeInputs};
use crate::hdl::{Block, Module, bit, bundle, hardware, join, unsigned};

bundle! {
    /// Inputs of [`WeightStationaryArray`].
    pub struct WeightStationaryArrayInputs(array: &WeightStationaryArray) {
        /// First vector of a tile, a bit a row.
        swaps: unsigned(array.0.rows),
        /// Row 0 lowest.
        activations: unsigned(array.0.activation_bits()),
        /// Column 0 lowest, shared by all rows.
        weights: unsigned(array.0.weight_bits()),
    }
}

/// An array whose rows are fed with activations and hand their sums down.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightStationaryArray(pub ArrayParams);

#[hardware]
impl Block for WeightStationaryArray {
    fn module_name(&self) -> String {
        self.0.name.clone()
    }

    fn build<'m>(&self, m: &'m Module, io: WeightStationaryArrayInputs<'m>) -> ArrayOutputs<'m> {
        let array = &self.0;
        m.doc(&array.doc());
        let block = Row(array.clone());
        let activations = lanes(io.activations, array.format.activation);
        let mut sums = m.zero(unsigned(array.sum_bits()));
        for (r, activation) in (0..).zip(activations) {
            let inputs = RowInputs {
                swap: io.swaps.bit(r),
                activation,
                weights: io.weights,
                sums_in: sums,
            };
            sums = m
                .instance_of(&block)
                .named(row_name(r))
                .connect(inputs)
                .sums_out;
        }
        ArrayOutputs { sums }
    }
}

bundle! {
    /// Inputs of a row.
    pub struct RowInputs(row: &Row) {
        /// First vector of a tile.
        swap: bit(),
        /// From the left.
        activation: row.0.format.activation,
        /// Of all columns.
        weights: unsigned(row.0.weight_bits()),
        /// From above.
        sums_in: unsigned(row.0.sum_bits()),
    }
}

bundle! {
    /// Outputs of a row, downwards.
    pub struct RowOutputs(array: &ArrayParams) {
        sums_out: unsigned(array.sum_bits()),
    }
}

/// A row of PEs of this array.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(ArrayParams);

#[hardware]
impl Block for Row {
    fn module_name(&self) -> String {
        self.0.part_name("row")
    }

    fn build<'m>(&self, m: &'m Module, io: RowInputs<'m>) -> RowOutputs<'m> {
        let format = self.0.format;
        m.doc(&format!("A row of {} processing elements.", self.0.columns));
        let block = WeightStationaryPe {
            name: self.0.part_name("pe"),
            format,
        };
        let operands = lanes(io.weights, format.weight)
            .into_iter()
            .zip(lanes(io.sums_in, format.sum));
        let (mut swap, mut activation) = (io.swap, io.activation);
        let mut sums = Vec::new();
        for (column, (weight_in, sum_in)) in (0..).zip(operands) {
            let inputs = WeightStationaryPeInputs {
                swap_in: swap,
                activation_in: activation,
                weight_in,
                sum_in,
            };
            let pe = m.instance_of(&block).named(pe_name(column)).connect(inputs);
            (swap, activation) = (pe.swap_out, pe.activation_out);
            sums.push(pe.sum_out);
        }
        RowOutputs {
            sums_out: join(&sums),
        }
    }
}
