//! A case as a scenario, and where in it each job stands.

mod habits;
mod host;

use super::data::{filler, operands};
use super::{Fault, Host, Job, MatmulCase, Operand, PAUSES};
use crate::arch::JobShape;
use crate::device::matmul::MatmulJob;
use crate::device::pack::{pack_a, pack_b};
use crate::device::{Backend, Beat, Error, Goal, Operation, Packet, Scenario, unwatched};
use crate::isa::{RegisterMap, matmul_registers};
use habits::Habits;
use std::ops::Range;

/// Registers read at the end of a job, in this order.
pub(super) const READ_AT_THE_END: [&str; 9] = [
    "interrupt_status",
    "status",
    "cycles",
    "active_cycles",
    "stall_a",
    "stall_b",
    "stall_c",
    "last_failed",
    "interrupt_status",
];

/// Bits of `status`.
pub(super) const BUSY: u32 = 1 << 0;
pub(super) const DONE: u32 = 1 << 1;
pub(super) const QUEUED: u32 = 1 << 2;

/// Cycles to go on after everything is done, to see what should not come.
const TRAILING_CYCLES: u32 = 24;

/// The jobs of a scenario, and what the host sees of them.
pub(super) struct Run {
    pub jobs: Vec<Operands>,
    pub batches: Vec<Batch>,
    /// Accesses to addresses without a register.
    pub strays: Vec<usize>,
}

/// What a job is about.
pub(super) struct Operands {
    pub matrices: MatmulJob,
    /// The core must refuse the sizes.
    pub refused: bool,
}

/// Jobs whose end the host sees together, and where they stand among the operations.
pub(super) struct Batch {
    pub jobs: Range<usize>,
    /// Jobs that the counters count when they are read: those of the batch, and those that they
    /// were queued behind.
    pub counted: Range<usize>,
    /// Another job is queued behind these.
    pub followed: bool,
    /// The write that starts the first of [`Self::counted`].
    pub start: usize,
    /// Jobs that had ended before, since the last abort.
    pub ended_before: u32,
    /// The read of the status of a running job, and what it must be.
    pub running: Option<(usize, u32)>,
    /// The operation with which the last job is over: the wait, or the abort.
    pub end: usize,
    /// The first of [`READ_AT_THE_END`].
    pub reads: usize,
}

struct Builder<'a> {
    case: &'a MatmulCase,
    habits: Habits,
    map: RegisterMap,
    scenario: Scenario,
    jobs: Vec<Operands>,
    batches: Vec<Batch>,
    strays: Vec<usize>,
    /// Nothing may be offered before this many operations: an aborted job would take it.
    barrier: usize,
    /// Jobs that surely close a packet of results.
    packets: usize,
    /// What `jobs_ended` shows when all jobs so far have ended.
    ended: u32,
}

