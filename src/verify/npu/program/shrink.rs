//! Smaller programs on simpler cores.

use super::{Before, Data, ProgramCase};
use crate::isa::npu::{
    Fence, Field, FieldKind, Instruction, Operation, SEMAPHORES, Synchronization, Unit,
};
use crate::verify::npu::arch::simpler_archs;

/// Fields that are not made smaller: without limits a result says more.
const KEPT: [&str; 4] = ["opcode", "code", "low", "high"];

/// Cases with less to understand in them, the greatest steps first. Each can be run.
pub(super) fn simpler(case: &ProgramCase) -> impl Iterator<Item = ProgramCase> + 'static {
    let mut candidates: Vec<ProgramCase> = Vec::new();
    let mut propose = |change: &dyn Fn(&mut ProgramCase)| {
        let mut candidate = case.clone();
        change(&mut candidate);
        if candidate != *case && !candidates.contains(&candidate) {
            candidates.push(candidate);
        }
    };
    propose(&|case| case.before = Before::Nothing);
    let length = case.program.len();
    let mut size = length / 2;
    while size > 0 {
        for start in (0..length).step_by(size) {
            propose(&|case| {
                case.program.drain(start..length.min(start + size));
                balance(&mut case.program);
            });
        }
        size /= 2;
    }
    propose(&|case| case.program = fenced(&case.program));
    propose(&|case| case.latency = 1);
    propose(&|case| case.stalls = 0);
    for arch in simpler_archs(&case.arch) {
        propose(&|case| case.arch = arch.clone());
    }
    for part in [0, 2] {
        for (index, instruction) in case.program.iter().enumerate() {
            for of in fields(instruction) {
                let value = value_of(of, instruction);
                let least = i64::from(of.is_count());
                let smaller = if part == 0 { least } else { value / part };
                if KEPT.contains(&of.name) || value <= least && value >= 0 || smaller < least {
                    continue;
                }
                propose(&|case| {
                    case.program[index] = with(instruction, of, smaller);
                    balance(&mut case.program);
                });
            }
        }
    }
    propose(&|case| case.data = Data::Small);
    propose(&|case| case.seed = 0);
    candidates.into_iter().filter(|case| case.check().is_ok())
}

/// All fields of an instruction.
fn fields(instruction: &Instruction) -> impl Iterator<Item = &'static Field> {
    const HEADER: [Field; 8] = Synchronization::FIELDS;
    const ALL: &[Field] = &HEADER;
    ALL.iter().chain(instruction.operation.opcode().fields())
}

/// The instruction with another value of a field.
fn with(instruction: &Instruction, field: &Field, value: i64) -> Instruction {
    let mut bytes = instruction.encode().expect("an instruction of a case");
    for bit in 0..field.kind.width() {
        let at = field.lsb + bit;
        let byte = &mut bytes[at as usize / 8];
        *byte = *byte & !(1 << (at % 8)) | ((value >> bit & 1) as u8) << (at % 8);
    }
    Instruction::decode(&bytes).unwrap_or(*instruction)
}

/// The value of a field in an instruction.
fn value_of(field: &Field, instruction: &Instruction) -> i64 {
    let bytes = instruction.encode().expect("an instruction of a case");
    let width = field.kind.width();
    let bit = |bit| {
        let at = field.lsb + bit;
        i64::from(bytes[at as usize / 8] >> (at % 8) & 1) << bit
    };
    let value: i64 = (0..width).map(bit).sum();
    match field.kind {
        FieldKind::Signed(_) if value >> (width - 1) == 1 => value - (1 << width),
        _ => value,
    }
}

/// Takes waits back for which no signals are left, and signals for which nothing waits.
fn balance(program: &mut [Instruction]) {
    for number in 0..SEMAPHORES {
        let mut there = 0;
        let mut waits = false;
        for instruction in program.iter_mut() {
            for wait in &mut instruction.synchronization.waits {
                if wait.semaphore == number {
                    wait.count = wait.count.min(there);
                    there -= wait.count;
                    waits |= wait.count > 0;
                }
            }
            there += signals(instruction, number);
        }
        for instruction in program.iter_mut().filter(|_| !waits) {
            let signal = &mut instruction.synchronization.signal;
            *signal = signal.filter(|signal| signal.semaphore != number);
        }
    }
}

/// Whether something of which there must be one or more is 0.
pub(super) fn has_no_count(instruction: &Instruction) -> bool {
    let mut fields = instruction.operation.opcode().fields().iter();
    fields.any(|of| of.is_count() && value_of(of, instruction) == 0)
}

/// Whether a unit runs the instruction: others neither wait nor signal.
pub(super) fn has_unit(instruction: &Instruction) -> bool {
    instruction.operation.opcode().unit().is_some()
}

/// How often an instruction signals a semaphore.
pub(super) fn signals(instruction: &Instruction, semaphore: u32) -> u32 {
    let signal = instruction.synchronization.signal;
    let Some(signal) = signal.filter(|signal| signal.semaphore == semaphore) else {
        return 0;
    };
    let steps = match instruction.operation {
        _ if !has_unit(instruction) => return 0,
        _ if signal.period == 0 => return 1,
        Operation::Load(of) => of.rows * of.planes,
        Operation::Store(of) => of.rows * of.planes,
        Operation::Post(of) => of.rows,
        Operation::Weights(of) => of.tiles,
        Operation::Vector(of) => of.kernel_rows * of.groups,
        Operation::Matrix(of) if of.windows => of.blocks,
        Operation::Matrix(of) if of.packed => {
            if of.row_tiles {
                of.rows
            } else {
                1
            }
        }
        Operation::Matrix(of) => {
            let rows = if of.row_tiles { of.rows } else { 1 };
            of.blocks * of.kernel_rows * of.taps * rows
        }
        Operation::Fence(_) | Operation::End(_) => 0,
    };
    steps.div_ceil(signal.period)
}

/// The program with a fence behind each instruction in the place of semaphores.
fn fenced(program: &[Instruction]) -> Vec<Instruction> {
    let synchronized = program
        .iter()
        .any(|of| of.synchronization != Synchronization::default());
    if !synchronized {
        return program.to_vec();
    }
    let units = (1 << Unit::ALL.len()) - 1;
    let works = program.iter().filter(|of| has_unit(of));
    let fence = Operation::Fence(Fence { units });
    let fenced = works.flat_map(|of| [of.operation.into(), fence.into()]);
    fenced.chain(program.last().copied()).collect()
}
