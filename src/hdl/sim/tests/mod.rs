//! The simulator against what the operators, registers and memories must do.

mod hierarchy;
mod memories;
mod operators;
mod registers;
mod waves;

use super::Simulator;
use crate::hdl::{Module, design};

/// A simulator of a design that must be right.
fn simulate(describe: impl FnOnce(&Module)) -> Simulator {
    match design("test", describe) {
        Ok(design) => Simulator::new(&design),
        Err(error) => panic!("{error}"),
    }
}
