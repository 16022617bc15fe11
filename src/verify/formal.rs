//! Proofs by induction, with the SAT solver of Yosys.
//!
//! A [`Proof`] takes a design whose top is a harness: a cell, a model of what it should do, and
//! [assertions](crate::hdl::Module::assert) that compare them. Every input of the harness is free
//! in every cycle, but for its [assumptions](crate::hdl::Module::assume). Reset is asserted in
//! the first cycle and free afterwards, so that what is proven holds after a reset at any time.
//!
//! An assertion that holds is rarely inductive by itself: the solver starts the step from states
//! that are never reached. [`Proof::probe`] ties an input of the harness to a register within the
//! cell, so that the harness can assert what such registers hold.

use crate::hdl::ir::Design;
use crate::synth::tools::{FoundTool, Tool, ToolError};
use crate::verilog;
use miette::Diagnostic;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use thiserror::Error;

/// The longest induction that is tried, in cycles.
const MOST_STEPS: u32 = 20;
/// The time for one question to the solver, in seconds.
const SOLVER_SECONDS: u32 = 300;

/// Assertions to be proven of a design, together with where it looks inside.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The Verilog of all modules.
    pub verilog: String,
    top: String,
    clock_reset: (String, bool),
    probes: Vec<(String, String)>,
    names: Vec<(String, String)>,
}

/// What came of a proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All assertions hold in every cycle, forever.
    Proved {
        /// Cycles that the induction looked back.
        steps: u32,
    },
    /// Some assertion fails after a reset.
    Refuted {
        /// Cycles from the reset to the failure.
        steps: u32,
        /// The values of all signals in these cycles, as Yosys prints them.
        trace: String,
    },
    /// Neither was found within the limits.
    Undecided {
        /// What stopped the search.
        reason: String,
    },
}

/// Why a proof could not be tried.
#[derive(Debug, Error, Diagnostic)]
pub enum FormalError {
    /// Yosys is missing.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tool(#[from] ToolError),
    /// The text or the script could not be written, or Yosys not be started.
    #[error("cannot run a proof: {0}")]
    #[diagnostic(
        code(ferrogrid::formal::files),
        help("proofs need a writable folder for temporary files")
    )]
    Files(#[from] std::io::Error),
    /// Yosys refused the text.
    #[error("Yosys refused the design:\n{0}")]
    #[diagnostic(
        code(ferrogrid::formal::refused),
        help("the text before the message names the step; a probe must name a net that exists")
    )]
    Refused(String),
}

