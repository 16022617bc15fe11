//! What of a layer is in DRAM: into the scratchpad, and where a band of it is there.

use super::Schedule;
use super::layer::Work;
use super::program::{ALL_UNITS, semaphore};
use super::transfers::LONGEST_RUN;
use crate::compiler::memory::Home;
use crate::graph::TensorId;
use crate::isa::npu::{Load, Operation};
use std::ops::Range;

/// Tensors of a layer, in the order of its buffers.
pub(super) const IMAGE: usize = 0;
pub(super) const RESIDUAL: usize = 1;
pub(super) const RESULT: usize = 2;

impl Schedule<'_> {
    /// What comes next comes after all in front of it: the layers below `index`, and parts of that one.
    pub(super) fn fence_all(&mut self, index: usize) {
        self.program.fence(ALL_UNITS);
        self.fenced = index;
        self.drains = true;
    }

    /// Reads the rows of a band that are in DRAM; gives the signals of INPUT that say that they are there.
    pub(super) fn load_band(&mut self, work: &Work<'_>) -> Option<u32> {
        let layer = work.layer;
        let bands = work.bands?;
        let image = (layer.image_rows(&work.band), layer.image_row());
        let result = (work.band.clone(), layer.result_row());
        let mut loaded = None;
        for (tensor, (rows, row), buffer) in [
            (layer.tensors()[IMAGE], image, bands.buffers[IMAGE]),
            (layer.tensors()[RESIDUAL], result, bands.buffers[RESIDUAL]),
        ] {
            if let (Some(tensor), Some(buffer)) = (tensor, buffer) {
                self.load_rows(tensor, rows, row, buffer);
                self.program.signal(semaphore::INPUT);
                loaded = Some(self.program.signals[semaphore::INPUT as usize]);
            }
        }
        loaded
    }

    fn load_rows(&mut self, tensor: TensorId, rows: Range<usize>, row: usize, buffer: u32) {
        let Home::Dram { region, offset } = self.plan.homes[&tensor] else {
            return;
        };
        let bytes = rows.len() * row;
        for first in (0..bytes).step_by(LONGEST_RUN) {
            self.program.put(Operation::Load(Load {
                region,
                offset: offset + (rows.start * row + first) as u32,
                address: buffer + first as u32,
                run: LONGEST_RUN.min(bytes - first) as u32,
                rows: 1,
                planes: 1,
                ..Load::default()
            }));
        }
    }

    /// The address at which the first byte of a tensor is, or would be were all of it where its band is: that may
    /// be in front of the scratchpad.
    pub(super) fn first_byte(&self, work: &Work<'_>, tensor: TensorId, of: usize) -> i64 {
        let buffer = work.bands.and_then(|bands| bands.buffers[of]);
        let layer = work.layer;
        let first = match of {
            IMAGE => layer.image_rows(&work.band).start * layer.image_row(),
            _ => work.band.start * layer.result_row(),
        };
        match (buffer, self.plan.homes[&tensor]) {
            (Some(buffer), _) => i64::from(buffer) - first as i64,
            (None, Home::Scratchpad(address)) => address.into(),
            (None, Home::Dram { .. }) => 0,
        }
    }

    /// The address of byte 0 of row 0 of a layer's image: addresses of MATRIX wrap within a half.
    pub(super) fn image_address(&self, work: &Work<'_>) -> u32 {
        let half = i64::from(self.arch.scratchpad_bytes / 2);
        let first = self.first_byte(work, work.layer.input, IMAGE);
        let buffer = work.bands.and_then(|bands| bands.buffers[IMAGE]);
        let base = buffer.map_or(first, i64::from) / half * half;
        (base + (first - base).rem_euclid(half)) as u32
    }
}
