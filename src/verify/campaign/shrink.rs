//! The smallest case that fails.

use crate::verify::case::{Case, simpler};
use crate::verify::check::{CaseFailure, Mismatch};
use std::ops::ControlFlow;

/// Goes from a failing case to simpler ones that fail, too, however they fail, until none does or
/// the budget of runs is spent. `run` is given the number of runs so far and may end the search.
pub fn shrink(
    failure: CaseFailure,
    budget: u32,
    mut run: impl FnMut(&Case, u32) -> ControlFlow<(), Option<CaseFailure>>,
) -> CaseFailure {
    let mut smallest = failure;
    let mut runs = 0;
    'smaller: loop {
        for candidate in simpler(&smallest.case) {
            if runs == budget {
                return smallest;
            }
            runs += 1;
            match run(&candidate, runs) {
                ControlFlow::Break(()) => return smallest,
                // A case that cannot be run shows nothing.
                ControlFlow::Continue(Some(failure))
                    if !matches!(*failure.mismatch, Mismatch::Device(_)) =>
                {
                    smallest = failure;
                    continue 'smaller;
                }
                ControlFlow::Continue(_) => {}
            }
        }
        return smallest;
    }
}
