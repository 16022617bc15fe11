//! What stands where in DRAM.

use super::Data;
use crate::arch::{NpuArch, Requantization};
use crate::isa::npu::{REGIONS, TABLE_ENTRIES};
use crate::verify::npu::{chance, within};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Layers of a program at most.
pub(super) const LAYERS: u32 = 3;
/// Tiles of output channels of a layer at most.
pub(super) const TILES: u32 = 3;
/// Tiles of weights in DRAM.
pub(super) const WEIGHTS: u32 = 24;
/// Rows and columns of vectors at most.
pub(super) const ROWS: u32 = 6;
pub(super) const COLUMNS: u32 = 5;

/// Address of the first byte of DRAM: addresses cross 32 bits behind it.
pub(super) const BASE: u64 = 0xffff_8000;

/// Where the regions begin, from the beginning of a program on: at a beat of any bus.
const REGION_STARTS: [u32; REGIONS as usize] = [0, 0x40, 0x1c0, 0x1000];

/// The parts of the DRAM of a program, which stands at its beginning: offsets from there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    /// Biases, behind which multipliers and shifts are.
    pub biases: u32,
    /// Multipliers and shifts.
    pub scales: u32,
    /// Images.
    pub images: u32,
    /// The table of results, and what stands behind it.
    pub result_table: u32,
    /// The table of activations.
    pub residual_table: u32,
    /// Tiles.
    pub weights: u32,
    /// What programs write, up to the end.
    pub results: u32,
    /// Of all.
    pub bytes: u32,
}

impl Space {
    /// With room for the weights and results of the largest program.
    pub fn of(arch: &NpuArch) -> Space {
        let weights = 0x6000;
        let of_weights = (128 * arch.bus_bytes()).max(WEIGHTS * arch.tile_bytes());
        let results = (weights + of_weights).next_multiple_of(0x1000);
        let of_results = LAYERS * TILES * Space::of_tile(arch);
        Space {
            biases: 0x2000,
            scales: 0x3000,
            images: 0x4000,
            result_table: 0x5000,
            residual_table: 0x5800,
            weights,
            results,
            bytes: (results + of_results).next_multiple_of(0x1000),
        }
    }

    /// Bytes that the results of a tile take at most.
    pub fn of_tile(arch: &NpuArch) -> u32 {
        Space::rows(arch) * Space::of_row(arch) + 0x40
    }

    /// Rows of results at most: those of all tiles leave a fourth of a half to an image.
    pub fn rows(arch: &NpuArch) -> u32 {
        let of_tile = arch.scratchpad_bytes / 2 / 4 * 3 / TILES;
        ROWS.min((of_tile - 0x40) / Space::of_row(arch))
    }

    /// Bytes that a row of results takes at most.
    pub fn of_row(arch: &NpuArch) -> u32 {
        COLUMNS * (arch.columns + 3) + 8
    }

    /// Addresses of the regions, from the beginning of DRAM on, of the program that stands `at` there.
    pub fn bases(at: u64) -> [u64; REGIONS as usize] {
        REGION_STARTS.map(|start| at + u64::from(start))
    }

    /// A region and an offset in it for a place.
    pub fn place(rng: &mut impl Rng, at: u32) -> (u32, u32) {
        let region = within(rng, 0, REGIONS - 1);
        (region, at - REGION_STARTS[region as usize])
    }

    /// DRAM in front of a program, decided by a seed.
    pub fn fill(&self, requantization: Requantization, data: Data, seed: u64) -> Vec<u8> {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut dram = vec![0; self.bytes as usize];
        let part = |from: u32, to: u32| from as usize..to as usize;
        let operand = |rng: &mut ChaCha8Rng| match data {
            Data::Full => rng.random::<u8>(),
            Data::Small => (within(rng, 0, 6) as i32 - 3) as u8,
        };
        for byte in &mut dram[part(self.images, self.result_table)] {
            *byte = operand(rng);
        }
        // What was there where results go shows whether they went there alone.
        for byte in &mut dram[part(self.weights, self.bytes)] {
            *byte = operand(rng);
        }
        for word in dram[part(self.biases, self.scales)].chunks_mut(4) {
            let least = if data == Data::Full { 4 } else { 24 };
            let bias = rng.random::<i32>() >> within(rng, least, 30);
            word.copy_from_slice(&bias.to_le_bytes());
        }
        for word in dram[part(self.scales, self.images)].chunks_mut(4) {
            // A multiplier of either arithmetic, whose lowest bits are a shift.
            let multiplier = match chance(rng, 4) {
                true => 0x4000_0000 + (rng.random::<u32>() & 0x01ff_ffff),
                false => data.scale(rng),
            };
            let shift = data.shift(rng) as u32 & 0x3f;
            word.copy_from_slice(&(multiplier & !0x3f | shift).to_le_bytes());
        }
        self.fill_tables(requantization, &mut dram, rng);
        dram
    }

    fn fill_tables(&self, requantization: Requantization, dram: &mut [u8], rng: &mut impl Rng) {
        let end = self.residual_table + 4 * TABLE_ENTRIES;
        for word in dram[self.result_table as usize..end as usize].chunks_mut(4) {
            let entry = rng.random::<i32>() >> within(rng, 8, 24);
            word.copy_from_slice(&entry.to_le_bytes());
        }
        // How their sum becomes a byte.
        let float = is_float(requantization, rng);
        let low = within(rng, 0, 128) as i32 - 128;
        let zero_point = within(rng, 0, 60) as i32 - 30;
        let words = match float {
            false => [
                0x4000_0000 + within(rng, 0, 0x3fff_ffff) as i32,
                within(rng, 0, 12) as i32 - 14,
                zero_point,
                low,
                within(rng, 1, 127) as i32,
                0,
            ],
            true => [
                0x3800_0000 + within(rng, 0, 0x05ff_ffff) as i32,
                0,
                zero_point,
                low,
                within(rng, 1, 127) as i32,
                1,
            ],
        };
        let behind = (self.result_table + 4 * TABLE_ENTRIES) as usize;
        for (word, value) in dram[behind..].chunks_mut(4).zip(words) {
            word.copy_from_slice(&value.to_le_bytes());
        }
    }
}

/// Whether something is requantized in single precision.
pub(super) fn is_float(requantization: Requantization, rng: &mut impl Rng) -> bool {
    match requantization {
        Requantization::Fixed => false,
        Requantization::Float => true,
        Requantization::Both => chance(rng, 2),
    }
}
