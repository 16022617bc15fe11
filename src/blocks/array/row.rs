//! A row of PEs: the unit from which a grid is written, so that the text of an array grows with
//! rows + columns.

use crate::arch::Dataflow;
use crate::blocks::pe::{OutputStationaryPe, PeFormat, WeightStationaryPe};
use crate::hdl::{Block, Module, Shape, Signal, bit, join, unsigned};

/// A row of PEs. Operands from above and sums are buses with column 0 in the lowest bits.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrayRow {
    /// Module name; the PE is called `<name>_pe` without a trailing `_row`.
    pub name: String,
    /// What stays in the PEs.
    pub dataflow: Dataflow,
    /// Number of PEs.
    pub columns: u32,
    /// Number formats.
    pub format: PeFormat,
}

impl ArrayRow {
    fn pe_module(&self) -> String {
        format!("{}_pe", self.name.trim_end_matches("_row"))
    }
}

/// The instance of a PE.
pub(super) fn pe_name(column: u32) -> String {
    format!("pe_{column}")
}

/// A lane as a value of the given signedness.
fn cast(lane: Signal<'_>, shape: Shape) -> Signal<'_> {
    if shape.signed { lane.as_signed() } else { lane }
}

/// The lanes of a bus, lowest first, as values of `shape`.
fn lanes(bus: Signal<'_>, shape: Shape) -> Vec<Signal<'_>> {
    bus.split(shape.width)
        .into_iter()
        .map(|lane| cast(lane, shape))
        .collect()
}

impl Block for ArrayRow {
    fn module_name(&self) -> String {
        self.name.clone()
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc(&format!("A row of {} processing elements.", self.columns));
        match self.dataflow {
            Dataflow::WeightStationary => self.weight_stationary(m),
            Dataflow::OutputStationary => self.output_stationary(m),
        }
    }
}

impl ArrayRow {
    fn weight_stationary(&self, m: &Module) {
        let format = &self.format;
        let pe = WeightStationaryPe {
            name: self.pe_module(),
            format: *format,
        };
        let mut swap = m.input("swap", bit());
        let mut activation = m.input("activation", format.activation);
        let weights = m.input("weights", unsigned(self.columns * format.weight.width));
        let sums_in = m.input("sums_in", unsigned(self.columns * format.sum.width));
        let weights = lanes(weights, format.weight);
        let sums_in = lanes(sums_in, format.sum);
        let mut sums = Vec::new();
        for column in 0..self.columns as usize {
            let last = column + 1 == self.columns as usize;
            let pe = m
                .untyped_instance(pe_name(column as u32), &pe)
                .input("swap_in", swap)
                .input("activation_in", activation)
                .input("weight_in", weights[column])
                .input("sum_in", sums_in[column]);
            sums.push(pe.output("sum_out"));
            if !last {
                swap = pe.output("swap_out").named(format!("swap_{}", column + 1));
                activation = pe
                    .output("activation_out")
                    .named(format!("activation_{}", column + 1));
            }
        }
        m.output("sums_out", join(&sums));
    }

    fn output_stationary(&self, m: &Module) {
        let format = &self.format;
        let pe = OutputStationaryPe {
            name: self.pe_module(),
            format: *format,
        };
        let mut start = m.input("start", bit());
        let mut shift = m.input("shift", bit());
        let mut activation = m.input("activation", format.activation);
        let weights_in = m.input("weights_in", unsigned(self.columns * format.weight.width));
        let drain_in = m.input("drain_in", unsigned(self.columns * format.sum.width));
        let weights_in = lanes(weights_in, format.weight);
        let drain_in = lanes(drain_in, format.sum);
        let (mut weights, mut drain) = (Vec::new(), Vec::new());
        for column in 0..self.columns as usize {
            let last = column + 1 == self.columns as usize;
            let pe = m
                .untyped_instance(pe_name(column as u32), &pe)
                .input("start_in", start)
                .input("shift_in", shift)
                .input("activation_in", activation)
                .input("weight_in", weights_in[column])
                .input("drain_in", drain_in[column]);
            weights.push(pe.output("weight_out"));
            drain.push(pe.output("drain_out"));
            if !last {
                let next = column + 1;
                start = pe.output("start_out").named(format!("start_{next}"));
                shift = pe.output("shift_out").named(format!("shift_{next}"));
                activation = pe
                    .output("activation_out")
                    .named(format!("activation_{next}"));
            }
        }
        m.output("weights_out", join(&weights));
        m.output("drain_out", join(&drain));
    }
}
