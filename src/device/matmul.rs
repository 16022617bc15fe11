//! Jobs of the matmul core: matrices in, matrix and counters out.

use super::pack::{UnpackError, pack_a, pack_b, unpack_c};
use super::{Backend, Error, Goal, Operation, Outcome, Packet, Scenario, Stalls, Watch};
use crate::arch::{JobShape, MatmulArch, ShapeErrors};
use crate::isa::{JobError, RegisterMap, matmul_registers};
use crate::number::{Matrix, OutOfRange};
use miette::Diagnostic;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A product to compute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatmulJob {
    /// M x K, in the format of the core's activations.
    pub a: Matrix,
    /// K x N, in the format of the core's weights.
    pub b: Matrix,
}

impl MatmulJob {
    /// A job of integers, on a core that takes them.
    ///
    /// # Errors
    /// When an element is out of range for the core.
    pub fn of_integers(
        arch: &MatmulArch,
        a: &Array2<i64>,
        b: &Array2<i64>,
    ) -> Result<MatmulJob, OutOfRange> {
        Ok(MatmulJob {
            a: Matrix::of_integers(arch.activation, a)?,
            b: Matrix::of_integers(arch.weight, b)?,
        })
    }

    /// Whether a core can run it.
    fn check(&self, arch: &MatmulArch) -> Result<(), MatmulError> {
        let ((_, k), (rows, _)) = (self.a.dim(), self.b.dim());
        if k != rows {
            let problem = format!("A has {k} columns and B has {rows} rows");
            return Err(MatmulError::Operands(problem));
        }
        for (name, matrix, format) in [("A", &self.a, arch.activation), ("B", &self.b, arch.weight)]
        {
            let (found, wanted) = (matrix.format(), format.into());
            if found != wanted {
                let problem = format!("{name} is {found}, and the core takes {wanted}");
                return Err(MatmulError::Operands(problem));
            }
        }
        Ok(arch.check_shape(self.shape())?)
    }

    /// M, K and N.
    ///
    /// # Panics
    /// When the matrices do not chain.
    #[track_caller]
    pub fn shape(&self) -> JobShape {
        let ((m, k), (rows, n)) = (self.a.dim(), self.b.dim());
        assert_eq!(k, rows, "A has {k} columns and B has {rows} rows");
        JobShape {
            m: m as u32,
            k: k as u32,
            n: n as u32,
        }
    }
}

/// The counters of a job, read from the core, in cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// From start to the last result.
    pub cycles: u64,
    /// Operands entered the array.
    pub active: u64,
    /// The array waited for A.
    pub stall_a: u64,
    /// The array waited for B.
    pub stall_b: u64,
    /// The array waited until results were taken.
    pub stall_c: u64,
}

/// A finished job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatmulResult {
    /// M x N.
    pub c: Matrix,
    /// What the core counted.
    pub counters: Counters,
    /// Cycles from the first beat in to the last beat out, both included.
    pub span: u64,
}

/// Why there is no result.
#[derive(Debug, Error, Diagnostic)]
pub enum MatmulError {
    /// The core cannot run these sizes.
    #[error(transparent)]
    Shape(#[from] ShapeErrors),
    /// The operands are no job of this core.
    #[error("{0}")]
    Operands(String),
    /// The simulator has another core than the one that is named.
    #[error(
        "the simulator has another core: its configuration hash is {found:#010x}, not {expected:#010x}"
    )]
    OtherCore {
        /// Of the core that is named.
        expected: u32,
        /// Of the one in the simulator.
        found: u32,
    },
    /// The run could not be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Device(#[from] Error),
    /// The core ended the job with an error.
    #[error("the core ended the job with an error: {}", .0.meaning())]
    Job(JobError),
    /// The core did something that it must not do.
    #[error("the core misbehaved: {0}")]
    #[diagnostic(help("this is a bug of the hardware: please report it with the configuration"))]
    Misbehaved(String),
    /// The result stream is malformed.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
}

/// Finished jobs that were queued one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedResult {
    /// The product of each job.
    pub c: Vec<Matrix>,
    /// Cycles from the first beat in to the last beat out, both included.
    pub span: u64,
}

/// Builds scenarios of one or more jobs, one after the other.
pub struct JobSequence<'a> {
    arch: &'a MatmulArch,
    map: RegisterMap,
    scenario: Scenario,
    packets: usize,
    /// How many times longer the slowest stream takes.
    slowdown: u64,
}

/// Cycles that a job may take at most when streams pause by `slowdown` times.
fn cycle_limit(arch: &MatmulArch, shape: JobShape, slowdown: u64) -> u64 {
    let beats = arch.beats(shape);
    let passes = u64::from(arch.row_blocks(shape.m))
        * u64::from(arch.panels(shape.n))
        * u64::from(arch.k_tiles(shape.k) + 2);
    let longest = u64::from(arch.rows.max(4)) * passes + u64::from(shape.k) * passes;
    4_000 + 4 * (longest + (beats.a + beats.b + beats.c) * slowdown.max(1))
}

