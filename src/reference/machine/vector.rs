//! What VECTOR computes.

use super::execute::{Image, SCRATCHPAD, positive, within};
use super::{Machine, Source};
use crate::isa::npu::{Load, Unit, Vector};

impl Machine {
    /// A LOAD of weights, whose runs are bytes of DRAM beyond `base` and groups beyond its first.
    pub(super) fn load_vector_weights(
        &mut self,
        load: &Load,
        base: u64,
        runs: impl Iterator<Item = (u64, u64)>,
    ) -> Result<(), String> {
        let group = self.size.group_bytes() as u64;
        if !u64::from(load.run).is_multiple_of(group) {
            return Err(format!("weights of VECTOR are groups of {group} bytes"));
        }
        for (from, to) in runs {
            if !(base + from).is_multiple_of(self.size.bus_bytes as u64) {
                return Err("weights of VECTOR must begin at a beat of the bus".into());
            }
            let clock = self.clocks.of(Unit::Load);
            let first = (u64::from(load.address) + to) * group;
            for byte in 0..u64::from(load.run) {
                let value = self.dram.read(Unit::Load, &clock, base + from + byte)?;
                self.vector_weights
                    .write(Unit::Load, &clock, first + byte, value)?;
            }
            self.clocks.step(Unit::Load)?;
        }
        Ok(())
    }

    pub(super) fn vector(&mut self, vector: &Vector) -> Result<(), String> {
        let most = self.size.vector_taps as u32;
        if most == 0 {
            return Err("there is no VECTOR".into());
        }
        positive(&[
            ("kernel_rows", vector.kernel_rows),
            ("groups", vector.groups),
            ("taps", vector.taps),
            ("rows", vector.rows),
            ("columns", vector.columns),
        ])?;
        let bytes = self.size.scratchpad_bytes;
        within(SCRATCHPAD, bytes, &[("address", vector.address)])?;
        let groups = self.size.vector_weights;
        within("weights of VECTOR", groups, &[("weights", vector.weights)])?;
        if vector.taps > most {
            return Err(format!("its last group has more than {most} taps"));
        }
        let vectors = (vector.rows * vector.columns) as usize;
        self.open_bank(Source::Vector, vector.begin, vectors)?;
        for kernel_row in 0..vector.kernel_rows {
            for group in 0..vector.groups {
                let taps = match group + 1 == vector.groups {
                    true => vector.taps,
                    false => most,
                };
                let pass = kernel_row * vector.groups + group;
                let anew = vector.begin && pass == 0;
                let weights = self.group(vector, pass, taps)?;
                for row in 0..vector.rows {
                    let y = kernel_row * vector.kernel_row_step + row * vector.row_step;
                    let y = i64::from(vector.first_row) + i64::from(y);
                    for column in 0..vector.columns {
                        let index = (row * vector.columns + column) as usize;
                        let x = i64::from(group * most) * i64::from(vector.tap_step)
                            + i64::from(column) * i64::from(vector.column_step);
                        let x = i64::from(vector.first_byte) + x;
                        self.take_vector(vector, (index, anew), (y, x), &weights)?;
                    }
                }
                self.clocks.step(Unit::Vector)?;
            }
        }
        if vector.end {
            self.hand_over(Source::Vector);
        }
        Ok(())
    }

    /// The weights of the taps of a pass, V each: those of the last rows of its group.
    fn group(&mut self, vector: &Vector, pass: u32, taps: u32) -> Result<Vec<Vec<i32>>, String> {
        let channels = self.size.vector_channels();
        if vector.maximum {
            return Ok(vec![vec![1; channels]; taps as usize]);
        }
        let clock = self.clocks.of(Unit::Vector);
        let rows = self.size.vector_taps;
        let group = u64::from(vector.weights + pass) * rows as u64;
        let mut row = |row: u64| {
            let first = (group + row) * channels as u64;
            let bytes = first..first + channels as u64;
            let weights = bytes.map(|at| self.vector_weights.read(Unit::Vector, &clock, at));
            weights
                .map(|byte| Ok((byte? as i8).into()))
                .collect::<Result<Vec<i32>, String>>()
        };
        (rows - taps as usize..rows)
            .map(|of| row(of as u64))
            .collect()
    }

    /// Adds the products of the taps of a vector, or keeps the largest of them.
    fn take_vector(
        &mut self,
        vector: &Vector,
        (index, anew): (usize, bool),
        (y, x): (i64, i64),
        weights: &[Vec<i32>],
    ) -> Result<(), String> {
        let image = Image {
            address: vector.address,
            pitch: vector.pitch,
            width: vector.width,
            height: vector.height,
            padding: vector.padding,
        };
        for channel in 0..self.size.vector_channels() {
            let mut products = Vec::new();
            for (tap, weights) in (0..).zip(weights) {
                let x = x + tap * i64::from(vector.tap_step) + channel as i64;
                products.push(self.byte_of(Unit::Vector, &image, (y, x))? * weights[channel]);
            }
            let sum = &mut self.open(Source::Vector).vectors[index][channel];
            let before = (!anew).then_some(*sum);
            let all = before.into_iter().chain(products);
            *sum = match vector.maximum {
                true => all.max().unwrap_or(0),
                false => all.fold(0, i32::wrapping_add),
            };
        }
        Ok(())
    }
}
