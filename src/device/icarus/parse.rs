//! The lines that the testbench prints, as a [`Log`].

use super::testbench::INSTANCE;
use crate::device::interface::words;
use crate::device::log::{Log, Rule, SourceState};
use crate::device::outcome::{OperationResult, SinkBeat, SinkResult, SourceResult};
use crate::device::plan::Plan;
use crate::device::process::{assertion, cover};

/// Collects the lines of a run.
pub(super) struct Parser<'a> {
    plan: &'a Plan<'a>,
    log: Log,
    cycle: u64,
    ended: bool,
    /// What the simulator itself said.
    pub other: String,
}

/// What the reader of the lines does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Reads on.
    Next,
    /// Tells the watch function.
    Watch(u64),
}

impl<'a> Parser<'a> {
    pub fn new(plan: &'a Plan<'a>) -> Self {
        let log = Log {
            sources: vec![SourceState::default(); plan.sources.len()],
            sinks: vec![SinkResult::default(); plan.sinks.len()],
            ..Log::default()
        };
        Self {
            plan,
            log,
            cycle: 0,
            ended: false,
            other: String::new(),
        }
    }

    /// Takes in a line; `None` when it is damaged.
    pub fn line(&mut self, line: &str) -> Option<Step> {
        let Some(line) = line.strip_prefix('@') else {
            if let Some(message) = assertion(line, INSTANCE) {
                self.log.fail(self.cycle, message);
            } else if let Some(cover) = cover(line, INSTANCE) {
                self.log.covers.push(cover);
            } else {
                self.other.push_str(line);
                self.other.push('\n');
            }
            return Some(Step::Next);
        };
        let mut fields = line.split_whitespace();
        let tag = fields.next()?;
        let mut fields = Fields(fields);
        match tag {
            "C" => self.cycle = fields.number()?,
            "W" => return Some(Step::Watch(fields.number()?)),
            "R" => {
                self.log.operations.clear();
                self.log.sinks.fill_with(SinkResult::default);
            }
            "O" => self.log.operations.push(OperationResult {
                data: *fields.hex(32)?.first()?,
                response: fields.number()? as u8,
                start: fields.number()?,
                end: fields.number()?,
            }),
            "B" => {
                let sink = fields.number()? as usize;
                let width = self.plan.sinks.get(sink)?.width;
                let cycle = fields.number()?;
                let last = fields.0.next()? == "1";
                let data = fields.hex(width)?;
                self.log.sinks[sink]
                    .beats
                    .push(SinkBeat { cycle, data, last });
            }
            "F" => {
                let rule = *Rule::ALL.get(fields.number()? as usize)?;
                let sink = fields.number()? as usize;
                self.log
                    .fail(fields.number()?, rule.message(self.plan, sink));
            }
            "X" => {
                let port = self.plan.interface.ports.get(fields.number()? as usize)?;
                let message = format!("{} is unknown (X)", port.name);
                self.log.fail(fields.number()?, message);
            }
            "S" => {
                let source = fields.number()? as usize;
                *self.log.sources.get_mut(source)? = fields.source()?;
            }
            "T" => {
                let sink = fields.number()? as usize;
                self.log.sinks.get_mut(sink)?.waited = fields.number()?;
            }
            "P" => self.log.polled = fields.hex(32)?.first().copied(),
            "E" => {
                self.log.cycles = fields.number()?;
                self.log.finished = fields.number()? != 0;
                self.ended = true;
            }
            _ => return None,
        }
        Some(Step::Next)
    }

    /// The log, if the testbench came to its end.
    pub fn finish(self) -> Option<Log> {
        self.ended.then_some(self.log)
    }
}

struct Fields<'a, I: Iterator<Item = &'a str>>(I);

impl<'a, I: Iterator<Item = &'a str>> Fields<'a, I> {
    fn number(&mut self) -> Option<u64> {
        self.0.next()?.parse().ok()
    }

    /// A hexadecimal number of `width` bits; unknown digits count as 0, they are reported apart.
    fn hex(&mut self, width: u32) -> Option<Vec<u32>> {
        let text = self.0.next()?;
        let mut result = vec![0; words(width)];
        for (index, digit) in text.chars().rev().enumerate() {
            let digit = match digit {
                'x' | 'X' | 'z' | 'Z' => 0,
                digit => digit.to_digit(16)?,
            };
            *result.get_mut(index / 8)? |= digit << (4 * (index % 8));
        }
        Some(result)
    }

    fn source(&mut self) -> Option<SourceState> {
        let accepted = self.number()? as usize;
        let position = self.number()? as usize;
        let offered = self.number()? != 0;
        let mut cycle = || Some(Some(self.number()?).filter(|&cycle| cycle != u64::MAX));
        let (first, last) = (cycle()?, cycle()?);
        let result = SourceResult {
            accepted,
            first,
            last,
            waited: self.number()?,
        };
        Some(SourceState {
            result,
            position,
            offered,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_come_in_words() {
        let hex = |text, width| Fields(std::iter::once(text)).hex(width);
        assert_eq!(hex("0123456789", 40), Some(vec![0x2345_6789, 0x01]));
        assert_eq!(hex("1f", 72), Some(vec![0x1f, 0, 0]));
        assert_eq!(hex("1x", 8), Some(vec![0x10]), "unknown digits count as 0");
        assert_eq!(hex("1g", 8), None);
        assert_eq!(hex("123456789", 32), None, "too long");
    }

    #[test]
    fn sources_that_never_fired_have_no_cycles() {
        let line = "0 0 1 18446744073709551615 18446744073709551615 9";
        let state = Fields(line.split_whitespace()).source().expect("a source");
        assert_eq!(
            (state.result.first, state.result.last, state.result.waited),
            (None, None, 9)
        );
        assert!(state.offered);
    }
}
