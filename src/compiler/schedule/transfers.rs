//! Inputs and outputs between DRAM and the scratchpad.

use super::Schedule;
use super::program::{ALL_UNITS, Late, semaphore};
use super::progress::Progress;
use crate::compiler::lower::{Layer, Lowered};
use crate::compiler::memory::{Home, Ports};
use crate::compiler::tiling::Tiling;
use crate::compiler::{Binding, region};
use crate::graph::{Graph, TensorId};
use crate::isa::npu::{Instruction, Load, Operation, Store, Unit};
use std::ops::Range;

/// Fewest bytes of an input for which MATRIX is told that they are there.
const INPUT_PART: usize = 512;
/// The most runs from a signal to the next.
const LONGEST_PERIOD: usize = 255;
/// The most bytes of a run.
const LONGEST_RUN: usize = (1 << 18) - 1;

/// The most parts of all inputs, and of an input; and of a tensor that is read in bands, of which a layer has up to
/// two: a semaphore counts to 255.
const MOST_PARTS: usize = 192;
const INPUT_PARTS: usize = 64;
pub(super) const BAND_PARTS: usize = 24;
/// LOADs of what of an input is not needed first: parameters of layers come between them.
const LATE_LOADS: usize = 12;

/// Bytes of a tensor, on their way into the scratchpad.
pub(super) struct Rows {
    pub tensor: TensorId,
    /// Region and offset of the tensor.
    pub from: (u32, u32),
    /// Address of the first of the bytes.
    pub to: u32,
    /// Bytes of the tensor.
    pub bytes: Range<usize>,
    /// Bytes of a row.
    pub row: usize,
    /// Bytes of the scratchpad from a row to the next.
    pub pitch: usize,
    /// How many bytes are needed first.
    pub needed: usize,
    /// The most parts, and one more.
    pub parts: usize,
    /// LOADs of what is not needed first.
    pub late_loads: usize,
    /// Who waits for them.
    pub unit: Unit,
}

