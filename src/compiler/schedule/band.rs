//! What of a layer is in DRAM: into the scratchpad, and where a band of it is there.

use super::Schedule;
use super::program::ALL_UNITS;
use super::transfers::{BAND_PARTS, Rows};
use super::work::Work;
use crate::compiler::memory::Home;
use crate::compiler::tiling::Chunk;
use crate::graph::TensorId;
use crate::isa::npu::Unit;

/// Tensors of a layer, in the order of its buffers.
pub(super) const IMAGE: usize = 0;
pub(super) const RESIDUAL: usize = 1;
pub(super) const RESULT: usize = 2;

impl Schedule<'_> {
    /// What comes next comes after all in front of it: the layers below `index`, and parts of that one.
    pub(super) fn fence_all(&mut self, index: usize) {
        self.program.fence(ALL_UNITS);
        self.fenced = index;
        let signals = |semaphore: u32| self.program.signals[semaphore as usize];
        let units = [Unit::Matrix, Unit::Vector];
        self.before_fence = units.map(|unit| Some(Self::semaphores(unit).map(signals)));
    }

    /// Reads the rows of a band that are in DRAM: first those of the first chunk; the rest comes behind the first
    /// weights, where the band reads some.
    pub(super) fn load_band(&mut self, work: &Work<'_>, first: &Chunk, has_weights: bool) {
        let layer = work.layer;
        let Some(bands) = work.bands else {
            return;
        };
        let (image, residual) = (layer.image_rows(&work.band), work.band.clone());
        let early = [
            layer.image_rows(&first.all_rows()).end,
            first.row + first.rows,
        ];
        let rows = [image, residual].into_iter().zip(early);
        let row = [layer.image_row(), layer.result_row()].into_iter();
        let row = row.zip([layer.image_pitch(), layer.result_row()]);
        for (of, ((rows, early), (row, pitch))) in [IMAGE, RESIDUAL].into_iter().zip(rows.zip(row))
        {
            let tensor = layer.tensors()[of];
            if let (Some(tensor), Some(buffer)) = (tensor, bands.buffers[of])
                && let Home::Dram { region, offset } = self.plan.homes[&tensor]
            {
                self.load_rows(Rows {
                    tensor,
                    from: (region, offset),
                    to: buffer,
                    bytes: rows.start * row..rows.end * row,
                    row,
                    pitch,
                    needed: (early - rows.start) * row,
                    parts: BAND_PARTS,
                    late_loads: 1,
                    unit: layer.unit,
                });
            }
        }
        if !has_weights {
            self.program.put_late();
        }
    }

    /// The address at which the first byte of a tensor is, or would be were all of it where its band is: that may
    /// be in front of the scratchpad.
    pub(super) fn first_byte(&self, work: &Work<'_>, tensor: TensorId, of: usize) -> i64 {
        let buffer = work.bands.and_then(|bands| bands.buffers[of]);
        let layer = work.layer;
        let first = match of {
            IMAGE => layer.image_rows(&work.band).start * layer.image_pitch(),
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
