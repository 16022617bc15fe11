//! What each instruction computes.

use super::{Bank, BankState, Machine, Source};
use crate::isa::npu::{Load, Matrix, Post, Store, TABLE_ENTRIES, Target, Unit, Weights};
use crate::reference::{fixed_point, float_scale};

/// Limits between which something must be.
fn check_limits(low: i32, high: i32) -> Result<(), String> {
    match low <= high {
        true => Ok(()),
        false => Err(format!(
            "its lower limit {low} is above its upper limit {high}"
        )),
    }
}

/// A multiplier or fp32 scale is not negative.
fn check_multiplier(multiplier: u32) -> Result<(), String> {
    match multiplier >> 31 {
        0 => Ok(()),
        _ => Err(format!(
            "the multiplier {multiplier:#x} has its highest bit set"
        )),
    }
}

/// A memory whose addresses are checked.
pub(super) const SCRATCHPAD: &str = "bytes of the scratchpad";

/// Numbers that must be 1 or more.
pub(super) fn positive(counts: &[(&str, u32)]) -> Result<(), String> {
    match counts.iter().find(|(_, count)| *count == 0) {
        Some((name, _)) => Err(format!("`{name}` is 0")),
        None => Ok(()),
    }
}

/// Addresses that must be those of a memory, whether or not what is there counts.
pub(super) fn within(memory: &str, size: usize, addresses: &[(&str, u32)]) -> Result<(), String> {
    match addresses.iter().find(|(_, at)| *at as usize >= size) {
        Some((name, at)) => Err(format!("`{name}` is {at}, and {memory} end at {size}")),
        None => Ok(()),
    }
}

/// The runs of a LOAD or STORE: byte of DRAM and place in the machine.
fn runs(
    [rows, row_stride, row_pitch]: [u32; 3],
    [planes, plane_stride, plane_pitch]: [u32; 3],
) -> impl Iterator<Item = (u64, u64)> {
    (0..planes).flat_map(move |plane| {
        (0..rows).map(move |row| {
            let dram =
                u64::from(plane) * u64::from(plane_stride) + u64::from(row) * u64::from(row_stride);
            let here =
                u64::from(plane) * u64::from(plane_pitch) + u64::from(row) * u64::from(row_pitch);
            (dram, here)
        })
    })
}

/// Rows of bytes in the scratchpad, and what is read outside of them.
pub(super) struct Image {
    pub address: u32,
    pub pitch: u32,
    pub width: u32,
    pub height: u32,
    pub padding: i32,
}

impl Machine {
    /// The half of the scratchpad that a run is in: it may not reach into the other.
    fn within_half(&self, first: u64, bytes: u64) -> Result<(), String> {
        let half = self.size.scratchpad_bytes as u64 / 2;
        match first / half == (first + bytes - 1) / half {
            true => Ok(()),
            false => Err(format!(
                "bytes {first:#x} to {:#x} of the scratchpad are in both halves",
                first + bytes - 1
            )),
        }
    }

    pub(super) fn load(&mut self, load: &Load) -> Result<(), String> {
        let has_vector = self.size.vector_taps > 0;
        let is_vector = load.target == Target::VectorWeights as u32;
        if load.target > Target::ResidualTable as u32 && !(has_vector && is_vector) {
            return Err(format!("there is no target {}", load.target));
        }
        positive(&[
            ("run", load.run),
            ("rows", load.rows),
            ("planes", load.planes),
        ])?;
        let base = self.bases[load.region as usize] + u64::from(load.offset);
        let rows = [load.rows, load.row_stride, load.row_pitch];
        let planes = [load.planes, load.plane_stride, load.plane_pitch];
        if is_vector {
            return self.load_vector_weights(load, base, runs(rows, planes));
        }
        let table = load.target.checked_sub(Target::Bias as u32);
        for (from, to) in runs(rows, planes) {
            let clock = self.clocks.of(Unit::Load);
            let first = u64::from(load.address) + to;
            match table {
                None => self.within_half(first, load.run.into())?,
                Some(_) => {
                    let words = self.size.bus_bytes as u64 / 4;
                    let aligned =
                        (base + from).is_multiple_of(4 * words) && first.is_multiple_of(words);
                    let is_table = load.target >= Target::ResultTable as u32;
                    let unit = if is_table { 4 } else { 4 * words };
                    if !aligned || !u64::from(load.run).is_multiple_of(unit) {
                        return Err("parameters must be whole beats of the bus".into());
                    }
                }
            }
            for byte in 0..u64::from(load.run) {
                let value = self.dram.read(Unit::Load, &clock, base + from + byte)?;
                match table {
                    None => self
                        .scratchpad
                        .write(Unit::Load, &clock, first + byte, value)?,
                    Some(table) => {
                        let table = &mut self.parameters[table as usize];
                        table.write(Unit::Load, &clock, 4 * first + byte, value)?;
                    }
                }
            }
            self.clocks.step(Unit::Load)?;
        }
        Ok(())
    }