impl Schedule<'_> {
    /// Reads the inputs and constants that have a place in the scratchpad. What the first chunk needs comes in
    /// front of the first weights, the rest behind them.
    pub(super) fn load_ports(
        &mut self,
        graph: &Graph,
        lowered: &Lowered,
        tilings: &[Tiling],
        ports: &Ports<'_>,
    ) {
        let inputs = ports.constants.len() + ports.inputs.len();
        for (tensor, offset) in ports.constants {
            let binding = Binding {
                tensor: *tensor,
                offset: *offset,
                bytes: graph[*tensor].len() as u32,
                unsigned: false,
            };
            let bytes = binding.bytes as usize;
            self.load_input(
                &binding,
                region::CONSTANTS,
                &graph[*tensor].shape,
                bytes,
                inputs,
            );
        }
        for (number, input) in ports.inputs.iter().enumerate() {
            let first = (lowered.layers.first().zip(tilings.first()))
                .filter(|(layer, _)| layer.input == input.tensor)
                .filter(|_| number + 1 == ports.inputs.len() && self.plan.bands[0].is_none());
            let needed = first.map(|(layer, tiling)| {
                let rows = 0..layer.result[0];
                let chunk = tiling.chunks(layer, &rows)[0];
                layer.image_rows(&chunk.all_rows()).end * layer.image_row()
            });
            let needed = needed.unwrap_or(input.bytes as usize);
            self.load_input(
                input,
                region::INPUTS,
                &graph[input.tensor].shape,
                needed,
                inputs,
            );
        }
    }

    /// Reads an input that has a place in the scratchpad, one of so many.
    fn load_input(
        &mut self,
        input: &Binding,
        region: u32,
        shape: &[usize],
        needed: usize,
        inputs: usize,
    ) {
        if let Home::Scratchpad(to) = self.plan.homes[&input.tensor] {
            let bytes = 0..input.bytes as usize;
            let reader = self.layers.iter().find(|layer| layer.reads(input.tensor));
            let row = shape.iter().skip(1).product::<usize>();
            let row = row.clamp(1, bytes.len());
            let is_image = |layer: &&Layer| layer.input == input.tensor;
            let packed = reader
                .filter(is_image)
                .filter(|layer| layer.packed_pitch.is_some());
            let (row, pitch) =
                packed.map_or((row, row), |layer| (layer.image_row(), layer.image_pitch()));
            self.load_rows(Rows {
                tensor: input.tensor,
                from: (region, input.offset),
                to,
                row,
                pitch,
                bytes,
                needed,
                parts: (MOST_PARTS / inputs).clamp(1, INPUT_PARTS),
                late_loads: LATE_LOADS,
                unit: reader.map_or(Unit::Matrix, |layer| layer.unit),
            });
        }
    }

    /// Reads bytes in parts of whole rows, each of which MATRIX is told of; those behind the first that are needed
    /// wait for the next weights.
    pub(super) fn load_rows(&mut self, rows: Rows) {
        let Rows {
            tensor,
            from: (region, offset),
            to: place,
            bytes: range,
            row,
            pitch,
            needed,
            parts,
            late_loads,
            unit,
        } = rows;
        let bytes = range.len();
        self.clock
            .load(bytes.div_ceil(self.arch.bus_bytes() as usize) as u64);
        let rows = INPUT_PART.div_ceil(row).max((bytes / row).div_ceil(parts));
        let is_gapless = pitch == row;
        let rows = if is_gapless {
            rows
        } else {
            rows.min(LONGEST_PERIOD)
        };
        let part = (rows * row).min(bytes);
        let [of_unit, _] = Self::semaphores(unit);
        let mut progress = Progress::new(of_unit, None);
        let (whole, early) = (bytes / part, needed.div_ceil(part));
        let mut load = |first: usize, parts: usize, bytes: usize| {
            // A run is a part, or a row of it.
            let (run, to, period) = match is_gapless {
                true => (bytes / parts, part, 1),
                false => (row, pitch, part / row),
            };
            let first_run = first * if is_gapless { 1 } else { part / row };
            let load = Operation::Load(Load {
                region,
                offset: offset + (range.start + first * part) as u32,
                address: place + (first_run * to) as u32,
                run: run as u32,
                rows: (bytes / run) as u32,
                row_stride: run as u32,
                row_pitch: to as u32,
                planes: 1,
                ..Load::default()
            });
            let load = Instruction::from(load).signal(of_unit, period as u32);
            let before = self.program.signals[of_unit as usize];
            match first < early {
                true => self.program.push(load),
                false => self.program.late.push_back(Late {
                    load,
                    semaphore: of_unit,
                    before,
                }),
            }
            for number in 0..parts {
                self.program.signals[of_unit as usize] += 1;
                let begin = range.start + (first + number) * part;
                progress.put(begin, 0..usize::MAX, 0);
                progress.signalled([self.program.signals[of_unit as usize]; 2]);
            }
        };
        if early.min(whole) > 0 {
            load(0, early.min(whole), early.min(whole) * part);
        }
        let late = whole.saturating_sub(early);
        for first in (early..whole).step_by(late.div_ceil(late_loads).max(1)) {
            let parts = late.div_ceil(late_loads).min(whole - first);
            load(first, parts, parts * part);
        }
        if !bytes.is_multiple_of(part) {
            load(whole, 1, bytes % part);
        }
        progress.is_whole = true;
        self.progress.insert(tensor, progress);
    }

    /// Writes some bytes of a tensor to its place in a region, when RESULT has been signalled so often; the address is
    /// that of the tensor's first byte.
    pub(super) fn store(
        &mut self,
        (region, offset): (u32, u32),
        address: i64,
        bytes: Range<usize>,
        results: u32,
    ) {
        for first in bytes.clone().step_by(LONGEST_RUN) {
            self.program.put(Operation::Store(Store {
                region,
                offset: offset + first as u32,
                address: (address + first as i64) as u32,
                run: LONGEST_RUN.min(bytes.end - first) as u32,
                rows: 1,
                planes: 1,
                ..Store::default()
            }));
            self.program.wait_until(semaphore::RESULT, results);
        }
    }

    /// Writes outputs that no layer has written, when all else has ended: from the scratchpad, and those in DRAM
    /// through it.
    pub(super) fn store_others(&mut self, outputs: &[&Binding]) {
        let (there, elsewhere): (Vec<_>, Vec<_>) = (outputs
            .iter()
            .map(|output| (*output, self.plan.homes[&output.tensor])))
        .partition(|(_, home)| matches!(home, Home::Scratchpad(_)));
        for (output, home) in there.into_iter().chain(elsewhere) {
            let to = (region::OUTPUTS, output.offset);
            let bytes = 0..output.bytes as usize;
            match home {
                Home::Scratchpad(address) => self.store(to, address.into(), bytes, 0),
                Home::Dram { region, offset } => {
                    let most = self.arch.scratchpad_bytes as usize / 2;
                    for first in bytes.clone().step_by(most.min(LONGEST_RUN)) {
                        let part = first..(first + most.min(LONGEST_RUN)).min(bytes.end);
                        self.program.fence(ALL_UNITS);
                        self.program.put(Operation::Load(Load {
                            region,
                            offset: offset + first as u32,
                            run: part.len() as u32,
                            rows: 1,
                            planes: 1,
                            ..Load::default()
                        }));
                        self.program.fence(ALL_UNITS);
                        self.store(to, -(first as i64), part, 0);
                    }
                }
            }
        }
    }
}
