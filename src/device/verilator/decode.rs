//! The words that `runner.cpp` returns, as a [`Log`].

use crate::device::log::{Log, Rule, SourceState};
use crate::device::outcome::{OperationResult, SinkBeat, SinkResult, SourceResult};
use crate::device::plan::Plan;

/// Reads what `Run::write` wrote; `None` when the words are not that.
pub(super) fn decode(plan: &Plan<'_>, words: &[u32]) -> Option<Log> {
    let mut input = Words(words);
    let mut log = Log {
        finished: input.word()? != 0,
        cycles: input.wide()?,
        ..Log::default()
    };
    for _ in 0..input.word()? {
        log.operations.push(OperationResult {
            data: input.word()?,
            response: input.word()? as u8,
            start: input.wide()?,
            end: input.wide()?,
        });
    }
    let has_polled = input.word()? != 0;
    log.polled = Some(input.word()?).filter(|_| has_polled);
    for _ in &plan.sources {
        log.sources.push(input.source()?);
    }
    for ports in &plan.sinks {
        log.sinks.push(input.sink(ports.words())?);
    }
    for _ in 0..input.word()? {
        let rule = *Rule::ALL.get(input.word()? as usize)?;
        let sink = input.word()? as usize;
        log.fail(input.wide()?, rule.message(plan, sink));
    }
    input.0.is_empty().then_some(log)
}

struct Words<'a>(&'a [u32]);

impl Words<'_> {
    fn word(&mut self) -> Option<u32> {
        let (&word, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(word)
    }

    fn wide(&mut self) -> Option<u64> {
        Some(u64::from(self.word()?) | u64::from(self.word()?) << 32)
    }

    fn source(&mut self) -> Option<SourceState> {
        let accepted = self.word()? as usize;
        let position = self.word()? as usize;
        let offered = self.word()? != 0;
        let mut cycle = || Some(Some(self.wide()?).filter(|&cycle| cycle != u64::MAX));
        let (first, last) = (cycle()?, cycle()?);
        let result = SourceResult {
            accepted,
            first,
            last,
            waited: self.wide()?,
        };
        Some(SourceState {
            result,
            position,
            offered,
        })
    }

    fn sink(&mut self, words: usize) -> Option<SinkResult> {
        let waited = self.wide()?;
        let count = self.wide()?;
        let mut beats = Vec::new();
        for _ in 0..count {
            let cycle = self.wide()?;
            let last = self.word()? != 0;
            let (data, rest) = self.0.split_at_checked(words)?;
            self.0 = rest;
            beats.push(SinkBeat {
                cycle,
                data: data.to_vec(),
                last,
            });
        }
        Some(SinkResult { beats, waited })
    }
}
