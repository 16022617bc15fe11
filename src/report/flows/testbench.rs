//! The self-checking test bench.

use super::Flow;
use super::template::fill;
use crate::device::matmul::{JobSequence, Stalls};
use crate::device::pack::{BeatWords, pack_a, pack_b, pack_c};
use std::fmt::Write;

/// Jobs of the bench, and how many times longer a job may take with pauses.
const JOBS_WITH_PAUSES: u64 = 2 * 4;

impl Flow<'_> {
    /// Verilog that runs the example and compares every beat of its result.
    pub(super) fn testbench(&self) -> String {
        let (arch, job) = (self.arch, &self.example.job);
        let shape = job.shape();
        let streams = [
            ("a", arch.a.width, pack_a(arch, job.a.view(), || 0)),
            ("b", arch.b.width, pack_b(arch, job.b.view(), || 0)),
            ("c", arch.c.width, pack_c(arch, self.example.product.view())),
        ];
        let mut sequence = JobSequence::new(arch, &Stalls::default());
        sequence.job(job, || 0);
        let max_cycles = JOBS_WITH_PAUSES * sequence.into_scenario().max_cycles;

        let map = self.registers;
        let address_bits = map.address_bits();
        let step = |register: &str, data: u32| {
            let offset = map.get(register).offset;
            format!("{address_bits}'h{offset:02x}, 32'h{data:08x}")
        };
        let both = |register: &str| {
            let register = map.get(register);
            register.get("done").mask() | register.get("error").mask()
        };
        let mut values: Vec<(String, String)> = [
            ("top", self.top().to_owned()),
            (
                "models",
                self.cells.map_or(String::new(), |path| format!("{path} ")),
            ),
            ("m", shape.m.to_string()),
            ("k", shape.k.to_string()),
            ("n", shape.n.to_string()),
            ("max_cycles", max_cycles.to_string()),
            ("address_bits", address_bits.to_string()),
            ("address_msb", (address_bits - 1).to_string()),
            ("id", step("id", map.get("id").reset_word())),
            (
                "config_hash",
                step("config_hash", map.get("config_hash").reset_word()),
            ),
            ("m_size", step("m", shape.m)),
            ("k_size", step("k", shape.k)),
            ("n_size", step("n", shape.n)),
            ("enable", step("interrupt_enable", both("interrupt_enable"))),
            (
                "start",
                step("control", map.get("control").get("start").mask()),
            ),
            ("clear", step("interrupt_status", both("interrupt_status"))),
            (
                "status",
                step("status", map.get("status").get("done").mask()),
            ),
            ("cycles", step("cycles", 0)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut contents = String::new();
        for (name, width, beats) in &streams {
            let count = beats.len();
            // Bits of an index that may pass the last beat.
            let bits = usize::BITS - count.leading_zeros();
            values.extend([
                (format!("{name}_width"), width.to_string()),
                (format!("{name}_beats"), count.to_string()),
                (format!("{name}_count"), format!("{bits}'d{count}")),
                (format!("{name}_msb"), (bits - 1).to_string()),
            ]);
            let end = vec![0; beats.first().map_or(1, Vec::len)];
            for (index, beat) in beats.iter().chain([&end]).enumerate() {
                let digits = hexadecimal(beat, *width);
                writeln!(
                    contents,
                    "        {name}_beats[{index}] = {width}'h{digits};"
                )
                .expect("a String takes everything");
            }
        }
        values.push(("contents".into(), contents));
        let values: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        fill(include_str!("templates/testbench.v"), &values)
    }

    /// The main program that Verilator needs for it.
    pub(super) fn testbench_main(&self) -> String {
        fill(include_str!("templates/main.cpp"), &[("top", self.top())])
    }
}

/// The digits of a beat of `width` bits, the highest first.
fn hexadecimal(beat: &BeatWords, width: u32) -> String {
    let digits = beat.iter().rev().fold(String::new(), |mut text, word| {
        write!(text, "{word:08x}").expect("a String takes everything");
        text
    });
    // Beats of less than a word have zeros above.
    digits[digits.len() - width.div_ceil(4) as usize..].to_owned()
}
