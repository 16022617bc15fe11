//! A run as a picture: which unit was at work when.

use crate::device::{Executable, Inference};
use crate::isa::npu::Unit;
use crate::report::Table;
use crate::report::numbers::{grouped, percent};
use crate::report::xml::escaped;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::ops::Range;

/// Columns of the picture in a terminal.
const COLUMNS: u64 = 80;
/// Shares of a column in which a unit was at work.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
/// What stands for a layer in a terminal, in turn.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// Width of the drawing and height of a unit in the SVG, without the margins.
const WIDTH: u64 = 1040;
const ROW: u64 = 36;
const MARGIN: u64 = 80;
/// Colours of the layers, in turn: seven that differ for most eyes (Okabe and Ito 2008).
pub(in crate::report) const COLOURS: [&str; 7] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b3a400",
];

/// Work of a unit for a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Work {
    unit: Unit,
    cycles: Range<u64>,
    /// Index in its program, and assembly of the instruction.
    index: usize,
    text: String,
    /// Index of the layer: none of inputs and outputs.
    layer: Option<usize>,
}

/// When the units were at work in an inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelinePicture {
    core: String,
    layers: Vec<String>,
    cycles: u64,
    work: Vec<Work>,
}

impl TimelinePicture {
    /// Of an inference of a network, its programs one behind the other.
    pub fn new(core: &str, network: &Executable, inference: &Inference) -> TimelinePicture {
        let (mut layers, mut work) = (Vec::new(), Vec::new());
        let mut start = 0;
        for (program, time) in network.programs().zip(&inference.programs) {
            let spans = time.timeline.of_program(&program.program);
            work.extend(spans.into_iter().enumerate().filter_map(|(index, span)| {
                let span = span?;
                let instruction = &program.program[index];
                let mut of_program = program.layers.iter();
                let layer = of_program.position(|layer| layer.instructions.contains(index));
                Some(Work {
                    unit: instruction.operation.opcode().unit()?,
                    cycles: start + span.start..start + span.end,
                    index,
                    text: instruction.to_string(),
                    layer: layer.map(|layer| layers.len() + layer),
                })
            }));
            layers.extend(program.layers.iter().map(|layer| layer.name.clone()));
            start += time.cycles;
        }
        TimelinePicture {
            core: core.to_owned(),
            layers,
            cycles: inference.cycles.max(1),
            work,
        }
    }

    /// The units that have had instructions.
    fn units(&self) -> Vec<Unit> {
        let has_work = |unit: &Unit| self.work.iter().any(|work| work.unit == *unit);
        Unit::ALL.into_iter().filter(has_work).collect()
    }

    /// For a terminal: a line for each unit, and which layer POST worked on.
    pub fn text(&self) -> String {
        let columns = COLUMNS.min(self.cycles);
        let column =
            |number: u64| number * self.cycles / columns..(number + 1) * self.cycles / columns;
        let mut table = Table::plain();
        for unit in self.units() {
            let line = (0..columns).map(|number| {
                let cycles = column(number);
                let works = self.work.iter().filter(|work| work.unit == unit);
                let works: u64 = works.map(|work| shared(&work.cycles, &cycles)).sum();
                let steps = SHADES.len() as u64 - 1;
                let length = cycles.end - cycles.start;
                SHADES[(works * steps).div_ceil(length).min(steps) as usize]
            });
            table = table.row([
                unit.name().to_owned(),
                format!("|{}|", String::from_iter(line)),
            ]);
        }
        let line = (0..columns).map(|number| {
            let cycles = column(number);
            let posts = self.work.iter().filter(|work| work.unit == Unit::Post);
            let longest = posts.max_by_key(|work| shared(&work.cycles, &cycles));
            let longest = longest.filter(|work| shared(&work.cycles, &cycles) > 0);
            let layer = longest.and_then(|work| work.layer);
            layer.map_or(' ', |layer| LETTERS[layer % LETTERS.len()] as char)
        });
        table = table.row(["layer".to_owned(), format!("|{}|", String::from_iter(line))]);
        let names = self.layers.iter().zip(LETTERS.iter().cycle());
        let names = names.map(|(name, letter)| format!("{} {name}", *letter as char));
        format!(
            "{table}a column is {} cycles; layers in POST: {}\n",
            grouped(self.cycles.div_ceil(columns)),
            Vec::from_iter(names).join(", ")
        )
    }

