//! `ferrogrid run --watch`: again at every save.

use super::Run;
use crate::arch::Family;
use crate::cli::interrupt;
use crate::cli::output::print;
use crate::cli::progress::Progress;
use crate::model;
use crate::product::Part;
use crate::report::{Figures, NetworkReport};
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

/// Between looks at the files.
const LOOK: Duration = Duration::from_millis(50);

/// Runs, and runs again when a file is saved, until the user wants to end. What is wrong with a configuration is printed,
/// and the figures are compared with those of the last one that was right.
pub(super) fn watch(run: &Run) -> miette::Result<()> {
    let mut last: Option<Figures> = None;
    loop {
        let seen = saved(run);
        let begun = Instant::now();
        match figures(run) {
            Ok(figures) => {
                let change = figures.text(last.as_ref());
                let seconds = begun.elapsed().as_secs_f64();
                print(&format!("{change}exact; {seconds:.2} s\n\n"))?;
                last = Some(figures);
            }
            Err(error) => {
                interrupt::check()?;
                eprintln!("{error:?}");
            }
        }
        while saved(run) == seen {
            interrupt::check()?;
            sleep(LOOK);
        }
        // An editor may write a file in parts.
        sleep(LOOK);
    }
}

/// When each file was saved, and how long it is; nothing of one that is just being written.
fn saved(run: &Run) -> Vec<Option<(SystemTime, u64)>> {
    let files = (run.configuration.config.iter())
        .chain([&run.model])
        .chain(&run.input);
    let of = |path| {
        let data = fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    files.map(of).collect()
}

/// The figures of a run whose outputs are right.
fn figures(run: &Run) -> miette::Result<Figures> {
    let arch = run.configuration.load()?;
    let (network, graph, mode) = run.network(&arch)?;
    let rows = run.rows(&network)?;
    let mut progress = Progress::new(false);
    let judged = run.judged(&arch, (&network, graph.as_ref(), mode), &rows)?;
    let design = crate::cli::core::design(&arch, Part::Core)?;
    let mut accelerator = run.accelerator(&arch, &design, &mut progress)?;
    let simulator = accelerator.simulator();
    let mut loaded = accelerator.load(&network)?;
    let inferences = run.simulate(&arch, &mut loaded, &network, &rows, &mut progress)?;
    interrupt::check()?;
    progress.done();
    judged.check(&inferences)?;
    let report = NetworkReport::new(&arch, &network, simulator, run.clock, &inferences);
    let area = model::area(&arch, Family::of(arch.target));
    Ok(Figures::new(&report, &area))
}
