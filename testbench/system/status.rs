//! What a host reads while a job begins and ends, in every cycle: never that a job has ended that
//! has not, and never a job that neither runs nor has ended.

use crate::registers::{Host, ones, truncated};
use ferrogrid::device::matmul::JobSequence;
use ferrogrid::device::pack::{pack_a, pack_b};
use ferrogrid::device::{Operation, Packet, Stalls};
use std::collections::BTreeSet;

/// What becomes of a job of 2 x 2 x 2.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Well,
    Refused,
    Truncated,
}

/// Two jobs with the same end, the second started as soon as the first has ended: the status that
/// is read `delay` cycles behind its start, and all that is read when it has ended.
fn status_after(host: &Host, end: End, delay: u32) -> (u32, [u32; 4]) {
    let mut sequence = JobSequence::new(&host.arch, &Stalls::default());
    let ended = |jobs| Operation::Poll {
        address: host.address("jobs_ended"),
        mask: u32::MAX,
        value: jobs,
    };
    for operation in host.start().into_iter().take(3) {
        sequence.operation(operation);
    }
    if end == End::Refused {
        sequence.operation(host.write("k", 0));
    }
    let mut read = 0;
    for job in 1..=2 {
        let ones = ones(&host.arch);
        let good = [
            Packet::new(pack_a(&host.arch, &ones, || 0)),
            Packet::new(pack_b(&host.arch, &ones, || 0)),
        ];
        let [a, b] = match end {
            End::Truncated => truncated(&host.arch),
            End::Well | End::Refused => good,
        };
        if end != End::Refused {
            sequence.send(0, a);
            sequence.send(1, b);
        }
        if end == End::Well {
            sequence.expect_packet();
        }
        sequence.operation(host.write("control", 1));
        if job == 2 {
            sequence.operation(Operation::Idle(delay));
            read = sequence.operations();
            sequence.operation(host.read("status"));
        }
        sequence.operation(ended(job));
    }
    let last = sequence.operations();
    for register in ["status", "last_failed", "interrupt_status", "jobs_ended"] {
        sequence.operation(host.read(register));
    }
    let words = host.run_sequence(sequence);
    (words[read], [0, 1, 2, 3].map(|index| words[last + index]))
}

#[test]
fn a_job_runs_until_it_has_ended() {
    let host = Host::new();
    for (end, running, over, failed) in [
        (End::Well, &[1, 5][..], 2, [0, 1]),
        (End::Refused, &[5][..], 0x12, [2, 3]),
        (End::Truncated, &[1, 5, 0x21], 0x22, [2, 3]),
    ] {
        let mut seen = BTreeSet::new();
        let mut has_ended = false;
        for delay in 0..72 {
            let (status, last) = status_after(&host, end, delay);
            assert_eq!(
                last,
                [over, failed[0], failed[1], 2],
                "{end:?}: read behind the end"
            );
            assert!(
                status == over || (running.contains(&status) && !has_ended),
                "{end:?}: {status:#x} after {delay} cycles"
            );
            has_ended = status == over;
            seen.insert(status);
        }
        assert!(has_ended, "{end:?}: {seen:x?}");
        let missing = running.iter().find(|status| !seen.contains(status));
        assert_eq!(missing, None, "{end:?}: seen are {seen:x?}");
    }
}
