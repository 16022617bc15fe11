//! Cases of the kinds of cores that have them.

use super::case::{Case, ParseCaseError};
use super::matmul::{self, MatmulCase};

/// The random case of a seed, for arrays of up to `max_size` rows and columns.
pub fn random_case(seed: u64, max_size: u32) -> Box<dyn Case> {
    Box::new(matmul::random_case(seed, max_size))
}

/// The case of a text: `key=value` separated by blanks.
///
/// # Errors
/// When it is none.
pub fn parse(text: &str) -> Result<Box<dyn Case>, ParseCaseError> {
    Ok(Box::new(text.parse::<MatmulCase>()?))
}
