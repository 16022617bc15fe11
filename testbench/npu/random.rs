//! Random programs and networks: DRAM in the end is that of the functional model, outputs are those of the golden
//! interpreter, whatever the timing; a program that goes wrong leaves the next one as if it had not been.

use ferrogrid::arch::{NpuArch, npu_from_preset};
use ferrogrid::reference::MachineSize;
use ferrogrid::synth::tools::Tool;
use ferrogrid::verify::Cores;
use ferrogrid::verify::campaign::{self, Options};
use ferrogrid::verify::check::BackendKind;
use std::ops::ControlFlow;

use super::tools;

/// The machine of an architecture, as the functional model has it.
pub fn size(arch: &NpuArch) -> MachineSize {
    ferrogrid::verify::npu::machine_size(arch)
}

/// Runs a campaign; a failure shows the smallest case.
fn run(options: &Options) {
    let report = campaign::run(options, &|_| ControlFlow::Continue(())).unwrap();
    if let Some(failure) = report.failure {
        let (index, seed) = (failure.index, options.seed);
        panic!("case {index} of seed {seed}: {}", failure.smallest);
    }
    assert_eq!(report.cases, options.cases);
}

#[test]
fn random_cases_natively() {
    run(&Options {
        cases: 150,
        cores: Cores::Npu,
        ..Options::default()
    });
}

#[test]
fn random_cases_on_a_preset() {
    run(&Options {
        cases: 12,
        cores: Cores::NpuOf(Box::new(npu_from_preset("small").unwrap())),
        ..Options::default()
    });
}

#[test]
fn random_cases_through_icarus() {
    if tools::present(&[Tool::Iverilog, Tool::Vvp]) {
        run(&Options {
            seed: 2,
            cases: 4,
            backends: vec![BackendKind::Icarus],
            cores: Cores::NpuOf(Box::new(npu_from_preset("nano").unwrap())),
            ..Options::default()
        });
    }
}
