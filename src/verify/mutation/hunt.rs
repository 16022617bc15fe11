//! Cases on mutants, until one fails.

use super::Mutation;
use crate::device::{Backend, Error, Native};
use crate::hdl::ir::Design;
use crate::verify::Case;
use crate::verify::check::{check, design};
use crate::verify::verdict::Mismatch;

/// A core, and the cases that its mutants meet.
pub struct Prey<C> {
    design: Design,
    cases: Vec<C>,
}

impl<C: Case> Prey<C> {
    /// Cases of one core.
    ///
    /// # Panics
    /// When there are none.
    pub fn new(cases: Vec<C>) -> Prey<C> {
        let design = design(cases.first().expect("a case"));
        Prey { design, cases }
    }
}

/// What became of a mutation.
#[derive(Debug)]
pub struct Hunt<'a, C> {
    /// Cores that have the spot.
    pub mutants: usize,
    /// How it ended.
    pub verdict: Verdict<'a, C>,
}

/// How a hunt ended.
#[derive(Debug)]
pub enum Verdict<'a, C> {
    /// A case failed, as it should.
    Caught(Catch<'a, C>),
    /// No case failed.
    Survived,
    /// No core has the spot: nothing was broken.
    Spotless,
}

/// How a mutant was caught.
#[derive(Debug)]
pub struct Catch<'a, C> {
    /// Number of the case.
    pub index: usize,
    /// The case.
    pub case: &'a C,
    /// What was wrong.
    pub mismatch: Box<Mismatch>,
}

/// Runs cases on cores broken by `mutation` until one fails.
///
/// # Errors
/// When a mutant cannot be run: a mutation that does not make a design.
pub fn hunt<'a, C: Case>(mutation: &Mutation, prey: &'a [Prey<C>]) -> Result<Hunt<'a, C>, Error> {
    let (mut mutants, mut before) = (0, 0);
    for Prey { design, cases } in prey {
        let mut design = design.clone();
        if mutation.apply(&mut design) {
            mutants += 1;
            let mut native: [Box<dyn Backend>; 1] = [Box::new(Native::new(&design)?)];
            for (index, case) in (before..).zip(cases) {
                match check(case, &mut native) {
                    Ok(_) => {}
                    Err(Mismatch::Device(error)) => return Err(error),
                    Err(mismatch) => {
                        let mismatch = Box::new(mismatch);
                        let verdict = Verdict::Caught(Catch {
                            index,
                            case,
                            mismatch,
                        });
                        return Ok(Hunt { mutants, verdict });
                    }
                }
            }
        }
        before += cases.len();
    }
    let verdict = match mutants {
        0 => Verdict::Spotless,
        _ => Verdict::Survived,
    };
    Ok(Hunt { mutants, verdict })
}
