//! What happens to one core, in a form that is printed, parsed, generated and shrunk.

mod generate;
mod shrink;
mod text;

pub use super::data::DataKind;
pub use generate::{random_case, random_case_of};
pub use shrink::simpler;
pub use text::ParseCaseError;

use crate::arch::{JobShape, MatmulArch};
use crate::device::{Restart, StallPattern};

/// A core and what happens to it. [`Display`](std::fmt::Display) and
/// [`FromStr`](std::str::FromStr) are inverse: the text is what `ferrogrid verify --replay` takes.
///
/// ```
/// use ferrogrid::verify::case::Case;
/// let text = "rows=3 columns=2 job=5x4x3:min stall_c=..# seed=7";
/// let case: Case = text.parse()?;
/// assert_eq!((case.arch.rows, case.jobs[0].shape.k), (3, 4));
/// assert_eq!(case.to_string().parse(), Ok(case));
/// # Ok::<(), ferrogrid::verify::case::ParseCaseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
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

/// When the streams and the channels of the register port pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    /// `s_axis_a`.
    pub a: StallPattern,
    /// `s_axis_b`.
    pub b: StallPattern,
    /// `m_axis_c`.
    pub c: StallPattern,
    /// Write addresses.
    pub aw: StallPattern,
    /// Write data.
    pub w: StallPattern,
    /// Write responses.
    pub bresp: StallPattern,
    /// Read addresses.
    pub ar: StallPattern,
    /// Read data.
    pub r: StallPattern,
}

impl Stalls {
    /// Every pattern with its name in the text of a case.
    pub fn named(&self) -> [(&'static str, &StallPattern); 8] {
        [
            ("stall_a", &self.a),
            ("stall_b", &self.b),
            ("stall_c", &self.c),
            ("stall_aw", &self.aw),
            ("stall_w", &self.w),
            ("stall_bresp", &self.bresp),
            ("stall_ar", &self.ar),
            ("stall_r", &self.r),
        ]
    }

    /// The pattern of this name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut StallPattern> {
        Some(match name {
            "stall_a" => &mut self.a,
            "stall_b" => &mut self.b,
            "stall_c" => &mut self.c,
            "stall_aw" => &mut self.aw,
            "stall_w" => &mut self.w,
            "stall_bresp" => &mut self.bresp,
            "stall_ar" => &mut self.ar,
            "stall_r" => &mut self.r,
            _ => return None,
        })
    }
}

impl Case {
    /// A case of one job without stalls or faults.
    pub fn new(arch: MatmulArch, shape: JobShape, data: DataKind) -> Case {
        Case {
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
        for (name, pattern) in self.stalls.named() {
            if !pattern.bits().is_empty() && pattern.bits().iter().all(|stall| *stall) {
                return Err(format!("`{name}` pauses for ever"));
            }
        }
        let aborts = |job: &Job| matches!(job.fault, Fault::Abort(_));
        if self.restart.is_some() && self.jobs.iter().any(aborts) {
            return Err("a case has a restart or an abort, not both".into());
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