    pub(super) fn weights(&mut self, weights: &Weights) -> Result<(), String> {
        positive(&[("tiles", weights.tiles)])?;
        let base = self.bases[weights.region as usize] + u64::from(weights.offset);
        if !base.is_multiple_of(self.size.bus_bytes as u64) {
            return Err("weights must begin at a beat of the bus".into());
        }
        let bytes = (self.size.rows * self.size.columns) as u64;
        for tile in 0..u64::from(weights.tiles) {
            self.clocks.tile_written()?;
            let clock = self.clocks.of(Unit::Load);
            let read = |at| self.dram.read(Unit::Load, &clock, base + tile * bytes + at);
            let bytes: Result<Vec<u8>, String> = (0..bytes).map(read).collect();
            self.ring
                .push_back(bytes?.into_iter().map(|byte| byte as i8).collect());
            self.clocks.step(Unit::Load)?;
        }
        Ok(())
    }

    /// The place in the image of each vector of a MATRIX: rows and bytes beyond its first.
    fn vectors(matrix: &Matrix) -> Vec<(i64, i64)> {
        let mut vectors = Vec::new();
        for row in 0..matrix.rows {
            for column in 0..matrix.columns {
                let (y, x) = (
                    row * matrix.row_step,
                    u64::from(column) * u64::from(matrix.column_step),
                );
                if !matrix.windows {
                    vectors.push((y.into(), x as i64));
                    continue;
                }
                for kernel_row in 0..matrix.kernel_rows {
                    for tap in 0..matrix.taps {
                        let x = x + u64::from(tap) * u64::from(matrix.tap_step);
                        let y = y + kernel_row * matrix.kernel_row_step;
                        vectors.push((y.into(), x as i64));
                    }
                }
            }
        }
        vectors
    }

    /// For each pass of a MATRIX its vectors, and its place in the image: rows and bytes beyond the first.
    fn passes(&self, matrix: &Matrix) -> Vec<(std::ops::Range<usize>, (i64, i64))> {
        let (kernel_rows, taps) = match matrix.windows || matrix.packed {
            true => (1, 1),
            false => (matrix.kernel_rows, matrix.taps),
        };
        let of_row = matrix.columns as usize;
        let parts: Vec<_> = match matrix.row_tiles {
            true => (0..matrix.rows as usize)
                .map(|row| row * of_row..(row + 1) * of_row)
                .collect(),
            false => std::iter::once(0..Machine::vectors(matrix).len()).collect(),
        };
        let mut passes = Vec::new();
        for part in parts {
            for block in 0..matrix.blocks {
                for kernel_row in 0..kernel_rows {
                    for tap in 0..taps {
                        let y = kernel_row * matrix.kernel_row_step;
                        let x = i64::from(block) * self.size.rows as i64
                            + i64::from(tap) * i64::from(matrix.tap_step);
                        passes.push((part.clone(), (y.into(), x)));
                    }
                }
            }
        }
        passes
    }

