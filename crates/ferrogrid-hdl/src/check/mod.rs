//! The gate between construction and the closed design: one check a file.

mod bit_loop;
mod comparisons;
mod crossings;
mod domains;
mod loops;
mod names;
mod resets;
mod split;
mod states;
mod summary;
mod through;
mod undriven;
mod unused;

pub(crate) use summary::Summary;

use crate::error::Findings;
use crate::ir::ModuleIr;

/// Completes a module (which domains it uses, circles that are none bit by bit), checks it and notes
/// what it finds. `modules` are
/// those finished before it, with their `summaries`.
pub(crate) fn close(
    module: &mut ModuleIr,
    modules: &[ModuleIr],
    summaries: &[Summary],
    findings: &mut Findings,
) -> Summary {
    domains::mark_used(module, modules);
    names::check(module, &mut findings.issues);
    undriven::check(module, modules, &mut findings.issues);
    unused::check(module, findings);
    comparisons::check(module, &mut findings.warnings);
    states::check(module, &mut findings.warnings);
    resets::check(module, modules, &mut findings.warnings);
    let follows = loops::check(module, modules, summaries, findings);
    crossings::check(module, summaries, follows, &mut findings.issues)
}
