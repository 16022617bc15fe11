//! A run of the matmul core: how long it took, and what the time went for.

use super::Clock;
use super::numbers::{grouped, percent, ratio};
use super::performance::{Performance, Work};
use super::table::Table;
use crate::arch::{Dataflow, JobShape, MatmulArch};
use crate::device::matmul::{Counters, MatmulResult};
use crate::model::energy::{self, ArrayEvents};
use crate::model::matmul::pass_cycles;
use serde::{Deserialize, Serialize};

/// What a cycle of a job went for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Every multiplier worked on the product.
    Products,
    /// Multipliers worked on the zeros that fill up tiles at the edges of the matrices.
    EdgeTiles,
    /// A pass took longer than its vectors: it also loads the next weights and lets accumulators
    /// rest, or drains the sums of the tile before. Only in arrays of one or two rows, or where K is
    /// less than the rows of an output-stationary array.
    ShortTiles,
    /// The array waited for A.
    WaitingForA,
    /// The array waited for B.
    WaitingForB,
    /// The array waited until results were taken.
    WaitingForResults,
    /// The array had not begun, or had ended and results were on their way out.
    FillAndDrain,
}

impl Cause {
    /// As reports write it.
    pub fn text(self) -> &'static str {
        match self {
            Cause::Products => "products",
            Cause::EdgeTiles => "edge tiles",
            Cause::ShortTiles => "tiles too short for a pass",
            Cause::WaitingForA => "waiting for A",
            Cause::WaitingForB => "waiting for B",
            Cause::WaitingForResults => "waiting for results to leave",
            Cause::FillAndDrain => "fill and drain",
        }
    }
}

/// Cycles that went for one cause.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleShare {
    /// What for.
    pub cause: Cause,
    /// How many.
    pub cycles: u64,
    /// Of all cycles of the job, 0 to 1.
    pub share: f64,
}

/// The figures of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatmulReport {
    /// Name of the core.
    pub core: String,
    /// Fingerprint of the core's parameters.
    pub config_hash: String,
    /// `native`, `verilator` or `icarus`.
    pub simulator: String,
    /// Rows of A and C.
    pub m: u32,
    /// Columns of A, rows of B.
    pub k: u32,
    /// Columns of B and C.
    pub n: u32,
    /// Multiplications of the product.
    pub macs: u64,
    /// Cycles from the start of the job to its last result, as the core counts them.
    pub cycles: u64,
    /// Cycles from the first beat in to the last beat out, both included.
    pub span: u64,
    /// Multiplications per multiplier and cycle of the span, 0 to 1.
    pub utilization: f64,
    /// The counters of the core.
    pub counters: Counters,
    /// What the cycles went for; their sum is `cycles`.
    pub breakdown: Vec<CycleShare>,
    /// What cost most cycles besides the products.
    pub limited_by: Cause,
    /// Cycles in a second.
    #[serde(rename = "clock_hz")]
    pub clock: Clock,
    /// What it was worth.
    pub performance: Performance,
}

impl MatmulReport {
    /// The report of a finished job.
    pub fn new(
        arch: &MatmulArch,
        simulator: &str,
        shape: JobShape,
        clock: Clock,
        result: &MatmulResult,
    ) -> MatmulReport {
        let breakdown = breakdown(arch, shape, pass_cycles(arch, shape), &result.counters);
        let limited_by = breakdown
            .iter()
            .filter(|share| share.cause != Cause::Products)
            .max_by_key(|share| share.cycles)
            .map_or(Cause::Products, |share| share.cause);
        let multipliers = u64::from(arch.rows) * u64::from(arch.columns);
        let beats = arch.beats(shape);
        let streams = [(beats.a, arch.a), (beats.b, arch.b), (beats.c, arch.c)];
        let bytes = streams
            .iter()
            .map(|(beats, of)| beats * u64::from(of.width / 8));
        let bytes = bytes.sum();
        // The streams move at the same time: the longest one says how fast all bytes can come.
        let longest = beats.a.max(beats.b).max(beats.c);
        let work = Work {
            products: shape.macs(),
            cycles: result.counters.cycles,
            multipliers,
            bytes,
            bytes_a_cycle: ratio(bytes, longest),
            active: result.counters.active,
        };
        let events = ArrayEvents {
            cycles: result.counters.cycles,
            active: result.counters.active,
            zeros: 0.0,
        };
        let energy = energy::matmul(arch, shape, events, Default::default());
        MatmulReport {
            core: arch.name.clone(),
            config_hash: format!("0x{:08x}", arch.config_hash()),
            simulator: simulator.into(),
            m: shape.m,
            k: shape.k,
            n: shape.n,
            macs: shape.macs(),
            cycles: result.counters.cycles,
            span: result.span,
            utilization: ratio(shape.macs(), multipliers * result.span),
            counters: result.counters,
            breakdown,
            limited_by,
            clock,
            performance: Performance::new(work, clock, &energy),
        }
    }

    /// Cycles that went for a cause.
    pub fn cycles_of(&self, cause: Cause) -> u64 {
        let shares = self.breakdown.iter();
        let cycles = |share: &CycleShare| {
            if share.cause == cause {
                share.cycles
            } else {
                0
            }
        };
        shares.map(cycles).sum()
    }

    /// What the cycles went for.
    pub(super) fn causes(&self) -> Table {
        let mut table = Table::new(&["cycles", "share", ""]);
        for share in &self.breakdown {
            table = table.row([
                grouped(share.cycles),
                percent(share.cycles, self.cycles),
                share.cause.text().into(),
            ]);
        }
        table.right(&[0, 1])
    }

