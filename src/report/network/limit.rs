//! What a layer could not be faster than.

use crate::arch::NpuArch;
use crate::isa::npu::{Load, Operation, Store};
use crate::report::numbers::ratio;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Less than this share of the cycles does not limit a layer.
const LEAST_SHARE: f64 = 0.5;

/// What limits a layer, and for which share of its cycles it is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// `array`, `vector`, `post`, `weights`, `reads`, `writes`, or `start and end` of a layer that is too short to
    /// keep anything busy.
    pub what: Cow<'static, str>,
    /// 0 to 1.
    pub share: f64,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {:.0} %", self.what, 100.0 * self.share)
    }
}

/// What instructions need at least, whatever they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Cycles of the array.
    array: u64,
    /// Cycles of VECTOR.
    vector: u64,
    /// Cycles of POST.
    post: u64,
    /// Products of all multipliers in these cycles, those with zeros at edges among them.
    pub products: u64,
    weight_bytes: u64,
    /// Bytes read, those of weights included.
    pub bytes_read: u64,
    pub bytes_written: u64,
}

impl Needs {
    /// An instruction more.
    pub fn add(&mut self, operation: &Operation, arch: &NpuArch) {
        match operation {
            Operation::Load(Load {
                run, rows, planes, ..
            }) => {
                self.bytes_read += product(&[*run, *rows, *planes]);
            }
            Operation::Weights(weights) => {
                let bytes = product(&[weights.tiles, arch.tile_bytes()]);
                self.weight_bytes += bytes;
                self.bytes_read += bytes;
            }
            Operation::Matrix(matrix) => {
                let [passes, vectors] = matrix.passes_and_vectors();
                // The next tile of weights takes a cycle a row.
                self.array += passes * vectors.max(arch.rows.into());
                self.products += passes * vectors * u64::from(arch.tile_bytes());
            }
            Operation::Post(post) => {
                let vectors = product(&[post.rows, post.columns, post.window]);
                let groups = post.channels.div_ceil(arch.lanes);
                // A residual goes through the requantizers a second time.
                let times = 1 + u32::from(post.residual);
                self.post += vectors * product(&[groups, times]);
            }
            Operation::Vector(vector) => {
                let passes = product(&[vector.kernel_rows, vector.groups]);
                let cycles = passes * product(&[vector.rows, vector.columns]);
                self.vector += cycles;
                self.products += cycles * product(&[arch.vector_channels(), arch.vector_taps]);
            }
            Operation::Store(Store {
                run, rows, planes, ..
            }) => {
                self.bytes_written += product(&[*run, *rows, *planes]);
            }
            Operation::Fence(_) | Operation::End(_) => {}
        }
    }

    /// What needs most cycles, and how many: no run can be shorter.
    pub fn most(&self, arch: &NpuArch) -> (&'static str, u64) {
        let beat = u64::from(arch.bus_bytes());
        let mostly_weights = 2 * self.weight_bytes > self.bytes_read;
        let candidates = [
            ("array", self.array),
            ("vector", self.vector),
            ("post", self.post),
            (
                if mostly_weights { "weights" } else { "reads" },
                self.bytes_read / beat,
            ),
            ("writes", self.bytes_written / beat),
        ];
        let most = candidates
            .into_iter()
            .rev()
            .max_by_key(|(_, cycles)| *cycles);
        most.unwrap_or_default()
    }

    /// What limits a layer of so many cycles.
    pub fn limit(&self, cycles: u64, arch: &NpuArch) -> Limit {
        let (what, most) = self.most(arch);
        let share = ratio(most, cycles).min(1.0);
        let (what, share) = match share < LEAST_SHARE {
            true => ("start and end", 1.0 - share),
            false => (what, share),
        };
        Limit {
            what: what.into(),
            share,
        }
    }
}

fn product(counts: &[u32]) -> u64 {
    counts.iter().map(|count| u64::from(*count)).product()
}
