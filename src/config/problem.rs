//! What is wrong with a configuration, and where.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;

/// So many problems of a text are told; more help nobody.
const MOST: usize = 20;

/// Bytes of the longest line that is shown whole, and those that are shown of a longer one on each side of a place.
const LONGEST_LINE: usize = 400;
const AROUND: usize = 60;

/// A text that may have words of the user in it, which may be very long.
fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST_LINE) {
        None => text,
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// A text with a place in it, as a message shows it: where a line is very long only what is around the place, in the
/// line of the same number.
fn excerpt(text: &str, place: Option<Range<usize>>) -> (String, Option<Range<usize>>) {
    let is_long = text.lines().any(|line| line.len() > LONGEST_LINE);
    let (Some(at), true) = (&place, is_long) else {
        return (text.to_owned(), place);
    };
    let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at));
    let boundary = |at: usize| boundary(at.min(text.len())).unwrap_or(0);
    let start = text[..at.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[start..]
        .find('\n')
        .map_or(text.len(), |end| start + end);
    let from = boundary(start.max(at.start.saturating_sub(AROUND)));
    let shown = boundary(at.end.min(end).min(at.start + AROUND)).max(at.start);
    let to = boundary(end.min(shown + AROUND)).max(shown);
    let lines = "\n".repeat(text[..start].matches('\n').count());
    let moved = |at: usize| at - from + lines.len();
    let span = moved(at.start)..moved(shown);
    (lines + &text[from..to], Some(span))
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key at fault, as `array.rows`.
    pub field: Option<&'static str>,
    /// Its place in the text in bytes, when there is a text.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// A few words at the place itself; may be empty.
    pub label: String,
    /// The rule, or what to do next; may be empty.
    pub help: String,
}

impl Problem {
    /// A problem of the key `field`.
    pub fn at(field: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            field: Some(field),
            ..Problem::new(message)
        }
    }

    pub(super) fn new(message: impl Into<String>) -> Problem {
        Problem {
            field: None,
            span: None,
            message: message.into(),
            label: String::new(),
            help: String::new(),
        }
    }

    /// With a few words at the place itself.
    pub fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = label.into();
        self
    }

    /// With the rule, or what to do next.
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = help.into();
        self
    }

    pub(super) fn span(mut self, span: Range<usize>) -> Problem {
        self.span = Some(span);
        self
    }
}

/// The message, and the rule behind a semicolon.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, "; {}", self.help)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration text, each with its place.
///
/// As a [`Diagnostic`] it is its first problem with the others as related ones, so that a
/// text with one mistake gives one plain report.
#[derive(Clone, Debug)]
pub struct ConfigError(Box<Report>);

#[derive(Clone, Debug)]
struct Report {
    source: NamedSource<String>,
    problem: Problem,
    others: Vec<ConfigError>,
}

impl ConfigError {
    /// Problems of the text `text` called `name`, in the order of their places.
    ///
    /// # Panics
    /// Without a problem there is no error.
    #[track_caller]
    pub(super) fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> ConfigError {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
        if problems.len() > MOST + 1 {
            let others = problems.len() - MOST;
            problems.truncate(MOST);
            problems.push(Problem::new(format!("{others} other things are wrong")));
        }
        let mut errors = problems.into_iter().map(|problem| {
            let (text, span) = excerpt(text, problem.span);
            let problem = Problem {
                span,
                message: shortened(problem.message),
                label: shortened(problem.label),
                help: shortened(problem.help),
                ..problem
            };
            let source = NamedSource::new(name, text).with_language("TOML");
            let others = Vec::new();
            ConfigError(Box::new(Report {
                source,
                problem,
                others,
            }))
        });
        let mut first = errors.next().expect("at least one problem");
        first.0.others = errors.collect();
        first
    }

    /// The problems, in the order of their places.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.0.problem).chain(self.0.others.iter().map(|other| &other.0.problem))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.problem.message)
    }
}

impl std::error::Error for ConfigError {}

impl Diagnostic for ConfigError {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        let help = &self.0.problem.help;
        (!help.is_empty()).then(|| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.0.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.0.problem.span.clone()?;
        let label = (!self.0.problem.label.is_empty()).then(|| self.0.problem.label.clone());
        Some(Box::new(std::iter::once(
            LabeledSpan::new_primary_with_span(label, span),
        )))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.0.others.is_empty() {
            return None;
        }
        Some(Box::new(
            self.0.others.iter().map(|other| other as &dyn Diagnostic),
        ))
    }
}