impl Proof {
    /// The assertions of a design's top and of everything in it.
    pub fn of(design: &Design) -> Proof {
        let top = design.top();
        let domain = &top.domains[0];
        let texts: Vec<String> = verilog::emit_for_simulation(design)
            .into_iter()
            .map(|file| file.text)
            .collect();
        Proof {
            verilog: texts.join("\n"),
            top: top.name.clone(),
            clock_reset: (domain.reset.clone(), !domain.reset_active_low),
            probes: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Ties an input of the harness to a net within it, given as `instance.net`.
    pub fn probe(mut self, input: &str, net: &str) -> Proof {
        self.probes.push((input.into(), net.into()));
        self
    }

    /// Ties an input of the harness to a word of a memory within it, given as `instance.memory`.
    pub fn probe_word(mut self, input: &str, memory: &str, address: u32) -> Proof {
        // The solver's options cannot spell the name that Yosys gives the register of a word.
        let net = format!("{}_word_{address}", memory.replace('.', "_"));
        self.names
            .push((format!("{memory}[{address}]"), net.clone()));
        self.probe(input, &net)
    }

    /// Tries base case and induction with growing numbers of cycles.
    pub fn run(&self) -> Result<Verdict, FormalError> {
        let yosys: FoundTool = Tool::Yosys.find()?;
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("proof.v"), &self.verilog)?;
        let log = run_yosys(&yosys, folder.path(), &self.script())?;
        read_log(&log)
    }

    fn script(&self) -> String {
        let top = &self.top;
        let mut script = format!(
            "read_verilog -formal proof.v; hierarchy -check -top {top}; proc; flatten; \
             check -assert; memory_collect; memory_map; chformal -early; "
        );
        // Only within a module are objects found by their names.
        let _ = write!(script, "cd {top}; ");
        for (from, to) in &self.names {
            let _ = write!(script, "rename {from} {to}; ");
        }
        for (input, net) in &self.probes {
            // An alias of the net must not become what drives it.
            let _ = write!(script, "connect -nomap -nounset -set {input} {net}; ");
        }
        // What no assertion depends on is not given to the solver.
        let (reset, asserted) = &self.clock_reset;
        let _ = write!(
            script,
            "delete -output w:*; cd; opt_clean -purge; sat -tempinduct -seq 1 -maxsteps \
             {MOST_STEPS} -timeout {SOLVER_SECONDS} -set-assumes -prove-asserts -show-public \
             -set-at 1 {reset} {} {top}",
            u8::from(*asserted)
        );
        script
    }
}

fn run_yosys(yosys: &FoundTool, folder: &Path, script: &str) -> Result<String, FormalError> {
    let output = Command::new(&yosys.path)
        .args(["-p", script])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()?;
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(log);
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = log.lines().chain(error.lines()).collect();
    let tail = &lines[lines.len().saturating_sub(20)..];
    Err(FormalError::Refused(tail.join("\n")))
}

/// The verdict is text: Yosys ends with success whatever it found.
fn read_log(log: &str) -> Result<Verdict, FormalError> {
    let steps = log
        .lines()
        .filter_map(|line| {
            line.strip_prefix("** Trying induction with length ")?
                .trim_end_matches([' ', '*'])
                .parse()
                .ok()
        })
        .next_back()
        .unwrap_or(0);
    if log.contains("SAT temporal induction proof finished - model found for base case: FAIL!") {
        let trace = log
            .find("SAT temporal induction proof finished - model found")
            .map(|at| &log[at..]);
        Ok(Verdict::Refuted {
            steps,
            trace: trace.unwrap_or_default().to_string(),
        })
    } else if log.contains("Induction step proven: SUCCESS!") {
        Ok(Verdict::Proved { steps })
    } else if log.contains("TIMEOUT") {
        let reason =
            format!("the solver needs more than {SOLVER_SECONDS} seconds at {steps} cycles");
        Ok(Verdict::Undecided { reason })
    } else if log.contains("Reached maximum number of time steps") {
        let reason = format!("no induction over {MOST_STEPS} cycles succeeds");
        Ok(Verdict::Undecided { reason })
    } else {
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(20)..];
        Err(FormalError::Refused(tail.join("\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{self, Module, bit, unsigned};

    /// A count that stops at `stop_at`, asserted to stay at or below `most`.
    fn stopping(most: u32, stop_at: u32) -> Design {
        hdl::design("stopping", |m: &Module| {
            let go = m.input("go", bit());
            let count = m.reg(unsigned(4)).named("count").reset(0);
            let stop = count.eq(stop_at);
            count.next(stop.mux(*count, count + go.zero_extend(4)));
            m.assert("stays", count.le(most), "the count went too far");
        })
        .unwrap()
    }

    /// The verdict; without Yosys the test says so and does nothing.
    fn verdict(proof: &Proof) -> Option<Result<Verdict, FormalError>> {
        match proof.run() {
            Err(FormalError::Tool(error)) => {
                let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
                assert!(!ci, "{error}, and CI must not skip tests");
                println!("SKIPPED proof: {error}");
                None
            }
            verdict => Some(verdict),
        }
    }

    #[test]
    fn what_holds_is_proved() {
        let Some(verdict) = verdict(&Proof::of(&stopping(5, 5))) else {
            return;
        };
        assert!(matches!(verdict, Ok(Verdict::Proved { .. })), "{verdict:?}");
    }

    #[test]
    fn what_fails_is_refuted_with_a_trace() {
        let Some(verdict) = verdict(&Proof::of(&stopping(4, 5))) else {
            return;
        };
        let Ok(Verdict::Refuted { steps, trace }) = verdict else {
            panic!("{verdict:?}");
        };
        assert!(steps >= 6, "five counts after reset, not {steps} steps");
        assert!(
            trace.contains("\\count") && trace.contains("\\go"),
            "{trace}"
        );
    }

    #[test]
    fn an_assumption_is_taken_for_granted() {
        let design = hdl::design("assuming", |m: &Module| {
            let go = m.input("go", bit());
            m.assume("never", !go, "");
            m.assert("low", !go, "");
        });
        let Some(verdict) = verdict(&Proof::of(&design.unwrap())) else {
            return;
        };
        assert!(matches!(verdict, Ok(Verdict::Proved { .. })), "{verdict:?}");
    }

    #[test]
    fn what_is_beyond_induction_is_undecided() {
        // Odd values are never reached, but 128 of them lead to 7.
        let design = hdl::design("parity", |m: &Module| {
            let go = m.input("go", bit());
            let count = m.reg(unsigned(8)).named("count").reset(0).enable(go);
            count.next(count + 2);
            m.assert("never_seven", count.ne(7), "");
        });
        let Some(verdict) = verdict(&Proof::of(&design.unwrap())) else {
            return;
        };
        let reason = "no induction over 20 cycles succeeds".into();
        assert_eq!(verdict.unwrap(), Verdict::Undecided { reason });
    }

    #[test]
    fn a_probe_of_nothing_is_refused() {
        let proof = Proof::of(&stopping(5, 5)).probe("go", "nobody");
        let Some(verdict) = verdict(&proof) else {
            return;
        };
        let message = verdict.expect_err("the probe was accepted").to_string();
        assert!(message.contains("nobody"), "{message}");
    }
}
