//! The job that goes with a matmul core as an example.

use crate::arch::{IntType, JobShape, MatmulArch};
use crate::device::Stalls;
use crate::device::matmul::{JobSequence, MatmulJob};
use crate::device::pack::{pack_a, pack_b, pack_c};
use crate::isa::matmul_registers;
use crate::product::example::value;
use crate::product::{Action, Example, Step, Transfer};
use crate::reference;
use ndarray::Array2;

/// A small product with edges; results come from the golden model.
pub(super) fn example(arch: &MatmulArch) -> Example {
    let job = job(arch);
    let product = reference::matmul(&job.a, &job.b, arch.result.into())
        .expect("the matrices chain, and results hold every sum of a core");
    let mut sequence = JobSequence::new(arch, &Stalls::default());
    sequence.job(&job, || 0);
    let JobShape { m, k, n } = job.shape();
    let (before, steps) = steps(arch, job.shape());
    let transfer = |prefix, name, width, beats, is_result| Transfer {
        prefix,
        name,
        width,
        is_result,
        beats,
    };
    let a = pack_a(arch, &job.a, || 0);
    let b = pack_b(arch, &job.b, || 0);
    let c = pack_c(arch, &product);
    Example {
        title: format!("product, C = A x B with M = {m}, K = {k} and N = {n}"),
        size: format!("{m} x {k} x {n}"),
        before,
        job: steps,
        transfers: vec![
            transfer("s_axis_a", "a", arch.a.width, a, false),
            transfer("s_axis_b", "b", arch.b.width, b, false),
            transfer("m_axis_c", "c", arch.c.width, c, true),
        ],
        memory: None,
        max_cycles: sequence.into_scenario().max_cycles,
    }
}

/// The steps before the first job, and those of a job.
fn steps(arch: &MatmulArch, JobShape { m, k, n }: JobShape) -> (Vec<Step>, Vec<Step>) {
    let map = matmul_registers("matmul", arch);
    let step = |action, register, data, note| Step {
        action,
        register,
        data,
        note,
    };
    let constant = |name| step(Action::Read, name, map.get(name).reset_word(), "");
    let field = |register: &str, field: &str| map.get(register).get(field).mask();
    let both = |register: &str| field(register, "done") | field(register, "error");
    let (start, done) = (field("control", "start"), field("status", "done"));
    let (enable, clear) = (both("interrupt_enable"), both("interrupt_status"));
    let job = vec![
        step(Action::Write, "m", m, ""),
        step(Action::Write, "k", k, ""),
        step(Action::Write, "n", n, ""),
        step(Action::Write, "interrupt_enable", enable, "done, error"),
        step(Action::Start, "control", start, "start"),
        step(Action::Interrupt, "", 0, ""),
        step(Action::Write, "interrupt_status", clear, "clear"),
        step(Action::Read, "status", done, "done, no error"),
        step(Action::Show, "cycles", 0, ""),
    ];
    (vec![constant("id"), constant("config_hash")], job)
}

/// The operands: two row blocks, two tiles of K and two panels, the second of each almost empty, as
/// far as the buffers take them; extreme values among others. The same for every run of the program.
fn job(arch: &MatmulArch) -> MatmulJob {
    let JobShape { m, k, n } = shape(arch);
    let mut index = 0;
    let mut matrix = |rows: u32, columns: u32, element: IntType| {
        Array2::from_shape_simple_fn((rows as usize, columns as usize), || {
            index += 1;
            value(index, element)
        })
    };
    let a = matrix(m, k, arch.activation);
    let b = matrix(k, n, arch.weight);
    MatmulJob::of_integers(arch, &a, &b).expect("every element is in range")
}

/// The largest of a few shapes that the core can run.
fn shape(arch: &MatmulArch) -> JobShape {
    let (rows, columns) = (arch.rows, arch.columns);
    let m = rows + 1;
    let candidates = [
        (rows + 2, columns + 1),
        (rows + 2, columns),
        (rows, columns + 1),
        (rows, columns),
        (1, columns),
    ];
    let shapes = candidates.map(|(k, n)| JobShape { m, k, n });
    let fits = |shape: &JobShape| arch.check_shape(*shape).is_ok();
    // One vector of A, of B and of sums fits every buffer.
    shapes
        .into_iter()
        .find(fits)
        .unwrap_or(JobShape { m: 1, k: 1, n: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::config::{Kind, presets_of};

    #[test]
    fn every_preset_runs_its_example_with_edges() {
        for preset in presets_of(Kind::Matmul) {
            let arch = arch::from_preset(preset.name).unwrap();
            let example = job(&arch);
            let (rows, columns) = (arch.rows, arch.columns);
            let expected = JobShape {
                m: rows + 1,
                k: rows + 2,
                n: columns + 1,
            };
            assert_eq!(example.shape(), expected, "{}", preset.name);
            for (matrix, element) in [(&example.a, arch.activation), (&example.b, arch.weight)] {
                let matrix = matrix.integers();
                assert!(matrix.iter().all(|value| element.contains(*value)));
                for extreme in [element.min(), element.max()] {
                    assert!(matrix.iter().any(|value| *value == extreme));
                }
            }
            assert_eq!(example, job(&arch), "the same again");
        }
    }
}
