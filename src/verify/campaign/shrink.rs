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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::JobShape;
    use crate::verify::case::{Fault, random_case};

    fn failure(case: Case) -> CaseFailure {
        let mismatch = Mismatch::Counter {
            job: 0,
            problem: "made up".into(),
        };
        CaseFailure {
            case: Box::new(case),
            mismatch: Box::new(mismatch),
        }
    }

    /// The smallest case for which `fails` holds.
    fn smallest(case: Case, fails: impl Fn(&Case) -> bool) -> Case {
        assert!(fails(&case));
        let run =
            |case: &Case, _| ControlFlow::Continue(fails(case).then(|| failure(case.clone())));
        *shrink(failure(case), 10_000, run).case
    }

    #[test]
    fn what_does_not_matter_goes() {
        let case = (0..).map(|seed| random_case(seed, 20));
        // A job that the core refuses cannot become one that it takes.
        let taken =
            |case: &Case, job: &crate::verify::case::Job| case.arch.check_shape(job.shape).is_ok();
        let case =
            case.filter(|case| case.jobs.len() > 1 && case.jobs.iter().all(|job| taken(case, job)));
        for case in case.take(20) {
            let smallest = smallest(case, |_| true);
            assert_eq!(smallest.to_string(), SMALLEST);
        }
    }

    const SMALLEST: &str = "rows=1 columns=1 dataflow=weight_stationary activation=int8 \
                            product_register=false streams=8,8,32 buffers=2,4,8 \
                            job=1x1x1:zeros seed=0";

    #[test]
    fn what_matters_stays() {
        let wide = |case: &Case| case.arch.columns >= 3;
        let long = |case: &Case| case.jobs.iter().any(|job| job.shape.k >= 4);
        let aborted = |job: &crate::verify::case::Job| matches!(job.fault, Fault::Abort(_));
        let fails = |case: &Case| wide(case) && long(case) && case.jobs.iter().any(aborted);
        let case = (0..).map(|seed| random_case(seed, 20)).find(fails);
        let smallest = smallest(case.expect("some case"), fails);
        assert_eq!((smallest.arch.rows, smallest.arch.columns), (1, 3));
        assert_eq!(smallest.jobs.len(), 1);
        assert_eq!(smallest.jobs[0].shape, JobShape { m: 1, k: 4, n: 1 });
        assert_eq!(smallest.jobs[0].fault, Fault::Abort(0));
    }

    #[test]
    fn the_budget_is_kept() {
        let mut runs = 0;
        shrink(failure(random_case(1, 20)), 7, |_, count| {
            runs += 1;
            assert_eq!(count, runs);
            ControlFlow::Continue(None)
        });
        assert_eq!(runs, 7);
    }
}
