//! Campaigns: many random cases, and the smallest one that fails.

mod shrink;

pub use shrink::shrink;

use super::case::Case;
use super::check::{BackendKind, Rtl, run_case, write_waves};
use super::kinds::{Cores, random_case};
use super::verdict::{CaseFailure, CaseReport, Mismatch};
use crate::device::{Error, WaveFile};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Cases whose seeds are drawn together: enough for all threads, few enough for any number of cases.
const TOGETHER: u64 = 1024;

/// What a campaign does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Decides every case.
    pub seed: u64,
    /// Number of cases, where the time suffices.
    pub cases: u64,
    /// No case begins when so much time is over.
    pub time: Option<Duration>,
    /// Simulators; native is always among them.
    pub backends: Vec<BackendKind>,
    /// Of which cores.
    pub cores: Cores,
    /// What runs instead of these, which are then one core; its test bench first.
    pub rtl: Option<Rtl>,
    /// Runs that may be spent to make a failing case smaller.
    pub shrink_runs: u32,
    /// Where to write the waves of the smallest failing case.
    pub waves: Option<WaveFile>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 1,
            cases: 100,
            time: None,
            backends: vec![BackendKind::Native],
            cores: Cores::Matmul(64),
            rtl: None,
            shrink_runs: 400,
            waves: None,
        }
    }
}

impl Options {
    /// Runs a case as the campaign would.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn run_case(&self, case: &dyn Case) -> Result<CaseReport, CaseFailure> {
        match &self.rtl {
            Some(rtl) => rtl.run_case(case),
            None => run_case(case, &self.backends),
        }
    }
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many cases have passed.
    Passed(u64),
    /// A case has failed and is being made smaller; so many runs so far.
    Shrinking(u32),
}

/// What a campaign found.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that passed.
    pub cases: u64,
    /// Different architectures among them.
    pub architectures: u64,
    /// Jobs, elements, cycles and cover points of the cases that passed.
    pub total: CaseReport,
    /// The case of the smallest index that failed.
    pub failure: Option<CampaignFailure>,
    /// The caller ended the campaign early.
    pub cancelled: bool,
}

/// A case that failed.
#[derive(Debug)]
pub struct CampaignFailure {
    /// Its number in the campaign, from 0.
    pub index: u64,
    /// The text of the case as it was generated.
    pub original: String,
    /// The smallest case found that fails, and how.
    pub smallest: CaseFailure,
}

/// Runs a campaign, the cases in parallel. `progress` is called after each case and may end the
/// campaign.
///
/// # Errors
/// When a case could not be run at all, because a tool is missing or fails.
pub fn run(
    options: &Options,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<Report, Error> {
    let begun = Instant::now();
    let time_is_over = || options.time.is_some_and(|time| begun.elapsed() >= time);
    let passed = AtomicU64::new(0);
    let cancelled = AtomicBool::new(false);
    let seen = Mutex::new((BTreeSet::new(), CaseReport::default()));
    let run_one = |index: u64, seed: u64| {
        if cancelled.load(Ordering::Relaxed) || time_is_over() {
            return None;
        }
        let case = random_case(seed, &options.cores);
        match options.run_case(case.as_ref()) {
            Ok(report) => {
                let mut seen = seen.lock().expect("no case panics while it is held");
                seen.0.insert(case.product().config_hash());
                seen.1.add(&report);
                let count = passed.fetch_add(1, Ordering::Relaxed) + 1;
                if progress(Progress::Passed(count)).is_break() {
                    cancelled.store(true, Ordering::Relaxed);
                }
                None
            }
            Err(failure) => Some((index, case, failure)),
        }
    };
    if let (Some(rtl), Some(product)) = (&options.rtl, options.cores.one())
        && let Err(smallest) = rtl.run_bench(product)
    {
        return of_bench(smallest);
    }
    let mut seeds = ChaCha8Rng::seed_from_u64(options.seed);
    let mut failed = None;
    let mut first = 0;
    while failed.is_none() && first < options.cases {
        if cancelled.load(Ordering::Relaxed) || time_is_over() {
            break;
        }
        let count = TOGETHER.min(options.cases - first);
        let together: Vec<(u64, u64)> = (first..first + count)
            .map(|index| (index, seeds.random()))
            .collect();
        failed = together
            .par_iter()
            .find_map_first(|(index, seed)| run_one(*index, *seed));
        first += count;
    }
    let (architectures, total) = seen.into_inner().expect("no case panics while it is held");
    let mut report = Report {
        cases: passed.into_inner(),
        architectures: architectures.len() as u64,
        total,
        failure: None,
        cancelled: cancelled.into_inner(),
    };
    if let Some((index, case, failure)) = failed {
        report.failure = Some(smallest(options, index, case, failure, progress)?);
    }
    Ok(report)
}

/// What the test bench has found in front of all cases.
fn of_bench(smallest: CaseFailure) -> Result<Report, Error> {
    if let Mismatch::Device(error) = *smallest.mismatch {
        return Err(error);
    }
    let failure = CampaignFailure {
        index: 0,
        original: smallest.case.clone(),
        smallest,
    };
    Ok(Report {
        failure: Some(failure),
        ..Report::default()
    })
}

fn smallest(
    options: &Options,
    index: u64,
    case: Box<dyn Case>,
    failure: CaseFailure,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Result<CampaignFailure, Error> {
    if let Mismatch::Device(error) = *failure.mismatch {
        return Err(error);
    }
    let original = failure.case.clone();
    let core = case.product().config_hash();
    let of_any = options.rtl.is_none();
    let (case, smallest) = shrink(
        (case, failure),
        options.shrink_runs,
        |case| {
            let simpler = case.simpler();
            Box::new(simpler.filter(move |case| of_any || case.product().config_hash() == core))
        },
        |case, runs| {
            if progress(Progress::Shrinking(runs)).is_break() {
                return ControlFlow::Break(());
            }
            let failure = options.run_case(case.as_ref()).err();
            // A case that cannot be run shows nothing.
            ControlFlow::Continue(
                failure.filter(|failure| !matches!(*failure.mismatch, Mismatch::Device(_))),
            )
        },
    );
    if let Some(waves) = &options.waves {
        write_waves(case.as_ref(), waves)?;
    }
    Ok(CampaignFailure {
        index,
        original,
        smallest,
    })
}
