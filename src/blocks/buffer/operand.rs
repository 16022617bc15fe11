//! Operand scratchpads.

use crate::arch::{MatmulArch, MemoryStyle};
use crate::hdl::{Memory, Module, Signal, concat, index_bits};

/// A scratchpad with one write port and one read port in memories of the chip. Its users never read a word
/// in the cycle in which they write it.
#[track_caller]
pub fn operand_memory<'m>(
    m: &'m Module,
    arch: &MatmulArch,
    name: &str,
    width: u32,
    depth: u32,
) -> Memory<'m> {
    let memory = m.memory(name, width, depth).no_collision();
    styled(memory, arch.memory_style(width, depth))
}

/// The word that a memory gives, behind its output register if the architecture has them.
#[track_caller]
pub fn read_word<'m>(m: &'m Module, arch: &MatmulArch, name: &str, word: Signal<'m>) -> Signal<'m> {
    if arch.output_register {
        m.delay(format!("{name}_register"), word)
    } else {
        word
    }
}

/// The memory with the attribute that chooses how it is built.
#[track_caller]
pub(super) fn styled(memory: Memory<'_>, style: MemoryStyle) -> Memory<'_> {
    match style {
        MemoryStyle::Any => memory,
        MemoryStyle::Block => memory.attribute("ram_style = \"block\""),
        MemoryStyle::Ultra => memory.attribute("ram_style = \"ultra\""),
        MemoryStyle::SinglePort => memory.attribute("ram_style = \"huge\""),
    }
}

/// The address of word `offset` in one of two banks of `bank_depth` words each.
#[track_caller]
pub fn bank_address<'m>(bank: Signal<'m>, offset: Signal<'m>, bank_depth: u32) -> Signal<'m> {
    let bits = index_bits(u64::from(2 * bank_depth));
    if bank_depth.is_power_of_two() && offset.width() + 1 == bits {
        return concat(&[bank, offset]);
    }
    let offset = offset.zero_extend(bits);
    bank.mux(offset + bank_depth, offset)
}
