//! Control: the jobs, the loaders, the sequencers and the drain.

mod countdown;
mod drain;
mod front;
mod job;
mod job_error;
mod load_a;
mod load_b;
mod loader;
mod output_stationary;
mod passes;
mod ports;
mod position;
mod results;
mod sequencer;
mod stage;
mod tiles;
mod token_line;
mod units;
mod weight_stationary;

pub use drain::{Drain, DrainInputs, DrainOutputs};
pub use job::{JobControl, JobInputs, JobOutputs};
pub use load_a::{LoadA, LoadAInputs, LoadAOutputs};
pub use load_b::{LoadB, LoadBInputs, LoadBOutputs};
pub use output_stationary::{OutputStationaryOutputs, OutputStationarySequencer};
pub use ports::{ComputeJob, DrainJob, LoadJob, Orders, PacketErrors};
pub use sequencer::{SequencerInputs, SequencerParams, SequencerStatus};
pub use token_line::{TokenInputs, TokenLine, TokenOutputs};
pub use weight_stationary::{WeightStationaryOutputs, WeightStationarySequencer};

use crate::hdl::{Shape, Signal, bits_for, unsigned};

/// Sizes of jobs as a host gives them, and M throughout: 16 bits.
pub const SIZE: Shape = Shape {
    width: 16,
    signed: false,
};

/// Shapes of the sizes of a job that was checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobShapes {
    /// K. Wide enough for what it is cut into, tiles and groups of beats.
    pub k: Shape,
    /// Panels of B: N in whole columns of the array. Wide enough for 2.
    pub panels: Shape,
    /// Columns of a panel: 1 to those of the array.
    pub panel_columns: Shape,
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
    m.when(clear, || count.set(0))
        .else_when(up & !down, || count.set(count + 1))
        .else_when(down & !up, || count.set(count - 1));
    let too_many = up & !down & count.eq(2);
    let too_few = down & !up & count.eq(0);
    m.assert(
        &format!("{name}_in_range"),
        clear | !(too_many | too_few),
        "a bank is filled or freed twice",
    );
    *count
}
