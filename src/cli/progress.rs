//! How far a long run has come, on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Runs that end sooner need no display.
const PATIENCE: Duration = Duration::from_millis(500);

/// A line of progress that appears when something takes long.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    /// What begins is told in a line that stays.
    lines: bool,
    begun: Instant,
    /// Time between two lines about what is done, and that of the next one.
    step: Duration,
    next_line: Duration,
}

impl Progress {
    /// Nothing is shown yet, and nothing ever when `quiet` or without a terminal.
    pub fn new(quiet: bool) -> Progress {
        let bar = ProgressBar::hidden();
        Progress {
            bar,
            quiet,
            lines: false,
            begun: Instant::now(),
            step: Duration::ZERO,
            next_line: Duration::ZERO,
        }
    }

    /// As [`new`](Progress::new), for stages that take minutes each: without a terminal, a log say,
    /// each has a line.
    pub fn of_stages(quiet: bool) -> Progress {
        let mut progress = Progress::new(quiet);
        progress.lines = !std::io::stderr().is_terminal();
        progress
    }

    /// For what goes on for so many minutes: without a terminal, each tenth of them has a line.
    pub fn of_time(quiet: bool, minutes: f64) -> Progress {
        let mut progress = Progress::of_stages(quiet);
        progress.count((60.0 * minutes).ceil() as u64, "seconds");
        progress.step = Duration::from_secs_f64(6.0 * minutes);
        progress.next_line = progress.step;
        progress
    }

    /// A line that stays, without a terminal.
    pub fn say(&mut self, what: &str) {
        if self.lines && !self.quiet {
            // Nobody is left to be told when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{what}");
        }
    }

    /// So much is done by now, of [`of_time`](Progress::of_time).
    pub fn after(&mut self, done: &str) {
        let elapsed = self.begun.elapsed();
        self.message(&format!(", {done}"));
        self.at(elapsed.as_secs());
        if elapsed >= self.next_line {
            let minutes = elapsed.as_secs_f64() / 60.0;
            self.say(&format!("{done} after {minutes:.1} minutes"));
            self.next_line += self.step;
        }
    }

    /// Shows at once that something of unknown length goes on.
    pub fn working(&mut self, what: &str) {
        if self.quiet {
            return;
        }
        if self.lines {
            self.say(what);
            return;
        }
        self.bar.finish_and_clear();
        self.bar = ProgressBar::new_spinner().with_message(what.to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Begins to count to about `total` of `unit`.
    pub fn count(&mut self, total: u64, unit: &str) {
        self.done();
        self.begun = Instant::now();
        if self.quiet {
            return;
        }
        let template =
            format!("{{bar:30}} {{human_pos}} of about {{human_len}} {unit}, {{eta}} left{{msg}}");
        self.bar = ProgressBar::hidden();
        self.bar.set_length(total);
        // The template is a constant of ours; a plain bar is good enough should it be wrong.
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.bar.set_style(style);
        }
    }

    /// What stands behind the count.
    pub fn message(&mut self, text: &str) {
        self.bar.set_message(text.to_owned());
    }

    /// So many are done.
    pub fn at(&mut self, count: u64) {
        if self.quiet || self.begun.elapsed() < PATIENCE {
            return;
        }
        if self.bar.is_hidden() {
            self.bar
                .set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_position(count);
    }

    /// Removes the line.
    pub fn done(&mut self) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
