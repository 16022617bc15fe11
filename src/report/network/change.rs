//! The figures of a core and a network in a row, and what has changed from one run to the next.

use super::NetworkReport;
use crate::model::Area;
use crate::report::numbers::grouped;
use crate::report::table::Table;

/// What a change of a configuration is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Name, value and unit of each.
    rows: Vec<(&'static str, f64, &'static str)>,
}

impl Figures {
    /// Of a run, and of what the core is estimated to take of a chip.
    pub fn new(report: &NetworkReport, area: &Area) -> Figures {
        let count = |name, count: u64, unit| (name, count as f64, unit);
        Figures {
            rows: vec![
                count("cycles", report.cycles, ""),
                ("utilization", 100.0 * report.utilization, "%"),
                count("read", report.bytes_read, "bytes"),
                count("written", report.bytes_written, "bytes"),
                count("logic", area.lut, "LUTs, estimated"),
                count("registers", area.ff, ""),
                count("multipliers", area.dsp, ""),
                count("block RAMs", area.bram, ""),
            ],
        }
    }

    /// As text for a terminal: all of them, or those that differ from the run before.
    pub fn text(&self, before: Option<&Figures>) -> String {
        let Some(before) = before else {
            let rows = self.rows.iter().map(|(name, value, unit)| {
                [(*name).to_owned(), number(*value, unit), (*unit).to_owned()]
            });
            let table = rows.fold(Table::plain(), Table::row).right(&[1]);
            return table.to_string();
        };
        let pairs = before.rows.iter().zip(&self.rows);
        let changed = pairs
            .filter(|((_, before, unit), (_, now, _))| number(*before, unit) != number(*now, unit));
        let rows = changed.map(|((name, before, unit), (_, now, _))| {
            let share = match *before {
                0.0 => String::new(),
                before => format!("{:+.1} %", 100.0 * (now / before - 1.0)),
            };
            [
                (*name).to_owned(),
                number(*before, unit),
                "->".to_owned(),
                number(*now, unit),
                (*unit).to_owned(),
                share,
            ]
        });
        let rows = Vec::from_iter(rows);
        match rows.is_empty() {
            true => "no figure has changed\n".into(),
            false => {
                let table = rows.into_iter().fold(Table::plain(), Table::row);
                table.right(&[1, 3, 5]).to_string()
            }
        }
    }
}

fn number(value: f64, unit: &str) -> String {
    match unit {
        "%" => format!("{value:.1}"),
        _ => grouped(value as u64),
    }
}
