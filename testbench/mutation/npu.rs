//! Mutants of the core that runs networks.

use ferrogrid::config::ControlOrder;
use ferrogrid::device::{Backend, Native};
use ferrogrid::isa::npu::Opcode;
use ferrogrid::verify::campaign::shrink;
use ferrogrid::verify::check::{check, design, run_case};
use ferrogrid::verify::mutation::{NPU, Prey};
use ferrogrid::verify::npu::{NetworkCase, ProgramCase};
use ferrogrid::verify::npu::{random_network, random_program, random_program_of};
use ferrogrid::verify::{Case, Mismatch, parse};
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Random cores, and the random cases that every mutant of each meets until one catches it.
const CORES: u64 = 8;
const CASES: u64 = 15;

/// A small core, and what random cases do rarely on it.
const CORE: &str = "lanes=1 scratchpad=8192 weights=512 accumulators=32 parameters=64";
const RARE: [&str; 19] = [
    // A count is 0, a run is in both halves.
    "before=flipped@0.107; load run=1 rows=1 planes=1; end",
    "before=flipped@0.85; load address=4088 run=8 rows=1 planes=1; end",
    // VECTOR goes on behind the last vector of a bank.
    "before=flipped@1.187; load offset=8192 target=1 run=16 rows=1 planes=1 signal=1; vector pitch=4 width=0 height=0 kernel_rows=1 groups=1 taps=1 rows=12 \
     row_step=1 columns=2 column_step=1 maximum begin end; post wait=1:1 address=4096 rows=12 row_pitch=8 \
     columns=2 column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-1 low=-128 high=127 vector; end",
    // It waits for signals that do not come, or nothing takes its signals.
    "before=flipped@1.10; load run=4 rows=9 planes=1 signal=3/3; \
     load run=4 rows=1 planes=1 wait=3:2; end",
    "before=flipped@0.34; load run=4 rows=300 planes=1 signal=3/3; end",
    // It must not find the last signal of the one before.
    "latency=200 before=itself; load offset=16384 run=16 rows=1 planes=1 signal=3; \
     store wait=3:1 offset=28672 run=16 rows=1 planes=1; fence units=15; \
     load offset=17000 run=16 rows=1 planes=1 signal=3; end",
    // DRAM refuses what it stores.
    "before=refused@28672; load run=4 rows=1 planes=1 signal=1; \
     store wait=1:1 offset=28672 run=4 rows=1 planes=1; end",
    // It stores right behind what comes from the other half, and loads over it when that is over.
    "stalls=200; load offset=16384 run=64 rows=2 row_pitch=4096 row_stride=64 planes=1; fence units=1; \
     store offset=28672 run=16 rows=4 row_pitch=16 row_stride=16 planes=1; \
     store offset=29000 address=4096 run=16 rows=4 row_pitch=16 row_stride=16 planes=1; fence units=8; \
     load offset=17000 address=4096 run=64 rows=1 planes=1; end",
    // It loads over an image that MATRIX has read, behind a fence and behind a signal.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=64 rows=1 planes=1; \
     weights offset=24576 tiles=16; fence units=1; \
     matrix pitch=4 width=4 height=16 blocks=1 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; fence units=2; \
     load offset=17000 run=64 rows=1 planes=1; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     store wait=1:1 offset=28672 address=4096 run=128 rows=1 planes=1; end",
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=64 rows=1 planes=1; \
     weights offset=24576 tiles=16; fence units=1; \
     matrix pitch=4 width=4 height=16 blocks=1 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end signal=5; \
     load wait=0:0 wait=5:1 offset=17000 run=64 rows=1 planes=1; post address=4096 rows=8 row_pitch=16 \
     columns=4 column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 \
     signal=1; store wait=1:1 offset=28672 address=4096 run=128 rows=1 planes=1; end",
    // The same of VECTOR.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=64 rows=1 planes=1; \
     load offset=24576 target=6 run=64 rows=1 planes=1; fence units=1; \
     vector pitch=4 width=4 height=16 kernel_rows=4 kernel_row_step=1 groups=4 taps=1 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 begin end; fence units=16; \
     load offset=17000 run=64 rows=1 planes=1; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 vector signal=1; \
     store wait=1:1 offset=28672 address=4096 run=128 rows=1 planes=1; end",
    "; load offset=16384 run=64 rows=1 planes=1; load offset=24576 target=6 run=64 rows=1 planes=1; \
     load offset=8192 target=1 run=16 rows=1 planes=1; fence units=1; \
     vector pitch=4 width=4 height=16 kernel_rows=4 kernel_row_step=1 groups=4 taps=1 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 begin end signal=5; \
     load wait=0:0 wait=5:1 offset=17000 run=64 rows=1 planes=1; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 vector signal=1; \
     store wait=1:1 offset=28672 address=4096 run=128 rows=1 planes=1; end",
    // POST reads what it adds in the half that MATRIX reads.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=128 rows=1 planes=1; \
     load offset=20480 target=4 run=1048 rows=1 planes=1; load offset=22528 target=5 run=1024 rows=1 planes=1; \
     weights offset=24576 tiles=17; fence units=1; matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=1 kernel_row_step=1 taps=1 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 residual signal=1; \
     post address=4224 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     store wait=1:2 offset=28672 address=4096 run=256 rows=1 planes=1; end",
    // Weights wait for the ring, and the third bank of a unit until POST has freed the first.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=128 rows=1 planes=1; \
     weights offset=24576 tiles=32; fence units=1; \
     matrix pitch=8 width=8 height=16 blocks=2 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; weights offset=24800 tiles=16; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     post address=4224 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=2; \
     store wait=1:1 offset=28672 address=4096 run=128 rows=1 planes=1; \
     store wait=2:1 offset=28800 address=4224 run=128 rows=1 planes=1; end",
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=128 rows=1 planes=1; \
     weights offset=24576 tiles=3; fence units=1; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=1 kernel_row_step=1 taps=1 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=1 kernel_row_step=1 taps=1 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; post address=4224 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=1 kernel_row_step=1 taps=1 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release begin end; post address=4352 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     store wait=1:3 offset=28672 address=4096 run=384 rows=1 planes=1; end",
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=128 rows=1 planes=1; \
     load offset=24576 target=6 run=12 rows=1 planes=1; fence units=1; \
     vector pitch=8 width=8 height=16 kernel_rows=1 groups=1 taps=1 tap_step=1 rows=8 row_step=1 \
     columns=4 column_step=1 weights=0 begin end; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 vector signal=1; \
     vector pitch=8 width=8 height=16 kernel_rows=1 groups=1 taps=1 tap_step=1 rows=8 row_step=1 \
     columns=4 column_step=1 weights=1 begin end; post address=4224 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 vector signal=1; \
     vector pitch=8 width=8 height=16 kernel_rows=1 groups=1 taps=1 tap_step=1 rows=8 row_step=1 \
     columns=4 column_step=1 weights=2 begin end; post address=4352 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 vector signal=1; \
     store wait=1:3 offset=28672 address=4096 run=384 rows=1 planes=1; end",
    // A bank is there when sums of the one before come back to the requantizers.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=64 rows=1 planes=1; \
     load offset=20480 target=4 run=1048 rows=1 planes=1; load offset=22528 target=5 run=1024 rows=1 planes=1; \
     weights offset=24576 tiles=2; matrix pitch=4 width=4 height=4 blocks=1 kernel_rows=1 taps=1 \
     rows=2 row_step=1 columns=1 release begin end; matrix pitch=4 width=4 height=4 blocks=1 \
     kernel_rows=1 taps=1 rows=2 row_step=1 columns=1 release begin end; fence units=3; \
     post address=4096 rows=2 row_pitch=4 columns=1 channels=4 window=1 multiplier=1073741824 shift=-9 \
     low=-128 high=127 residual residual_address=16 signal=1; \
     post address=4160 rows=2 row_pitch=4 columns=1 channels=4 window=1 multiplier=1073741824 shift=-9 \
     low=-128 high=127 signal=1; store wait=1:2 offset=28672 address=4096 run=8 rows=1 planes=1; \
     store offset=28700 address=4160 run=8 rows=1 planes=1; end",
    // Short POSTs with other limits wait for the same.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=64 rows=1 planes=1; \
     weights offset=24576 tiles=2; fence units=1; matrix pitch=4 width=4 height=4 blocks=1 kernel_rows=1 taps=1 \
     rows=1 columns=1 release begin end; matrix pitch=4 width=4 height=4 blocks=1 kernel_rows=1 taps=1 \
     rows=1 columns=1 release begin end; load offset=17000 address=2048 run=64 rows=9 planes=1 signal=2; \
     post wait=2:1 address=4096 rows=1 columns=1 channels=1 window=1 multiplier=1073741824 shift=-9 low=-128 \
     high=127 signal=1; post address=4097 rows=1 columns=1 channels=1 window=1 multiplier=1073741824 shift=-1 \
     zero_point=40 low=30 high=50 signal=1; store wait=1:2 offset=28672 address=4096 run=2 rows=1 planes=1; end",
    // Tiles are used twice while others wait for their places.
    "; load offset=8192 target=1 run=16 rows=1 planes=1; load offset=16384 run=128 rows=1 planes=1; \
     weights offset=24576 tiles=32; fence units=1; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 begin; \
     matrix pitch=8 width=8 height=16 blocks=1 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release; weights offset=25000 tiles=16; \
     matrix pitch=8 width=8 height=16 blocks=2 kernel_rows=4 kernel_row_step=1 taps=4 tap_step=1 \
     rows=8 row_step=1 columns=4 column_step=1 release end; post address=4096 rows=8 row_pitch=16 columns=4 \
     column_pitch=4 channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 signal=1; \
     store wait=1:1 offset=28672 address=4096 run=128 rows=1 planes=1; end",
];

