//! The memories of the buffers: how they are made, written and read.

use crate::arch::{MatmulArch, MemoryStyle};
use crate::hdl::{Memory, Module, Signal};

/// A memory with one write port and one read port in memories of the chip, with the output register
/// behind the read port if the architecture has them. Its users never read a word in the cycle in
/// which they write it.
#[derive(Clone, Copy)]
pub struct BufferMemory<'m> {
    memory: Memory<'m>,
    module: &'m Module,
    output_register: bool,
}

impl<'m> BufferMemory<'m> {
    /// A memory of `depth` words of `width` bits, called `name`.
    #[track_caller]
    pub fn new(m: &'m Module, arch: &MatmulArch, name: &str, width: u32, depth: u32) -> Self {
        let memory = m.memory(name, width, depth).no_collision();
        BufferMemory {
            memory: styled(memory, arch.memory_style(width, depth)),
            module: m,
            output_register: arch.output_register,
        }
    }

    /// Stores `data` at `address` where `enable` is 1. Called once.
    #[track_caller]
    pub fn write(self, enable: Signal<'m>, address: Signal<'m>, data: Signal<'m>) {
        self.memory.write(enable, address, data);
    }

    /// The word at `address`, after the read latency; it stays where `enable` is 0. Called once.
    #[track_caller]
    pub fn read(self, name: &str, enable: Signal<'m>, address: Signal<'m>) -> Signal<'m> {
        let word = self.memory.read_enabled(name, enable, address);
        read_word(self.module, self.output_register, name, word)
    }

    /// The same, where the output register takes a word only if `take` is 1.
    #[track_caller]
    pub fn read_held(
        self,
        name: &str,
        enable: Signal<'m>,
        address: Signal<'m>,
        take: Signal<'m>,
    ) -> Signal<'m> {
        let word = self.memory.read_enabled(name, enable, address);
        self.module.capture(register_name(name), take, word)
    }
}

/// The word that a memory gives, behind its output register if there is one.
#[track_caller]
pub fn read_word<'m>(
    m: &'m Module,
    output_register: bool,
    name: &str,
    word: Signal<'m>,
) -> Signal<'m> {
    if output_register {
        m.delay(register_name(name), word)
    } else {
        word
    }
}

fn register_name(word: &str) -> String {
    format!("{word}_register")
}

/// The memory with the attribute that chooses how it is built.
#[track_caller]
fn styled(memory: Memory<'_>, style: MemoryStyle) -> Memory<'_> {
    match style {
        MemoryStyle::Any => memory,
        MemoryStyle::Block => memory.attribute("ram_style = \"block\""),
        MemoryStyle::Ultra => memory.attribute("ram_style = \"ultra\""),
        MemoryStyle::SinglePort => memory.attribute("ram_style = \"huge\""),
    }
}
