//! What the host sees: registers, interrupts, refusals.

use ferrogrid::arch::{self, MatmulArch};
use ferrogrid::blocks::MatmulCore;
use ferrogrid::device::matmul::{JobSequence, MatmulJob};
use ferrogrid::device::pack::{pack_a, pack_b};
use ferrogrid::device::{Backend, Native, Operation, Outcome, Packet, Stalls, unwatched};
use ferrogrid::hdl::elaborate;
use ferrogrid::isa::RegisterMap;
use ferrogrid::number::Matrix;
use ndarray::Array2;
use std::fmt::Write;

const NAME: &str = "matmul-6x10";

/// Operations on a core of a preset.
pub struct Host {
    pub arch: MatmulArch,
    map: RegisterMap,
}

impl Host {
    pub fn new() -> Host {
        let arch = arch::from_preset(NAME).expect("a preset");
        let map = MatmulCore::register_map(&arch);
        Host { arch, map }
    }

    pub fn address(&self, register: &str) -> u32 {
        self.map.get(register).offset
    }

    pub fn write(&self, register: &str, data: u32) -> Operation {
        Operation::write(self.address(register), data)
    }

    pub fn read(&self, register: &str) -> Operation {
        let address = self.address(register);
        Operation::Read { address }
    }

    /// Waits until `status` is `value`.
    fn poll_status(&self, value: u32) -> Operation {
        Operation::Poll {
            address: self.address("status"),
            mask: u32::MAX,
            value,
        }
    }

