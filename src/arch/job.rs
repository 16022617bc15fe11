//! Which jobs a core can run.

use super::MatmulArch;
use crate::config::{Bytes, Dataflow};
use std::fmt;
use std::str::FromStr;

/// Largest M, K and N of any core: the size registers are 16 bits wide.
pub const MAX_SIZE: u32 = 65_535;

/// Sizes of a job: C (M x N) = A (M x K) x B (K x N).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobShape {
    /// Rows of A and C.
    pub m: u32,
    /// Columns of A, rows of B.
    pub k: u32,
    /// Columns of B and C.
    pub n: u32,
}

impl JobShape {
    /// Multiply-accumulate operations of the job.
    pub fn macs(self) -> u64 {
        u64::from(self.m) * u64::from(self.k) * u64::from(self.n)
    }
}

/// `M x K x N`.
impl fmt::Display for JobShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.m, self.k, self.n)
    }
}

/// The form that [`Display`](fmt::Display) writes: `64x32x16`.
impl FromStr for JobShape {
    type Err = String;

    fn from_str(text: &str) -> Result<JobShape, String> {
        let sizes = text.split('x').map(str::parse);
        let sizes: Result<Vec<u32>, _> = sizes.collect();
        match sizes.as_deref() {
            Ok([m, k, n]) => Ok(JobShape {
                m: *m,
                k: *k,
                n: *n,
            }),
            _ => Err(format!("`{text}` are not three sizes, as 64x32x16")),
        }
    }
}

/// What hardware checks before it starts a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest M.
    pub max_m: u32,
    /// Largest K, whatever N: a row block fits the A buffer, a panel fits the B buffer, and no
    /// accumulator can overflow.
    pub max_k: u32,
    /// Largest N, whatever K: a row block of results fits the accumulators.
    pub max_n: u32,
    /// Largest ceil(N / C).
    pub max_panels: u32,
    /// Largest ceil(N / C) x K.
    pub max_b_vectors: u32,
}

/// All that keeps a core from running a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ShapeErrors(pub Vec<ShapeError>);

/// One behind the other, as a sentence each.
impl fmt::Display for ShapeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.0.iter().map(ShapeError::to_string);
        f.write_str(&Vec::from_iter(texts).join(". "))
    }
}

/// A rule that a job breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A size of 0, or one that the size registers cannot hold.
    #[error("{name} = {value} is out of range: sizes are 1 to {MAX_SIZE}")]
    OutOfRange {
        /// `M`, `K` or `N`.
        name: &'static str,
        /// The size.
        value: u32,
    },
    /// A row of A does not fit.
    #[error(
        "K = {k} is too large for the A buffer, which takes up to {max}; \
         set `buffers.a` to \"{needed}\" or more"
    )]
    ABuffer {
        /// The job's K.
        k: u32,
        /// The largest K.
        max: u64,
        /// What `buffers.a` must be for it.
        needed: Bytes,
    },
    /// B does not fit.
    #[error(
        "K = {k} with N = {n} is too large for the B buffer: ceil({n} / {columns}) x {k} = {vectors} \
         vectors, and it takes up to {max}; set `buffers.b` to \"{needed}\" or more"
    )]
    BBuffer {
        /// The job's K.
        k: u32,
        /// The job's N.
        n: u32,
        /// Columns of the array.
        columns: u32,
        /// Vectors of B.
        vectors: u64,
        /// Vectors that fit.
        max: u32,
        /// What `buffers.b` must be for it.
        needed: Bytes,
    },
    /// A row block of C does not fit.
    #[error(
        "N = {n} is too large for the accumulators, which take up to {max}; \
         set `buffers.accumulators` to \"{needed}\" or more"
    )]
    Accumulators {
        /// The job's N.
        n: u32,
        /// The largest N.
        max: u64,
        /// What `buffers.accumulators` must be for it.
        needed: Bytes,
    },
    /// Sums could exceed the accumulator's width.
    #[error("K = {k} products can overflow the accumulator, which takes up to {max}")]
    Overflow {
        /// The job's K.
        k: u32,
        /// Products that cannot overflow.
        max: u64,
    },
}

