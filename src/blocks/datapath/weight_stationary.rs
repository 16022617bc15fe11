//! Datapath around a weight-stationary array.

use super::super::array::{Array, Lanes};
use super::super::buffer::operand_memory;
use super::super::ports::{PortSizes, Target, WeightStationaryIssue, WritePort, sums_width};
use super::OPERAND_LATENCY;
use super::common::{b_buffer, delay_target, row_tokens, skew};
use crate::arch::MatmulArch;
use crate::hdl::{Block, Module, bit, connect, unsigned};

/// Operand buffers, skew, array and deskew of a weight-stationary core.
#[derive(Debug, Clone)]
pub struct WeightStationaryDatapath {
    /// The core's module name, which begins the names of all parts.
    pub core: String,
    /// The architecture.
    pub arch: MatmulArch,
}

impl Block for WeightStationaryDatapath {
    fn module_name(&self) -> String {
        format!("{}_datapath", self.core)
    }

    fn build(&self, m: &Module) {
        let (arch, core) = (&self.arch, &self.core);
        let sizes = PortSizes::of(arch);
        m.doc("Operand buffers, skew, array and deskew of a weight-stationary core.");
        let clear = m
            .input("clear", bit())
            .comment("forget the sums on their way");
        let issue: WeightStationaryIssue<'_> = m.sink_port("issue", sizes.weight_stationary());
        let target: Target<'_> = m.sink_port("target", sizes.target);
        let a_write: WritePort<'_> = m.sink_port("a_write", sizes.a_write);

        m.section("operand buffers");
        let depth = 2 * arch.a_buffer.bank_depth;
        let a_buffer = operand_memory(m, "a_buffer", arch.a_buffer.word_bits, depth);
        a_buffer.write(a_write.enable, a_write.address, a_write.data);
        let a_word = a_buffer.read_enabled("a_word", issue.a_read, issue.a_address);
        let activations = m.delay("activations", a_word);
        let b_word = b_buffer(m, arch, issue.b_read, issue.b_address);
        let b_valid = m.delay("b_valid", issue.b_read);
        let weights = m
            .delay("weights", b_word.gate(b_valid))
            .comment("zeros beyond K");

        m.section("array");
        let start = m.delay_by("pass_start", issue.pass_start, OPERAND_LATENCY);
        let swaps = row_tokens("swaps", start, arch.rows);
        let activations = skew(
            core,
            "skew_a",
            activations,
            arch.rows,
            Lanes::FirstLaneFirst,
        );
        let weights = skew(core, "skew_b", weights, arch.columns, Lanes::FirstLaneFirst);
        let array = Array::new(&format!("{core}_array"), arch);
        let sums = m
            .instance("array", &array)
            .input("swaps", swaps)
            .input("activations", activations)
            .input("weights", weights)
            .output("sums");
        let sums = skew(core, "deskew", sums, arch.columns, Lanes::LastLaneFirst);

        let cycles = OPERAND_LATENCY + array.latency() + arch.columns - 1;
        let arriving = delay_target(core, &target, cycles, clear);
        let result: Target<'_> = m.source_port("result", sizes.target);
        connect(&arriving, &result);
        let port = m.output_wire("sums", unsigned(sums_width(arch)));
        port.drive(sums);
    }
}
