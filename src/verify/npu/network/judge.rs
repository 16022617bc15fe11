//! Outputs against those of the golden interpreter.

use super::{Built, NetworkCase};
use crate::compiler::Rounding;
use crate::device::Outcome;
use crate::graph::{TensorId, Values};
use crate::reference::graph::{Mode, run};
use crate::reference::run_program;
use crate::verify::npu::{Wrong, machine_size};
use crate::verify::verdict::{CaseReport, Mismatch};

/// Bytes as the machine's host has them.
pub(super) fn bytes(values: &Values) -> Vec<u8> {
    let integers = values.integers().unwrap_or_default();
    integers.into_iter().map(|value| value as u8).collect()
}

/// The golden interpreter says what the outputs must be; the functional model tells the compiler's mistakes from
/// those of the core.
pub(super) fn judge(
    case: &NetworkCase,
    built: &Built,
    outcome: &Outcome,
) -> Result<CaseReport, Mismatch> {
    let Built {
        graph,
        network,
        input,
        run: program,
    } = built;
    let mode = match case.rounding {
        Rounding::Float => Mode::Float,
        Rounding::Fixed => Mode::FixedPoint,
    };
    let golden = run(graph, std::slice::from_ref(input), mode);
    let golden = golden.map_err(|error| Wrong::Network(error.to_string()))?;
    let of = |tensor: TensorId| golden.get(&tensor).map(bytes).unwrap_or_default();
    let expected: Vec<Vec<u8>> = (network.outputs.iter())
        .map(|binding| of(binding.tensor))
        .collect();
    let compare = |who, outputs: &[Vec<u8>]| {
        let (found, expected) = (outputs.concat(), expected.concat());
        let differ = found
            .iter()
            .zip(&expected)
            .position(|(found, expected)| found != expected);
        match differ {
            None => Ok(()),
            Some(element) => Err(Wrong::Output {
                who,
                element,
                expected: expected[element],
                found: found[element],
            }),
        }
    };
    let mut dram = program.dram.clone();
    let size = machine_size(&case.arch);
    run_program(&size, &network.program, program.bases, &mut dram)
        .map_err(|illegal| Wrong::Network(illegal.to_string()))?;
    compare("the functional model", &program.outputs(network, &dram))?;
    if let Some(failure) = outcome.failures.first() {
        return Err(Mismatch::Rule(failure.clone()));
    }
    let stuck = || Mismatch::Stuck {
        cycles: outcome.cycles,
        waiting: outcome.waiting.join("; "),
    };
    let result = program.outcome(outcome.clone()).ok_or_else(stuck)?;
    if result.cause != 0 {
        return Err(Wrong::Status {
            program: "the network",
            what: "cause",
            expected: "0".into(),
            found: result.cause,
        }
        .into());
    }
    compare("the core", &program.outputs(network, &result.dram))?;
    Ok(CaseReport {
        jobs: 1,
        elements: expected.concat().len() as u64,
        cycles: outcome.cycles,
        covers: (outcome.covers.iter())
            .map(|cover| (cover.path.clone(), cover.count))
            .collect(),
    })
}