    /// As a file of SVG.
    pub fn svg(&self) -> String {
        let height = self.height() + 2 * MARGIN;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text x=\"{MARGIN}\" y=\"30\" font-size=\"16\">{}: {} cycles</text>\n{}</svg>\n",
            WIDTH + 2 * MARGIN,
            escaped(&self.core),
            grouped(self.cycles),
            self.drawing()
        )
    }

    /// As SVG in HTML, without a title and with the colours of the page.
    pub(in crate::report) fn inline(&self) -> String {
        let (width, height) = (WIDTH + 2 * MARGIN, self.height() + 30);
        format!(
            "<svg class=\"timeline\" viewBox=\"0 {MARGIN} {width} {height}\">\n{}</svg>\n",
            self.drawing()
        )
    }

    /// How many instructions each unit had, and how long it was at work.
    pub(in crate::report) fn units_table(&self) -> Table {
        let rows = self.units().into_iter().map(|unit| {
            let works = self.work.iter().filter(|work| work.unit == unit);
            let cycles = works
                .clone()
                .map(|work| work.cycles.end.saturating_sub(work.cycles.start));
            let cycles = cycles.fold(0, u64::saturating_add);
            [
                unit.name().to_owned(),
                grouped(works.count() as u64),
                grouped(cycles),
                percent(cycles, self.cycles),
            ]
        });
        let table = Table::new(&["unit", "instructions", "cycles at work", "share"]);
        rows.fold(table, Table::row).right(&[1, 2, 3])
    }

    /// The rows of the units.
    fn height(&self) -> u64 {
        ROW * self.units().len() as u64
    }

    /// What SVG is made of, below a margin: a bar for each instruction, coloured by layer, which says what it is.
    fn drawing(&self) -> String {
        let units = self.units();
        let most = self.cycles.max(1);
        let x = |cycle: u64| MARGIN as f64 + cycle.min(most) as f64 * WIDTH as f64 / most as f64;
        let mut svg = String::new();
        let top = |unit: Unit| {
            let place = units.iter().position(|of| *of == unit);
            MARGIN + ROW * place.unwrap_or(0) as u64
        };
        for unit in &units {
            let y = top(*unit) + ROW / 2 + 4;
            let _ = writeln!(svg, "<text x=\"10\" y=\"{y}\">{}</text>", unit.name());
        }
        for work in &self.work {
            let (from, to) = (x(work.cycles.start), x(work.cycles.end));
            let name = work
                .layer
                .and_then(|layer| self.layers.get(layer))
                .map_or("inputs and outputs", String::as_str);
            let _ = writeln!(
                svg,
                "<rect x=\"{from:.2}\" y=\"{}\" width=\"{:.2}\" height=\"{}\" fill=\"{}\" stroke=\"white\" \
                 stroke-width=\"0.1\"><title>{}\ncycles {} to {}\n{}: {}</title></rect>",
                top(work.unit) + 3,
                (to - from).max(0.2),
                ROW - 6,
                work.layer
                    .map_or("#999999", |layer| COLOURS[layer % COLOURS.len()]),
                escaped(name),
                grouped(work.cycles.start),
                grouped(work.cycles.end),
                work.index,
                escaped(&work.text),
            );
        }
        let bottom = MARGIN + ROW * units.len() as u64;
        let tenth = |tenth: u128| (u128::from(most) * tenth / 10) as u64;
        let mut ticks = Vec::from_iter((0..=10).map(tenth));
        ticks.dedup();
        for cycle in ticks {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                x(cycle),
                bottom + 20,
                grouped(cycle)
            );
        }
        svg
    }
}

/// Cycles that two ranges share.
fn shared(one: &Range<u64>, other: &Range<u64>) -> u64 {
    one.end
        .min(other.end)
        .saturating_sub(one.start.max(other.start))
}
