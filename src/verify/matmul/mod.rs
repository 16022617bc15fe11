//! Cases of the matmul core: its architecture, the jobs, their data, pauses and faults. Every beat
//! of the result, status and counters are held to the golden model.

mod data;
mod expect;
mod generate;
mod judge;
mod prediction;
pub mod random_arch;
mod shrink;
mod stimulus;
mod text;
mod wrong;

pub use data::DataKind;
pub use generate::{cases, random_case, random_case_of};
pub use prediction::{predict_random, predicted};
pub use shrink::simpler;
pub use wrong::Wrong;

use super::{Case, Stimulus};
use crate::arch::{JobShape, MatmulArch};
use crate::device::{Backend, Error, Restart, Stalls};
use crate::number::{Format, Matrix};
use crate::product::Product;
use crate::reference;

/// What products must be, in the format of the results; [`golden`] except where a test wants to see
/// the checks fail.
pub type Golden = fn(&Matrix, &Matrix, Format) -> Matrix;

/// The golden model. Operands have at most 16 bits and K is at most 65,535: nothing overflows.
pub fn golden(a: &Matrix, b: &Matrix, result: Format) -> Matrix {
    reference::matmul(a, b, result).expect("operands chain and are small")
}

/// A core and what happens to it. [`Display`](std::fmt::Display) and
/// [`FromStr`](std::str::FromStr) are inverse: the text is what `ferrogrid verify --replay` takes.
///
/// ```
/// use ferrogrid::verify::matmul::MatmulCase;
/// let text = "rows=3 columns=2 job=5x4x3:min stall_c=..# seed=7";
/// let case: MatmulCase = text.parse()?;
/// assert_eq!((case.arch.rows, case.jobs[0].shape.k), (3, 4));
/// assert_eq!(case.to_string().parse(), Ok(case));
/// # Ok::<(), ferrogrid::verify::ParseCaseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatmulCase {
    /// The core.
    pub arch: MatmulArch,
    /// The jobs, one after the other; at least one.
    pub jobs: Vec<Job>,
    /// When streams and registers pause.
    pub stalls: Stalls,
    /// What else the host does.
    pub host: Host,
    /// A reset at some cycle, after which everything begins anew.
    pub restart: Option<Restart>,
    /// Decides data and padding.
    pub seed: u64,
}

/// A job of a case. Sizes that the core cannot run make the job one that must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its sizes; any, also impossible ones.
    pub shape: JobShape,
    /// What the operands are.
    pub data: DataKind,
    /// What goes wrong.
    pub fault: Fault,
}

/// What goes wrong with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// TLAST comes early: this beat is the last one sent.
    Truncated(Operand, u64),
    /// TLAST does not come on the last beat but this many beats later, at least one.
    Overlong(Operand, u64),
    /// The host gives up this many cycles after the start was written.
    Abort(u32),
}

impl Fault {
    /// An operand stream is wrong: the job ends with an error.
    fn is_of_operands(self) -> bool {
        matches!(self, Fault::Truncated(..) | Fault::Overlong(..))
    }
}

/// How the host behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Offers operands when the job before has ended.
    Patient,
    /// Offers operands as early as possible, those of later jobs too.
    Eager,
    /// Queues the next job behind the running one, then overwrites the sizes and starts again
    /// before it offers operands; neither may matter.
    Meddling,
    /// Starts jobs as soon as the core takes them and offers operands as early as possible, so
    /// that jobs overlap; looks when several have ended.
    Queueing,
}

impl Host {
    /// Every behaviour, the simplest first.
    pub const ALL: [Host; 4] = [Host::Patient, Host::Eager, Host::Meddling, Host::Queueing];

    /// The name in the text of a case.
    pub fn name(self) -> &'static str {
        match self {
            Host::Patient => "patient",
            Host::Eager => "eager",
            Host::Meddling => "meddling",
            Host::Queueing => "queueing",
        }
    }
}

/// An operand stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// `s_axis_a`.
    A,
    /// `s_axis_b`.
    B,
}