    /// How long it took: name, value and what it says.
    pub(super) fn figures(&self) -> Table {
        Table::plain()
            .row([
                "cycles",
                &grouped(self.cycles),
                "from the start of the job to its last result",
            ])
            .row([
                "span",
                &grouped(self.span),
                "from the first beat in to the last beat out",
            ])
            .row([
                "utilization",
                &format!("{:.1} %", 100.0 * self.utilization),
                "of the multipliers, over the span",
            ])
            .right(&[1])
    }

    /// `C (2 x 4) = A (2 x 3) x B (3 x 4)`.
    pub(super) fn product(&self) -> String {
        let MatmulReport { m, k, n, .. } = self;
        format!("C ({m} x {n}) = A ({m} x {k}) x B ({k} x {n})")
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        format!(
            "{}: {}, simulator {}\n\n{}\nWhere the cycles went:\n\n{}\nlimited by: {}, {} of the cycles\n\n{}\n",
            self.core,
            self.product(),
            self.simulator,
            self.figures(),
            self.causes(),
            self.limited_by.text(),
            percent(self.cycles_of(self.limited_by), self.cycles),
            self.performance.text(),
        )
    }
}

/// Splits the cycles of a job; the parts add up to [`Counters::cycles`].
fn breakdown(
    arch: &MatmulArch,
    shape: JobShape,
    pass_cycles: u64,
    counters: &Counters,
) -> Vec<CycleShare> {
    let passes = u64::from(arch.row_blocks(shape.m)) * u64::from(arch.panels(shape.n));
    let passes = match arch.dataflow {
        Dataflow::WeightStationary => passes * u64::from(arch.k_tiles(shape.k)),
        Dataflow::OutputStationary => passes,
    };
    let mut left = counters.cycles;
    let mut take = |wanted: u64| {
        let taken = wanted.min(left);
        left -= taken;
        taken
    };
    let products = take(arch.ideal_cycles(shape));
    let a = take(counters.stall_a);
    let b = take(counters.stall_b);
    let results = take(counters.stall_c);
    // A full tile keeps the array busy for as many cycles; the rest of a pass it idles.
    let full_tile = match arch.dataflow {
        Dataflow::WeightStationary => u64::from(arch.rows),
        Dataflow::OutputStationary => u64::from(shape.k),
    };
    let short = take(passes * pass_cycles.saturating_sub(full_tile));
    // It takes its full length, however many of its rows and columns belong to the matrices.
    let edges = take((passes * full_tile).saturating_sub(products));
    let rest = left;
    let shares = [
        (Cause::Products, products),
        (Cause::EdgeTiles, edges),
        (Cause::ShortTiles, short),
        (Cause::WaitingForA, a),
        (Cause::WaitingForB, b),
        (Cause::WaitingForResults, results),
        (Cause::FillAndDrain, rest),
    ];
    // Most cores have no tile that is too short: the row would only raise questions.
    let shares = shares.into_iter();
    let shown = shares.filter(|(cause, cycles)| *cause != Cause::ShortTiles || *cycles > 0);
    shown
        .map(|(cause, cycles)| CycleShare {
            cause,
            cycles,
            share: ratio(cycles, counters.cycles),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::config::MatmulConfig;
    use crate::number::{Format, Matrix};
    use ndarray::Array2;
    use proptest::prelude::*;

    fn result(counters: Counters, span: u64) -> MatmulResult {
        MatmulResult {
            c: Matrix::from_bits(Format::signed(32), Array2::zeros((1, 1))),
            counters,
            span,
        }
    }

    fn clock() -> Clock {
        "100MHz".parse().unwrap()
    }

    #[test]
    fn an_array_of_one_row_has_no_edges_to_blame() {
        let arch = MatmulArch::new(&MatmulConfig::new(1, 4)).unwrap();
        let shape = JobShape { m: 8, k: 4, n: 4 };
        // 32 passes of 4 cycles for vectors of one.
        let counters = Counters {
            cycles: 140,
            active: 32,
            ..Counters::default()
        };
        let report = MatmulReport::new(&arch, "native", shape, clock(), &result(counters, 140));
        assert_eq!(report.cycles_of(Cause::Products), 32);
        assert_eq!(report.cycles_of(Cause::EdgeTiles), 0);
        assert_eq!(report.cycles_of(Cause::ShortTiles), 96);
        assert_eq!(report.limited_by, Cause::ShortTiles);
    }

    #[test]
    fn a_job_with_edges_and_waits() {
        let arch = arch::from_preset("matmul-8x8").unwrap();
        // 2 row blocks x 2 panels x 2 tiles of K, 8 cycles each; 9 x 9 x 9 products.
        let shape = JobShape { m: 9, k: 9, n: 9 };
        let counters = Counters {
            cycles: 140,
            active: 36,
            stall_a: 10,
            stall_b: 20,
            stall_c: 5,
        };
        let report = MatmulReport::new(&arch, "native", shape, clock(), &result(counters, 128));
        insta::assert_snapshot!(report.text());
        assert_eq!(report.utilization, 729.0 / (64.0 * 128.0));
    }

    proptest! {
        /// Whatever the core counts.
        #[test]
        fn the_parts_add_up(
            (m, k, n) in (1..100_u32, 1..100_u32, 1..100_u32),
            cycles in 0..10_000_u64,
            stalls in [0..5_000_u64, 0..5_000, 0..5_000],
            os in any::<bool>(),
        ) {
            let name = if os { "matmul-8x8-os" } else { "matmul-8x8" };
            let arch = arch::from_preset(name).unwrap();
            let [stall_a, stall_b, stall_c] = stalls;
            let counters = Counters { cycles, active: 0, stall_a, stall_b, stall_c };
            let shares = breakdown(&arch, JobShape { m, k, n }, 8, &counters);
            prop_assert_eq!(shares.iter().map(|share| share.cycles).sum::<u64>(), cycles);
        }
    }
}
