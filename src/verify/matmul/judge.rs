//! An outcome against what the golden model and the register map say.

use super::expect::{ResultBeat, result_beats};
use super::stimulus::{BUSY, Batch, DONE, Operands, Run};
use super::{Fault, Golden, Host, MatmulCase, Operand, Wrong};
use crate::device::matmul::MatmulJob;
use crate::device::{Failure, Outcome, SinkBeat};
use crate::isa::JobError;
use crate::verify::verdict::{CaseReport, Mismatch};

/// Bits of `interrupt_status`.
const ENDED: u32 = 1;
const FAILED: u32 = 2;
/// Responses of AXI4-Lite.
const OKAY: u8 = 0;
const SLVERR: u8 = 2;
/// Cycles in which the loaders take the sizes of a job and look at its first beat ahead.
const BEFORE_THE_FIRST_BEAT: u64 = 2;

/// Everything wrong with an outcome is found; what is reported is the first wrong element, else
/// what explains most.
pub(super) fn judge(
    case: &MatmulCase,
    run: &Run,
    outcome: &Outcome,
    golden: Golden,
) -> Result<CaseReport, Mismatch> {
    let mut judge = Judge {
        case,
        outcome,
        report: CaseReport {
            jobs: run.jobs.len() as u64,
            elements: 0,
            cycles: outcome.cycles,
            covers: (outcome.covers.iter())
                .map(|cover| (cover.path.clone(), cover.count))
                .collect(),
        },
    };
    let mut rest = &outcome.sinks[0].beats[..];
    for batch in &run.batches {
        let over = outcome.operations.get(batch.end);
        let until = over.map_or(u64::MAX, |operation| operation.end);
        let count = rest.partition_point(|beat| beat.cycle <= until);
        let (mine, later) = rest.split_at(count);
        rest = later;
        judge.results(batch, &run.jobs, mine, golden, over.is_some())?;
    }
    if let Some(beat) = rest.first() {
        let problem = format!("came in cycle {}, after the end of the job", beat.cycle);
        let (job, beat) = (case.jobs.len() - 1, 0);
        return Err(Wrong::Form { job, beat, problem }.into());
    }
    if let Some(failure) = judge.unexpected_failure(run) {
        return Err(Mismatch::Rule(failure.clone()));
    }
    if outcome.timed_out() {
        return Err(Mismatch::Stuck {
            cycles: outcome.cycles,
            waiting: outcome.waiting.join("; "),
        });
    }
    judge.responses(run)?;
    for batch in &run.batches {
        judge.registers(batch, &run.jobs)?;
    }
    judge.span(run)?;
    Ok(judge.report)
}

struct Judge<'a> {
    case: &'a MatmulCase,
    outcome: &'a Outcome,
    report: CaseReport,
}