/// Beats of each stream in a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamBeats {
    /// Beats of A.
    pub a: u64,
    /// Beats of B.
    pub b: u64,
    /// Beats of C.
    pub c: u64,
}

impl MatmulArch {
    /// Whether the core can run this job, and if not, every rule that it breaks.
    pub fn check_shape(&self, shape: JobShape) -> Result<(), ShapeErrors> {
        let broken = self.broken_rules(shape);
        match broken.is_empty() {
            true => Ok(()),
            false => Err(ShapeErrors(broken)),
        }
    }

    fn broken_rules(&self, JobShape { m, k, n }: JobShape) -> Vec<ShapeError> {
        let sizes = [("M", m), ("K", k), ("N", n)].into_iter();
        let wrong = sizes.filter(|(_, value)| *value == 0 || *value > MAX_SIZE);
        let mut broken =
            Vec::from_iter(wrong.map(|(name, value)| ShapeError::OutOfRange { name, value }));
        // Sizes that registers cannot hold need no buffer.
        if !broken.is_empty() {
            return broken;
        }
        if u64::from(k) > self.a_buffer.max_k() {
            let (max, needed) = (self.a_buffer.max_k(), self.a_buffer.size_for(k));
            broken.push(ShapeError::ABuffer { k, max, needed });
        }
        let headroom = self.operands.accumulator_headroom();
        if u64::from(k) > headroom {
            broken.push(ShapeError::Overflow { k, max: headroom });
        }
        let panels = self.panels(n);
        let vectors = u64::from(panels) * u64::from(k);
        if vectors > u64::from(self.b_buffer.bank_depth) {
            broken.push(ShapeError::BBuffer {
                k,
                n,
                columns: self.columns,
                vectors,
                max: self.b_buffer.bank_depth,
                needed: self.b_buffer.size_for(vectors),
            });
        }
        if panels > self.accumulators.panels {
            let max = u64::from(self.accumulators.panels) * u64::from(self.columns);
            let needed = self.accumulators.size_for(panels.into());
            broken.push(ShapeError::Accumulators { n, max, needed });
        }
        broken
    }

    /// Row blocks of a job: ceil(M / R).
    pub fn row_blocks(&self, m: u32) -> u32 {
        m.div_ceil(self.rows)
    }

    /// Tiles of the K dimension: ceil(K / R). Only weight-stationary arrays cut it.
    pub fn k_tiles(&self, k: u32) -> u32 {
        k.div_ceil(self.rows)
    }

    /// Panels of B: ceil(N / C).
    pub fn panels(&self, n: u32) -> u32 {
        n.div_ceil(self.columns)
    }

    /// Beats of each stream in a job.
    pub fn beats(&self, shape: JobShape) -> StreamBeats {
        let JobShape { m, k, n } = shape;
        StreamBeats {
            a: u64::from(m) * self.a.beats_per_row(k),
            b: u64::from(k) * self.b.beats_per_row(n),
            c: u64::from(m) * self.c.beats_per_row(n),
        }
    }

    /// Vectors of operands that enter the array in a job: rows of A in each tile, or steps of K.
    pub fn vectors(&self, shape: JobShape) -> u64 {
        let JobShape { m, k, n } = shape;
        let in_a_panel = match self.dataflow {
            Dataflow::WeightStationary => u64::from(m) * u64::from(self.k_tiles(k)),
            Dataflow::OutputStationary => u64::from(self.row_blocks(m)) * u64::from(k),
        };
        u64::from(self.panels(n)) * in_a_panel
    }

    /// Cycles that the multipliers alone would need if none ever idled.
    pub fn ideal_cycles(&self, shape: JobShape) -> u64 {
        shape
            .macs()
            .div_ceil(u64::from(self.rows) * u64::from(self.columns))
    }
}
