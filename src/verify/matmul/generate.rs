//! Random cases.

use super::random_arch::random_arch_within;
use super::{DataKind, Fault, Host, Job, MatmulCase, Operand, PAUSES, TAKEN_BY_THE_HOST};
use crate::arch::{Dataflow, JobShape, MAX_SIZE, MatmulArch};
use crate::device::{Restart, StallPattern, Stalls};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows of A in a job with a fault, at most.
const MUCH_WORK_ROWS: u32 = 64;

/// Rows of A around which counters of rows are one bit longer.
const MANY_ROWS: [u32; 2] = [256, 1024];

/// Jobs in a case of many: so many that a counter of four or of eight bits would begin anew.
const MANY_JOBS: [usize; 2] = [17, 258];

/// Beyond this many multiply-accumulates times processing elements, sizes stay within two tiles.
const MUCH_WORK: u64 = 40_000_000;

/// The case of a seed, for arrays of up to `max_size` rows and columns.
pub fn random_case(seed: u64, max_size: u32) -> MatmulCase {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let arch = random_arch_within(&mut rng, max_size);
    with_arch(&mut rng, arch)
}

/// The cases of a campaign of this seed; see [`campaign`](crate::verify::campaign).
pub fn cases(seed: u64, max_size: u32) -> impl Iterator<Item = MatmulCase> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    std::iter::repeat_with(move || random_case(rng.random(), max_size))
}

/// The case of a seed for this architecture.
pub fn random_case_of(seed: u64, arch: &MatmulArch) -> MatmulCase {
    with_arch(&mut ChaCha8Rng::seed_from_u64(seed), arch.clone())
}

fn with_arch(rng: &mut ChaCha8Rng, arch: MatmulArch) -> MatmulCase {
    let mut jobs: Vec<Job> = (0..rng.random_range(1..=4))
        .map(|_| random_job(rng, &arch))
        .collect();
    match rng.random_range(0..24) {
        0 => many_rows(rng, &arch, &mut jobs[0].shape),
        1 => many_jobs(rng, &mut jobs),
        _ => {}
    }
    let mut case = MatmulCase {
        stalls: random_stalls(rng),
        host: match rng.random_range(0..6) {
            0 => Host::Patient,
            1 => Host::Eager,
            2 | 3 => Host::Meddling,
            _ => Host::Queueing,
        },
        restart: None,
        seed: rng.random(),
        arch,
        jobs,
    };
    if rng.random() {
        let faults = [1, 1, 2, 3];
        for _ in 0..pick(rng, &faults) {
            let index = rng.random_range(0..case.jobs.len());
            if case.jobs[index].fault == Fault::None && is_taken(&case, index) {
                add_fault(rng, &mut case, index);
            }
        }
        // What a fault leaves behind shows in the job after it.
        let job = random_job(rng, &case.arch);
        case.jobs.push(job);
    }
    debug_assert_eq!(case.check(), Ok(()));
    case
}

/// The core runs sizes of the job.
fn is_taken(case: &MatmulCase, index: usize) -> bool {
    case.arch.check_shape(case.jobs[index].shape).is_ok()
}

/// Rows around a power of two, of one tile.
fn many_rows(rng: &mut impl Rng, arch: &MatmulArch, shape: &mut JobShape) {
    let rows = pick(rng, &MANY_ROWS) + rng.random_range(0..=arch.rows + 2);
    let k = shape.k.min(arch.rows);
    let n = shape.n.min(arch.columns);
    let processing_elements = u64::from(arch.rows) * u64::from(arch.columns);
    let work = u64::from(rows) * processing_elements * processing_elements;
    if work <= MUCH_WORK {
        *shape = JobShape { m: rows - 2, k, n };
    }
}

/// Very small jobs.
fn many_jobs(rng: &mut impl Rng, jobs: &mut Vec<Job>) {
    let count = match rng.random_range(0..8) {
        0 => MANY_JOBS[1],
        _ => MANY_JOBS[0],
    };
    let shape = JobShape { m: 1, k: 1, n: 1 };
    let small = Job::new(shape, DataKind::Random);
    jobs.resize(jobs.len().max(count), small);
}

fn random_job(rng: &mut impl Rng, arch: &MatmulArch) -> Job {
    let kind = match rng.random_range(0..10) {
        0..5 => DataKind::Random,
        _ => pick(rng, &DataKind::ALL),
    };
    Job::new(random_shape(rng, arch), kind)
}

/// 1 to about 3 tiles each way, edges more often than not, within the core's limits and sometimes
/// exactly at them.
fn random_shape(rng: &mut impl Rng, arch: &MatmulArch) -> JobShape {
    let limits = &arch.limits;
    let k_tile = match arch.dataflow {
        Dataflow::WeightStationary => arch.rows,
        Dataflow::OutputStationary => arch.a.elements_per_beat,
    };
    let processing_elements = u64::from(arch.rows) * u64::from(arch.columns);
    let tile_work = processing_elements * processing_elements * u64::from(k_tile.max(arch.rows));
    let tiles = if 27 * tile_work > MUCH_WORK { 1 } else { 3 };
    let m = around(rng, arch.rows, tiles).min(limits.max_m);
    let mut k = around(rng, k_tile, tiles).min(limits.max_k);
    let mut n = around(rng, arch.columns, tiles).min(limits.max_n);
    if rng.random_range(0..6) == 0 {
        k = limits.max_k;
    }
    if rng.random_range(0..6) == 0 {
        n = limits.max_n;
    }
    // B as a whole must fit; what is cut back ends exactly at the limit.
    let vectors = limits.max_b_vectors;
    if arch.panels(n) * k > vectors {
        if rng.random() {
            k = (vectors / arch.panels(n)).max(1);
        }
        n = n.min((vectors / k) * arch.columns);
    }
    JobShape { m, k, n }
}

