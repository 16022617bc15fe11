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

/// Jobs of the bench, and how many times longer a job may take with pauses.
const JOBS_WITH_PAUSES: u64 = 2 * 4;

/// Columns of a comment.
const WIDTH: usize = 96;

impl Flow<'_> {
    /// Verilog that runs the example and compares every beat of its result.
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
        let models = self.cells.map_or(String::new(), |path| format!("{path} "));
        let address_bits = self.registers.address_bits();
        let (first, start) = (example.before.len(), start(example));
        let last = first + example.job.len() - 1;
        let step_bits = usize::BITS - last.leading_zeros();
        let step = |number: usize| format!("{step_bits}'d{number}");
        fill(
            include_str!("templates/testbench.v"),
            &[
                ("top", self.top()),
                ("about", &self.about(example)),
                ("models", &models),
                ("size", &example.size),
                (
                    "max_cycles",
                    &(JOBS_WITH_PAUSES * example.max_cycles).to_string(),
                ),
                ("address_msb", &(address_bits - 1).to_string()),
                ("step_msb", &(step_bits - 1).to_string()),
                ("first_step", &step(first)),
                ("start_step", &step(start)),
                ("last_step", &step(last)),
                ("step_zero", &step(0)),
                ("step_one", &step(1)),
                ("steps", &self.steps(example, step)),
                ("counts", &(streams.counts() + &of_dram(Dram::counts))),
                ("ports", &(streams.ports() + &of_dram(Dram::ports))),
                (
                    "connections",
                    &(streams.connections() + &of_dram(Dram::connections)),
                ),
                ("compared", &of_dram(Dram::compared)),
                (
                    "result_indices",
                    &(streams.result_indices() + &of_dram(Dram::index)),
                ),
                ("operand_indices", &streams.operand_indices()),
                (
                    "missing_beats",
                    &(streams.missing_beats() + &of_dram(Dram::missing)),
                ),
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
        let pauses = match (&example.memory, example.transfers.len()) {
            (Some(_), _) => "a memory that never pauses, then with pauses on its channels",
            (None, 2) => "streams that never pause, then with pauses on both",
            (None, 3) => "streams that never pause, then with pauses on all three",
            (None, _) => "streams that never pause, then with pauses on all",
        };
        let text = format!(
            "Self-checking test bench of {}. It runs one {}, twice: with {pauses}. Expected results \
             come from the golden model. It prints a line that begins with PASS or FAIL.",
            self.top(),
            example.title
        );
        let comment = textwrap::Options::new(WIDTH)
            .initial_indent("// ")
            .subsequent_indent("// ");
        textwrap::fill(&text, comment)
    }

    /// The cases of the table of steps.
    fn steps(&self, example: &Example, number: impl Fn(usize) -> String) -> String {
        let steps: Vec<&Step> = example.before.iter().chain(&example.job).collect();
        let bits = self.registers.address_bits();
        let mut text = String::new();
        for (index, step) in steps.iter().enumerate() {
            let Step { register, data, .. } = step;
            let label = match index + 1 == steps.len() {
                true => "default".to_owned(),
                false => number(index),
            };
            let action = match step.action {
                Action::Write | Action::Start => "WRITE",
                Action::Read => "READ",
                Action::Show => "SHOW",
                Action::Interrupt => {
                    let values = format!("{{INTERRUPT, {bits}'h0, 32'h0}}");
                    line(&mut text, &label, &values, "");
                    continue;
                }
            };
            let offset = self.registers.get(register).offset;
            let values = format!("{{{action}, {bits}'h{offset:02x}, 32'h{data:08x}}}");
            let note = match step.note {
                "" => format!("  // {register}"),
                note => format!("  // {register}: {note}"),
            };
            line(&mut text, &label, &values, &note);
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

fn line(text: &mut String, label: &str, values: &str, note: &str) {
    writeln!(
        text,
        "            {label}: {{action, address, data}} = {values};{note}"
    )
    .expect("a String takes everything");
}

/// The number of the step that starts the job.
fn start(example: &Example) -> usize {
    let steps = example.before.iter().chain(&example.job);
    let mut actions = steps.map(|step| step.action);
    let start = actions.position(|action| action == Action::Start);
    start.expect("an example has a step that starts its job")
}
