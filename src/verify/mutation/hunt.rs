//! Cases on mutants, until one fails.

use super::Mutation;
use crate::device::{Backend, Error, Native};
use crate::verify::check::{check, design};
use crate::verify::matmul::MatmulCase;
use crate::verify::verdict::Mismatch;

/// What became of a mutation.
#[derive(Debug)]
pub struct Hunt {
    /// Cores that have the spot.
    pub mutants: usize,
    /// How it ended.
    pub verdict: Verdict,
}

/// How a hunt ended.
#[derive(Debug)]
pub enum Verdict {
    /// A case failed, as it should.
    Caught(Box<Catch>),
    /// No case failed.
    Survived,
}

/// How a mutant was caught.
#[derive(Debug)]
pub struct Catch {
    /// Number of the case.
    pub index: usize,
    /// The case.
    pub case: MatmulCase,
    /// What was wrong.
    pub mismatch: Mismatch,
}

/// Runs cases, each on its own core broken by `mutation`, until one fails.
///
/// # Errors
/// When a mutant cannot be run: a mutation that does not make a design.
pub fn hunt(mutation: &Mutation, cases: &[MatmulCase]) -> Result<Hunt, Error> {
    let mut mutants = 0;
    for (index, case) in cases.iter().enumerate() {
        let mut design = design(case);
        if !mutation.apply(&mut design) {
            continue;
        }
        mutants += 1;
        let native: Box<dyn Backend> = Box::new(Native::new(&design)?);
        match check(case, &mut [native]) {
            Ok(_) => {}
            Err(Mismatch::Device(error)) => return Err(error),
            Err(mismatch) => {
                let catch = Catch {
                    index,
                    case: case.clone(),
                    mismatch,
                };
                return Ok(Hunt {
                    mutants,
                    verdict: Verdict::Caught(Box::new(catch)),
                });
            }
        }
    }
    Ok(Hunt {
        mutants,
        verdict: Verdict::Survived,
    })
}
