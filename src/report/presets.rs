//! The list of presets.

use super::numbers::grouped;
use super::table::Table;
use crate::product::{Cell, Product};
use serde::{Serialize, Serializer};

/// The cores as a table for each kind.
pub fn presets_table(cores: &[Box<dyn Product>]) -> String {
    let rows = Vec::from_iter(
        cores
            .iter()
            .map(|core| (core.name(), core.description().row)),
    );
    let headings =
        |row: &[(&'static str, Cell)]| Vec::from_iter(row.iter().map(|(heading, _)| *heading));
    let kinds = rows.chunk_by(|(_, one), (_, next)| headings(one) == headings(next));
    let tables = kinds.map(|rows| {
        let (_, first) = &rows[0];
        let numbers = first.iter().enumerate();
        let numbers = numbers.filter(|(_, (_, cell))| matches!(cell, Cell::Number(_)));
        let numbers = Vec::from_iter(numbers.map(|(index, _)| index + 1));
        let headings = [&["name"][..], &headings(first)].concat();
        let table = rows
            .iter()
            .fold(Table::new(&headings), |table, (name, row)| {
                let cells = row.iter().map(|(_, cell)| match cell {
                    Cell::Text(text) => text.clone(),
                    Cell::Number(number) => grouped(*number),
                });
                table.row(std::iter::once(name.clone()).chain(cells))
            });
        table.right(&numbers).to_string()
    });
    Vec::from_iter(tables).join("\n")
}

/// The cores as JSON.
pub fn presets_json(cores: &[Box<dyn Product>]) -> String {
    super::json(&Vec::from_iter(
        cores.iter().map(|core| Object(core.as_ref())),
    ))
}

/// A core in a list for programs.
struct Object<'a>(&'a dyn Product);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let core = self.0;
        let hash = format!("0x{:08x}", core.config_hash());
        let name = std::iter::once(("name", core.name().into()));
        let facts = name.chain(core.description().json);
        serializer.collect_map(facts.chain([("config_hash", hash.into())]))
    }
}
