//! The self-checking test bench.

mod streams;

use super::Flow;
use super::template::fill;
use crate::product::{Action, Example, Step};
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
                ("counts", &streams.counts()),
                ("ports", &streams.ports()),
                ("connections", &streams.connections()),
                ("result_indices", &streams.result_indices()),
                ("operand_indices", &streams.operand_indices()),
                ("missing_beats", &streams.missing_beats()),
                ("beats_text", &streams.beats_text()),
                ("beats_values", &streams.beats_values()),
                ("results", &streams.results()),
                ("streams_title", &streams.title()),
                ("pauses", &streams.pauses()),
                ("memories", &streams.memories()),
                ("processes", &streams.processes()),
                ("contents", &streams.contents()),
            ],
        )
    }

    /// What the bench does, as a comment.
    fn about(&self, example: &Example) -> String {
        let all = match example.transfers.len() {
            2 => "both",
            3 => "all three",
            _ => "all",
        };
        let text = format!(
            "Self-checking test bench of {}. It runs one {}, twice: with streams that never pause, \
             then with pauses on {all}. Expected results come from the golden model. It prints a \
             line that begins with PASS or FAIL.",
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
