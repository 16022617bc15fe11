//! Random cases of programs.

use super::layers::layers;
use super::space::Space;
use super::{Before, Data, ProgramCase};
use crate::arch::NpuArch;
use crate::isa::npu::{End, INSTRUCTION_BYTES, Instruction, Operation};
use crate::verify::npu::{arch::unnamed, chance, random_arch, within};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The case of a seed on a random core.
pub fn random_program(seed: u64) -> ProgramCase {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let arch = random_arch(&mut rng);
    with_arch(&mut rng, arch)
}

/// The case of a seed on this core.
pub fn random_program_of(seed: u64, arch: &NpuArch) -> ProgramCase {
    let arch = unnamed(&arch.to_config()).expect("an architecture");
    with_arch(&mut ChaCha8Rng::seed_from_u64(seed), arch)
}

fn with_arch(rng: &mut ChaCha8Rng, arch: NpuArch) -> ProgramCase {
    let data = if chance(rng, 2) {
        Data::Small
    } else {
        Data::Full
    };
    let mut program = layers(rng, &arch, data);
    for instruction in &mut program {
        // Either wait may be the one that is used.
        if chance(rng, 2) {
            instruction.synchronization.waits.reverse();
        }
    }
    let code = within(rng, 0, 0xffff);
    program.push(Operation::End(End { code }).into());
    let mut case = ProgramCase {
        program,
        before: Before::Nothing,
        latency: [1, 30, 200][within(rng, 0, 2) as usize],
        stalls: [0, 40, 128][within(rng, 0, 2) as usize],
        data,
        seed: rng.random(),
        arch,
    };
    case.before = before(rng, &case);
    debug_assert_eq!(case.check(), Ok(()));
    case
}

/// What the machine does before the program; mostly nothing.
fn before(rng: &mut impl Rng, case: &ProgramCase) -> Before {
    match within(rng, 0, 11) {
        0 => Before::Itself,
        1 | 2 => Before::Flipped(
            within(rng, 0, case.program.len() as u32 - 1),
            within(rng, 0, 255) as u8,
        ),
        3 | 4 => Before::Refused(accessed(rng, &case.program)),
        5 | 6 => {
            let most = 30 << within(rng, 0, 7);
            Before::Stopped(within(rng, 0, most))
        }
        7 => {
            let most = 30 << within(rng, 0, 7);
            Before::Reset(within(rng, 0, most))
        }
        _ => Before::Nothing,
    }
}

/// A byte that an instruction reads or writes, or of one that is read itself.
fn accessed(rng: &mut impl Rng, program: &[Instruction]) -> u32 {
    let index = within(rng, 0, program.len() as u32 - 1);
    let (region, offset, run) = match program[index as usize].operation {
        Operation::Load(of) => (of.region, of.offset, of.run),
        Operation::Weights(of) => (of.region, of.offset, of.tiles),
        Operation::Store(of) => (of.region, of.offset, of.run),
        _ => (
            0,
            INSTRUCTION_BYTES as u32 * index,
            INSTRUCTION_BYTES as u32,
        ),
    };
    Space::bases(0)[region as usize] as u32 + offset + within(rng, 0, run - 1)
}

impl Data {
    /// The bits of an fp32 scale that takes sums to bytes.
    pub(super) fn scale(self, rng: &mut impl Rng) -> u32 {
        match self {
            Data::Full => within(rng, 0x3980_0000, 0x3cff_ffff),
            Data::Small => within(rng, 0x3e00_0000, 0x3f80_0000),
        }
    }

    /// A shift that takes sums to bytes; rarely any.
    pub(super) fn shift(self, rng: &mut impl Rng) -> i32 {
        let (low, high) = match self {
            _ if chance(rng, 8) => (0, 63),
            Data::Full => (20, 28),
            Data::Small => (29, 33),
        };
        within(rng, low, high) as i32 - 32
    }
}
