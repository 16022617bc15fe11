//! Random cases, natively and through the simulators of the Verilog, and a corpus of cases that
//! random ones rarely are.

use crate::tools;
use ferrogrid::device::Error;
use ferrogrid::synth::tools::Tool;
use ferrogrid::verify::Cores;
use ferrogrid::verify::campaign::{self, Options, Report};
use ferrogrid::verify::check::{BackendKind, run_case};
use ferrogrid::verify::matmul::MatmulCase;
use rayon::prelude::*;
use std::ops::ControlFlow;

fn run(options: &Options) -> Report {
    let report = campaign::run(options, &|_| ControlFlow::Continue(()));
    let report = report.unwrap_or_else(|error: Error| panic!("{error}"));
    if let Some(failure) = report.failure {
        panic!(
            "case {} of seed {}: {}",
            failure.index, options.seed, failure.smallest
        );
    }
    assert_eq!(report.cases, options.cases);
    report
}

/// Cover points of the core that a campaign never hit, of all that there are.
fn never_hit(report: &Report) -> Vec<&str> {
    let covers = &report.total.covers;
    assert!(covers.len() >= 9, "{covers:?}");
    let never = covers.iter().filter(|(_, count)| **count == 0);
    never.map(|(path, _)| path.as_str()).collect()
}

#[test]
fn random_cases_natively() {
    let report = run(&Options {
        cases: 1_000,
        ..Options::default()
    });
    assert!(report.architectures > 900, "{report:?}");
    assert_eq!(never_hit(&report), [""; 0], "{report:?}");
}

#[test]
fn random_cases_through_verilator() {
    if !tools::present(&[Tool::Verilator, Tool::Cxx]) {
        return;
    }
    let report = run(&Options {
        seed: 2,
        cases: 26,
        backends: vec![BackendKind::Native, BackendKind::Verilator],
        cores: Cores::Matmul(5),
        ..Options::default()
    });
    assert!(report.architectures >= 25, "{report:?}");
    // Counted natively; that both simulators agree on them is part of each case.
    assert!(never_hit(&report).len() <= 2, "{report:?}");
}

#[test]
fn random_cases_through_icarus() {
    if !tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        return;
    }
    let report = run(&Options {
        seed: 3,
        cases: 30,
        backends: vec![BackendKind::Native, BackendKind::Icarus],
        cores: Cores::Matmul(6),
        ..Options::default()
    });
    assert!(report.architectures >= 5, "{report:?}");
    assert!(never_hit(&report).len() <= 2, "{report:?}");
}

fn corpus() -> Vec<MatmulCase> {
    let lines = include_str!("corpus.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.parse().unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

#[test]
fn the_corpus() {
    let cases = corpus();
    assert!(cases.len() >= 10);
    let icarus = tools::present(&[Tool::Iverilog, Tool::Vvp]);
    cases.par_iter().for_each(|case| {
        // Icarus takes minutes for a large array.
        let small = case.arch.rows * case.arch.columns <= 16;
        let backends: &[BackendKind] = if icarus && small {
            &[BackendKind::Native, BackendKind::Icarus]
        } else {
            &[BackendKind::Native]
        };
        if let Err(failure) = run_case(case, backends) {
            panic!("{failure}");
        }
    });
}
