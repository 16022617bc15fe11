//! The smallest case that fails.

use std::ops::ControlFlow;

/// Goes from a failing case to simpler ones that fail, too, however they fail, until none does or
/// the budget of runs is spent. `run` is given the number of runs so far and may end the search.
pub fn shrink<Case, Failure, Simpler: IntoIterator<Item = Case>>(
    failing: (Case, Failure),
    budget: u32,
    simpler: impl Fn(&Case) -> Simpler,
    mut run: impl FnMut(&Case, u32) -> ControlFlow<(), Option<Failure>>,
) -> (Case, Failure) {
    let mut smallest = failing;
    let mut runs = 0;
    'smaller: loop {
        for candidate in simpler(&smallest.0) {
            if runs == budget {
                return smallest;
            }
            runs += 1;
            match run(&candidate, runs) {
                ControlFlow::Break(()) => return smallest,
                ControlFlow::Continue(Some(failure)) => {
                    smallest = (candidate, failure);
                    continue 'smaller;
                }
                ControlFlow::Continue(None) => {}
            }
        }
        return smallest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::JobShape;
    use crate::verify::matmul::{Fault, Job, MatmulCase, random_case, simpler};

    /// The smallest case for which `fails` holds.
    fn smallest(case: MatmulCase, fails: impl Fn(&MatmulCase) -> bool) -> MatmulCase {
        assert!(fails(&case));
        let run = |case: &MatmulCase, _| ControlFlow::Continue(fails(case).then_some(()));
        shrink((case, ()), 10_000, simpler, run).0
    }

    #[test]
    fn what_does_not_matter_goes() {
        let case = (0..).map(|seed| random_case(seed, 20));
        // A job that the core refuses cannot become one that it takes.
        let taken = |case: &MatmulCase, job: &Job| case.arch.check_shape(job.shape).is_ok();
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
        let wide = |case: &MatmulCase| case.arch.columns >= 3;
        let aborted = |job: &Job| job.shape.k >= 4 && matches!(job.fault, Fault::Abort(_));
        let fails = |case: &MatmulCase| wide(case) && case.jobs.iter().any(aborted);
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
        let run = |_: &MatmulCase, count| {
            runs += 1;
            assert_eq!(count, runs);
            ControlFlow::Continue(None)
        };
        shrink((random_case(1, 20), ()), 7, simpler, run);
        assert_eq!(runs, 7);
    }
}
