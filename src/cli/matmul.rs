//! `ferrogrid matmul`.

use super::error::CliError;
use super::files::{PendingFile, check_distinct};
use super::output::print;
use super::progress::Progress;
use super::simulator::{Init, Simulator};
use super::waves::WaveOptions;
use super::{core, interrupt};
use crate::arch::MatmulArch;
use crate::device::matmul::{self, MatmulError, MatmulJob, MatmulResult};
use crate::device::npy::{read_operands, write_matrix};
use crate::device::{Error, Speed, Stalls};
use crate::model::matmul::predict;
use crate::number::{Format, Matrix};
use crate::product::Part;
use crate::reference;
use crate::report::{Clock, MatmulReport, grouped, json};
use clap::{ArgGroup, Args};
use miette::IntoDiagnostic;
use rayon::prelude::*;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Multiply two .npy files on a simulated core and compare with the golden model
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("configuration").required(true),
    after_help = "Example:\n  ferrogrid matmul a.npy b.npy -o c.npy --preset matmul-8x8 --sim verilator"
)]
pub(super) struct Matmul {
    /// A: a matrix of integers
    a: PathBuf,
    /// B: a matrix of integers with as many rows as A has columns
    b: PathBuf,
    /// Write C = A x B to this .npy file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A built-in configuration: see `ferrogrid presets`
    #[arg(long, group = "configuration", value_name = "NAME")]
    preset: Option<String>,
    /// A configuration file: see `ferrogrid new`
    #[arg(long, group = "configuration", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The simulator
    #[arg(long, value_enum, default_value_t = Simulator::Native)]
    sim: Simulator,
    /// What nothing sets at the start
    #[arg(long, value_enum, default_value_t = Init::Zero)]
    init: Init,
    /// Chooses the random values of `--init random`
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    waves: WaveOptions,
    /// The clock for which times are printed
    #[arg(long, value_name = "FREQUENCY", default_value = "100MHz")]
    clock: Clock,
    /// Print the figures as JSON, and no progress
    #[arg(long)]
    json: bool,
}

/// More cycles than this are worth a slower build of a faster model.
const LONG_RUN: u64 = 2_000_000;

/// Rows of A whose golden product is computed at once.
const GOLDEN_ROWS: usize = 64;

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    report: &'a MatmulReport,
    /// Always true: a difference is an error.
    exact: bool,
    output: Option<&'a PathBuf>,
    waves: Option<&'a PathBuf>,
}

impl Matmul {
    pub fn run(self) -> miette::Result<()> {
        interrupt::catch();
        self.check_paths()?;
        let arch = core::load_matmul(self.preset.as_deref(), self.config.as_deref())?;
        let (a, b, shape) = read_operands(&arch, &self.a, &self.b)?;
        let job = MatmulJob { a, b };
        // A run may take long: what it is for must be possible.
        let place = self.output.as_deref().map(PendingFile::new).transpose()?;
        drop(place);

        let mut progress = Progress::new(self.json);
        let (simulator, result) = self.simulate(&arch, &job, &mut progress)?;
        progress.working("comparing with the golden model");
        compare(&result.c, &golden(&job, result.c.format())?)?;
        progress.done();
        interrupt::check()?;
        if let Some(path) = &self.output {
            write_matrix(path, &result.c)?;
        }

        let report = MatmulReport::new(&arch, simulator, shape, self.clock, &result);
        let (output, waves) = (self.output.as_ref(), self.waves.waves.as_ref());
        let exact = true;
        Ok(print(&if self.json {
            json(&Output {
                report: &report,
                exact,
                output,
                waves,
            })
        } else {
            let elements = grouped(u64::from(shape.m) * u64::from(shape.n));
            let mut text = report.text();
            text +=
                &format!("bit-exact: {elements} of {elements} elements equal the golden model\n");
            for path in [output, waves].into_iter().flatten() {
                text += &format!("written: {}\n", path.display());
            }
            text
        })?)
    }

