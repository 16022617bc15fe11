//! Runs that were not made, as the model has them.

use super::matmul::{Counters, MatmulResult};
use super::npu::{READ_LATENCY, WRITE_LATENCY};
use super::{Executable, Inference, ProgramTime, Timeline};
use crate::arch::{JobShape, MatmulArch, NpuArch};
use crate::isa::npu::COUNTERS_OF;
use crate::model;
use crate::model::npu::Dram;
use crate::number::{Format, Matrix};
use ndarray::Array2;
use std::collections::BTreeMap;

impl Inference {
    /// An inference without values, as long as the model has its programs.
    pub fn expected(arch: &NpuArch, network: &Executable) -> Inference {
        let dram = Dram {
            read_latency: READ_LATENCY.into(),
            write_latency: WRITE_LATENCY.into(),
            ..Dram::default()
        };
        let mut inference = Inference {
            outputs: Vec::new(),
            tensors: BTreeMap::new(),
            cycles: 0,
            counters: [0; COUNTERS_OF.len()],
            programs: Vec::new(),
        };
        for program in network.programs() {
            let expected = model::npu::predict(&program.program, arch, dram);
            inference.cycles += expected.cycles;
            for (sum, counter) in inference.counters.iter_mut().zip(expected.counters) {
                *sum += counter;
            }
            inference.programs.push(ProgramTime {
                cycles: expected.cycles,
                timeline: Timeline::expected(&program.program, &expected.spans),
            });
        }
        inference
    }
}

/// A job without its product, as long as the model has it.
pub fn expected(arch: &MatmulArch, shape: JobShape) -> MatmulResult {
    let expected = model::matmul::predict(arch, shape);
    MatmulResult {
        c: Matrix::from_bits(Format::signed(32), Array2::zeros((0, 0))),
        counters: Counters {
            cycles: expected.cycles,
            active: expected.active,
            stall_a: expected.stall_a,
            stall_b: expected.stall_b,
            stall_c: expected.stall_c,
        },
        span: expected.span,
    }
}