    pub(super) fn matrix(&mut self, matrix: &Matrix) -> Result<(), String> {
        positive(&[
            ("blocks", matrix.blocks),
            ("kernel_rows", matrix.kernel_rows),
            ("taps", matrix.taps),
            ("rows", matrix.rows),
            ("columns", matrix.columns),
        ])?;
        let bytes = self.size.scratchpad_bytes;
        within(SCRATCHPAD, bytes, &[("address", matrix.address)])?;
        if matrix.row_tiles && matrix.windows {
            return Err("rows with tiles of their own have no windows".into());
        }
        if matrix.packed {
            self.check_packed(matrix)?;
        }
        if matrix.release && matrix.tile != 0 {
            return Err("it releases tiles that are not the oldest".into());
        }
        let vectors = Machine::vectors(matrix);
        self.open_bank(Source::Matrix, matrix.begin, vectors.len())?;
        for (pass, (part, start)) in self.passes(matrix).into_iter().enumerate() {
            let tile = matrix.tile as usize + if matrix.release { 0 } else { pass };
            if tile >= self.ring.len() {
                return Err(format!(
                    "it needs tile {tile} of the ring, which has {} when all before it have ended: it may wait for ever",
                    self.ring.len()
                ));
            }
            self.clocks.tile_used(tile);
            let weights = self.ring[tile].clone();
            for (index, vector) in (part.start..).zip(&vectors[part]) {
                let y = i64::from(matrix.first_row) + start.0 + vector.0;
                let x = i64::from(matrix.first_byte) + start.1 + vector.1;
                self.add_vector(matrix, index, (y, x), &weights)?;
            }
            if matrix.release {
                self.ring.pop_front();
                self.clocks.tile_released();
            }
            self.clocks.step(Unit::Matrix)?;
        }
        if matrix.end {
            self.hand_over(Source::Matrix);
        }
        Ok(())
    }

    /// A packed MATRIX is one pass, whose rows are apart as its bytes are, up to whole vectors.
    fn check_packed(&self, matrix: &Matrix) -> Result<(), String> {
        if matrix.windows || matrix.blocks != 1 || matrix.kernel_rows != 1 {
            return Err("packed vectors have no blocks, kernel rows or windows".into());
        }
        let apart = i64::from(matrix.kernel_row_step) * i64::from(matrix.pitch);
        let further = apart - i64::from(matrix.tap_step);
        match further.rem_euclid(self.size.rows as i64) {
            0 => Ok(()),
            _ => Err(format!(
                "bytes of packed vectors are {further} further in a row than in the one before, which is no multiple of {}",
                self.size.rows
            )),
        }
    }

    /// How many rows and bytes further than a vector's place its byte is.
    fn of_byte(&self, matrix: &Matrix, byte: usize) -> (i64, i64) {
        let (first, further) = (matrix.taps as usize, matrix.tap_step as usize);
        let rows_behind = match matrix.packed {
            true => 1..self.size.image_rows,
            false => 1..1,
        };
        let begun = rows_behind.filter(|row| byte >= first + (row - 1) * further);
        let rows = begun.count();
        let bytes = byte as i64 - (rows * further) as i64;
        ((rows as u32 * matrix.kernel_row_step).into(), bytes)
    }

    /// The bank that a MATRIX or VECTOR adds so many vectors to: a free one if it begins it.
    pub(super) fn open_bank(
        &mut self,
        source: Source,
        begin: bool,
        vectors: usize,
    ) -> Result<(), String> {
        if vectors > self.size.accumulator_vectors {
            return Err(format!(
                "it has {vectors} vectors, and an accumulator bank {}",
                self.size.accumulator_vectors
            ));
        }
        let name = source.unit().name();
        let columns = self.size.columns;
        let bank = self.open(source);
        if begin {
            if bank.state != BankState::Free {
                return Err("no accumulator bank is free when all before it have ended: it may wait for ever".into());
            }
            bank.state = BankState::Open;
            // Channels that the unit has not stay 0.
            bank.vectors = vec![vec![0; columns]; vectors];
            self.clocks.bank_taken(source);
        } else if bank.state != BankState::Open {
            return Err(format!("it adds to a bank that no {name} has begun"));
        } else if bank.vectors.len() < vectors {
            return Err(format!(
                "it has more vectors than the {name} that began the bank"
            ));
        }
        Ok(())
    }

    /// The bank that a unit adds to.
    pub(super) fn open(&mut self, source: Source) -> &mut Bank {
        let banks = &mut self.banks[source as usize];
        &mut banks.banks[banks.next[0]]
    }

