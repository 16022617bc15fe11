//! The array in which sums stay.

use super::{ArrayOutputs, ArrayParams, lanes, pe_name, row_name};
use crate::blocks::pe::{OutputStationaryPe, OutputStationaryPeInputs};
use crate::hdl::{Block, Module, bit, bundle, hardware, join, unsigned};

bundle! {
    /// Inputs of [`OutputStationaryArray`].
    pub struct OutputStationaryArrayInputs(array: &OutputStationaryArray) {
        /// First operands of a tile, a bit a row.
        starts: unsigned(array.0.rows),
        /// The drain chain moves down, a bit a row.
        shifts: unsigned(array.0.rows),
        /// Row 0 lowest.
        activations: unsigned(array.0.activation_bits()),
        /// Column 0 lowest.
        weights: unsigned(array.0.weight_bits()),
    }
}

/// An array whose rows are fed with activations and hand weights and finished sums down.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputStationaryArray(pub ArrayParams);

#[hardware]
impl Block for OutputStationaryArray {
    fn module_name(&self) -> String {
        self.0.name.clone()
    }

    fn build<'m>(&self, m: &'m Module, io: OutputStationaryArrayInputs<'m>) -> ArrayOutputs<'m> {
        let array = &self.0;
        m.doc(&array.doc());
        let block = Row(array.clone());
        let activations = lanes(io.activations, array.format.activation);
        let mut weights = io.weights;
        let mut sums = m.zero(unsigned(array.sum_bits()));
        for (r, activation) in (0..).zip(activations) {
            let inputs = RowInputs {
                start: io.starts.bit(r),
                shift: io.shifts.bit(r),
                activation,
                weights_in: weights,
                drain_in: sums,
            };
            let row = m.instance_of(&block).named(row_name(r)).connect(inputs);
            (weights, sums) = (row.weights_out, row.drain_out);
        }
        ArrayOutputs { sums }
    }
}

bundle! {
    /// Inputs of a row.
    pub struct RowInputs(row: &Row) {
        /// First operands of a tile.
        start: bit(),
        /// The drain chain moves down.
        shift: bit(),
        /// From the left.
        activation: row.0.format.activation,
        /// From above.
        weights_in: unsigned(row.0.weight_bits()),
        /// From above.
        drain_in: unsigned(row.0.sum_bits()),
    }
}

bundle! {
    /// Outputs of a row, downwards.
    pub struct RowOutputs(array: &ArrayParams) {
        weights_out: unsigned(array.weight_bits()),
        drain_out: unsigned(array.sum_bits()),
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
        let block = OutputStationaryPe {
            name: self.0.part_name("pe"),
            format,
        };
        let from_above = lanes(io.weights_in, format.weight)
            .into_iter()
            .zip(lanes(io.drain_in, format.sum));
        let (mut start, mut shift, mut activation) = (io.start, io.shift, io.activation);
        let (mut weights, mut drain) = (Vec::new(), Vec::new());
        for (column, (weight_in, drain_in)) in (0..).zip(from_above) {
            let inputs = OutputStationaryPeInputs {
                start_in: start,
                shift_in: shift,
                activation_in: activation,
                weight_in,
                drain_in,
            };
            let pe = m.instance_of(&block).named(pe_name(column)).connect(inputs);
            (start, shift, activation) = (pe.start_out, pe.shift_out, pe.activation_out);
            weights.push(pe.weight_out);
            drain.push(pe.drain_out);
        }
        RowOutputs {
            weights_out: join(&weights),
            drain_out: join(&drain),
        }
    }
}
