//! Breaks the cores on purpose; every mutant must be caught by the checks of `verify`.

mod matmul;
mod npu;

use ferrogrid::verify::Case;
use ferrogrid::verify::mutation::{MATMUL, Mutation, NPU, Prey, Verdict, hunt};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Every mutant of a table is caught by a case.
fn every_mutant_is_caught<C: Case>(mutations: &[Mutation], prey: &[Prey<C>]) {
    let hunts: Vec<_> = mutations
        .par_iter()
        .map(|mutation| {
            hunt(mutation, prey).unwrap_or_else(|error| panic!("{}: {error}", mutation.name))
        })
        .collect();
    let (mut table, mut alive, mut spotless) = (String::new(), Vec::new(), Vec::new());
    for (mutation, hunt) in mutations.iter().zip(&hunts) {
        let verdict = match &hunt.verdict {
            Verdict::Caught(catch) => format!("case {}: {}", catch.index, catch.mismatch),
            Verdict::Survived => {
                alive.push(mutation.name);
                format!("SURVIVED on {} cores", hunt.mutants)
            }
            Verdict::Spotless => {
                spotless.push(mutation.name);
                "NO CORE has the spot".to_owned()
            }
        };
        writeln!(table, "{:<50} {verdict}", mutation.name).unwrap();
    }
    println!("{table}");
    assert!(
        spotless.is_empty(),
        "{} mutations change none of the cores that are hunted: {spotless:#?}",
        spotless.len()
    );
    assert!(
        alive.is_empty(),
        "{} mutants survived: {alive:#?}",
        alive.len()
    );
}

#[test]
fn names_are_unique() {
    for mutations in [MATMUL, NPU] {
        let names: BTreeSet<_> = mutations.iter().map(|mutation| mutation.name).collect();
        assert_eq!(names.len(), mutations.len());
    }
}
