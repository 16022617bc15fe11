//! How long programs may take.

use crate::arch::NpuArch;
use crate::isa::npu::{Instruction, Operation};

/// A DRAM that pauses in so many of 256 cycles takes besides only what it has seen offered before.
pub(super) const SLOW: u8 = 128;

/// Cycles that are more than enough for a program, with such a DRAM.
pub(super) fn enough_cycles(
    arch: &NpuArch,
    program: &[Instruction],
    latency: u16,
    stalls: u8,
) -> u64 {
    let product = |of: &[u32]| of.iter().map(|count| u64::from(*count)).product::<u64>();
    // A run, at least.
    let run = u64::from(latency) + 64;
    let cycles = program.iter().map(|instruction| {
        run + match instruction.operation {
            Operation::Load(of) => product(&[of.rows, of.planes]) * (run + u64::from(of.run)),
            Operation::Store(of) => product(&[of.rows, of.planes]) * (run + u64::from(of.run)),
            Operation::Weights(of) => u64::from(of.tiles) * (run + u64::from(arch.tile_bytes())),
            Operation::Matrix(of) => {
                let passes = product(&[of.blocks, of.kernel_rows, of.taps, of.rows]);
                passes * 4 * u64::from(arch.rows.max(of.columns))
            }
            Operation::Vector(of) => {
                let passes = product(&[of.kernel_rows, of.groups]);
                passes * (16 + 4 * product(&[of.rows, of.columns]))
            }
            Operation::Post(of) => 2 * product(&[of.rows, of.columns, of.window, of.channels]),
            Operation::Fence(_) | Operation::End(_) => 0,
        }
    });
    let slowdown = 256 / (256 - u64::from(stalls)) + 1;
    5000 + slowdown * cycles.sum::<u64>()
}
