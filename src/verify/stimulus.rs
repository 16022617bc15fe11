//! A case as a scenario, and where in it each job stands.

use super::case::{Case, Fault, Host, Job, Operand};
use super::data::{filler, operands};
use crate::device::matmul::MatmulJob;
use crate::device::pack::{pack_a, pack_b};
use crate::device::{
    AxiLite, Backend, Beat, Error, Goal, Operation, Packet, Scenario, Sink, Source, StallPattern,
    unwatched,
};
use crate::isa::{RegisterMap, matmul_registers};

/// Registers read at the end of a job, in this order.
pub(super) const READ_AT_THE_END: [&str; 8] = [
    "interrupt_status",
    "status",
    "cycles",
    "active_cycles",
    "stall_a",
    "stall_b",
    "stall_c",
    "interrupt_status",
];

/// Cycles to go on after everything is done, to see what should not come.
const TRAILING_CYCLES: u32 = 24;

/// A scenario and its jobs.
pub(super) struct Stimulus {
    pub scenario: Scenario,
    pub jobs: Vec<Marks>,
}

/// Where a job stands among the operations.
pub(super) struct Marks {
    pub operands: MatmulJob,
    /// The core must refuse the sizes.
    pub refused: bool,
    /// The write that starts the job.
    pub start: usize,
    /// The read of the status of a running job.
    pub busy: Option<usize>,
    /// The operation with which the job is over: the wait for the interrupt, or the abort.
    pub end: usize,
    /// The first of [`READ_AT_THE_END`].
    pub reads: usize,
}

struct Builder<'a> {
    case: &'a Case,
    map: RegisterMap,
    scenario: Scenario,
    jobs: Vec<Marks>,
    /// Nothing may be offered before this many operations: an aborted job would take it.
    barrier: usize,
    /// Jobs that surely close a packet of results.
    packets: usize,
}

/// Builds the scenario of a case. `probe` tells how much of its operands a job that is aborted
/// takes: a host that gives up offers no more.
pub(super) fn stimulus(case: &Case, probe: &mut dyn Backend) -> Result<Stimulus, Error> {
    let source = |prefix: &str, stall: &StallPattern| Source {
        stall: stall.clone(),
        ..Source::new(prefix, Vec::new())
    };
    let stalls = &case.stalls;
    let mut builder = Builder {
        case,
        map: matmul_registers("matmul", &case.arch),
        scenario: Scenario {
            max_cycles: 1_000 + case.restart.map_or(0, |restart| restart.end()),
            restart: case.restart,
            trailing_cycles: TRAILING_CYCLES,
            control: Some(AxiLite {
                prefix: "s_axil".into(),
                aw_stall: stalls.aw.clone(),
                w_stall: stalls.w.clone(),
                b_stall: stalls.bresp.clone(),
                ar_stall: stalls.ar.clone(),
                r_stall: stalls.r.clone(),
            }),
            interrupt: "irq".into(),
            sources: vec![source("s_axis_a", &stalls.a), source("s_axis_b", &stalls.b)],
            sinks: vec![Sink {
                stall: stalls.c.clone(),
                ..Sink::new("m_axis_c", Goal::Packets(0))
            }],
            ..Scenario::default()
        },
        jobs: Vec::new(),
        barrier: 0,
        packets: 0,
    };
    for (index, job) in case.jobs.iter().enumerate() {
        builder.job(index, job, probe)?;
    }
    let Builder {
        mut scenario, jobs, ..
    } = builder;
    scenario.sinks[0].goal = Goal::Packets(builder.packets);
    Ok(Stimulus { scenario, jobs })
}

