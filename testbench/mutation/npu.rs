//! Mutants of the core that runs networks.

use ferrogrid::verify::check::run_case;
use ferrogrid::verify::mutation::{NPU, Prey};
use ferrogrid::verify::npu::{ProgramCase, random_program, random_program_of};
use rayon::prelude::*;

/// Random cores, and the random cases that every mutant of each meets until one catches it.
const CORES: u64 = 8;
const CASES: u64 = 12;

/// What random cases do rarely: waits for signals that do not come, and signals that nothing takes.
const RARE: [&str; 2] = [
    "program latency=1 before=flipped@1.8; load run=4 rows=9 planes=1 signal=3/3; \
     load run=4 rows=1 planes=1 wait=3:2; end",
    "program latency=1 before=flipped@0.34; load run=4 rows=300 planes=1 signal=3/3; end",
];

/// The cases of each core, the smallest core first.
fn campaign() -> Vec<Vec<ProgramCase>> {
    let mut archs: Vec<_> = (0..CORES).map(|seed| random_program(seed).arch).collect();
    archs.sort_by_key(|arch| arch.tile_bytes());
    let mut cores: Vec<Vec<ProgramCase>> = (0..)
        .zip(&archs)
        .map(|(core, arch)| {
            let seeds = CASES * core..CASES * (core + 1);
            seeds.map(|seed| random_program_of(seed, arch)).collect()
        })
        .collect();
    cores.push(RARE.map(|text| text.parse().unwrap()).into());
    cores
}

#[test]
fn every_mutant_is_caught() {
    let prey: Vec<_> = campaign().into_par_iter().map(Prey::new).collect();
    super::every_mutant_is_caught(NPU, &prey);
}

/// The campaign passes on the core as it is: what it catches is the mutation.
#[test]
fn nothing_is_caught_on_the_core_itself() {
    campaign().par_iter().flatten().for_each(|case| {
        if let Err(failure) = run_case(case, &[]) {
            panic!("{failure}");
        }
    });
}
