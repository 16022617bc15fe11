//! Inputs and outputs between DRAM and the scratchpad.

use super::program::semaphore;
use super::{Progress, Schedule};
use crate::compiler::{Binding, region};
use crate::graph::TensorId;
use crate::isa::npu::{Instruction, Load, Operation, Store};

/// Fewest bytes of an input for which MATRIX is told that they are there.
const INPUT_PART: usize = 512;

impl Schedule<'_> {
    /// Reads an input in parts of whole rows; those behind the `needed` bytes wait for the next weights.
    pub(super) fn load_input(
        &mut self,
        input: &Binding,
        region: u32,
        shape: &[usize],
        needed: usize,
    ) {
        let bytes = input.bytes as usize;
        let row = shape.iter().skip(1).product::<usize>().clamp(1, bytes);
        // At most as many parts as the semaphore counts, with room for those of other inputs.
        let rows = INPUT_PART.div_ceil(row).max((bytes / row).div_ceil(64));
        let part = (rows * row).min(bytes);
        let mut progress = Progress {
            parts: Vec::new(),
            semaphore: semaphore::INPUT,
            layer: None,
        };
        let (whole, early) = (bytes / part, needed.div_ceil(part));
        let place = self.places[&input.tensor];
        let mut load = |first: usize, parts: usize, run: usize| {
            let at = (first * part) as u32;
            let load = Operation::Load(Load {
                region,
                offset: input.offset + at,
                address: place + at,
                run: run as u32,
                rows: parts as u32,
                row_stride: part as u32,
                row_pitch: part as u32,
                planes: 1,
                ..Load::default()
            });
            let load = Instruction::from(load).signal(semaphore::INPUT, 1);
            match first < early {
                true => self.program.instructions.push(load),
                false => self.program.late.push(load),
            }
            for number in 0..parts {
                self.program.signals[semaphore::INPUT as usize] += 1;
                let there = first * part + number * part + run;
                let signals = self.program.signals[semaphore::INPUT as usize];
                progress.parts.push((signals, there));
            }
        };
        if early.min(whole) > 0 {
            load(0, early.min(whole), part);
        }
        if whole > early {
            load(early, whole - early, part);
        }
        if !bytes.is_multiple_of(part) {
            load(whole, 1, bytes % part);
        }
        self.progress.insert(input.tensor, progress);
    }

    /// Writes a part of an output.
    pub(super) fn store(
        &mut self,
        output: &Binding,
        tensor: TensorId,
        bytes: std::ops::Range<usize>,
    ) {
        let address = self.places[&tensor] + bytes.start as u32;
        self.program.put(Operation::Store(Store {
            region: region::OUTPUTS,
            offset: output.offset + bytes.start as u32,
            address,
            run: bytes.len() as u32,
            rows: 1,
            planes: 1,
            ..Store::default()
        }));
    }
}
