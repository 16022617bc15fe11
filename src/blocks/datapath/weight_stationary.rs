//! Datapath around a weight-stationary array.

use super::super::array::{Array, Lanes};
use super::super::buffer::{BankPair, BufferMemory, read_word};
use super::super::ports::{PortSizes, Target, WeightStationaryIssue, WritePort, sums_width};
use super::super::prim::{RamRead, RamWrite};
use super::common::{b_buffer, delay_target, row_tokens, skew};
use super::{ARRAY, operand_latency};
use crate::arch::{MatmulArch, MemoryStyle};
use crate::hdl::{Block, Module, Signal, bit, connect, unsigned};

/// Operand buffers, skew, array and deskew of a weight-stationary core.
#[derive(Debug, Clone, PartialEq)]
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

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        let (arch, core) = (&self.arch, &self.core);
        let sizes = PortSizes::of(arch);
        m.doc("Operand buffers, skew, array and deskew of a weight-stationary core.");
        let clear = m
            .input("clear", bit())
            .comment("forget the sums on their way");
        let issue: WeightStationaryIssue<'_> = m.sink_port("issue", sizes.weight_stationary());
        let target: Target<'_> = m.sink_port("target", sizes.target.clone());
        let a_write: WritePort<'_> = m.sink_port("a_write", sizes.a_write);

        m.section("operand buffers");
        let a_word = self.a_buffer(m, &issue, &a_write);
        let activations = m.delay(a_word).named("activations");
        let b_word = b_buffer(m, arch, issue.b_read, issue.b_address);
        let b_valid = m.delay_by("b_valid", issue.b_read, arch.read_latency());
        let weights = m
            .delay(b_word.gate(b_valid))
            .named("weights")
            .comment("zeros beyond K");

        m.section("array");
        let start = m.delay_by("pass_start", issue.pass_start, operand_latency(arch));
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
            .untyped_instance(ARRAY, &array)
            .input("swaps", swaps)
            .input("activations", activations)
            .input("weights", weights)
            .output("sums");
        let sums = skew(core, "deskew", sums, arch.columns, Lanes::LastLaneFirst);

        // The accumulators read before they add: a token comes a cycle before its sums.
        let cycles = operand_latency(arch) + array.latency() + arch.columns - 2;
        let arriving = delay_target(core, &target, cycles, clear);
        let result: Target<'_> = m.source_port("result", sizes.target);
        connect(&arriving, &result);
        let port = m.output_wire("sums", unsigned(sums_width(arch)));
        port.drive(sums);
    }
}

impl WeightStationaryDatapath {
    /// The A buffer: the word at the issue's address, after the read latency.
    fn a_buffer<'m>(
        &self,
        m: &'m Module,
        issue: &WeightStationaryIssue<'m>,
        write: &WritePort<'m>,
    ) -> Signal<'m> {
        let arch = &self.arch;
        let (width, bank_depth) = (arch.a_buffer.word_bits, arch.a_buffer.bank_depth);
        if arch.a_buffer_style() == MemoryStyle::SinglePort {
            let pair = BankPair {
                name: format!("{}_a_buffer", self.core),
                width,
                bank_depth,
            };
            let write = RamWrite {
                enable: write.enable,
                address: write.address,
                data: write.data,
                mask: None,
            };
            let read = RamRead {
                enable: issue.a_read,
                address: issue.a_address,
            };
            let word = pair.insert(m, "a_buffer", write, read);
            return read_word(m, arch.output_register, "a_word", word);
        }
        let memory = BufferMemory::new(m, arch, "a_buffer", width, 2 * bank_depth);
        memory.write(write.enable, write.address, write.data);
        memory.read("a_word", issue.a_read, issue.a_address)
    }
}
