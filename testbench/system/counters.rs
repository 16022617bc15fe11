//! Cycle and stall counters: a change of cycles shows here.

use ferrogrid::arch::MatmulArch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::{Config, Dataflow};
use ferrogrid::device::matmul::{MatmulJob, Stalls, run};
use ferrogrid::device::{Native, StallPattern, unwatched};
use ferrogrid::hdl::elaborate;
use ndarray::Array2;
use std::fmt::Write;

#[test]
fn what_limits_a_job_is_counted() {
    let mut text = String::new();
    for dataflow in Dataflow::ALL {
        let mut config = Config::matmul(4, 4);
        config.array.dataflow = *dataflow;
        let arch = MatmulArch::new(&config).expect("a core");
        let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        let job = MatmulJob {
            a: Array2::from_elem((16, 16), 1),
            b: Array2::from_elem((16, 16), 1),
        };
        let slow = StallPattern::from("#######.");
        let none = StallPattern::none();
        let stalls = [
            ("none", [&none, &none, &none]),
            ("A", [&slow, &none, &none]),
            ("B", [&none, &slow, &none]),
            ("C", [&none, &none, &slow]),
            ("all", [&slow, &slow, &slow]),
        ];
        for (paused, patterns) in stalls {
            let [a, b, c] = patterns.map(StallPattern::clone);
            let stalls = Stalls { a, b, c };
            let result = run(&arch, &mut native, &job, &stalls, &mut unwatched);
            let result = result.expect("the core runs");
            let c = result.counters;
            writeln!(
                text,
                "{dataflow} paused {paused:<4}: {} cycles, {} active, stalls {} {} {}, span {}",
                c.cycles, c.active, c.stall_a, c.stall_b, c.stall_c, result.span
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

/// Short passes are decided on in time to follow each other without a gap: those of four cycles, the
/// shortest, where the stream of C keeps up with them.
#[test]
fn short_passes_follow_without_a_gap() {
    for (dataflow, k) in [
        (Dataflow::WeightStationary, 64),
        (Dataflow::OutputStationary, 8),
    ] {
        let mut config = Config::matmul(4, 4);
        config.array.dataflow = dataflow;
        let streams = &mut config.streams;
        (streams.a, streams.b, streams.c) = (Some(64), Some(64), Some(128));
        let arch = MatmulArch::new(&config).expect("a core");
        let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
        let mut native = Native::new(&design).expect("a core");
        let job = MatmulJob {
            a: Array2::from_elem((64, k), 1),
            b: Array2::from_elem((k, 16), 1),
        };
        let stalls = Stalls::default();
        let result = run(&arch, &mut native, &job, &stalls, &mut unwatched);
        let c = result.expect("the core runs").counters;
        // Filling, the last row block of C, and waits for the first A and B.
        let rest = c.cycles - c.active;
        println!(
            "{dataflow}: {} cycles, {rest} of them without operands",
            c.cycles
        );
        assert!(rest <= 150, "{dataflow}: {rest} cycles without operands");
    }
}
