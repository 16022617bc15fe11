//! Points as a table for other programs.

use super::evaluate::Exploration;
use super::front::front;
use super::goal::Goal;
use super::point::{Outcome, Point};

/// The points as CSV (RFC 4180), in the order of their numbers: values of the keys, figures, and whether they are on the
/// front.
pub fn csv(exploration: &Exploration, points: &[Point], goals: &[Goal]) -> String {
    let front = front(points, goals);
    let keys = exploration
        .space
        .choices()
        .iter()
        .map(|choice| choice.key.clone());
    let cycles = exploration.workloads.iter();
    let cycles = cycles.map(|workload| format!("cycles of {}", workload.name));
    const FIGURES: [&str; 8] = [
        "latency_s",
        "energy_j",
        "luts",
        "registers",
        "multipliers",
        "block_rams",
        "area",
        "on_front",
    ];
    let figures = FIGURES.map(String::from);
    let mut text = line(
        ["point".into()]
            .into_iter()
            .chain(keys)
            .chain(cycles)
            .chain(figures)
            .chain(["refused".into()]),
    );
    let mut places = Vec::from_iter(0..points.len());
    places.sort_by_key(|place| points[*place].number);
    for place in places {
        let Point { number, outcome } = &points[place];
        let values = exploration.space.place(*number);
        let values = exploration
            .space
            .values(&values)
            .into_iter()
            .map(str::to_owned);
        let begin = [number.to_string()].into_iter().chain(values);
        text += &match outcome {
            Outcome::Figures(of) => {
                let cycles = of.cycles.iter().map(u64::to_string);
                let figures = [
                    of.latency_s.to_string(),
                    of.energy_j.to_string(),
                    of.luts.to_string(),
                    of.registers.to_string(),
                    of.multipliers.to_string(),
                    of.block_rams.to_string(),
                    of.area.to_string(),
                    front.contains(&place).to_string(),
                    String::new(),
                ];
                line(begin.chain(cycles).chain(figures))
            }
            Outcome::Refused(reason) => {
                let empty = vec![String::new(); exploration.workloads.len() + FIGURES.len()];
                line(begin.chain(empty).chain([reason.clone()]))
            }
        };
    }
    text
}

/// A row: what has a sign of its own in CSV stands in quotation marks.
fn line(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|cell| match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    });
    Vec::from_iter(quoted).join(",") + "\r\n"
}
