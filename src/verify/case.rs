//! What happens to one core, whatever its kind.

use super::verdict::{CaseReport, Mismatch};
use crate::device::{Backend, Error, Outcome, Scenario};
use crate::product::Product;
use std::fmt;
use std::ops::Range;

/// A core and everything that happens to it. Its text is what `ferrogrid verify --replay` takes:
/// see [`parse`](super::parse).
pub trait Case: fmt::Debug + fmt::Display + Send + Sync {
    /// The core.
    fn product(&self) -> &dyn Product;

    /// What the outside of the core does, and what must come of it. `probe` is the core in a
    /// simulator: what a host does may depend on how far the core is.
    ///
    /// # Errors
    /// When the probe cannot be run.
    fn stimulus(&self, probe: &mut dyn Backend) -> Result<Stimulus<'_>, Error>;

    /// Cases with less to understand in them, the greatest steps first. Each can be run, and
    /// whoever goes from one to the next comes to an end.
    fn simpler(&self) -> Box<dyn Iterator<Item = Box<dyn Case>>>;
}

/// Holds what a core did to the golden model.
type Judge<'a> = dyn Fn(&Outcome) -> Result<CaseReport, Mismatch> + 'a;

/// What a case does to a core, and what judges the outcome.
pub struct Stimulus<'a> {
    /// What the outside of the core does.
    pub scenario: Scenario,
    /// Bytes of the first memory that may hold what nothing wrote: unknown in four states.
    pub undefined: Range<usize>,
    judge: Box<Judge<'a>>,
}

impl<'a> Stimulus<'a> {
    /// A scenario whose outcome is given to `judge`.
    pub fn new(
        scenario: Scenario,
        judge: impl Fn(&Outcome) -> Result<CaseReport, Mismatch> + 'a,
    ) -> Stimulus<'a> {
        Stimulus {
            scenario,
            undefined: 0..0,
            judge: Box::new(judge),
        }
    }

    /// Everything wrong with an outcome is found; what is reported is what explains most.
    ///
    /// # Errors
    /// What is wrong.
    pub fn judge(&self, outcome: &Outcome) -> Result<CaseReport, Mismatch> {
        (self.judge)(outcome)
    }
}

/// The text is not a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` in the case: {problem}")]
pub struct ParseCaseError {
    /// The word that is wrong, or the whole text.
    pub word: String,
    /// What is wrong with it.
    pub problem: String,
}