    /// Runs operations with the operands of `jobs` jobs of 2 x 2 x 2 on the streams.
    fn run(&self, operations: impl IntoIterator<Item = Operation>, jobs: usize) -> Outcome {
        let mut sequence = JobSequence::new(&self.arch, &Stalls::default());
        let job = MatmulJob::of_integers(
            &self.arch,
            &Array2::from_elem((2, 2), 3),
            &Array2::from_elem((2, 2), -5),
        )
        .expect("small elements");
        for _ in 0..jobs {
            sequence.send(0, Packet::new(pack_a(&self.arch, &job.a, || 0)));
            sequence.send(1, Packet::new(pack_b(&self.arch, &job.b, || 0)));
            sequence.expect_packet();
        }
        sequence.allow(2_000);
        for operation in operations {
            sequence.operation(operation);
        }
        let design = elaborate(&MatmulCore::new(&self.arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        let outcome = native.run(&sequence.into_scenario(), &mut unwatched);
        let outcome = outcome.expect("runs");
        assert_eq!(outcome.failures, []);
        outcome
    }

    /// A job of 2 x 2 x 2, started.
    pub fn start(&self) -> [Operation; 4] {
        [
            self.write("m", 2),
            self.write("k", 2),
            self.write("n", 2),
            self.write("control", 1),
        ]
    }

    /// Runs a sequence to its end. Returns what its operations read.
    pub fn run_sequence(&self, mut sequence: JobSequence<'_>) -> Vec<u32> {
        sequence.allow(2_000);
        let design = elaborate(&MatmulCore::new(&self.arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        let outcome = native.run(&sequence.into_scenario(), &mut unwatched);
        let outcome = outcome.expect("runs");
        assert!(outcome.is_clean(), "{outcome:?}");
        words(&outcome)
    }
}

fn words(outcome: &Outcome) -> Vec<u32> {
    outcome.operations.iter().map(|op| op.data).collect()
}

#[test]
fn every_register_after_reset() {
    let host = Host::new();
    let registers = &host.map.registers;
    let reads = registers.iter().map(|register| host.read(&register.name));
    let outcome = host.run(reads, 0);
    assert!(outcome.is_clean(), "{outcome:?}");
    let mut text = String::new();
    for (register, read) in registers.iter().zip(&outcome.operations) {
        assert_eq!(read.response, 0);
        writeln!(
            text,
            "{:>3x} {:<16} {:#x}",
            register.offset, register.name, read.data
        )
        .unwrap();
    }
    insta::assert_snapshot!(text);
}

/// Identity, configuration and limits agree with the architecture, not only with the snapshot.
#[test]
fn identity_and_limits() {
    let host = Host::new();
    let names = [
        "id",
        "config_hash",
        "array",
        "formats",
        "streams",
        "limit_k",
        "limit_panels",
        "limit_b_vectors",
    ];
    let outcome = host.run(names.map(|name| host.read(name)), 0);
    let arch = &host.arch;
    let log2 = |value: u32| value.ilog2();
    let expected = [
        u32::from_be_bytes(*b"FGMM"),
        arch.config_hash(),
        arch.rows | arch.columns << 8,
        8 | 8 << 8 | 32 << 16 | 1 << 24,
        log2(arch.a.width) | log2(arch.b.width) << 4 | log2(arch.c.width) << 8,
        arch.limits.max_k,
        arch.limits.max_panels,
        arch.limits.max_b_vectors,
    ];
    assert_eq!(words(&outcome), expected);
}

#[test]
fn only_what_can_be_written_changes() {
    let host = Host::new();
    let mut operations = Vec::new();
    for register in &host.map.registers {
        // Starting a job is another matter.
        if register.name != "control" {
            operations.push(host.write(&register.name, u32::MAX));
        }
    }
    let writes = operations.len();
    operations.extend(host.map.registers.iter().map(|r| host.read(&r.name)));
    let outcome = host.run(operations, 0);
    let fresh = host.run(host.map.registers.iter().map(|r| host.read(&r.name)), 0);
    let changed: Vec<_> = (host.map.registers.iter())
        .zip(words(&outcome)[writes..].iter().zip(words(&fresh)))
        .filter(|(_, (now, before))| *now != before)
        .map(|(register, (now, _))| (register.name.as_str(), *now))
        .collect();
    let expected = [
        ("interrupt_enable", 3),
        ("m", 0xffff),
        ("k", 0xffff),
        ("n", 0xffff),
    ];
    assert_eq!(changed, expected);
}

#[test]
fn addresses_without_a_register_are_answered_with_an_error() {
    let host = Host::new();
    let free = 0x5c;
    assert!(host.map.registers.iter().all(|r| r.offset != free));
    let operations = [
        Operation::Read { address: free },
        Operation::write(free, u32::MAX),
        host.read("id"),
    ];
    let outcome = host.run(operations, 0);
    let responses: Vec<u8> = outcome.operations.iter().map(|op| op.response).collect();
    assert_eq!(responses, [2, 2, 0]);
    assert_eq!(words(&outcome)[..2], [0, 0]);
}

/// The interrupt is the and of enable and status, stays until it is cleared, and can be enabled
/// after the event.
#[test]
fn interrupts() {
    let host = Host::new();
    let mut operations = host.start().to_vec();
    operations.extend([
        host.poll_status(2),
        host.read("interrupt_status"),
        host.write("interrupt_enable", 1),
        Operation::WaitInterrupt,
        // The error bit is not set, so clearing it changes nothing.
        host.write("interrupt_status", 2),
        Operation::WaitInterrupt,
        host.read("interrupt_status"),
        host.write("interrupt_status", 1),
        host.read("interrupt_status"),
    ]);
    let outcome = host.run(operations, 1);
    assert!(outcome.is_clean(), "{outcome:?}");
    let words = words(&outcome);
    assert_eq!([words[5], words[10], words[12]], [1, 1, 0]);
}

#[test]
fn a_disabled_interrupt_stays_low() {
    let host = Host::new();
    // The job ends well: only `done` is set, and only `error` is enabled.
    let mut operations = vec![host.write("interrupt_enable", 2)];
    operations.extend(host.start());
    operations.extend([host.poll_status(2), Operation::WaitInterrupt]);
    let outcome = host.run(operations, 1);
    assert_eq!(outcome.waiting, ["operation 6: wait for irq"]);

    // A refused job sets both; the error alone raises it.
    let operations = [
        host.write("interrupt_enable", 2),
        host.write("m", 0),
        host.write("control", 1),
        Operation::WaitInterrupt,
        host.read("status"),
        host.read("interrupt_status"),
    ];
    let outcome = host.run(operations, 0);
    assert!(outcome.is_clean(), "{outcome:?}");
    assert_eq!(words(&outcome)[4..], [0x12, 3]);
}

#[test]
fn a_cleared_interrupt_falls() {
    let host = Host::new();
    let mut operations = vec![host.write("interrupt_enable", 3)];
    operations.extend(host.start());
    operations.extend([
        Operation::WaitInterrupt,
        host.write("interrupt_status", 3),
        Operation::Idle(2),
        Operation::WaitInterrupt,
    ]);
    let outcome = host.run(operations, 1);
    assert_eq!(outcome.waiting, ["operation 8: wait for irq"]);
}

/// Start and abort in one write: nothing starts.
#[test]
fn abort_goes_before_start() {
    let host = Host::new();
    let mut operations = host.start().to_vec();
    operations.truncate(3);
    operations.extend([
        host.write("control", 3),
        Operation::Idle(20),
        host.read("status"),
    ]);
    operations.extend([host.write("control", 1), host.poll_status(2)]);
    let outcome = host.run(operations, 1);
    assert!(outcome.is_clean(), "{outcome:?}");
    assert_eq!(words(&outcome)[5], 0);
}

/// Refused jobs count too; an abort begins anew.
#[test]
fn jobs_are_counted() {
    let host = Host::new();
    let mut operations = vec![host.write("m", 0), host.write("control", 1)];
    operations.extend([host.poll_status(0x12), host.read("jobs_ended")]);
    // It clears the error too.
    operations.extend([host.write("control", 2), host.poll_status(0)]);
    operations.extend([host.write("control", 1), host.poll_status(0x12)]);
    operations.extend(host.start());
    operations.extend([host.poll_status(2), host.read("jobs_ended")]);
    operations.extend([host.write("control", 2), host.read("jobs_ended")]);
    operations.extend(host.start());
    operations.extend([host.poll_status(2), host.read("jobs_ended")]);
    let outcome = host.run(operations, 2);
    assert!(outcome.is_clean(), "{outcome:?}");
    let words = words(&outcome);
    assert_eq!([3, 13, 15, 21].map(|read| words[read]), [1, 2, 0, 1]);
}

/// A job is queued while another waits for its operands; `queued` shows it.
#[test]
fn a_second_job_is_queued() {
    let host = Host::new();
    let mut operations = host.start().to_vec();
    // The first job goes to the loaders, the second stays in front.
    operations.extend([host.poll_status(1), host.write("control", 1)]);
    operations.extend([
        host.poll_status(5),
        host.write("control", 1),
        host.read("status"),
    ]);
    operations.extend([host.write("control", 2), host.read("status")]);
    let outcome = host.run(operations, 0);
    assert!(outcome.is_clean(), "{outcome:?}");
    let words = words(&outcome);
    assert_eq!([8, 10].map(|read| words[read]), [5, 0]);
}

/// An operand of 2 x 2, for a core whose operands are of one type.
pub fn ones(arch: &MatmulArch) -> Matrix {
    Matrix::of_integers(arch.activation, &Array2::ones((2, 2))).expect("small elements")
}

/// Operands of a job of 2 x 2 x 2; A without its last beat.
pub fn truncated(arch: &MatmulArch) -> [Packet; 2] {
    let ones = ones(arch);
    let mut a = pack_a(arch, &ones, || 0);
    a.pop();
    [Packet::new(a), Packet::new(pack_b(arch, &ones, || 0))]
}

/// An error shows while the other stream is still awaited, and the start of the next job, in
/// whatever cycle, does not wipe it out.
#[test]
fn an_error_outlives_the_next_start() {
    let host = Host::new();
    let poll = |register: &str, mask, value| Operation::Poll {
        address: host.address(register),
        mask,
        value,
    };
    for delay in 0..32 {
        let mut sequence = JobSequence::new(&host.arch, &Stalls::default());
        for operation in host.start() {
            sequence.operation(operation);
        }
        sequence.operation(poll("status", 4, 0));
        let [a, b] = truncated(&host.arch);
        sequence.send(0, a);
        sequence.operation(Operation::Idle(delay));
        sequence.operation(host.write("control", 1));
        sequence.operation(poll("status", 0xf1, 0x21));
        sequence.send(1, b);
        sequence.operation(poll("jobs_ended", u32::MAX, 1));
        let first = sequence.operations();
        sequence.operation(host.read("status"));
        sequence.operation(host.read("last_failed"));
        let ones = ones(&host.arch);
        sequence.send(0, Packet::new(pack_a(&host.arch, &ones, || 0)));
        sequence.send(1, Packet::new(pack_b(&host.arch, &ones, || 0)));
        sequence.expect_packet();
        sequence.operation(poll("jobs_ended", u32::MAX, 2));
        sequence.operation(host.read("status"));
        sequence.operation(host.read("last_failed"));
        let words = host.run_sequence(sequence);
        let read = [0, 1, 3, 4].map(|index| words[first + index]);
        assert_eq!(read, [0x23, 1, 2, 1], "start after {delay} cycles");
    }
}

/// Where both streams are wrong, the error is that of the first.
#[test]
fn the_first_error_stays() {
    let host = Host::new();
    let error = |value: u32| Operation::Poll {
        address: host.address("status"),
        mask: 0xf0,
        value: value << 4,
    };
    for b_first in [false, true] {
        let mut sequence = JobSequence::new(&host.arch, &Stalls::default());
        for operation in host.start() {
            sequence.operation(operation);
        }
        let [a, mut b] = truncated(&host.arch);
        // B is over-long.
        let extra = b.beats.clone();
        b.beats.last_mut().expect("beats").last = false;
        b.beats.extend(extra);
        let (first, second, code) = if b_first {
            ((1, b), (0, a), 5)
        } else {
            ((0, a), (1, b), 2)
        };
        sequence.send(first.0, first.1);
        sequence.operation(error(code));
        sequence.send(second.0, second.1);
        sequence.operation(host.poll_status(2 | code << 4));
        host.run_sequence(sequence);
    }
}

/// A refused job takes nothing from the streams and counts nothing as done.
#[test]
fn bad_sizes() {
    let host = Host::new();
    let limits = host.arch.limits;
    let columns = host.arch.columns;
    let mut text = String::new();
    for (m, k, n) in [
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
        (1, limits.max_k + 1, 1),
        (1, 1, limits.max_panels * columns + 1),
        (1, limits.max_k, limits.max_n),
        (65_535, 65_535, 65_535),
    ] {
        let mut operations = vec![
            host.write("m", m),
            host.write("k", k),
            host.write("n", n),
            host.write("interrupt_enable", 3),
            host.write("control", 1),
            Operation::WaitInterrupt,
            host.read("status"),
            host.write("interrupt_status", 3),
        ];
        let counters = ["cycles", "active_cycles", "stall_a", "stall_b", "stall_c"];
        let first = operations.len();
        operations.extend(counters.map(|name| host.read(name)));
        // The operands on the streams are those of the good job.
        operations.extend(host.start());
        operations.extend([Operation::WaitInterrupt, host.read("status")]);
        let outcome = host.run(operations, 1);
        assert!(outcome.is_clean(), "{outcome:?}");
        let words = words(&outcome);
        assert_eq!(words[first..first + counters.len()], [0; 5]);
        let last = words[words.len() - 1];
        writeln!(text, "{m}x{k}x{n}: {:#x}, then {last:#x}", words[6]).unwrap();
    }
    insta::assert_snapshot!(text);
}