/// The pauses that a case can have: their names in its text, and the ports.
pub const PAUSES: [(&str, &str); 8] = [
    ("stall_a", "s_axis_a"),
    ("stall_b", "s_axis_b"),
    ("stall_c", "m_axis_c"),
    ("stall_aw", "s_axil_aw"),
    ("stall_w", "s_axil_w"),
    ("stall_bresp", "s_axil_b"),
    ("stall_ar", "s_axil_ar"),
    ("stall_r", "s_axil_r"),
];

/// Of these, the ports where the host takes: its READY may wait for VALID.
pub const TAKEN_BY_THE_HOST: [&str; 3] = ["m_axis_c", "s_axil_b", "s_axil_r"];

impl MatmulCase {
    /// A case of one job without stalls or faults.
    pub fn new(arch: MatmulArch, shape: JobShape, data: DataKind) -> MatmulCase {
        MatmulCase {
            arch,
            jobs: vec![Job::new(shape, data)],
            stalls: Stalls::default(),
            host: Host::Patient,
            restart: None,
            seed: 0,
        }
    }

    /// Whether the case can be run: why not.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check(&self) -> Result<(), String> {
        if self.jobs.is_empty() {
            return Err("a case needs a job".into());
        }
        for (name, prefix) in PAUSES {
            let bits = self.stalls.of(prefix).bits();
            if !bits.is_empty() && bits.iter().all(|stall| *stall) {
                return Err(format!("`{name}` pauses for ever"));
            }
            if self.stalls.of(prefix).is_after_valid() && !TAKEN_BY_THE_HOST.contains(&prefix) {
                return Err(format!(
                    "`{name}` is where the host offers: nothing to wait for"
                ));
            }
        }
        self.jobs.iter().try_for_each(|job| self.check_job(job))
    }

    fn check_job(&self, job: &Job) -> Result<(), String> {
        let JobShape { m, k, n } = job.shape;
        if [m, k, n].iter().any(|size| *size > crate::arch::MAX_SIZE) {
            return Err(format!("{} does not fit the size registers", job.shape));
        }
        let refused = self.arch.check_shape(job.shape).is_err();
        let beats = |operand| {
            let beats = self.arch.beats(job.shape);
            match operand {
                Operand::A => beats.a,
                Operand::B => beats.b,
            }
        };
        match job.fault {
            Fault::None => Ok(()),
            _ if refused => Err(format!("{} is refused and has a fault", job.shape)),
            Fault::Truncated(operand, beat) if beat + 1 >= beats(operand) => Err(format!(
                "beat {beat} is not before the last of {}",
                beats(operand)
            )),
            Fault::Overlong(_, 0) => Err("an over-long packet has at least one beat more".into()),
            Fault::Truncated(..) | Fault::Overlong(..) | Fault::Abort(_) => Ok(()),
        }
    }
}

impl MatmulCase {
    /// As [`Case::stimulus`], with another golden model.
    ///
    /// # Errors
    /// When the probe cannot be run.
    pub fn stimulus_against(
        &self,
        golden: Golden,
        probe: &mut dyn Backend,
    ) -> Result<Stimulus<'_>, Error> {
        let (scenario, run) = stimulus::stimulus(self, probe)?;
        let judge = move |outcome: &_| judge::judge(self, &run, outcome, golden);
        Ok(Stimulus::new(scenario, judge))
    }
}

impl Case for MatmulCase {
    fn product(&self) -> &dyn Product {
        &self.arch
    }

    fn stimulus(&self, probe: &mut dyn Backend) -> Result<Stimulus<'_>, Error> {
        self.stimulus_against(golden, probe)
    }

    fn simpler(&self) -> Box<dyn Iterator<Item = Box<dyn Case>>> {
        let boxed = |case| Box::new(case) as Box<dyn Case>;
        Box::new(simpler(self).into_iter().map(boxed))
    }
}

impl Job {
    /// A job in which nothing goes wrong.
    pub fn new(shape: JobShape, data: DataKind) -> Job {
        Job {
            shape,
            data,
            fault: Fault::None,
        }
    }
}
