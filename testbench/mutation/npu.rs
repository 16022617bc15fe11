//! Mutants of the core that runs networks.

use ferrogrid::verify::check::run_case;
use ferrogrid::verify::mutation::{NPU, Prey};
use ferrogrid::verify::npu::{ProgramCase, random_program, random_program_of};
use rayon::prelude::*;

/// Cores, with the cases that every mutant of them meets until one catches it.
const CORES: u64 = 6;
const CASES: u64 = 12;

fn campaign() -> Vec<Vec<ProgramCase>> {
    let arch = |seed| random_program(seed).arch;
    let cases =
        |core| (0..CASES).map(move |seed| random_program_of(CASES * core + seed, &arch(core)));
    (0..CORES).map(|core| cases(core).collect()).collect()
}

#[test]
fn every_mutant_is_caught() {
    let prey: Vec<_> = campaign().into_par_iter().map(Prey::new).collect();
    super::every_mutant_is_caught(NPU, &prey);
}

/// The campaign passes on the core as it is: what it catches is the mutation.
#[test]
fn nothing_is_caught_on_the_core_itself() {
    let started = std::time::Instant::now();
    campaign().par_iter().flatten().for_each(|case| {
        let started = std::time::Instant::now();
        match run_case(case, &[]) {
            Ok(report) => println!(
                "{} cycles {:?} {:?}",
                report.cycles,
                started.elapsed(),
                case.before
            ),
            Err(failure) => println!("{failure}"),
        }
    });
    println!("{:?}", started.elapsed());
    let design = ferrogrid::verify::check::design(&random_program(1));
    for module in &design.modules {
        println!("MODULE {}", module.name);
        let names = module.nodes.iter().filter_map(|node| node.name.as_deref());
        println!("  {}", names.collect::<Vec<_>>().join(" "));
    }
}
