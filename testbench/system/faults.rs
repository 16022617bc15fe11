//! Everything that can go wrong with a small job, at every beat and at every cycle.

use crate::support::{all_pass, case};
use ferrogrid::device::Restart;
use ferrogrid::verify::matmul::{Fault, MatmulCase, Operand};

/// Two small cores with a job of several row blocks and panels, and a job behind it.
fn bases() -> Vec<MatmulCase> {
    [
        "rows=2 columns=3 streams=16,16,32 job=5x3x4:random job=2x2x2:random seed=1",
        "rows=2 columns=2 dataflow=output_stationary streams=16,16,64 job=5x3x4:random \
         job=3x2x1:random seed=2",
    ]
    .map(case)
    .into()
}

/// The base with a fault in its first job, with and without pauses of C.
fn with_faults(base: &MatmulCase, faults: impl Iterator<Item = Fault>) -> Vec<MatmulCase> {
    let mut cases = Vec::new();
    for fault in faults {
        for pause in ["", "#.", "########################."] {
            let mut case = base.clone();
            case.jobs[0].fault = fault;
            case.stalls.set("m_axis_c", pause);
            cases.push(case);
        }
    }
    cases
}

#[test]
fn truncated_at_every_beat() {
    for base in bases() {
        let beats = base.arch.beats(base.jobs[0].shape);
        let a = (0..beats.a - 1).map(|beat| Fault::Truncated(Operand::A, beat));
        let b = (0..beats.b - 1).map(|beat| Fault::Truncated(Operand::B, beat));
        all_pass(&with_faults(&base, a.chain(b)));
    }
}

#[test]
fn over_long_by_every_number_of_beats() {
    for base in bases() {
        let a = (1..30).map(|beats| Fault::Overlong(Operand::A, beats));
        let b = (1..30).map(|beats| Fault::Overlong(Operand::B, beats));
        all_pass(&with_faults(&base, a.chain(b)));
    }
}

#[test]
fn given_up_at_every_cycle() {
    for base in bases() {
        all_pass(&with_faults(&base, (0..160).map(Fault::Abort)));
    }
}

#[test]
fn reset_at_every_cycle() {
    for base in bases() {
        let mut cases = Vec::new();
        // Start, both jobs, and the reads behind them.
        for cycle in 0..300 {
            for length in [1, 4] {
                let mut case = base.clone();
                case.restart = Some(Restart { cycle, length });
                cases.push(case);
            }
        }
        all_pass(&cases);
    }
}

/// The host gives up while a job before has failed or is failing: both leave beats behind.
#[test]
fn given_up_behind_a_failing_job() {
    let mut cases = Vec::new();
    for fault in [
        "truncated_a@1",
        "overlong_a@2",
        "truncated_b@0",
        "overlong_b@3",
    ] {
        for cycles in (0..120).step_by(3) {
            cases.push(case(&format!(
                "rows=2 columns=3 streams=16,16,32 job=5x3x4:random:{fault} job=3x2x2 \
                 job=5x3x4:random:abort@{cycles} job=2x2x2 stall_b=###. host=queueing seed={cycles}"
            )));
        }
    }
    all_pass(&cases);
}
