//! The word of C that the drain asks for.

use super::countdown::run_down;
use crate::hdl::{Module, Signal, bit, hardware, index_bits, unsigned};

/// What [`position`] is told.
pub(super) struct PositionInputs<'m> {
    /// There is no word to ask for: back to the first.
    pub restart: Signal<'m>,
    /// A word is asked for.
    pub issue: Signal<'m>,
    /// Rows of C.
    pub rows: Signal<'m>,
    /// Words of a row of C.
    pub panels: Signal<'m>,
}

/// The word of C that is asked for.
pub(super) struct Position<'m> {
    /// It ends its row.
    pub row_end: Signal<'m>,
    /// That word has been asked for.
    pub row_done: Signal<'m>,
    /// It is in the last row of C.
    pub last_row: Signal<'m>,
    /// It is in the last row of its row block.
    pub last_of_block: Signal<'m>,
    /// Its place in the bank.
    pub address: Signal<'m>,
}

/// Counts the words of C. What is said of the last of something comes from a register.
#[hardware]
#[track_caller]
pub(super) fn position<'m>(
    m: &'m Module,
    rows: u32,
    panels_in_bank: u32,
    address_bits: u32,
    io: &PositionInputs<'m>,
) -> Position<'m> {
    let (restart, issue) = (io.restart, io.issue);
    let panels = run_down(io.panels, 2);
    /// words of the row from this one on, less 2
    let panels_left = m.reg(panels.shape());
    let row_end = panels_left.msb().named("row_end");
    let row_done = issue & row_end;
    m.when(restart, || panels_left.set(panels))
        .else_when(issue, || {
            m.when(row_end, || panels_left.set(panels))
                .otherwise(|| panels_left.set(panels_left - 1));
        });

    let rows_total = run_down(io.rows, 3);
    /// rows from this one on, less 3
    let rows_left = m.reg(rows_total.shape());
    m.when(restart, || rows_left.set(rows_total))
        .else_when(row_done, || rows_left.set(rows_left - 1));
    let last_two = rows_left.msb().named("last_two_rows");
    // Before the first row: -2 says that there is only one.
    let only_row = (last_two & !rows_left.bit(0)).named("only_row");
    let last_row = m.reg(bit());
    m.when(restart, || last_row.set(only_row))
        .else_when(row_done, || last_row.set(last_two));

    /// row in the block
    let row = m.reg(unsigned(index_bits(rows.into())));
    let last_of_block = if rows > 1 {
        let last_row_of_block = m.reg(bit());
        m.when(restart, || last_row_of_block.set(only_row))
            .else_when(row_done, || {
                last_row_of_block.set(last_two | (!last_row_of_block & row.eq(rows - 2)))
            });
        *last_row_of_block
    } else {
        m.high()
    };
    let next_row = last_of_block
        .mux(m.zero(row.shape()), row + 1)
        .named("next_row");
    m.when(restart, || row.set(0))
        .else_when(row_done, || row.set(next_row));
    let address = if panels_in_bank > 1 {
        let address = m.reg(unsigned(address_bits));
        m.when(restart, || address.set(0)).else_when(issue, || {
            m.when(row_end, || address.set(next_row.zero_extend(address_bits)))
                .otherwise(|| address.set(address + rows));
        });
        *address
    } else {
        row.zero_extend(address_bits)
    };
    Position {
        row_end,
        row_done,
        last_row: *last_row,
        last_of_block,
        address,
    }
}