/// A size of 1 to `tiles` tiles and one more element.
fn around(rng: &mut impl Rng, tile: u32, tiles: u32) -> u32 {
    let whole = tile * rng.random_range(1..=tiles);
    let size = match rng.random_range(0..8) {
        0 => 1,
        1 => tile.saturating_sub(1),
        2 => tile,
        3 => tile + 1,
        4 => whole,
        5 => whole - 1,
        6 => whole + 1,
        _ => rng.random_range(1..=whole),
    };
    size.max(1)
}

fn random_stalls(rng: &mut impl Rng) -> Stalls {
    let mut stalls = Stalls::default();
    // Streams of one speed hide what a slow one shows: each has its own kind.
    let quiet = rng.random_range(0..4) == 0;
    let (streams, channels) = PAUSES.split_at(3);
    if !quiet {
        for (_, prefix) in streams {
            stalls.set(prefix, random_stall(rng));
        }
    }
    if rng.random_range(0..3) == 0 {
        for (_, prefix) in channels {
            stalls.set(prefix, random_stall(rng));
        }
    }
    for prefix in TAKEN_BY_THE_HOST {
        if rng.random_range(0..8) == 0 {
            stalls.set(prefix, stalls.of(prefix).clone().after_valid());
        }
    }
    stalls
}

/// None, light, heavy or bursts; never for ever.
fn random_stall(rng: &mut impl Rng) -> StallPattern {
    let length = rng.random_range(2..=24);
    let mut bits: Vec<bool> = match rng.random_range(0..4) {
        0 => return StallPattern::none(),
        1 => (0..length).map(|_| rng.random_range(0..8) == 0).collect(),
        2 => (0..length).map(|_| rng.random_range(0..4) != 0).collect(),
        _ => {
            let mut on: bool = rng.random();
            let bursts = std::iter::repeat_with(|| {
                on = !on;
                let run = rng.random_range(1..=10);
                std::iter::repeat_n(on, run)
            });
            bursts.take(4).flatten().collect()
        }
    };
    let free = rng.random_range(0..bits.len());
    bits[free] = false;
    StallPattern::new(bits)
}

fn add_fault(rng: &mut impl Rng, case: &mut MatmulCase, index: usize) {
    // Several row blocks: results leave while operands still come.
    let arch = &case.arch;
    let shape = &mut case.jobs[index].shape;
    let blocks = rng.random_range(1..=4);
    shape.m = shape
        .m
        .max(blocks * arch.rows)
        .min(MUCH_WORK_ROWS.max(shape.m));
    let shape = *shape;
    let beats = case.arch.beats(shape);
    let (operand, beats) = if rng.random() {
        (Operand::A, beats.a)
    } else {
        (Operand::B, beats.b)
    };
    case.jobs[index].fault = match rng.random_range(0..5) {
        0 => {
            case.jobs[index].shape = bad_shape(rng, &case.arch, shape);
            return;
        }
        1 => {
            let cycle = rng.random_range(0..400);
            let length = rng.random_range(1..=3);
            case.restart = Some(Restart { cycle, length });
            return;
        }
        2 if beats > 1 => Fault::Truncated(operand, rng.random_range(0..beats - 1)),
        3 => Fault::Overlong(operand, rng.random_range(1..=beats + 1)),
        // Before the job has begun to when it has ended.
        _ => {
            let beats = case.arch.beats(shape);
            let length = beats.a.max(beats.b) + beats.c + 30;
            Fault::Abort(rng.random_range(0..=length.min(2_000)) as u32)
        }
    };
}

/// Sizes that the core must refuse, as near to those as can be or far away.
fn bad_shape(rng: &mut impl Rng, arch: &MatmulArch, shape: JobShape) -> JobShape {
    let limits = &arch.limits;
    let beyond_n = limits.max_panels * arch.columns + 1;
    let candidates = [
        JobShape { m: 0, ..shape },
        JobShape { k: 0, ..shape },
        JobShape { n: 0, ..shape },
        JobShape {
            k: limits.max_k + 1,
            ..shape
        },
        JobShape {
            k: MAX_SIZE,
            ..shape
        },
        JobShape {
            n: beyond_n,
            ..shape
        },
        JobShape {
            n: MAX_SIZE,
            ..shape
        },
        JobShape {
            k: limits.max_b_vectors / arch.panels(shape.n) + 1,
            ..shape
        },
        a_vector_too_many(arch, shape),
    ];
    let refused: Vec<JobShape> = candidates
        .into_iter()
        .filter(|shape| shape.k <= MAX_SIZE && shape.n <= MAX_SIZE)
        .filter(|shape| arch.check_shape(*shape).is_err())
        .collect();
    pick(rng, &refused)
}

/// Sizes whose B has one vector more than fits, where there are such within the other limits.
fn a_vector_too_many(arch: &MatmulArch, shape: JobShape) -> JobShape {
    let vectors = arch.limits.max_b_vectors + 1;
    let within =
        |panels: &u32| vectors.is_multiple_of(*panels) && vectors / panels <= arch.limits.max_k;
    let panels = (1..=arch.limits.max_panels).rev().find(within);
    panels.map_or(shape, |panels| JobShape {
        k: vectors / panels,
        n: panels * arch.columns,
        ..shape
    })
}

fn pick<T: Copy>(rng: &mut impl Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}
