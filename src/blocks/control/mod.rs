//! Control: the jobs, the loaders, the sequencers and the drain.

mod countdown;
mod drain;
mod front;
mod job;
mod load_a;
mod load_b;
mod loader;
mod output_stationary;
mod passes;
mod results;
mod stage;
mod tiles;
mod token_line;
mod weight_stationary;

pub use drain::Drain;
pub use job::JobControl;
pub use load_a::LoadA;
pub use load_b::LoadB;
pub use output_stationary::OutputStationarySequencer;
pub use token_line::TokenLine;
pub use weight_stationary::WeightStationarySequencer;

use crate::arch::MatmulArch;
use crate::hdl::{Shape, Signal, bits_for, unsigned};

/// Sizes of jobs as a host gives them, and M throughout: 16 bits.
pub const SIZE: Shape = Shape {
    width: 16,
    signed: false,
};

/// K of a job that was checked. Wide enough for what it is cut into, tiles and groups of beats.
pub fn k_shape(arch: &MatmulArch) -> Shape {
    let largest = arch.limits.max_k.max(arch.rows).max(arch.a.group);
    unsigned(bits_for(largest.into()))
}

/// Panels of B of a job that was checked: N in whole columns of the array. Wide enough for 2.
pub fn panels_shape(arch: &MatmulArch) -> Shape {
    unsigned(bits_for(arch.limits.max_panels.max(2).into()))
}

/// Columns of a panel: 1 to those of the array.
pub fn panel_columns_shape(arch: &MatmulArch) -> Shape {
    unsigned(bits_for(arch.columns.into()))
}

/// A count of 0, 1 or 2 banks.
pub const BANK_COUNT: Shape = Shape {
    width: 2,
    signed: false,
};

/// Counts of B vectors: 0 to the depth of the B buffer.
pub fn b_count(depth: u32) -> Shape {
    unsigned(bits_for(depth.into()))
}

/// A counter of banks: up where `up`, down where `down`, 0 where `clear`. Asserts that it stays
/// within 0 and 2.
#[track_caller]
fn bank_counter<'m>(name: &str, up: Signal<'m>, down: Signal<'m>, clear: Signal<'m>) -> Signal<'m> {
    let m = up.module();
    let count = m.reg(BANK_COUNT).named(name).reset(0);
    let moved = (up & !down).mux(count + 1, (down & !up).mux(count - 1, *count));
    let too_many = up & !down & count.eq(2);
    let too_few = down & !up & count.eq(0);
    let in_range = clear | !(too_many | too_few);
    m.assert(
        &format!("{name}_in_range"),
        in_range,
        "a bank is filled or freed twice",
    );
    count.next(clear.mux(m.zero(BANK_COUNT), moved))
}
