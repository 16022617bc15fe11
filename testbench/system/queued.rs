//! Jobs started one behind the other, as a program starts them.

use ferrogrid::arch::MatmulArch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::MatmulConfig;
use ferrogrid::device::matmul::{MatmulJob, run_queued};
use ferrogrid::device::{
    Backend, Error, Native, Outcome, Scenario, Stalls, Watch, WaveFile, unwatched,
};
use ferrogrid::hdl::elaborate;
use ndarray::Array2;

/// A core that says that its first job failed, as `last_failed` is read last.
struct Failing(Native);

impl Backend for Failing {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let mut outcome = self.0.run(scenario, watch)?;
        outcome.operations.last_mut().expect("a read").data = 1;
        Ok(outcome)
    }

    fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), Error> {
        self.0.trace(waves)
    }
}

#[test]
fn a_job_that_failed_is_noticed_behind_one_that_did_not() {
    let arch = MatmulArch::new(&MatmulConfig::new(2, 3)).expect("a core");
    let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
    let native = || Native::new(&design).expect("a core");
    let jobs: Vec<_> = (1..=3)
        .map(|i| {
            let (a, b) = (Array2::from_elem((5, 4), i), Array2::from_elem((4, 7), 2));
            MatmulJob::of_integers(&arch, &a, &b).expect("small elements")
        })
        .collect();
    let stalls = Stalls::default();
    let result = run_queued(&arch, &mut native(), &jobs, &stalls, &mut unwatched);
    for (job, c) in jobs.iter().zip(result.expect("three products").c) {
        assert_eq!(c.integers(), job.a.integers().dot(&job.b.integers()));
    }
    let result = run_queued(
        &arch,
        &mut Failing(native()),
        &jobs,
        &stalls,
        &mut unwatched,
    );
    let error = result.expect_err("a job has failed").to_string();
    assert!(error.contains("job that failed is 1 of 3"), "{error}");
}