impl Builder<'_> {
    fn done(&self) -> usize {
        self.scenario.operations.len()
    }

    fn address(&self, register: &str) -> u32 {
        self.map.get(register).offset
    }

    fn write(&mut self, register: &str, data: u32) {
        let operation = Operation::write(self.address(register), data);
        self.operation(operation);
    }

    /// A meddling host writes sizes byte by byte, with noise in the bytes that do not count.
    fn write_size(&mut self, register: &str, size: u32) {
        if self.case.host != Host::Meddling {
            return self.write(register, size);
        }
        let noise = 0x9669_5aa5;
        for (byte, strobe) in [(0xff, 0b1101), (0xff00, 0b0010)] {
            self.operation(Operation::Write {
                address: self.address(register),
                data: (size & byte) | (noise & !byte),
                strobe,
            });
        }
    }

    fn read(&mut self, register: &str) {
        let address = self.address(register);
        self.operation(Operation::Read { address });
    }

    fn operation(&mut self, operation: Operation) {
        let stalls = &self.case.stalls;
        let slow: u64 = [&stalls.aw, &stalls.w, &stalls.bresp, &stalls.ar, &stalls.r]
            .map(slowdown)
            .iter()
            .sum();
        self.scenario.max_cycles += 8 * slow;
        self.scenario.operations.push(operation);
    }

    fn job(&mut self, index: usize, job: &Job, probe: &mut dyn Backend) -> Result<(), Error> {
        let case = self.case;
        let refused = case.arch.check_shape(job.shape).is_err();
        // Impossible sizes can be too large even to hold.
        let operands = if refused {
            operands(case, index, &Job::new(SMALLEST, job.data))
        } else {
            operands(case, index, job)
        };
        let offered = match case.host {
            Host::Eager => self.barrier,
            Host::Patient | Host::Meddling => self.done(),
        };
        for (register, size) in [("m", job.shape.m), ("k", job.shape.k), ("n", job.shape.n)] {
            self.write_size(register, size);
        }
        self.write("interrupt_enable", 0b11);
        let start = self.done();
        self.write("control", 1);
        let mut busy = None;
        let mut offered = offered;
        if case.host == Host::Meddling && !refused {
            for register in ["m", "k", "n"] {
                self.write(register, (case.seed as u32 ^ 0x5a5a) & 0xffff);
            }
            self.write("control", 1);
            busy = Some(self.done());
            self.read("status");
            offered = self.done();
        }
        self.scenario.max_cycles += cycle_limit(case, job, refused);
        let end = if refused {
            self.wait()
        } else {
            let (a, b) = self.beats(index, job, &operands);
            match job.fault {
                Fault::Abort(cycles) => self.abort(cycles, [a, b], offered, probe)?,
                fault => {
                    self.send(0, with_fault(a, Operand::A, fault), offered);
                    self.send(1, with_fault(b, Operand::B, fault), offered);
                    self.packets += usize::from(fault == Fault::None);
                    self.wait()
                }
            }
        };
        let reads = self.done();
        for (i, register) in READ_AT_THE_END.iter().enumerate() {
            if i + 1 == READ_AT_THE_END.len() {
                self.write("interrupt_status", 0b11);
            }
            self.read(register);
        }
        self.jobs.push(Marks {
            operands,
            refused,
            start,
            busy,
            end,
            reads,
        });
        Ok(())
    }

    fn beats(&self, index: usize, job: &Job, operands: &MatmulJob) -> (Vec<Beat>, Vec<Beat>) {
        let arch = &self.case.arch;
        let mut filler = filler(self.case, index);
        let a = pack_a(arch, operands.a.view(), &mut filler);
        let b = pack_b(arch, operands.b.view(), &mut filler);
        debug_assert_eq!(a.len() as u64, arch.beats(job.shape).a);
        (Packet::new(a).beats, Packet::new(b).beats)
    }

    fn send(&mut self, stream: usize, beats: Vec<Beat>, start_after: usize) {
        self.scenario.sources[stream]
            .packets
            .push(Packet { beats, start_after });
    }

    fn wait(&mut self) -> usize {
        let end = self.done();
        self.operation(Operation::WaitInterrupt);
        end
    }

    /// Gives the job up after `cycles` cycles; sends the beats that the core takes until then.
    fn abort(
        &mut self,
        cycles: u32,
        beats: [Vec<Beat>; 2],
        offered: usize,
        probe: &mut dyn Backend,
    ) -> Result<usize, Error> {
        self.operation(Operation::Idle(cycles));
        self.scenario.max_cycles += u64::from(cycles);
        let end = self.done();
        self.write("control", 2);
        let mut trial = self.scenario.clone();
        for (source, beats) in trial.sources.iter_mut().zip(&beats) {
            source.optional = true;
            source.packets.push(Packet {
                beats: beats.clone(),
                start_after: offered,
            });
        }
        let outcome = probe.run(&trial, &mut unwatched)?;
        for (stream, mut beats) in beats.into_iter().enumerate() {
            let before = self.scenario.sources[stream].beats();
            let accepted = outcome.sources[stream].accepted;
            beats.truncate(accepted.saturating_sub(before));
            self.send(stream, beats, offered);
        }
        self.barrier = self.done();
        Ok(end)
    }
}

const SMALLEST: crate::arch::JobShape = crate::arch::JobShape { m: 1, k: 1, n: 1 };

fn with_fault(mut beats: Vec<Beat>, operand: Operand, fault: Fault) -> Vec<Beat> {
    match fault {
        Fault::Truncated(which, last) if which == operand => {
            beats.truncate(last as usize + 1);
        }
        Fault::Overlong(which, more) if which == operand => {
            if let Some(beat) = beats.last_mut() {
                beat.last = false;
            }
            let extra = beats.clone().into_iter().cycle().take(more as usize);
            beats.extend(extra.collect::<Vec<_>>());
        }
        _ => return beats,
    }
    if let Some(beat) = beats.last_mut() {
        beat.last = true;
    }
    beats
}

/// How many times longer a channel takes with its pauses.
fn slowdown(pattern: &StallPattern) -> u64 {
    let bits = pattern.bits();
    let free = bits.iter().filter(|stall| !**stall).count().max(1);
    bits.len().max(1).div_ceil(free) as u64 + bits.len() as u64
}

/// Cycles that are more than enough for a job.
fn cycle_limit(case: &Case, job: &Job, refused: bool) -> u64 {
    let arch = &case.arch;
    let shape = job.shape;
    let panels = u64::from(arch.panels(shape.n));
    if refused {
        return panels + 100;
    }
    let beats = arch.beats(shape);
    let stalls = &case.stalls;
    let slow = |pattern: &StallPattern| {
        let bits = pattern.bits();
        let free = bits.iter().filter(|stall| !**stall).count().max(1);
        bits.len().max(1).div_ceil(free) as u64
    };
    let streams = beats.a * slow(&stalls.a) + beats.b * slow(&stalls.b) + beats.c * slow(&stalls.c);
    let extra = match job.fault {
        Fault::Overlong(_, more) => more * slow(&stalls.a).max(slow(&stalls.b)),
        _ => 0,
    };
    let blocks = u64::from(arch.row_blocks(shape.m)) * panels;
    let tile = u64::from(arch.rows.max(4) + arch.columns);
    let passes = blocks * (u64::from(arch.k_tiles(shape.k)) + 2);
    500 + panels + 2 * (streams + extra + passes * tile + blocks * u64::from(shape.k))
}
