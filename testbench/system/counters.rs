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
