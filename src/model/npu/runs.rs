//! Runs of bytes, and the bursts that they are cut into.

/// Bytes that no burst crosses, and the most beats of one.
const PAGE: u64 = 4096;
const MOST_BEATS: u64 = 256;

/// Runs of a LOAD or STORE, walked row by row and plane by plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs {
    /// First byte in DRAM of the run, of its plane.
    offset: u64,
    plane: u64,
    bytes: u64,
    rows: u64,
    row_stride: u64,
    plane_stride: u64,
    row: u64,
}

impl Runs {
    pub fn new(offset: u64, bytes: u32, rows: u32, row_stride: u32, plane_stride: u32) -> Runs {
        let [bytes, rows] = [bytes, rows].map(u64::from);
        Runs {
            offset,
            plane: offset,
            bytes,
            rows,
            row_stride: row_stride.into(),
            plane_stride: plane_stride.into(),
            row: 0,
        }
    }

    /// The beats of the next run.
    pub fn next(&mut self, beat: u64) -> Beats {
        let skip = self.offset % beat;
        let beats = Beats {
            first: self.offset / beat,
            count: (skip + self.bytes).div_ceil(beat),
            longest: (PAGE / beat).min(MOST_BEATS),
        };
        self.row += 1;
        self.offset += self.row_stride;
        if self.row == self.rows {
            self.row = 0;
            self.plane += self.plane_stride;
            self.offset = self.plane;
        }
        beats
    }
}

/// Beats of a run that are not asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beats {
    first: u64,
    pub count: u64,
    longest: u64,
}

impl Beats {
    /// The beats of the next burst.
    pub fn burst(&mut self) -> u64 {
        let room = self.longest - self.first % self.longest;
        let burst = self.count.min(room);
        self.first += burst;
        self.count -= burst;
        burst
    }
}
