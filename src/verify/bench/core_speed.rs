//! Cycles per second of a whole core in the native simulator.

use super::clock::{median, seconds};
use super::utilization::{check, random_job, sixteen_by_sixteen};
use super::{BenchError, Bound, Figure, Options, Row};
use crate::arch::{Dataflow, JobShape};
use crate::blocks::MatmulCore;
use crate::device::matmul::{JobSequence, result};
use crate::device::{Backend, Native, Stalls, unwatched};
use crate::hdl::elaborate;

/// Cycles per second that a weight-stationary core must reach.
const LEAST: f64 = 50_000.0;

/// One long job, streams and registers driven as in any run.
pub(super) fn measure(options: &Options, rows: &mut Vec<Row>) -> Result<(), BenchError> {
    for dataflow in [Dataflow::WeightStationary, Dataflow::OutputStationary] {
        let arch = sixteen_by_sixteen(dataflow);
        let mut backend = Native::new(&elaborate(&MatmulCore::new(&arch))?)?;
        let shape = JobShape {
            m: options.pick(512, 128),
            k: 256,
            n: 256,
        };
        let job = random_job(&arch, shape);
        let mut speeds = Vec::new();
        for _ in 0..options.pick(5, 3) {
            let mut sequence = JobSequence::new(&arch, &Stalls::default());
            let status = sequence.job(&job, || 0);
            let scenario = sequence.into_scenario();
            let (time, outcome) = seconds(|| backend.run(&scenario, &mut unwatched));
            let outcome = outcome?;
            check(&arch.name, &job, &result(&arch, shape, &outcome, status)?.c)?;
            speeds.push(outcome.cycles as f64 / time);
        }
        let what = format!("16x16, {dataflow}: native simulation");
        let row = Row::info(Figure::CoreSpeed, &what, median(speeds), "cycles/s", 0);
        rows.push(row.bound(Bound::AtLeast(LEAST)));
    }
    Ok(())
}
