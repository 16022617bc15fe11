//! The instruction set of the NPU: one definition for encoder, decoder, assembler, hardware, documentation
//! and C header.
//!
//! ```
//! use ferrogrid::isa::npu::{Instruction, Operation, Weights};
//!
//! let instruction = Instruction::from(Operation::Weights(Weights { region: 0, offset: 64, tiles: 8 }));
//! assert_eq!(instruction.to_string(), "weights offset=64 tiles=8");
//! assert_eq!(Instruction::decode(&instruction.encode()?)?, instruction);
//! assert_eq!("weights offset=64 tiles=8".parse(), Ok(instruction));
//! # Ok::<(), ferrogrid::isa::npu::EncodingError>(())
//! ```

mod assembly;
mod c_core;
mod c_header;
mod encoding;
mod field;
mod instructions;
mod page;
mod registers;
mod synchronization;
#[cfg(test)]
mod tests;
mod unit;

pub use assembly::AssemblyError;
pub use c_core::c_core_header;
pub use c_header::c_header;
pub use encoding::EncodingError;
pub use field::{Field, FieldKind};
pub use instructions::{
    End, EndFields, Fence, FenceFields, Load, LoadFields, Matrix, MatrixFields, Opcode, Operation,
    Post, PostFields, Store, StoreFields, TABLE_ENTRIES, TABLE_WORDS, Target, Vector, VectorFields,
    Weights, WeightsFields,
};
pub use page::markdown;
pub use registers::{CAUSES, COUNTERS_OF, NPU_ID, NPU_VERSION, npu_registers};
pub use synchronization::{Signal, Synchronization, Wait};
pub use unit::Unit;

/// Bytes of an instruction.
pub const INSTRUCTION_BYTES: usize = 32;
/// Counting semaphores.
pub const SEMAPHORES: u32 = 16;
/// The most that a semaphore counts to.
pub const SEMAPHORE_MAX: u32 = 255;
/// DRAM regions, each with a base address that the host sets.
pub const REGIONS: u32 = 4;

/// Bits of each half of an event of a core: a unit each.
pub const EVENT_BITS: u32 = 8;

/// An instruction: what a unit does, what it waits for and what it signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Waits and signal.
    pub synchronization: Synchronization,
    /// What is done.
    pub operation: Operation,
}

impl Matrix {
    /// Its passes, and the vectors of each.
    pub fn passes_and_vectors(&self) -> [u64; 2] {
        let taps = if self.packed { 1 } else { self.taps };
        let window = u64::from(self.kernel_rows) * u64::from(taps);
        let [rows, columns, blocks] = [self.rows, self.columns, self.blocks].map(u64::from);
        let (mut passes, mut vectors) = match self.windows {
            true => (blocks, window),
            false => (blocks * window, 1),
        };
        vectors *= columns;
        match self.row_tiles {
            true => passes *= rows,
            false => vectors *= rows,
        }
        [passes, vectors]
    }
}

impl From<Operation> for Instruction {
    /// The operation, which waits for nothing and signals nothing.
    fn from(operation: Operation) -> Self {
        Instruction {
            synchronization: Synchronization::default(),
            operation,
        }
    }
}

impl Instruction {
    /// The same, waiting for `count` more of a semaphore besides.
    ///
    /// # Panics
    /// When it waits for two others already.
    pub fn wait(mut self, semaphore: u32, count: u32) -> Self {
        let waits = &mut self.synchronization.waits;
        let place = waits
            .iter()
            .position(|wait| wait.count == 0 || wait.semaphore == semaphore);
        let place = place.expect("an instruction waits for up to two semaphores");
        let before = waits[place].count;
        waits[place] = Wait {
            semaphore,
            count: before + count,
        };
        self
    }

    /// The same, signalling a semaphore after every `period` steps, or with 0 at its end.
    pub fn signal(mut self, semaphore: u32, period: u32) -> Self {
        self.synchronization.signal = Some(Signal { semaphore, period });
        self
    }
}
