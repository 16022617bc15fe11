//! A program under construction: instructions with their waits, signals and fences.

use crate::compiler::MOST_INSTRUCTIONS;
use crate::isa::npu::{Fence, Instruction, Operation, Unit};
use std::collections::VecDeque;

/// Semaphores: each is signalled by one unit and waited for by one.
pub(super) mod semaphore {
    /// LOAD to MATRIX: bytes of an input are there.
    pub const INPUT: u32 = 0;
    /// LOAD to POST: the parameters of a layer are there.
    pub const PARAMETERS: u32 = 1;
    /// POST to MATRIX: a chunk of an activation is there.
    pub const ACTIVATION: u32 = 2;
    /// POST to STORE: a chunk of an output is there.
    pub const RESULT: u32 = 3;
    /// MATRIX to LOAD: all of an activation was there, so that its layer needs its parameters no more.
    pub const LAYER_DONE: u32 = 4;
    /// LOAD to VECTOR: bytes of an input, or weights, are there.
    pub const VECTOR_INPUT: u32 = 5;
    /// POST to VECTOR: a chunk of an activation is there.
    pub const VECTOR_ACTIVATION: u32 = 6;
    /// VECTOR to LOAD: as LAYER_DONE, or its own layer is done.
    pub const VECTOR_DONE: u32 = 7;
    /// So many are used.
    pub const COUNT: usize = 8;
}

/// Units, as bits of FENCE.
pub(super) const LOAD_UNIT: u32 = 1;
pub(super) const POST_UNIT: u32 = 1 << 2;
pub(super) const STORE_UNIT: u32 = 1 << 3;
pub(super) const VECTOR_UNIT: u32 = 1 << 4;
pub(super) const ALL_UNITS: u32 = (1 << Unit::ALL.len()) - 1;

/// Signals of chunks that may wait to be taken, beside those of whole layers and of last chunks: a semaphore
/// counts to 255.
pub(super) const MOST_WAITING: u32 = 160;

/// A LOAD that comes later, and the semaphore that it signals.
#[derive(Clone, Debug)]
pub(super) struct Late {
    pub load: Instruction,
    pub semaphore: u32,
    /// Signals in front of it.
    pub before: u32,
}

/// Instructions, and what was signalled and taken by them.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub instructions: Vec<Instruction>,
    /// LOADs that come behind the next weights of C channels.
    pub soon: Vec<Instruction>,
    /// LOADs that come behind all the next weights.
    pub late: VecDeque<Late>,
    /// Signals of each semaphore so far, and those that were taken.
    pub signals: [u32; semaphore::COUNT],
    pub taken: [u32; semaphore::COUNT],
    /// Signals of RESULT in front of the last fence of STORE.
    stored: u32,
}

impl Program {
    /// Adds an instruction.
    pub fn put(&mut self, operation: Operation) {
        self.push(operation.into());
    }

    /// Adds an instruction, and forgets it where the program is too long for any core anyway: the memory that it
    /// takes has a bound.
    pub fn push(&mut self, instruction: Instruction) {
        if self.instructions.len() <= MOST_INSTRUCTIONS {
            self.instructions.push(instruction);
        }
    }

    /// Adds the LOADs that come behind the next weights.
    pub fn put_soon(&mut self) {
        let soon = std::mem::take(&mut self.soon);
        soon.into_iter().for_each(|load| self.push(load));
    }

    /// Adds all LOADs that come behind other things.
    pub fn put_late(&mut self) {
        self.put_so_many(self.late.len());
    }

    /// Adds the LOADs behind weights, and of those that come later what gives these signals of semaphores and the one
    /// behind it, and so many at least.
    pub fn put_needed(&mut self, signals: &[(u32, u32)], least: usize) {
        let is_needed = |late: &Late| {
            let mut of_late = signals.iter().filter(|(of, _)| *of == late.semaphore);
            of_late.any(|(_, signals)| late.before < *signals)
        };
        let needed = self.late.iter().rposition(is_needed);
        self.put_so_many(needed.map_or(least, |last| least.max(last + 2)));
    }

    fn put_so_many(&mut self, late: usize) {
        self.put_soon();
        let late = Vec::from_iter(self.late.drain(..late.min(self.late.len())));
        late.into_iter().for_each(|late| self.push(late.load));
    }

    /// The instruction put last signals at its end.
    pub fn signal(&mut self, semaphore: u32) {
        self.signal_each(semaphore, 0, 1);
    }

    /// The instruction put last signals so often, after each period of steps.
    pub fn signal_each(&mut self, semaphore: u32, period: usize, signals: usize) {
        if let Some(last) = self.instructions.last_mut() {
            *last = last.signal(semaphore, period as u32);
        }
        self.signals[semaphore as usize] += signals as u32;
    }

    /// The instruction put last signals at its end if not too many signals wait to be taken; gives the signals so
    /// far.
    pub fn signal_if_few(&mut self, semaphore: u32) -> Option<u32> {
        let waiting = self.signals[semaphore as usize] - self.taken[semaphore as usize];
        (waiting < MOST_WAITING).then(|| {
            self.signal(semaphore);
            self.signals[semaphore as usize]
        })
    }

    /// The instruction put last waits until a semaphore has been signalled so often.
    pub fn wait_until(&mut self, semaphore: u32, signals: u32) {
        let taken = &mut self.taken[semaphore as usize];
        let more = signals.saturating_sub(*taken);
        *taken += more;
        if let Some(last) = self.instructions.last_mut()
            && more > 0
        {
            *last = last.wait(semaphore, more);
        }
    }

    /// Nothing but a fence tells POST how far STORE has come, and a semaphore counts to 255.
    pub fn fence_results(&mut self) {
        if self.signals[semaphore::RESULT as usize] - self.stored > MOST_WAITING {
            self.fence(STORE_UNIT);
        }
    }

    /// What is put from here on comes after all that these units have been given so far.
    pub fn fence(&mut self, units: u32) {
        if units & STORE_UNIT != 0 {
            self.stored = self.signals[semaphore::RESULT as usize];
        }
        self.put(Operation::Fence(Fence { units }));
    }
}
