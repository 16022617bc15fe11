//! The page of a run of a network.

use super::axis::prefixed;
use super::bars::{Bar, bars};
use super::frame::Page;
use super::plot::Point;
use super::roofline::roofline;
use crate::report::network::{LayerRow, Measured, NetworkReport, layer_table, shape};
use crate::report::numbers::grouped;
use crate::report::{Performance, Table};
use std::path::Path;

/// The page of a report.
pub(super) fn page(report: &NetworkReport) -> Page {
    let title = match &report.model {
        Some(model) => {
            let name = Path::new(model).file_name().unwrap_or_default();
            format!("{} on {}", name.display(), report.core)
        }
        None => format!("A network on {}", report.core),
    };
    let subtitle = format!(
        "simulator {}, {}, configuration {}",
        report.simulator, report.clock, report.config_hash
    );
    let page =
        Page::new(&title, &subtitle).tables(&[report.performance.figures(), report.figures()]);

    let layers = Vec::from_iter((1..).zip(&report.layers));
    let rows = Vec::from_iter(layers.iter().map(|(number, layer)| bar(*number, layer)));
    let page = page
        .heading(
            "Layers",
            "Cycles of each layer from the end of the one before it: what it does beside that one counts there. Solid is \
             what the limit needs of them",
        )
        .drawing(&bars(&rows))
        .details("Layers as a table", &layer_table(&report.layers));

    let measured = layers.iter().filter_map(|(number, layer)| {
        let measured = layer
            .measured
            .as_ref()
            .filter(|measured| measured.at_work > 0)?;
        Some((*number, *layer, rates(report, measured)))
    });
    let measured = Vec::from_iter(measured);
    let whole = whole(&report.performance);
    let points = measured
        .iter()
        .map(|(number, layer, [intensity, rate])| Point {
            at: [*intensity, *rate],
            label: number.to_string(),
            title: format!(
                "{}\n{} products for each byte\n{}/s",
                layer.name,
                prefixed(*intensity),
                prefixed(*rate)
            ),
            colour: number - 1,
            highlighted: false,
        });
    let points = [whole].into_iter().chain(points);
    let table = Table::new(&["", "layer", "products for each byte", "products a second"]);
    let table = measured
        .iter()
        .fold(table, |table, (number, layer, [intensity, rate])| {
            table.row([
                number.to_string(),
                layer.name.clone(),
                match intensity.is_finite() {
                    true => format!("{intensity:.2}"),
                    // All that it reads and writes stays inside.
                    false => "-".into(),
                },
                grouped(*rate as u64),
            ])
        });
    let mut under = "The run, and its layers by their numbers, each over the cycles in which a unit was at work for it, \
                     under what multipliers and memory let through"
        .to_owned();
    if report.performance.throughput > report.performance.bandwidth {
        under += ". The run is above: products that are the same for every input count for it, and are not computed";
    }
    let page = page
        .heading("Roofline", &under)
        .drawing(&roofline(&report.performance, points.collect()))
        .details("Layers under the roof as a table", &table.right(&[0, 2, 3]));

    match &report.timeline {
        None => page.heading(
            "Timeline",
            "`--timeline` beside `--json` adds which unit was at work when",
        ),
        Some(timeline) => page
            .heading(
                "Timeline",
                "Instructions of each unit over the cycles, in the colours of the layers",
            )
            .drawing(&timeline.inline())
            .details("Units as a table", &timeline.units_table()),
    }
}

fn bar(number: usize, layer: &LayerRow) -> Bar {
    let what = format!("{}\n{} {}", layer.name, layer.operator, shape(&layer.shape));
    let (length, solid, note, more) = match &layer.measured {
        Some(Measured {
            cycles,
            utilization,
            limited_by,
            ..
        }) => (
            Some(*cycles as f64),
            match limited_by.what.as_ref() {
                // Nothing is needed for long.
                "start and end" => 1.0 - limited_by.share,
                _ => limited_by.share,
            },
            format!("{}  {limited_by}", grouped(*cycles)),
            format!(
                "{} cycles, utilization {:.1} %\nlimited by {limited_by}",
                grouped(*cycles),
                100.0 * utilization
            ),
        ),
        None => (
            None,
            0.0,
            format!("on the {}", layer.runs_on),
            format!("on the {}", layer.runs_on),
        ),
    };
    Bar {
        name: format!("{}  {number:2}", layer.name),
        length,
        solid,
        colour: number - 1,
        note,
        title: format!("{what}\n{more}"),
    }
}

/// Products for each byte, and products a second.
fn rates(report: &NetworkReport, measured: &Measured) -> [f64; 2] {
    let bytes = measured.bytes_read as f64 + measured.bytes_written as f64;
    let products = measured.computed as f64;
    [
        products / bytes,
        products * report.clock.hertz() / measured.at_work as f64,
    ]
}

/// The point of a whole run.
pub(super) fn whole(of: &Performance) -> Point {
    Point {
        at: [of.operations_per_byte, of.throughput],
        label: "run".into(),
        title: format!(
            "the run\n{} products for each byte\n{}/s",
            prefixed(of.operations_per_byte),
            prefixed(of.throughput)
        ),
        colour: 5,
        highlighted: true,
    }
}