    /// Fails when a file that is written is also another file of the run.
    fn check_paths(&self) -> Result<(), CliError> {
        let read = [
            ("A", Some(&self.a)),
            ("B", Some(&self.b)),
            ("the configuration", self.config.as_ref()),
        ];
        let written = [
            ("`--output`", self.output.as_ref()),
            ("`--waves`", self.waves.waves.as_ref()),
        ];
        let read = read
            .into_iter()
            .filter_map(|(what, path)| Some((what, path?.as_path())));
        let written = written
            .into_iter()
            .filter_map(|(what, path)| Some((what, path?.as_path())));
        check_distinct(read, written)
    }

    /// Runs the job; the waves are whole when this returns.
    fn simulate(
        &self,
        arch: &MatmulArch,
        job: &MatmulJob,
        progress: &mut Progress,
    ) -> miette::Result<(&'static str, MatmulResult)> {
        let waves = self.waves.pending()?;
        let design = core::design(arch, Part::Core)?;
        let cycles = predict(arch, job.shape()).cycles;
        let speed = if cycles > LONG_RUN {
            Speed::Run
        } else {
            Speed::Compile
        };
        if self.sim == Simulator::Verilator {
            progress.working("building the model, or taking it from the cache");
        }
        let mut backend = self.sim.starting(&design, speed, self.init, self.seed)?;
        if let Some((_, waves)) = &waves {
            backend.trace(Some(waves.clone()))?;
        }
        progress.count(cycles, "cycles");
        let mut watch = |cycle| {
            progress.at(cycle);
            if interrupt::requested() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let result = matmul::run(arch, backend.as_mut(), job, &Stalls::default(), &mut watch);
        let Some((waves, _)) = waves else {
            return Ok((backend.name(), result?));
        };
        match result {
            Err(MatmulError::Device(Error::Files { path, source, .. })) if path == waves.path() => {
                Err(waves.error(&source).into())
            }
            Err(error @ MatmulError::Device(_)) => Err(error.into()),
            // Waves of a core that misbehaved are what one wants to see.
            ended => {
                waves.keep()?;
                Ok((backend.name(), ended?))
            }
        }
    }
}

/// The product as the golden model has it, some rows at a time on every processor.
fn golden(job: &MatmulJob, result: Format) -> miette::Result<Matrix> {
    let products = (job.a.row_blocks(GOLDEN_ROWS).par_iter())
        .map(|rows| {
            interrupt::check()?;
            reference::matmul(rows, &job.b, result).into_diagnostic()
        })
        .collect::<miette::Result<Vec<_>>>()?;
    Ok(Matrix::of_row_blocks(&products).expect("no job is without a row"))
}

/// Fails unless both are equal to the bit.
fn compare(found: &Matrix, expected: &Matrix) -> Result<(), CliError> {
    assert_eq!(
        (found.dim(), found.format()),
        (expected.dim(), expected.format()),
        "both have the shape of the job"
    );
    let mut differing = found.differences(expected);
    let Some((row, column)) = differing.next() else {
        return Ok(());
    };
    let (rows, columns) = found.dim();
    Err(CliError::Mismatch {
        wrong: 1 + differing.count(),
        elements: rows * columns,
        row,
        column,
        found: found.number(row, column),
        expected: expected.number(row, column),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn a_difference_says_where_it_begins() {
        let matrix = |integers| Matrix::of_integers(Format::signed(32), &integers).unwrap();
        let expected = matrix(array![[1, 2], [3, 4]]);
        assert!(compare(&expected, &expected).is_ok());
        let error = compare(&matrix(array![[1, 2], [-3, 5]]), &expected).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 of 4 elements differ from the golden model, the first at [1, 0]: -3 instead of 3"
        );
    }

    #[test]
    fn the_golden_product_is_put_together_from_blocks_of_rows() {
        let a = Array2::from_shape_fn((2 * GOLDEN_ROWS + 3, 5), |(i, j)| i as i64 - 7 * j as i64);
        let b = Array2::from_shape_fn((5, 4), |(i, j)| 3 * i as i64 - j as i64);
        let int32 = Format::signed(32);
        let matrix = |integers| Matrix::of_integers(int32, &integers).unwrap();
        let product = matrix(a.dot(&b));
        let (a, b) = (matrix(a), matrix(b));
        assert_eq!(golden(&MatmulJob { a, b }, int32).unwrap(), product);
    }
}
