//! The page of a product of matrices.

use super::bars::{Bar, bars};
use super::frame::Page;
use super::network::whole;
use super::roofline::roofline;
use crate::report::numbers::{grouped, percent};
use crate::report::{Cause, MatmulReport, Table};

/// The page of a report.
pub(super) fn page(report: &MatmulReport) -> Page {
    let title = format!("{} on {}", report.product(), report.core);
    let subtitle = format!(
        "simulator {}, {}, configuration {}, limited by {}",
        report.simulator,
        report.clock,
        report.config_hash,
        report.limited_by.text()
    );
    let counters = &report.counters;
    let counters = [
        (
            "cycles",
            counters.cycles,
            "from the start of the job to its last result",
        ),
        ("active", counters.active, "operands entered the array"),
        ("stall_a", counters.stall_a, "the array waited for A"),
        ("stall_b", counters.stall_b, "the array waited for B"),
        (
            "stall_c",
            counters.stall_c,
            "the array waited until results were taken",
        ),
    ];
    let counters = counters.into_iter();
    let counters = counters.fold(
        Table::new(&["counter", "cycles", ""]),
        |table, (name, cycles, what)| table.row([name, &grouped(cycles), what]),
    );
    let rows = report.breakdown.iter().enumerate().map(|(colour, share)| {
        let note = format!(
            "{}  {}",
            grouped(share.cycles),
            percent(share.cycles, report.cycles)
        );
        Bar {
            name: share.cause.text().into(),
            length: Some(share.cycles as f64),
            solid: f64::from(u8::from(share.cause == Cause::Products)),
            colour,
            title: format!("{}\n{note}", share.cause.text()),
            note,
        }
    });
    Page::new(&title, &subtitle)
        .tables(&[report.performance.figures(), report.figures()])
        .heading("Cycles", "What the cycles of the job went for")
        .drawing(&bars(&Vec::from_iter(rows)))
        .details("Cycles as a table", &report.causes())
        .details("Counters of the core", &counters.right(&[1]))
        .heading(
            "Roofline",
            "The job under what multipliers and streams let through",
        )
        .drawing(&roofline(
            &report.performance,
            vec![whole(&report.performance)],
        ))
}