impl Judge<'_> {
    /// The beats of a batch: a packet of each job that sends one, in their order.
    fn results(
        &mut self,
        batch: &Batch,
        jobs: &[Operands],
        beats: &[SinkBeat],
        golden: Golden,
        over: bool,
    ) -> Result<(), Wrong> {
        let last = &self.case.jobs[batch.jobs.end - 1];
        let given_up = matches!(last.fault, Fault::Abort(_));
        let expected = |index: usize| {
            let MatmulJob { a, b } = &jobs[index].matrices;
            let result = self.case.arch.result.into();
            match jobs[index].refused {
                true => Vec::new(),
                false => result_beats(&self.case.arch, &golden(a, b, result)),
            }
        };
        let expected = Vec::from_iter(batch.jobs.clone().map(expected));
        let complete = over && !given_up;
        self.report.elements += self.packets(batch.jobs.start, &expected, beats, complete)?;
        Ok(())
    }

    /// What is compared of the packets of jobs from `first` on. `complete`: they have ended.
    fn packets(
        &self,
        first: usize,
        expected: &[Vec<ResultBeat>],
        beats: &[SinkBeat],
        complete: bool,
    ) -> Result<u64, Wrong> {
        let Some((mine, later)) = expected.split_first() else {
            return Ok(0);
        };
        let with = |count: usize| {
            let (sent, behind) = beats.split_at(count);
            let elements = self.result(first, mine, sent, complete)?;
            Ok(elements + self.packets(first + 1, later, behind, complete)?)
        };
        if later.is_empty() {
            return with(beats.len());
        }
        if !self.fails(first) {
            return with(mine.len().min(beats.len()));
        }
        // Where a beat had left when the job failed, its packet was closed.
        let closing = beats.iter().position(|beat| beat.last);
        let closed = closing.map_or(beats.len(), |closing| closing + 1);
        let surely = (first + 1..).zip(later);
        let surely = surely.filter(|(index, beats)| !beats.is_empty() && !self.fails(*index));
        let packets = beats.iter().filter(|beat| beat.last).count();
        let [likely, else_] = match packets > surely.count() {
            true => [closed, 0],
            false => [0, closed],
        };
        with(likely).or_else(|wrong| with(else_).map_err(|_| wrong))
    }

    /// An operand stream of the job is wrong.
    fn fails(&self, index: usize) -> bool {
        self.case.jobs[index].fault.is_of_operands()
    }

    /// The beats of a job: all of them, or for one that failed the first few, closed with a beat
    /// of zeros; of one that has not ended as many as it comes to. Returns the elements compared.
    fn result(
        &self,
        index: usize,
        expected: &[ResultBeat],
        beats: &[SinkBeat],
        complete: bool,
    ) -> Result<u64, Wrong> {
        let job = &self.case.jobs[index];
        let form = |beat: usize, problem: String| Wrong::Form {
            job: index,
            beat,
            problem,
        };
        let closed = self.fails(index);
        let (sent, closing) = match beats.split_last() {
            Some((last, sent)) if closed && (complete || last.last) => (sent, Some(last)),
            _ => (beats, None),
        };
        let mut elements = 0;
        for (number, beat) in sent.iter().enumerate() {
            let Some(expected_beat) = expected.get(number) else {
                return Err(form(number, format!("is too much (cycle {})", beat.cycle)));
            };
            self.beat(index, number, expected_beat, beat)?;
            let last = number + 1 == expected.len();
            if beat.last != (last && !closed) {
                let has = if beat.last { "has" } else { "lacks" };
                return Err(form(number, format!("{has} TLAST (cycle {})", beat.cycle)));
            }
            elements += expected_beat.columns.len() as u64;
        }
        if let Some(beat) = closing {
            let zero = beat.data.iter().all(|word| *word == 0);
            if sent.is_empty() || !beat.last || !zero {
                let problem = format!(
                    "must close a packet with zeros and TLAST and is {:x?} (cycle {})",
                    beat.data, beat.cycle
                );
                return Err(form(sent.len(), problem));
            }
        }
        if job.fault == Fault::None && complete && sent.len() < expected.len() {
            let problem = format!("is missing: the job has {} beats", expected.len());
            return Err(form(sent.len(), problem));
        }
        Ok(elements)
    }

    fn beat(
        &self,
        job: usize,
        number: usize,
        expected: &ResultBeat,
        beat: &SinkBeat,
    ) -> Result<(), Wrong> {
        if expected.words == beat.data {
            return Ok(());
        }
        let arch = &self.case.arch;
        for (lane, column) in expected.columns.clone().enumerate() {
            let [wanted, found] =
                [&expected.words, &beat.data].map(|words| ResultBeat::element(arch, words, lane));
            if wanted != found {
                return Err(Wrong::Element {
                    job,
                    row: expected.row,
                    column,
                    expected: wanted,
                    found,
                    beat: number,
                    cycle: beat.cycle,
                });
            }
        }
        Err(Wrong::Form {
            job,
            beat: number,
            problem: format!("has padding that is not zero (cycle {})", beat.cycle),
        })
    }

    /// A broken rule, apart from the one that an abort breaks on purpose: it withdraws a beat.
    fn unexpected_failure(&self, run: &Run) -> Option<&Failure> {
        self.outcome.failures.iter().find(|failure| {
            let withdrawn = failure.message.starts_with("m_axis_c_tvalid fell");
            let aborted = run.batches.iter().any(|batch| {
                let operation = self.outcome.operations.get(batch.end);
                let job = &self.case.jobs[batch.jobs.end - 1];
                matches!(job.fault, Fault::Abort(_))
                    && operation.is_some_and(|operation| {
                        (operation.start..=operation.end + 1).contains(&failure.cycle)
                    })
            });
            !(withdrawn && aborted)
        })
    }

    fn read(&self, operation: usize) -> u32 {
        self.outcome.operations[operation].data
    }

    /// OKAY, and SLVERR where there is no register.
    fn responses(&self, run: &Run) -> Result<(), Wrong> {
        for (number, operation) in self.outcome.operations.iter().enumerate() {
            let expected = if run.strays.contains(&number) {
                SLVERR
            } else {
                OKAY
            };
            if operation.response != expected {
                let found = operation.response;
                return Err(Wrong::Response {
                    number,
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }

    fn registers(&self, batch: &Batch, jobs: &[Operands]) -> Result<(), Wrong> {
        let index = batch.jobs.end - 1;
        let expect = |register, operation: usize, expected: u32| {
            let found = self.read(operation);
            if found == expected {
                return Ok(());
            }
            Err(Wrong::Register {
                job: index,
                register,
                expected,
                found,
            })
        };
        if let Some((operation, status)) = batch.running {
            expect("status", operation, status)?;
        }
        let error = |index: usize| match self.case.jobs[index].fault {
            _ if jobs[index].refused => JobError::Size,
            Fault::None | Fault::Abort(_) => JobError::None,
            Fault::Truncated(Operand::A, _) => JobError::ATruncated,
            Fault::Truncated(Operand::B, _) => JobError::BTruncated,
            Fault::Overlong(Operand::A, _) => JobError::AOverlong,
            Fault::Overlong(Operand::B, _) => JobError::BOverlong,
        };
        let [events, status, last_failed, cleared] =
            [0, 1, 7, 9].map(|offset| batch.reads + offset);
        expect("interrupt_status", cleared, 0)?;
        if let Fault::Abort(_) = self.case.jobs[index].fault {
            // Whether the job had ended before the abort is the host's luck.
            return expect("status", status, 0);
        }
        let busy = if batch.followed { BUSY } else { 0 };
        let last = error(index);
        expect("status", status, DONE | busy | (last as u32) << 4)?;
        let well = |index| error(index) == JobError::None;
        let failed = if batch.jobs.clone().all(well) {
            0
        } else {
            FAILED
        };
        expect("interrupt_status", events, ENDED | failed)?;
        let failed = batch.jobs.clone().rev().find(|index| !well(*index));
        if let Some(failed) = failed {
            let ended = batch.ended_before + (failed - batch.jobs.start) as u32 + 1;
            expect("last_failed", last_failed, ended)?;
        }
        let fails = |index: usize| self.case.jobs[index].fault != Fault::None;
        if batch.counted.clone().any(fails) || last == JobError::Size {
            return Ok(());
        }
        self.counters(batch, jobs)
    }

    /// `cycles` runs from the start of the first job to its last result. Where operands wait for
    /// the start, that is from just before the first beat in to the last beat out.
    fn span(&self, run: &Run) -> Result<(), Wrong> {
        let batch = &run.batches[0];
        let waits = ["s_axis_a", "s_axis_b"]
            .iter()
            .any(|prefix| self.case.stalls.of(prefix).bits().is_empty());
        let alone = batch.jobs == (0..1) && self.case.host != Host::Meddling;
        if !alone || self.case.jobs[0].fault != Fault::None || run.jobs[0].refused || !waits {
            return Ok(());
        }
        let end = self.outcome.operations[batch.end].end;
        let beats = &self.outcome.sinks[0].beats;
        let last = beats.iter().rev().find(|beat| beat.cycle <= end);
        let first = self
            .outcome
            .sources
            .iter()
            .filter_map(|source| source.first);
        let (Some(first), Some(last)) = (first.min(), last) else {
            return Ok(());
        };
        let (cycles, span) = (self.read(batch.reads + 2), last.cycle - first + 1);
        if u64::from(cycles) == span + BEFORE_THE_FIRST_BEAT {
            return Ok(());
        }
        Err(Wrong::Counter {
            job: 0,
            problem: format!("cycles is {cycles} and the streams took {span}"),
        })
    }

    /// Counters of jobs that ended well.
    fn counters(&self, batch: &Batch, jobs: &[Operands]) -> Result<(), Wrong> {
        let [cycles, active, stall_a, stall_b, stall_c] =
            [2, 3, 4, 5, 6].map(|offset| u64::from(self.read(batch.reads + offset)));
        let arch = &self.case.arch;
        let index = batch.jobs.end - 1;
        let beats = arch.beats(self.case.jobs[index].shape);
        let vectors = |index: usize| {
            let job = &self.case.jobs[index];
            if jobs[index].refused {
                0
            } else {
                arch.vectors(job.shape)
            }
        };
        // Counters begin anew where a start finds the core at rest: a slow host lets that happen
        // between the jobs of a batch.
        let mut sum = 0;
        let sums: Vec<u64> = batch
            .counted
            .clone()
            .rev()
            .map(|index| {
                sum += vectors(index);
                sum
            })
            .collect();
        let outcome = self.outcome;
        let from = outcome.operations[batch.start].start;
        let until = if batch.followed {
            outcome.operations[batch.reads + 2].end
        } else {
            outcome.operations[batch.end].end
        };
        let host = until - from;
        let rules = [
            (
                sums.contains(&active),
                format!("active_cycles is {active} and one of {sums:?} vectors were to enter"),
            ),
            (
                batch.followed || active + stall_a + stall_b + stall_c <= cycles,
                format!(
                    "{active} active and {stall_a} + {stall_b} + {stall_c} stalled of {cycles} cycles"
                ),
            ),
            (
                beats.c <= cycles && (batch.counted.len() > 1 || beats.a.max(beats.b) <= cycles),
                format!("cycles is {cycles}, too few for the beats of a stream"),
            ),
            (
                cycles < host,
                format!("cycles is {cycles} and the host saw {host}"),
            ),
        ];
        let broken = rules.into_iter().find(|(holds, _)| !holds);
        broken.map_or(Ok(()), |(_, problem)| {
            Err(Wrong::Counter {
                job: index,
                problem,
            })
        })
    }
}
