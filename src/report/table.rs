//! Plain tables: columns apart, no lines, so that they can be pasted and cut.

use super::xml::{Element, element, leaf};
use comfy_table::{Cell, CellAlignment, presets};
use std::fmt;

/// A table whose columns are as wide as their widest cell.
#[derive(Debug)]
pub struct Table {
    cells: comfy_table::Table,
    /// Columns of numbers.
    right: Vec<usize>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Table {
        let mut table = Table::plain();
        table.cells.set_header(headings.to_vec());
        table
    }

    /// A table without headings.
    pub fn plain() -> Table {
        let mut cells = comfy_table::Table::new();
        cells.load_style(presets::NOTHING);
        Table {
            cells,
            right: Vec::new(),
        }
    }

    /// With another row.
    pub fn row(mut self, cells: impl IntoIterator<Item = impl Into<String>>) -> Table {
        self.cells
            .add_row(cells.into_iter().map(Into::into).collect::<Vec<String>>());
        self
    }

    /// With the numbers of these columns, counted from 0, under each other's last digit.
    pub fn right(mut self, columns: &[usize]) -> Table {
        self.right = columns.to_vec();
        self
    }

    /// As an element of HTML.
    pub(super) fn html(&self) -> Element {
        let row = |name: &'static str, cells: &mut dyn Iterator<Item = &Cell>| {
            let cells = cells.enumerate().map(|(column, cell)| {
                let cell = leaf(name, &cell.content());
                match self.right.contains(&column) {
                    true => cell.attribute("class", "number"),
                    false => cell,
                }
            });
            element("tr").children(cells)
        };
        let head = self.cells.header();
        let head = head.map(|head| row("th", &mut head.cell_iter()));
        let rows = self.cells.row_iter();
        let rows = rows.map(|cells| row("td", &mut cells.cell_iter()));
        element("table").children(head.into_iter().chain(rows))
    }
}

/// The lines of the table, each with its newline and without trailing spaces.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = self.cells.clone();
        table.discover_columns();
        for (number, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if self.right.contains(&number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
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
