//! The self-checking test bench.

mod dram;
mod streams;

use super::Flow;
use super::template::fill;
use crate::device::pack::BeatWords;
use crate::product::{Action, Example, Step};
use dram::Dram;
use std::fmt::Write;
use streams::Streams;

/// How many times longer a step may take with pauses.
const PAUSES: u64 = 4;

/// Columns of a comment.
const WIDTH: usize = 96;

impl Flow<'_> {
    /// Verilog that takes the steps of the example, and compares every beat of its results.
    pub(super) fn testbench(&self, example: &Example) -> String {
        let streams = Streams(&example.transfers);
        let dram = example.memory.as_ref();
        let dram = dram.map(|memory| Dram::new(memory, self.interface));
        let of_dram = |text: fn(&Dram) -> String| dram.as_ref().map_or(String::new(), text);
        let (world, contents, results) = match &dram {
            Some(_) => (
                "DRAM behind the channels AR, R, AW and W".into(),
                "what is in DRAM, and what a job must leave there",
                "the results".into(),
            ),
            None => (
                streams.title(),
                "operands and expected results, in the order of the streams",
                streams.results(),
            ),
        };
        let (compared, unseen, orders) = match &dram {
            Some(dram) => ("compared", dram.unseen(), dram::LAUNCH),
            None => ("1'b1", "1'b0".to_owned(), streams::DROP),
        };
        let moves = match &dram {
            Some(_) => dram::MOVES.to_owned(),
            None => streams.moves(),
        };
        let models = self.cells.map_or(String::new(), |path| format!("{path} "));
        let address_bits = self.registers.address_bits();
        let last = example.steps.len() - 1;
        let step_bits = bits_of(last);
        let step = |number: usize| format!("{step_bits}'d{number}");
        fill(
            include_str!("templates/testbench.v"),
            &[
                ("top", self.top()),
                ("about", &self.about(example)),
                ("models", &models),
                ("max_cycles", &(PAUSES * example.max_cycles).to_string()),
                ("address_msb", &(address_bits - 1).to_string()),
                (
                    "no_register",
                    &format!("{address_bits}'h{:02x}", self.behind()),
                ),
                ("counted", &of_dram(Dram::counted)),
                ("counted_case", &of_dram(Dram::counted_case)),
                ("step_msb", &(step_bits - 1).to_string()),
                ("last_step", &step(last)),
                ("step_zero", &step(0)),
                ("step_one", &step(1)),
                ("steps", &self.steps(&example.steps, step)),
                ("sent", &streams.sent()),
                (
                    "wrong_bursts",
                    if dram.is_some() {
                        " + wrong_bursts"
                    } else {
                        ""
                    },
                ),
                ("moves", &moves),
                ("orders", orders),
                ("compared", compared),
                ("unseen", &unseen),
                ("counts", &(streams.counts() + &of_dram(Dram::counts))),
                ("ports", &(streams.ports() + &of_dram(Dram::ports))),
                (
                    "connections",
                    &(streams.connections() + &of_dram(Dram::connections)),
                ),
                ("result_registers", &of_dram(Dram::registers)),
                ("missing", &streams.missing()),
                ("beats_text", &streams.beats_text()),
                ("beats_values", &streams.beats_values()),
                ("results", &results),
                ("world_title", &headline(&world)),
                ("contents_title", &headline(contents)),
                ("pauses", &(streams.pauses() + &of_dram(Dram::pauses))),
                ("memories", &(streams.memories() + &of_dram(Dram::memories))),
                (
                    "processes",
                    &(streams.processes() + &of_dram(Dram::processes)),
                ),
                ("contents", &(streams.contents() + &of_dram(Dram::contents))),
            ],
        )
    }

    /// What the bench does, as a comment.
    fn about(&self, example: &Example) -> String {
        let text = format!(
            "Self-checking test bench of {}: {}; three times, the second with pauses, the third with a world \
             that is ready only for what it has seen offered. Expected results come from the golden model. It \
             prints a line that begins with PASS, or lines that begin with FAIL.",
            self.top(),
            example.title
        );
        let comment = textwrap::Options::new(WIDTH)
            .initial_indent("// ")
            .subsequent_indent("// ");
        textwrap::fill(&text, comment)
    }

    /// The first address without a register.
    fn behind(&self) -> u32 {
        let last = self.registers.registers.last();
        last.map_or(0, |register| register.offset + 4)
    }

    /// The cases of the table of steps.
    fn steps(&self, steps: &[Step], number: impl Fn(usize) -> String) -> String {
        let bits = self.registers.address_bits();
        let behind = self.behind();
        let mut text = String::new();
        for (index, step) in steps.iter().enumerate() {
            let label = match index + 1 == steps.len() {
                true => "default".to_owned(),
                false => number(index),
            };
            let (mask, data) = (step.mask, step.data);
            let register = match &*step.register {
                "" => None,
                name => Some(self.registers.get(name).offset),
            };
            let offset = match step.action {
                Action::StrayRead | Action::StrayWrite => behind,
                _ => register.unwrap_or(0),
            };
            let note = match [&*step.register, step.note] {
                ["", ""] => String::new(),
                ["", text] | [text, ""] => format!("  // {text}"),
                [register, note] => format!("  // {register}: {note}"),
            };
            let name = step.action.name();
            writeln!(
                text,
                "            {label}: {{action, address, mask, data}} = \
                 {{{name}, {bits}'h{offset:02x}, 32'h{mask:x}, 32'h{data:x}}};{note}"
            )
            .expect("a String takes everything");
        }
        text
    }

    /// The main program that Verilator needs for it.
    pub(super) fn testbench_main(&self) -> String {
        fill(include_str!("templates/main.cpp"), &[("top", self.top())])
    }
}

/// A line that begins a part.
fn headline(title: &str) -> String {
    format!("{:-<94}", format!("    // ---- {title} "))
}

/// Beats as the contents of a memory from a word on.
fn contents(memory: &str, width: u32, first: usize, beats: &[BeatWords]) -> String {
    let digits = |beat: &BeatWords| {
        let digits: String = beat
            .iter()
            .rev()
            .map(|word| format!("{word:08x}"))
            .collect();
        // Beats of less than a word have zeros above.
        digits[digits.len() - width.div_ceil(4) as usize..].to_owned()
    };
    let line = |(index, beat)| {
        let digits = digits(beat);
        format!("        {memory}[{index}] = {width}'h{digits};\n")
    };
    (first..).zip(beats).map(line).collect()
}

/// Bits of a number.
fn bits_of(number: usize) -> u32 {
    (usize::BITS - number.leading_zeros()).max(1)
}

impl Action {
    /// In the bench.
    fn name(self) -> &'static str {
        match self {
            Action::Write => "WRITE",
            Action::Start => "START",
            Action::Abort => "ABORT",
            Action::StrayWrite => "STRAY_WRITE",
            Action::Read => "READ",
            Action::StrayRead => "STRAY_READ",
            Action::Poll => "POLL",
            Action::More => "MORE",
            Action::Sum => "SUM",
            Action::Covers => "COVERS",
            Action::Cycles => "CYCLES",
            Action::Counted => "COUNTED",
            Action::Pair => "PAIR",
            Action::Rose => "ROSE",
            Action::Interrupt => "INTERRUPT",
            Action::Quiet => "QUIET",
            Action::Offer => "OFFER",
            Action::Sent => "SENT",
            Action::Hold => "HOLD",
            Action::Idle => "IDLE",
            Action::Repeat => "REPEAT",
            Action::Once => "ONCE",
            Action::Compare => "COMPARE",
            Action::Reset => "RESET",
        }
    }
}
