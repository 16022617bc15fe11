//! Operands: by kind and seed.

use super::{Job, MatmulCase};
use crate::arch::{IntType, MatmulArch};
use crate::device::matmul::MatmulJob;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::str::FromStr;

/// What the operands of a job are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// Every element is 0.
    Zeros,
    /// A selects rows of B: a 1 in each row of A, and B counts up.
    OneHot,
    /// Every element is the smallest.
    Min,
    /// Every element is the largest.
    Max,
    /// Smallest and largest by turns, as on a chessboard.
    Alternate,
    /// A of smallest, B of largest elements.
    MinMax,
    /// Noise over the whole range.
    Random,
}

impl DataKind {
    /// Every kind, the simplest first.
    pub const ALL: [DataKind; 7] = [
        DataKind::Zeros,
        DataKind::OneHot,
        DataKind::Min,
        DataKind::Max,
        DataKind::Alternate,
        DataKind::MinMax,
        DataKind::Random,
    ];

    /// The name in the text of a case.
    pub fn name(self) -> &'static str {
        match self {
            DataKind::Zeros => "zeros",
            DataKind::OneHot => "one_hot",
            DataKind::Min => "min",
            DataKind::Max => "max",
            DataKind::Alternate => "alternate",
            DataKind::MinMax => "min_max",
            DataKind::Random => "random",
        }
    }
}

impl fmt::Display for DataKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DataKind {
    type Err = String;

    fn from_str(text: &str) -> Result<DataKind, String> {
        let found = DataKind::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| {
            let names = DataKind::ALL.map(DataKind::name).join(", ");
            format!("`{text}` is none of: {names}")
        })
    }
}

/// The operands of the case's job `index`.
pub(super) fn operands(case: &MatmulCase, index: usize, job: &Job) -> MatmulJob {
    let MatmulArch {
        activation, weight, ..
    } = case.arch;
    let mut rng = generator(case, index);
    let (m, k, n) = (
        job.shape.m as usize,
        job.shape.k as usize,
        job.shape.n as usize,
    );
    let mut noise = |size: (usize, usize), range: IntType| {
        Array2::from_shape_simple_fn(size, || rng.random_range(range.min()..=range.max()))
    };
    let all = |value_a: i64, value_b: i64| {
        (
            Array2::from_elem((m, k), value_a),
            Array2::from_elem((k, n), value_b),
        )
    };
    let (a, b) = match job.data {
        DataKind::Zeros => all(0, 0),
        DataKind::OneHot => (
            Array2::from_shape_fn((m, k), |(row, column)| i64::from(column == row % k)),
            Array2::from_shape_fn((k, n), |(row, column)| {
                let count = (row * n + column) as i64 + 1;
                count % (weight.max() + 1)
            }),
        ),
        DataKind::Min => all(activation.min(), weight.min()),
        DataKind::Max => all(activation.max(), weight.max()),
        DataKind::MinMax => all(activation.min(), weight.max()),
        DataKind::Alternate => (chessboard(m, k, activation), chessboard(k, n, weight)),
        DataKind::Random => (noise((m, k), activation), noise((k, n), weight)),
    };
    MatmulJob::of_integers(&case.arch, &a, &b).expect("every element is in range")
}

/// The bits of padding elements in job `index`.
pub(super) fn filler(case: &MatmulCase, index: usize) -> impl FnMut() -> u64 + use<> {
    let mut rng = generator(case, index);
    rng.set_stream(2 * index as u64 + 2);
    move || rng.random()
}

fn generator(case: &MatmulCase, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(case.seed);
    rng.set_stream(2 * index as u64 + 1);
    rng
}

fn chessboard(rows: usize, columns: usize, range: IntType) -> Array2<i64> {
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        if (row + column) % 2 == 0 {
            range.min()
        } else {
            range.max()
        }
    })
}
