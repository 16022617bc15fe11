//! Simpler cases than a failing one.

use super::random_arch::shrink_arch;
use super::{DataKind, Fault, Host, MatmulCase, PAUSES};
use crate::device::{StallPattern, Stalls};

/// Cases with less to understand in them, the greatest steps first. Each can be run.
pub fn simpler(case: &MatmulCase) -> Vec<MatmulCase> {
    let mut candidates: Vec<MatmulCase> = Vec::new();
    let mut propose = |change: &dyn Fn(&mut MatmulCase)| {
        let mut candidate = case.clone();
        change(&mut candidate);
        if candidate != *case && candidate.check().is_ok() && !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    };
    let many = case.jobs.len();
    if many > 8 {
        propose(&|case| case.jobs.truncate(many / 2));
        propose(&|case| drop(case.jobs.drain(..many / 2)));
        propose(&|case| case.jobs.truncate(many - 1));
    } else if many > 1 {
        for index in 0..case.jobs.len() {
            propose(&|case| case.jobs = vec![case.jobs[index]]);
        }
        for index in 0..case.jobs.len() {
            propose(&|case| {
                case.jobs.remove(index);
            });
        }
    }
    propose(&|case| case.restart = None);
    propose(&|case| case.jobs.iter_mut().for_each(|job| job.fault = Fault::None));
    propose(&|case| case.stalls = Stalls::default());
    propose(&|case| case.host = Host::Patient);
    for (_, prefix) in PAUSES {
        propose(&|case| case.stalls.set(prefix, StallPattern::none()));
    }
    for arch in shrink_arch(&case.arch) {
        propose(&|case| case.arch = arch.clone());
    }
    for index in
        (0..case.jobs.len()).filter(|index| many <= 8 || case.jobs[*index].fault != Fault::None)
    {
        propose(&|case| case.jobs[index].fault = Fault::None);
        for_each_smaller(case, index, &mut propose);
        for kind in DataKind::ALL {
            if kind == case.jobs[index].data {
                break;
            }
            propose(&|case| case.jobs[index].data = kind);
        }
    }
    for (_, prefix) in PAUSES {
        let bits = case.stalls.of(prefix).bits();
        propose(&|case| case.stalls.set(prefix, StallPattern::new(bits)));
        for shorter in [&bits[..bits.len() / 2], &bits[bits.len() / 2..]] {
            propose(&|case| case.stalls.set(prefix, StallPattern::new(shorter)));
        }
    }
    propose(&|case| case.seed = 0);
    candidates
}

/// Smaller sizes of a job, and an earlier or smaller fault.
fn for_each_smaller(
    case: &MatmulCase,
    index: usize,
    propose: &mut impl FnMut(&dyn Fn(&mut MatmulCase)),
) {
    let job = case.jobs[index];
    for smaller in smaller(job.shape.m.into()) {
        propose(&|case| case.jobs[index].shape.m = smaller as u32);
    }
    for smaller in smaller(job.shape.k.into()) {
        propose(&|case| case.jobs[index].shape.k = smaller as u32);
    }
    for smaller in smaller(job.shape.n.into()) {
        propose(&|case| case.jobs[index].shape.n = smaller as u32);
    }
    let at = match job.fault {
        Fault::None => return,
        Fault::Truncated(_, at) | Fault::Overlong(_, at) => at,
        Fault::Abort(at) => at.into(),
    };
    for at in std::iter::once(0)
        .chain(smaller(at))
        .filter(|smaller| *smaller < at)
    {
        propose(&|case| {
            let fault = &mut case.jobs[index].fault;
            *fault = match *fault {
                Fault::None => Fault::None,
                Fault::Truncated(operand, _) => Fault::Truncated(operand, at),
                Fault::Overlong(operand, _) => Fault::Overlong(operand, at),
                Fault::Abort(_) => Fault::Abort(at as u32),
            }
        });
    }
}

/// 1, the half, and the number before.
fn smaller(value: u64) -> impl Iterator<Item = u64> {
    [1, value / 2, value.saturating_sub(1)]
        .into_iter()
        .filter(move |smaller| (1..value).contains(smaller))
}
