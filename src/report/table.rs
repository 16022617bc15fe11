//! Plain tables: columns apart, no lines, so that they can be pasted and cut.

use comfy_table::{CellAlignment, presets};
use std::fmt;

/// A table whose columns are as wide as their widest cell.
#[derive(Debug)]
pub struct Table(comfy_table::Table);

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Table {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(headings.to_vec());
        Table(table)
    }

    /// A table without headings.
    pub fn plain() -> Table {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        Table(table)
    }

    /// With another row.
    pub fn row(mut self, cells: impl IntoIterator<Item = impl Into<String>>) -> Table {
        self.0
            .add_row(cells.into_iter().map(Into::into).collect::<Vec<String>>());
        self
    }

    /// With the numbers of these columns, counted from 0, under each other's last digit.
    pub fn right(mut self, columns: &[usize]) -> Table {
        self.0.discover_columns();
        for &column in columns {
            if let Some(column) = self.0.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        self
    }
}

/// The lines of the table, each with its newline and without trailing spaces.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = self.0.clone();
        table.discover_columns();
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table
            .lines()
            .try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_apart_and_lines_end_with_text() {
        let table = Table::new(&["name", "count", ""])
            .row(["a", "1", "x"])
            .row(["longer", "1,000", ""])
            .right(&[1]);
        insta::assert_snapshot!(table.to_string());
    }
}