/// Builds the scenario of a case. `probe` tells how much of its operands a job that is aborted
/// takes: a host that gives up offers no more.
pub(super) fn stimulus(
    case: &MatmulCase,
    probe: &mut dyn Backend,
) -> Result<(Scenario, Run), Error> {
    let stalls = &case.stalls;
    let mut builder = Builder {
        case,
        habits: Habits::of(case.seed),
        map: matmul_registers("matmul", &case.arch),
        scenario: Scenario {
            max_cycles: 1_000 + case.restart.map_or(0, |restart| restart.end()),
            restart: case.restart,
            trailing_cycles: TRAILING_CYCLES,
            control: Some(stalls.axi_lite("s_axil")),
            interrupt: "irq".into(),
            sources: ["s_axis_a", "s_axis_b"]
                .map(|prefix| stalls.source(prefix, Vec::new()))
                .into(),
            sinks: vec![stalls.sink("m_axis_c", Goal::Packets(0))],
            ..Scenario::default()
        },
        jobs: Vec::new(),
        batches: Vec::new(),
        strays: Vec::new(),
        barrier: 0,
        packets: 0,
        ended: 0,
    };
    for (index, job) in case.jobs.iter().enumerate() {
        builder.jobs.push(Operands::of(case, index, job));
    }
    builder.all_jobs(probe)?;
    let Builder {
        mut scenario,
        jobs,
        batches,
        strays,
        ..
    } = builder;
    scenario.sinks[0].goal = Goal::Packets(builder.packets);
    let run = Run {
        jobs,
        batches,
        strays,
    };
    Ok((scenario, run))
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
        let mut bytes = [(0xff, 0b1101), (0xff00, 0b0010)];
        if self.habits.high_byte_first {
            bytes = [(0xff00, 0b1110), (0xff, 0b0001)];
        }
        for (byte, strobe) in bytes {
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
        let channels = PAUSES[3..].iter();
        let channels = channels.map(|(_, prefix)| self.case.stalls.of(prefix));
        let slow: u64 = channels
            .map(|stall| stall.slowdown() + stall.bits().len() as u64)
            .sum();
        self.scenario.max_cycles += 8 * slow;
        self.scenario.operations.push(operation);
    }

    /// Writes the sizes and starts a job, with these interrupts. Returns the write that starts it.
    fn start(&mut self, job: &Job, interrupts: u32) -> usize {
        let JobShape { m, k, n } = job.shape;
        for (register, size) in [("m", m), ("k", k), ("n", n)] {
            self.write_size(register, size);
        }
        self.write("interrupt_enable", interrupts);
        if self.habits.strays {
            self.stray();
        }
        let start = self.done();
        self.write("control", 1);
        start
    }

    /// Reads and writes where there is no register.
    fn stray(&mut self) {
        let behind = self
            .map
            .registers
            .last()
            .map_or(0, |register| register.offset + 4);
        self.strays.extend([self.done(), self.done() + 1]);
        self.operation(Operation::Read { address: behind });
        self.operation(Operation::write(behind, 3));
    }

    /// Waits until (`register` & `mask`) is `value`.
    fn poll(&mut self, register: &str, mask: u32, value: u32) {
        let address = self.address(register);
        self.operation(Operation::Poll {
            address,
            mask,
            value,
        });
    }

    /// Sends the operands of a job that is not given up, from operation `offered` on.
    fn offer(&mut self, index: usize, offered: usize) {
        let job = self.case.jobs[index];
        let refused = self.jobs[index].refused;
        self.scenario.max_cycles += cycle_limit(self.case, &job, refused);
        if refused {
            return;
        }
        let [a, b] = self.beats(index);
        self.send(0, a, offered);
        self.send(1, b, offered);
        self.packets += usize::from(job.fault == Fault::None);
    }

    /// Waits for the end of jobs: for the interrupt, or where one may hide the other, until enough
    /// have ended.
    fn wait(&mut self, jobs: u32, one_interrupt: bool) -> usize {
        let end = self.done();
        self.ended += jobs;
        if one_interrupt {
            self.operation(Operation::WaitInterrupt);
        } else {
            self.poll("jobs_ended", u32::MAX, self.ended);
        }
        end
    }

    /// Reads what tells of the end. Returns the first of the reads.
    fn read_the_end(&mut self) -> usize {
        let reads = self.done();
        for (i, register) in READ_AT_THE_END.iter().enumerate() {
            if i + 1 == READ_AT_THE_END.len() {
                self.write("interrupt_status", 0b11);
            }
            self.read(register);
        }
        reads
    }

    /// The beats of A and of B, with what is wrong with them.
    fn beats(&self, index: usize) -> [Vec<Beat>; 2] {
        let arch = &self.case.arch;
        let MatmulJob { a, b } = &self.jobs[index].matrices;
        let mut filler = filler(self.case, index);
        let a = pack_a(arch, a, &mut filler);
        let b = pack_b(arch, b, &mut filler);
        debug_assert_eq!(a.len() as u64, arch.beats(self.case.jobs[index].shape).a);
        let [a, b] = [a, b].map(|beats| Packet::new(beats).beats);
        let fault = self.case.jobs[index].fault;
        [
            with_fault(a, Operand::A, fault),
            with_fault(b, Operand::B, fault),
        ]
    }

    fn send(&mut self, stream: usize, beats: Vec<Beat>, start_after: usize) {
        self.scenario.sources[stream]
            .packets
            .push(Packet { beats, start_after });
    }

    /// Gives jobs up after `cycles` cycles; sends the beats that the core takes until then.
    fn abort(
        &mut self,
        jobs: Range<usize>,
        cycles: u32,
        offered: usize,
        probe: &mut dyn Backend,
    ) -> Result<usize, Error> {
        let refused = |index: &usize| self.jobs[*index].refused;
        let mut packets = Vec::new();
        for index in jobs.filter(|index| !refused(index)) {
            self.scenario.max_cycles += cycle_limit(self.case, &self.case.jobs[index], false);
            packets.push(self.beats(index));
        }
        self.operation(Operation::Idle(cycles));
        self.scenario.max_cycles += u64::from(cycles);
        let end = self.done();
        self.write("control", 2);
        let mut trial = self.scenario.clone();
        for (stream, source) in trial.sources.iter_mut().enumerate() {
            source.optional = true;
            source.packets.extend(packets.iter().map(|beats| Packet {
                beats: beats[stream].clone(),
                start_after: offered,
            }));
        }
        if let Some(restart) = &trial.restart {
            // What counts is what is taken after it.
            let end = restart.end();
            trial.max_cycles += 2 * end;
            trial.operations.push(Operation::Idle(end as u32));
        }
        let outcome = probe.run(&trial, &mut unwatched)?;
        for stream in 0..2 {
            let before = self.scenario.sources[stream].beats();
            let mut left = outcome.sources[stream].accepted.saturating_sub(before);
            for packet in &packets {
                let mut beats = packet[stream].clone();
                beats.truncate(left);
                left -= beats.len();
                self.send(stream, beats, offered);
            }
        }
        self.barrier = self.done();
        self.ended = 0;
        Ok(end)
    }
}

impl Operands {
    fn of(case: &MatmulCase, index: usize, job: &Job) -> Operands {
        let refused = case.arch.check_shape(job.shape).is_err();
        // Impossible sizes can be too large even to hold.
        let smallest = Job::new(JobShape { m: 1, k: 1, n: 1 }, job.data);
        let job = if refused { &smallest } else { job };
        Operands {
            matrices: operands(case, index, job),
            refused,
        }
    }
}

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

/// Cycles that are more than enough for a job.
fn cycle_limit(case: &MatmulCase, job: &Job, refused: bool) -> u64 {
    let arch = &case.arch;
    let shape = job.shape;
    let panels = u64::from(arch.panels(shape.n));
    if refused {
        return panels + 100;
    }
    let beats = arch.beats(shape);
    let [slow_a, slow_b, slow_c] =
        ["s_axis_a", "s_axis_b", "m_axis_c"].map(|prefix| case.stalls.of(prefix).slowdown());
    let streams = beats.a * slow_a + beats.b * slow_b + beats.c * slow_c;
    let extra = match job.fault {
        Fault::Overlong(_, more) => more * slow_a.max(slow_b),
        _ => 0,
    };
    let blocks = u64::from(arch.row_blocks(shape.m)) * panels;
    let tile = u64::from(arch.rows.max(4) + arch.columns);
    let passes = blocks * (u64::from(arch.k_tiles(shape.k)) + 2);
    500 + panels + 2 * (streams + extra + passes * tile + blocks * u64::from(shape.k))
}