impl<'a> JobSequence<'a> {
    /// An empty sequence for a core of this architecture.
    pub fn new(arch: &'a MatmulArch, stalls: &Stalls) -> JobSequence<'a> {
        let scenario = Scenario {
            max_cycles: 0,
            control: Some(stalls.axi_lite("s_axil")),
            interrupt: "irq".into(),
            sources: ["s_axis_a", "s_axis_b"]
                .map(|prefix| stalls.source(prefix, Vec::new()))
                .into(),
            sinks: vec![stalls.sink("m_axis_c", Goal::Packets(0))],
            ..Scenario::default()
        };
        JobSequence {
            arch,
            map: matmul_registers("matmul", arch),
            scenario,
            packets: 0,
            slowdown: stalls.slowdown(),
        }
    }

    fn address(&self, register: &str) -> u32 {
        self.map.get(register).offset
    }

    fn write(&mut self, register: &str, data: u32) {
        let address = self.address(register);
        self.scenario
            .operations
            .push(Operation::write(address, data));
    }

    fn read(&mut self, register: &str) {
        let address = self.address(register);
        self.scenario.operations.push(Operation::Read { address });
    }

    /// Reads which core it is; the number of the operation.
    fn read_hash(&mut self) -> usize {
        self.read("config_hash");
        self.operations() - 1
    }

    /// Adds an operation of the caller's own.
    pub fn operation(&mut self, operation: Operation) {
        self.scenario.operations.push(operation);
    }

    /// Number of operations so far.
    pub fn operations(&self) -> usize {
        self.scenario.operations.len()
    }

    /// Adds the operations that start a job of these sizes, with interrupts on.
    pub fn start(&mut self, shape: JobShape) {
        for (register, size) in [("m", shape.m), ("k", shape.k), ("n", shape.n)] {
            self.write(register, size);
        }
        self.write("interrupt_enable", 0b11);
        self.write("control", 1);
    }

    /// Adds the operations that wait for the end of a job, clear the interrupt and read status
    /// and counters. Returns the index of the status operation.
    pub fn finish(&mut self) -> usize {
        self.operation(Operation::WaitInterrupt);
        self.write("interrupt_status", 0b11);
        let status = self.operations();
        for register in [
            "status",
            "cycles",
            "active_cycles",
            "stall_a",
            "stall_b",
            "stall_c",
        ] {
            self.read(register);
        }
        status
    }

    /// Sends beats on a stream (0: A, 1: B), TLAST as given, from the operations so far on.
    pub fn send(&mut self, stream: usize, packet: Packet) {
        let after = self.operations();
        self.scenario.sources[stream]
            .packets
            .push(packet.after(after));
    }

    /// Expects a packet of results.
    pub fn expect_packet(&mut self) {
        self.packets += 1;
        self.scenario.sinks[0].goal = Goal::Packets(self.packets);
    }

    /// Allows these many cycles more.
    pub fn allow(&mut self, cycles: u64) {
        self.scenario.max_cycles += cycles;
    }

    /// Adds a whole job; `filler` gives the padding. Returns the index of its status operation.
    pub fn job(&mut self, job: &MatmulJob, filler: impl FnMut() -> u64) -> usize {
        self.offer(job, filler);
        self.start(job.shape());
        self.finish()
    }

    /// Adds jobs of which each is started as soon as the core takes it, behind those that run;
    /// `filler` gives the padding. Returns the index of the status operation behind the last; the
    /// operation after it reads `last_failed`.
    pub fn queue(&mut self, jobs: &[MatmulJob], mut filler: impl FnMut() -> u64) -> usize {
        let status = self.map.get("status");
        let (address, mask) = (status.offset, status.get("queued").mask());
        for (index, job) in jobs.iter().enumerate() {
            self.offer(job, &mut filler);
            if index > 0 {
                self.operation(Operation::Poll {
                    address,
                    mask,
                    value: 0,
                });
            }
            self.start(job.shape());
        }
        let jobs_ended = Operation::Poll {
            address: self.address("jobs_ended"),
            mask: u32::MAX,
            value: jobs.len() as u32,
        };
        self.operation(jobs_ended);
        self.read("status");
        self.read("last_failed");
        self.operations() - 2
    }

    /// Sends the operands of a job and expects its result.
    fn offer(&mut self, job: &MatmulJob, mut filler: impl FnMut() -> u64) {
        let shape = job.shape();
        let a = pack_a(self.arch, &job.a, &mut filler);
        let b = pack_b(self.arch, &job.b, &mut filler);
        self.allow(cycle_limit(self.arch, shape, self.slowdown));
        self.send(0, Packet::new(a));
        self.send(1, Packet::new(b));
        self.expect_packet();
    }

    /// The scenario.
    pub fn into_scenario(self) -> Scenario {
        self.scenario
    }
}

/// What the operations of [`JobSequence::finish`] read.
pub fn status_and_counters(outcome: &Outcome, status: usize) -> Option<(u32, Counters)> {
    let word = |i: usize| {
        outcome
            .operations
            .get(status + i)
            .map(|op| u64::from(op.data))
    };
    Some((
        word(0)? as u32,
        Counters {
            cycles: word(1)?,
            active: word(2)?,
            stall_a: word(3)?,
            stall_b: word(4)?,
            stall_c: word(5)?,
        },
    ))
}

/// Runs one job on a core.
///
/// # Errors
/// When the core cannot run the sizes, the simulator failed, or the core misbehaved.
pub fn run(
    arch: &MatmulArch,
    backend: &mut dyn Backend,
    job: &MatmulJob,
    stalls: &Stalls,
    watch: &mut Watch,
) -> Result<MatmulResult, MatmulError> {
    job.check(arch)?;
    let shape = job.shape();
    let mut sequence = JobSequence::new(arch, stalls);
    let hash = sequence.read_hash();
    let status = sequence.job(job, || 0);
    let outcome = backend.run(&sequence.into_scenario(), watch)?;
    check_hash(arch, &outcome, hash)?;
    result(arch, shape, &outcome, status)
}

/// Runs jobs on a core, each queued behind the one before.
///
/// # Errors
/// When the core cannot run the sizes, the simulator failed, or the core misbehaved.
pub fn run_queued(
    arch: &MatmulArch,
    backend: &mut dyn Backend,
    jobs: &[MatmulJob],
    stalls: &Stalls,
    watch: &mut Watch,
) -> Result<QueuedResult, MatmulError> {
    for job in jobs {
        job.check(arch)?;
    }
    let mut sequence = JobSequence::new(arch, stalls);
    let hash = sequence.read_hash();
    let status = sequence.queue(jobs, || 0);
    let outcome = backend.run(&sequence.into_scenario(), watch)?;
    check_hash(arch, &outcome, hash)?;
    check_status(&outcome, status)?;
    // The status is that of the last job only.
    let failed = outcome.operations.get(status + 1).map(|read| read.data);
    if failed != Some(0) {
        let number = failed.map_or("unknown".into(), |number| number.to_string());
        return Err(MatmulError::Misbehaved(format!(
            "the last job that failed is {number} of {}",
            jobs.len()
        )));
    }
    let beats = &outcome.sinks[0].beats;
    let mut packets = beats.split_inclusive(|beat| beat.last);
    let c = jobs.iter().map(|job| {
        let packet = packets.next().unwrap_or_default();
        let beats: Vec<_> = packet.iter().map(|beat| &beat.data).collect();
        unpack_c(arch, job.shape(), &beats)
    });
    Ok(QueuedResult {
        c: c.collect::<Result<_, _>>()?,
        span: span(&outcome),
    })
}

/// Whether the register `config_hash`, which operation `hash` read, is that of the core.
fn check_hash(arch: &MatmulArch, outcome: &Outcome, hash: usize) -> Result<(), MatmulError> {
    let expected = arch.config_hash();
    match outcome.operations.get(hash).map(|read| read.data) {
        Some(found) if found != expected => Err(MatmulError::OtherCore { expected, found }),
        _ => Ok(()),
    }
}

/// The result of a run of one job whose status was read by operation `status`.
///
/// # Errors
/// When the core ended the job with an error or misbehaved.
pub fn result(
    arch: &MatmulArch,
    shape: JobShape,
    outcome: &Outcome,
    status: usize,
) -> Result<MatmulResult, MatmulError> {
    check_status(outcome, status)?;
    let (_, counters) = status_and_counters(outcome, status)
        .ok_or_else(|| MatmulError::Misbehaved("no counters were read".into()))?;
    let beats: Vec<_> = outcome.sinks[0]
        .beats
        .iter()
        .map(|beat| &beat.data)
        .collect();
    let c = unpack_c(arch, shape, &beats)?;
    let span = span(outcome);
    Ok(MatmulResult { c, counters, span })
}

/// Whether a run ended as it should, with a status without an error in operation `status`.
fn check_status(outcome: &Outcome, status: usize) -> Result<(), MatmulError> {
    if let Some(failure) = outcome.failures.first() {
        return Err(MatmulError::Misbehaved(failure.to_string()));
    }
    if outcome.timed_out() {
        let waiting = outcome.waiting.join("; ");
        return Err(MatmulError::Misbehaved(format!(
            "nothing more after {} cycles: {waiting}",
            outcome.cycles
        )));
    }
    let word = (outcome.operations.get(status))
        .ok_or_else(|| MatmulError::Misbehaved("no status was read".into()))?
        .data;
    match JobError::from_code((word >> 4) & 0xf) {
        Some(JobError::None) => Ok(()),
        Some(error) => Err(MatmulError::Job(error)),
        None => Err(MatmulError::Misbehaved(format!("status {word:#x}"))),
    }
}

/// Cycles from the first beat in to the last beat out, both included.
fn span(outcome: &Outcome) -> u64 {
    let sources = outcome.sources.iter();
    let first = sources.filter_map(|source| source.first).min();
    let last = outcome.sinks[0].beats.last().map(|beat| beat.cycle);
    match (first, last) {
        (Some(first), Some(last)) => last - first + 1,
        _ => 0,
    }
}
