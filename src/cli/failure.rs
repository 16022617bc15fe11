//! What a command ends with when it could not do its work.

use super::error::CliError;
use super::interrupt;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, MietteHandlerOpts, Report, ReportHandler,
};
use std::fmt;
use std::io::{IsTerminal, Write};
use textwrap::{WordSeparator, WordSplitter};

/// An error to be shown to the user.
#[derive(Debug)]
pub struct Failure(Report);

/// Width of reports that no terminal shows.
const WIDTH: usize = 100;

impl Failure {
    pub(super) fn new(error: Report) -> Failure {
        // Ctrl-C reaches the tools too: what they then say is not what is wrong.
        let kept = matches!(
            error.downcast_ref(),
            Some(CliError::InterruptedExploration { .. })
        );
        if interrupt::requested() && !kept {
            return Failure(CliError::Interrupted.into());
        }
        Failure(error)
    }

    /// Prints the error with its place and the next step on standard error.
    pub fn print(&self) {
        let text = if std::io::stderr().is_terminal() {
            // Names, paths and addresses stay whole, so that they can be copied.
            let handler = MietteHandlerOpts::new()
                .word_separator(WordSeparator::AsciiSpace)
                .word_splitter(WordSplitter::NoHyphenation)
                .break_words(false)
                .build();
            Shown(&handler, self.0.as_ref()).to_string()
        } else {
            self.plain()
        };
        let mut text = text.trim_matches('\n').to_owned();
        // A line that is copied must not be wrapped.
        match self.0.downcast_ref() {
            Some(CliError::Case { case, .. }) => {
                text += &format!("\nreplay: ferrogrid verify --replay \"{case}\"");
            }
            Some(CliError::Rtl { case, rtl, .. }) => {
                let rtl = rtl.display();
                text += &format!("\nreplay: ferrogrid verify --rtl {rtl} --replay \"{case}\"");
            }
            _ => {}
        }
        // Nobody is left to be told when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    fn plain(&self) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_width(WIDTH)
            .with_word_separator(WordSeparator::AsciiSpace)
            .with_word_splitter(WordSplitter::NoHyphenation)
            .with_break_words(false)
            .with_links(false);
        let mut text = String::new();
        match handler.render_report(&mut text, self.0.as_ref()) {
            Ok(()) => text
                .lines()
                .map(str::trim_end)
                .collect::<Vec<_>>()
                .join("\n"),
            Err(fmt::Error) => self.0.to_string(),
        }
    }

    /// The exit code of the process: 1, or 130 after Ctrl-C, as shells have it.
    pub fn exit_code(&self) -> u8 {
        match self.0.downcast_ref::<CliError>() {
            Some(CliError::Interrupted | CliError::InterruptedExploration { .. }) => 130,
            _ => 1,
        }
    }
}

/// An error as a handler shows it.
struct Shown<'a>(&'a dyn ReportHandler, &'a dyn Diagnostic);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(self.1, f)
    }
}
