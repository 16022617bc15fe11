//! How fast results leave.

use ferrogrid::arch::MatmulArch;
use ferrogrid::blocks::MatmulCore;
use ferrogrid::config::{Dataflow, MatmulConfig};
use ferrogrid::device::matmul::{MatmulJob, run};
use ferrogrid::device::{
    Backend, Error, Native, Outcome, Scenario, Stalls, Watch, WaveFile, unwatched,
};
use ferrogrid::hdl::elaborate;
use ndarray::Array2;

/// A core whose results are watched: the cycles of their beats.
struct Watched(Native, Vec<u64>);

impl Backend for Watched {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn run(&mut self, scenario: &Scenario, watch: &mut Watch) -> Result<Outcome, Error> {
        let outcome = self.0.run(scenario, watch)?;
        let beats = &outcome.sinks[0].beats;
        self.1 = beats.iter().map(|beat| beat.cycle).collect();
        Ok(outcome)
    }

    fn trace(&mut self, waves: Option<WaveFile>) -> Result<(), Error> {
        self.0.trace(waves)
    }
}

/// Words of a row block and the next follow each other without a gap, also words of one beat and
/// with another cycle of latency.
#[test]
fn results_leave_a_beat_a_cycle() {
    const ROWS: u32 = 4;
    for dataflow in Dataflow::ALL {
        for (output_register, beats_per_word) in [false, true]
            .map(|register| [1, 2, 4].map(|beats| (register, beats)))
            .concat()
        {
            let mut config = MatmulConfig::new(ROWS, 4);
            config.array.dataflow = *dataflow;
            config.buffers.output_register = output_register;
            config.streams.c = Some(4 * 32 / beats_per_word);
            let arch = MatmulArch::new(&config).expect("a core");
            let design = elaborate(&MatmulCore::new(&arch)).expect("a core");
            // The array is to be a row block ahead: else results wait for it. With output registers
            // its passes are longer than its tiles.
            let slowest = if output_register { 2 } else { 1 };
            let ahead = *dataflow == Dataflow::WeightStationary && beats_per_word > slowest;
            let blocks = if ahead { 4 } else { 1 };
            let (m, n) = ((blocks * ROWS) as usize, 32);
            let (a, b) = (Array2::from_elem((m, 4), 1), Array2::from_elem((4, n), 1));
            let job = MatmulJob::of_integers(&arch, &a, &b).expect("small elements");
            let mut core = Watched(Native::new(&design).expect("a core"), Vec::new());
            let result = run(&arch, &mut core, &job, &Stalls::default(), &mut unwatched);
            assert_eq!(result.expect("the core runs").c.integers(), a.dot(&b));
            let beats = core.1.len() as u64;
            assert_eq!(beats, (m * n / 4) as u64 * u64::from(beats_per_word));
            let cycles = core.1[core.1.len() - 1] - core.1[0] + 1;
            assert_eq!(
                cycles, beats,
                "{dataflow}, {beats_per_word} beats a word, output register {output_register}"
            );
        }
    }
}
