//! Random cases, natively and through the simulators of the Verilog.

use ferrogrid::verify::campaign::{self, Options};
use std::ops::ControlFlow;

#[test]
fn five_hundred_random_cases_natively() {
    let options = Options {
        cases: 600,
        max_size: 20,
        ..Options::default()
    };
    let report = campaign::run(&options, &|_| ControlFlow::Continue(())).expect("native");
    if let Some(failure) = report.failure {
        panic!("case {}: {}", failure.index, failure.smallest);
    }
    assert_eq!(report.cases, 600);
}