    /// Hands it over to POST.
    pub(super) fn hand_over(&mut self, source: Source) {
        self.open(source).state = BankState::HandedOver;
        let next = &mut self.banks[source as usize].next[0];
        *next = 1 - *next;
        self.clocks.bank_handed_over(source);
    }

    /// Adds the products of a vector with a tile.
    fn add_vector(
        &mut self,
        matrix: &Matrix,
        index: usize,
        (y, x): (i64, i64),
        weights: &[i8],
    ) -> Result<(), String> {
        let columns = self.size.columns;
        let image = Image {
            address: matrix.address,
            pitch: matrix.pitch,
            width: matrix.width,
            height: matrix.height,
            padding: matrix.padding,
        };
        for (byte, weights) in weights.chunks(columns).enumerate() {
            // What is multiplied by 0 alone may be anything.
            if weights.iter().all(|weight| *weight == 0) {
                continue;
            }
            let (rows, bytes) = self.of_byte(matrix, byte);
            let value = self.byte_of(Unit::Matrix, &image, (y + rows, x + bytes))?;
            let sums = &mut self.open(Source::Matrix).vectors[index];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = sum.wrapping_add(value * i32::from(*weight));
            }
        }
        Ok(())
    }

    /// A byte of a row of an image, as a unit reads it.
    pub(super) fn byte_of(
        &mut self,
        unit: Unit,
        image: &Image,
        (y, x): (i64, i64),
    ) -> Result<i32, String> {
        let inside =
            (0..i64::from(image.height)).contains(&y) && (0..i64::from(image.width)).contains(&x);
        if !inside {
            return Ok(image.padding);
        }
        // Addresses wrap in the half of the image.
        let half = self.size.scratchpad_bytes as i64 / 2;
        let base = i64::from(image.address) / half * half;
        let at = i64::from(image.address) + y * i64::from(image.pitch) + x;
        let clock = self.clocks.of(unit);
        let address = (base + at.rem_euclid(half)) as u64;
        Ok((self.scratchpad.read(unit, &clock, address)? as i8).into())
    }

    pub(super) fn post(&mut self, post: &Post) -> Result<(), String> {
        positive(&[
            ("rows", post.rows),
            ("columns", post.columns),
            ("channels", post.channels),
            ("window", post.window),
        ])?;
        let addresses = [
            ("address", post.address),
            ("residual_address", post.residual_address),
        ];
        within(SCRATCHPAD, self.size.scratchpad_bytes, &addresses)?;
        let channels = post.channels as usize;
        let (source, most) = match post.vector {
            false => (Source::Matrix, self.size.columns),
            true if self.size.vector_taps == 0 => return Err("there is no VECTOR".into()),
            true => (Source::Vector, self.size.vector_channels()),
        };
        if channels > most {
            return Err(format!("it has {channels} channels, and a vector {most}"));
        }
        let parameters = post.parameters as usize;
        if !parameters.is_multiple_of(self.size.lanes) {
            return Err(format!(
                "its parameters do not begin at a multiple of {}",
                self.size.lanes
            ));
        }
        check_limits(post.low, post.high)?;
        let bank = self.banks[source as usize].next[1];
        if self.banks[source as usize].banks[bank].state != BankState::HandedOver {
            return Err(
                "no bank is handed over when all before it have ended: it may wait for ever".into(),
            );
        }
        self.clocks.bank_received(source);
        let window = post.window as usize;
        let vectors = post.rows as usize * post.columns as usize * window;
        let there = self.banks[source as usize].banks[bank].vectors.clone();
        if vectors > there.len() {
            return Err(format!(
                "it takes {vectors} vectors, and the bank has {}",
                there.len()
            ));
        }
        for row in 0..post.rows {
            let clock = self.clocks.of(Unit::Post);
            for column in 0..post.columns {
                let index = (row * post.columns + column) as usize * window;
                let of_window = &there[index..index + window];
                let address = u64::from(post.address)
                    + u64::from(row) * u64::from(post.row_pitch)
                    + u64::from(column) * u64::from(post.column_pitch);
                self.within_half(address, channels as u64)?;
                for channel in 0..channels {
                    let sums = of_window.iter().map(|vector| vector[channel]);
                    let total = match post.maximum {
                        true => sums.max().unwrap_or(0),
                        false => sums.fold(0, i32::wrapping_add),
                    };
                    let of_row = match post.row_parameters {
                        true => row as usize * self.size.columns,
                        false => 0,
                    };
                    let parameter = (parameters + of_row + channel) as u64;
                    let mut value = self.requantize(post, total, parameter)?;
                    let at = address + channel as u64;
                    if post.residual {
                        let from = at - u64::from(post.address) + u64::from(post.residual_address);
                        value = self.add_residual(value, from)?;
                    }
                    self.scratchpad.write(Unit::Post, &clock, at, value as u8)?;
                }
            }
            self.clocks.step(Unit::Post)?;
        }
        let banks = &mut self.banks[source as usize];
        banks.banks[bank].state = BankState::Free;
        banks.next[1] = 1 - bank;
        self.clocks.bank_freed(source);
        Ok(())
    }

    /// A word of a table of parameters.
    fn word(&mut self, table: Target, number: u64) -> Result<i32, String> {
        let clock = self.clocks.of(Unit::Post);
        let table = &mut self.parameters[table as usize - Target::Bias as usize];
        let mut bytes = [0; 4];
        for (at, byte) in (4 * number..).zip(&mut bytes) {
            *byte = table.read(Unit::Post, &clock, at)?;
        }
        Ok(i32::from_le_bytes(bytes))
    }

    /// The sum of a value and an activation of the scratchpad.
    fn add_residual(&mut self, value: i32, from: u64) -> Result<i32, String> {
        let clock = self.clocks.of(Unit::Post);
        let residual = self.scratchpad.read(Unit::Post, &clock, from)?;
        let result = self.word(Target::ResultTable, (value as u8).into())?;
        let residual = self.word(Target::ResidualTable, residual.into())?;
        let mut behind = |number: u32| {
            let at = u64::from(TABLE_ENTRIES + number);
            self.word(Target::ResultTable, at)
        };
        let (multiplier, shift) = (behind(0)?, behind(1)? << 26 >> 26);
        let [zero, low, high] =
            [behind(2)?, behind(3)?, behind(4)?].map(|word| i32::from(word as i8));
        check_limits(low, high)?;
        check_multiplier(multiplier as u32)?;
        let sum = result.wrapping_add(residual);
        Ok(match behind(5)? & 1 {
            1 => float_scale(sum, f32::from_bits(multiplier as u32), zero, low, high),
            _ => fixed_point(sum, multiplier, shift, zero, low, high),
        })
    }

    /// A sum as a byte.
    fn requantize(&mut self, post: &Post, sum: i32, channel: u64) -> Result<i32, String> {
        let accumulator = sum.wrapping_add(self.word(Target::Bias, channel)?);
        let (multiplier, shift) = match post.per_channel {
            false => (post.multiplier, post.shift),
            // Six bits, signed.
            true => (
                self.word(Target::Multiplier, channel)? as u32,
                self.word(Target::Shift, channel)? << 26 >> 26,
            ),
        };
        check_multiplier(multiplier)?;
        let (zero, low, high) = (post.zero_point, post.low, post.high);
        Ok(match post.float {
            true => float_scale(accumulator, f32::from_bits(multiplier), zero, low, high),
            false => fixed_point(accumulator, multiplier as i32, shift, zero, low, high),
        })
    }

    pub(super) fn store(&mut self, store: &Store) -> Result<(), String> {
        positive(&[
            ("run", store.run),
            ("rows", store.rows),
            ("planes", store.planes),
        ])?;
        let base = self.bases[store.region as usize] + u64::from(store.offset);
        let rows = [store.rows, store.row_stride, store.row_pitch];
        let planes = [store.planes, store.plane_stride, store.plane_pitch];
        for (to, from) in runs(rows, planes) {
            let clock = self.clocks.of(Unit::Store);
            let first = u64::from(store.address) + from;
            self.within_half(first, store.run.into())?;
            for byte in 0..u64::from(store.run) {
                let value = self.scratchpad.read(Unit::Store, &clock, first + byte)?;
                self.dram
                    .write(Unit::Store, &clock, base + to + byte, value)?;
            }
            self.clocks.step(Unit::Store)?;
        }
        Ok(())
    }
}
