//! In which order a host does what belongs to its jobs.

use super::{BUSY, Batch, Builder, QUEUED};
use crate::device::{Backend, Error};
use crate::verify::matmul::{Fault, Host, Job};
use std::ops::Range;

/// What a host does besides waiting for the end of jobs.
#[derive(Default)]
struct Around {
    /// Jobs before, which the counters count too.
    behind: usize,
    /// A job is queued behind these.
    followed: bool,
    running: Option<(usize, u32)>,
}

/// Bits of `interrupt_enable`.
const ENDED: u32 = 1;
const ERROR: u32 = 2;

impl Builder<'_> {
    /// The job ends with an error.
    fn fails(&self, index: usize) -> bool {
        self.jobs[index].refused || self.case.jobs[index].fault.is_of_operands()
    }

    /// Every job, in the way of the host.
    pub(super) fn all_jobs(&mut self, probe: &mut dyn Backend) -> Result<(), Error> {
        let count = self.case.jobs.len();
        let mut next = 0;
        while next < count {
            let jobs = match self.case.host {
                Host::Patient | Host::Eager => self.alone(next, probe)?,
                Host::Meddling => self.meddled_with(next, probe)?,
                Host::Queueing => self.queued(next, probe)?,
            };
            next = jobs.end;
        }
        Ok(())
    }

    /// One job, started when those before have ended.
    fn alone(&mut self, index: usize, probe: &mut dyn Backend) -> Result<Range<usize>, Error> {
        let offered = match self.case.host {
            Host::Eager | Host::Queueing => self.barrier,
            Host::Patient | Host::Meddling => self.done(),
        };
        let fails = self.fails(index);
        let interrupts = match self.habits.few_interrupts {
            true if fails => ERROR,
            true => ENDED,
            false => ENDED | ERROR,
        };
        let start = self.start(&self.case.jobs[index], interrupts);
        self.end_of_one(index, start, offered, Around::default(), probe)?;
        Ok(index..index + 1)
    }

    /// Offers the operands of a started job and sees it to its end.
    fn end_of_one(
        &mut self,
        index: usize,
        start: usize,
        offered: usize,
        around: Around,
        probe: &mut dyn Backend,
    ) -> Result<(), Error> {
        let end = match self.case.jobs[index].fault {
            Fault::Abort(cycles) => self.abort(index..index + 1, cycles, offered, probe)?,
            _ => {
                self.offer(index, offered);
                self.wait(1, true)
            }
        };
        self.end(index..index + 1, start, end, around);
        Ok(())
    }

    /// Reads what tells of the end of jobs, and notes where everything is.
    fn end(&mut self, jobs: Range<usize>, start: usize, end: usize, around: Around) {
        let reads = self.read_the_end();
        let ended_before = self.ended.saturating_sub(jobs.len() as u32);
        self.batches.push(Batch {
            counted: jobs.start - around.behind..jobs.end,
            jobs,
            followed: around.followed,
            start,
            ended_before,
            running: around.running,
            end,
            reads,
        });
    }

    /// A job and the one behind it: the second is queued, and then started again with other sizes,
    /// before the operands of the first are offered; the second's come after its end.
    fn meddled_with(
        &mut self,
        index: usize,
        probe: &mut dyn Backend,
    ) -> Result<Range<usize>, Error> {
        let job = self.case.jobs[index];
        if self.jobs[index].refused {
            return self.alone(index, probe);
        }
        let start = self.start(&job, ENDED | ERROR);
        self.poll("status", QUEUED, 0);
        let aborts = matches!(job.fault, Fault::Abort(_));
        let second = self.case.jobs.get(index + 1).copied();
        let status = match second {
            // What is queued goes with the abort: not the next job, but another of these sizes.
            Some(_) if aborts => {
                self.start(&job, ENDED | ERROR);
                BUSY | QUEUED
            }
            Some(second) => {
                self.start(&second, ENDED | ERROR);
                BUSY | QUEUED
            }
            None => BUSY,
        };
        for register in ["m", "k", "n"] {
            self.write(register, (self.case.seed as u32 ^ 0x5a5a) & 0xffff);
        }
        if second.is_some() {
            // Ignored: the queue is full.
            self.write("control", 1);
        }
        let running = Some((self.done(), status));
        self.read("status");
        let offered = self.done();
        let both = index..index + 2;
        if second.is_none() || aborts {
            let around = Around {
                running,
                ..Around::default()
            };
            self.end_of_one(index, start, offered, around, probe)?;
            return Ok(index..index + 1);
        }
        if self.jobs[index + 1].refused {
            self.offer(index, offered);
            self.offer(index + 1, offered);
            let end = self.wait(2, false);
            let around = Around {
                running,
                ..Around::default()
            };
            self.end(both.clone(), start, end, around);
            return Ok(both);
        }
        let around = Around {
            running,
            followed: true,
            ..Around::default()
        };
        self.end_of_one(index, start, offered, around, probe)?;
        let around = Around {
            behind: 1,
            ..Around::default()
        };
        let offered = self.done();
        self.end_of_one(index + 1, start, offered, around, probe)?;
        Ok(both)
    }

    /// Jobs started one behind the other as the core takes them. One that is given up takes all of
    /// them with it.
    fn queued(&mut self, first: usize, probe: &mut dyn Backend) -> Result<Range<usize>, Error> {
        let jobs = &self.case.jobs;
        let aborts = |job: &Job| matches!(job.fault, Fault::Abort(_));
        let last = jobs[first..].iter().position(aborts);
        let last = last.map_or(jobs.len() - 1, |behind| first + behind);
        let well = (first..last).all(|index| !self.fails(index));
        // The interrupt of an error comes with the last job alone.
        let one_interrupt =
            first == last || (self.habits.few_interrupts && well && self.fails(last));
        let interrupts = match one_interrupt && first < last {
            true => ERROR,
            false => ENDED | ERROR,
        };
        let offered = self.barrier;
        let mut start = self.done();
        for (index, job) in jobs[first..=last].iter().enumerate() {
            if index == 0 {
                start = self.start(job, interrupts);
            } else {
                self.poll("status", QUEUED, 0);
                self.start(job, interrupts);
            }
        }
        let batch = first..last + 1;
        let end = if let Fault::Abort(cycles) = jobs[last].fault {
            self.abort(batch.clone(), cycles, offered, probe)?
        } else {
            for index in batch.clone() {
                self.offer(index, offered);
            }
            self.wait(batch.len() as u32, one_interrupt)
        };
        self.end(batch.clone(), start, end, Around::default());
        Ok(batch)
    }
}
