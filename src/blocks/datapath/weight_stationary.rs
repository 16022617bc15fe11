//! Datapath around a weight-stationary array.

use super::super::array::{Lanes, WeightStationaryArray, WeightStationaryArrayInputs};
use super::super::ports::{Target, WeightStationaryIssue};
use super::super::prim::RamWrite;
use super::common::{buffer, row_tokens};
use super::{DatapathOutputs, DatapathParams};
use crate::hdl::{Block, Module, bit, bundle, hardware};

bundle! {
    /// Inputs of [`WeightStationaryDatapath`].
    pub struct WeightStationaryDatapathInputs(datapath: &WeightStationaryDatapath) {
        /// Forget the sums on their way.
        clear: bit(),
        /// Reads of operands.
        issue: WeightStationaryIssue(datapath.0.a_bits(), datapath.0.b_bits()),
        /// Where the sums of the operands go.
        target: Target(datapath.0.target_bits),
        /// A vector of A.
        a_write: RamWrite(1, datapath.0.a_bits(), datapath.0.a_buffer.width),
        /// A vector of B.
        b_write: RamWrite(1, datapath.0.b_bits(), datapath.0.b_buffer.width),
    }
}

/// Operand buffers, skew, array and deskew of a weight-stationary core.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightStationaryDatapath(pub DatapathParams);

#[hardware]
impl Block for WeightStationaryDatapath {
    fn module_name(&self) -> String {
        format!("{}_datapath", self.0.core)
    }

    fn build<'m>(
        &self,
        m: &'m Module,
        io: WeightStationaryDatapathInputs<'m>,
    ) -> DatapathOutputs<'m> {
        let (params, array) = (&self.0, &self.0.array);
        m.doc("Operand buffers, skew, array and deskew of a weight-stationary core.");
        let issue = io.issue;

        m.section("operand buffers");
        let names = ["a_buffer", "a_word"];
        let read = (issue.a_read, issue.a_address);
        let a_word = buffer(m, &params.a_buffer, names, io.a_write, read);
        let activations = m.delay(a_word);
        let names = ["b_buffer", "b_word"];
        let read = (issue.b_read, issue.b_address);
        let b_word = buffer(m, &params.b_buffer, names, io.b_write, read);
        let b_valid = m.delay_by("b_valid", issue.b_read, params.read_latency());
        let weights = m.delay(b_word.gate(b_valid)).comment("zeros beyond K");

        m.section("array");
        let start = m.delay_by("pass_start", issue.pass_start, params.operand_latency());
        let skew_a = params.skew(activations, array.rows, Lanes::FirstLaneFirst);
        let skew_b = params.skew(weights, array.columns, Lanes::FirstLaneFirst);
        let inputs = WeightStationaryArrayInputs {
            swaps: row_tokens("swaps", start, array.rows),
            activations: skew_a.vector_out,
            weights: skew_b.vector_out,
        };
        let array_block = WeightStationaryArray(array.clone());
        let array = m.instance(&array_block, inputs);
        let deskew = params.skew(array.sums, params.array.columns, Lanes::LastLaneFirst);
        DatapathOutputs {
            result: params.beside_array(m, &io.target, io.clear),
            sums: deskew.vector_out,
        }
    }
}