/// What they do rarely on the same core with three taps: rows begin at padding.
const RARE_OF_THREE: &str = "taps=3; load offset=8192 target=1 run=16 rows=1 planes=1; \
     load offset=16384 run=64 rows=1 planes=1; load offset=24576 target=6 run=12 rows=1 planes=1; fence units=1; \
     vector pitch=12 width=12 height=2 first_byte=-4 kernel_rows=1 groups=1 taps=3 tap_step=4 rows=2 \
     row_step=1 columns=2 column_step=4 begin end; post address=4096 rows=2 row_pitch=8 columns=2 column_pitch=4 \
     channels=4 window=1 multiplier=1073741824 shift=-9 low=-128 high=127 vector signal=1; \
     store wait=1:1 offset=28672 address=4096 run=16 rows=1 planes=1; end";

/// The cases of each core, the smallest core first.
fn campaign() -> Vec<Vec<ProgramCase>> {
    let mut archs: Vec<_> = (0..CORES).map(|seed| random_program(seed).arch).collect();
    archs.sort_by_key(|arch| arch.tile_bytes());
    archs[1].order = ControlOrder::Central;
    let parse = |text: &str| format!("program {CORE} {text}").parse().unwrap();
    let rare = [RARE.map(parse).into(), vec![parse(RARE_OF_THREE)]];
    let random = (0..).zip(&archs).map(|(core, arch)| {
        let seeds = CASES * core..CASES * (core + 1);
        Vec::from_iter(seeds.map(|seed| random_program_of(seed, arch)))
    });
    rare.into_iter().chain(random).collect()
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

/// Runs that a search for the smallest case may take.
const BUDGET: u32 = 200;

/// What goes wrong with a case on the core broken by a mutation.
fn failure(mutation: &str, case: &dyn Case) -> Option<Mismatch> {
    let mutation = NPU.iter().find(|of| of.name == mutation);
    let mut design = design(case);
    let has_spot = mutation.expect("a mutation").apply(&mut design);
    let mut native: [Box<dyn Backend>; 1] = [Box::new(Native::new(&design).unwrap())];
    check(case, &mut native).err().filter(|_| has_spot)
}

/// The smallest case for a mutation, as its text, which fails when it is replayed.
fn smallest(mutation: &str, cases: impl Iterator<Item = Box<dyn Case>>) -> String {
    let mut failing =
        cases.filter_map(|case| failure(mutation, case.as_ref()).map(|failure| (case, failure)));
    let (case, failure_found) = shrink(
        failing.next().expect("a case that fails"),
        BUDGET,
        |case| case.simpler(),
        |case, _| ControlFlow::Continue(failure(mutation, case.as_ref())),
    );
    let text = case.to_string();
    println!("{mutation}: {failure_found}\n{text}");
    let again = failure(mutation, parse(&text).unwrap().as_ref());
    assert_eq!(
        again.map(|of| of.to_string()),
        Some(failure_found.to_string())
    );
    assert!(run_case(case.as_ref(), &[]).is_ok(), "{text}");
    text
}

/// A broken core is shown by a program of little more than the instructions that it takes: loads of parameters
/// and of an image, a tile, MATRIX, POST and STORE.
#[test]
fn a_small_program_shows_what_is_broken() {
    let programs = || (0..).map(|seed| Box::new(random_program(seed)) as Box<dyn Case>);
    for mutation in ["the zero point is 0", "all rows are stored from the first"] {
        let text = smallest(mutation, programs());
        let case: ProgramCase = text.parse().unwrap();
        // Fences only order what others do.
        let works = case
            .program
            .iter()
            .filter(|of| of.operation.opcode() != Opcode::Fence);
        let count = works.count();
        assert!(count <= 12, "{count} instructions: {text}");
        assert_eq!((case.latency, case.stalls), (1, 0), "{text}");
    }
}

/// And by a network of the layers that it takes.
#[test]
fn a_small_network_shows_what_is_broken() {
    let networks = || (0..).map(|seed| Box::new(random_network(seed)) as Box<dyn Case>);
    for mutation in ["nothing is added", "all kernel rows are read at the first"] {
        let text = smallest(mutation, networks());
        let case: NetworkCase = text.parse().unwrap();
        assert!(case.layers.len() <= 2, "{text}");
        assert!(case.shape.iter().product::<usize>() <= 16, "{text}");
    }
}
