//! Mutants of the matmul core.

use ferrogrid::device::{Backend, Native};
use ferrogrid::number::Matrix;
use ferrogrid::verify::Mismatch;
use ferrogrid::verify::check::{check, check_stimulus, design};
use ferrogrid::verify::matmul::{Golden, MatmulCase, Wrong, cases, golden};
use ferrogrid::verify::mutation::{MATMUL, Mutation, Prey, Verdict, hunt};
use rayon::prelude::*;

/// Cases that every mutant meets until one catches it: random ones of small cores, then those of
/// the system tests.
fn campaign() -> Vec<MatmulCase> {
    let corpus = include_str!("../system/corpus.txt");
    let lines = corpus
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let corpus = lines.map(|line| line.parse().unwrap_or_else(|error| panic!("{error}")));
    cases(1, 6).take(150).chain(corpus).collect()
}

#[test]
fn every_mutant_is_caught() {
    let cases = campaign().into_par_iter();
    let prey: Vec<_> = cases.map(|case| Prey::new(vec![case])).collect();
    super::every_mutant_is_caught(MATMUL, &prey);
}

/// What breaks no core is no survivor.
#[test]
fn a_mutation_without_a_spot_is_told_apart() {
    let nowhere = Mutation {
        module: "_no_such_module",
        ..MATMUL[0]
    };
    let case: MatmulCase = "rows=3 columns=2 job=4x5x3:random".parse().expect("a case");
    let prey = [Prey::new(vec![case])];
    let hunt = hunt(&nowhere, &prey).expect("a core");
    assert_eq!(hunt.mutants, 0);
    assert!(
        matches!(hunt.verdict, Verdict::Spotless),
        "{:?}",
        hunt.verdict
    );
}

/// The campaign passes on the core as it is: what it catches is the mutation.
#[test]
fn nothing_is_caught_on_the_core_itself() {
    campaign().par_iter().for_each(|case| {
        let native: Box<dyn Backend> = Box::new(Native::new(&design(case)).expect("a core"));
        if let Err(mismatch) = check(case, &mut [native]) {
            panic!("{mismatch}\n{case}");
        }
    });
}

/// The other side broken: a golden model that is wrong in one element is noticed, so the expected
/// values do not come from the core.
#[test]
fn a_wrong_golden_model_is_noticed() {
    let wrong: Golden = |a, b, result| {
        let mut c = golden(a, b, result).bits().to_owned();
        if let Some(last) = c.last_mut() {
            *last += 1;
        }
        Matrix::from_bits(result, c)
    };
    let case: MatmulCase = "rows=3 columns=2 job=4x5x3:random".parse().expect("a case");
    let mut native: [Box<dyn Backend>; 1] =
        [Box::new(Native::new(&design(&case)).expect("a core"))];
    check(&case, &mut native).expect("the core is right");
    let stimulus = case.stimulus_against(wrong, native[0].as_mut());
    let stimulus = stimulus.expect("the core runs");
    let mismatch = check_stimulus(&stimulus, &mut native).expect_err("the model is wrong");
    let Mismatch::Wrong(wrong) = &mismatch else {
        panic!("{mismatch}");
    };
    assert!(
        matches!(
            wrong.downcast_ref(),
            Some(Wrong::Element {
                row: 3,
                column: 2,
                ..
            })
        ),
        "{mismatch}"
    );
}
