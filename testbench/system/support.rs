//! Many cases on one core.

use ferrogrid::device::{Backend, Native};
use ferrogrid::verify::check::{check, design};
use ferrogrid::verify::matmul::MatmulCase;
use rayon::prelude::*;

/// The case of a text.
#[track_caller]
pub fn case(text: &str) -> MatmulCase {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs cases that share one core natively; a failure prints its replay line.
#[track_caller]
pub fn all_pass(cases: &[MatmulCase]) {
    let design = design(&cases[0]);
    let chunks = cases.par_chunks(cases.len().div_ceil(8).max(1));
    let failed = chunks.find_map_first(|chunk| {
        let mut native: [Box<dyn Backend>; 1] = [Box::new(Native::new(&design).expect("a core"))];
        chunk.iter().find_map(|case| {
            assert_eq!(case.arch, cases[0].arch, "all cases run on one core");
            let mismatch = check(case, &mut native).err()?;
            Some(format!("{mismatch}\nferrogrid verify --replay \"{case}\""))
        })
    });
    if let Some(failed) = failed {
        panic!("{failed}");
    }
}
