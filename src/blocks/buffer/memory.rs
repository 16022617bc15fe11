//! The memories of the buffers: how they are made, written and read.

use super::BlockRam;
use crate::arch::MemoryStyle;
use crate::hdl::{Instance, Memory, Module, Signal};

/// What a memory of a buffer is.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryParams {
    /// The core's module name, which begins the names of the parts of a memory of cells.
    pub core: String,
    /// Bits per word.
    pub width: u32,
    /// Words.
    pub depth: u32,
    /// How it is built.
    pub style: MemoryStyle,
    /// A register stands behind the read port.
    pub output_register: bool,
}

impl MemoryParams {
    /// Cycles from a read until the word is there.
    pub fn read_latency(&self) -> u32 {
        1 + u32::from(self.output_register)
    }
}

/// A memory with one write port and one read port in memories of the chip, with the output register
/// behind the read port if it has one. Its users never read a word in the cycle in
/// which they write it.
#[derive(Clone, Copy)]
pub struct BufferMemory<'m> {
    module: &'m Module,
    made: Made<'m>,
    output_register: bool,
}

#[derive(Clone, Copy)]
enum Made<'m> {
    /// As the tools make it, with a register behind it.
    Inferred(Memory<'m>),
    /// Of cells of the chip, which have the register inside.
    Cells(Instance<'m>),
}

impl<'m> BufferMemory<'m> {
    /// A memory called `name`.
    #[track_caller]
    pub fn new(m: &'m Module, name: &str, params: &MemoryParams) -> Self {
        let MemoryParams { width, depth, .. } = *params;
        let made = match params.style {
            MemoryStyle::Registered(_) => {
                let core = params.core.clone();
                Made::Cells(m.untyped_instance(name, &BlockRam { core, width, depth }))
            }
            style => Made::Inferred(styled(
                m.memory(width, depth).named(name).no_collision(),
                style,
            )),
        };
        BufferMemory {
            module: m,
            made,
            output_register: params.output_register,
        }
    }

    /// Stores `data` at `address` where `enable` is 1. Called once.
    #[track_caller]
    pub fn write(self, enable: Signal<'m>, address: Signal<'m>, data: Signal<'m>) {
        match self.made {
            Made::Inferred(memory) => memory.write(enable, address, data),
            Made::Cells(cells) => {
                cells
                    .input("write_enable", enable)
                    .input("write_address", address)
                    .input("write_data", data);
            }
        }
    }

    /// The word at `address`, after the read latency; it stays where `enable` is 0. Called once.
    #[track_caller]
    pub fn read(self, name: &str, enable: Signal<'m>, address: Signal<'m>) -> Signal<'m> {
        if self.output_register {
            return self.read_held(name, enable, address, self.module.high());
        }
        match self.made {
            Made::Inferred(memory) => memory.read_enabled(enable, address).named(name),
            Made::Cells(_) => unreachable!("cells are for memories with output registers"),
        }
    }

    /// The same of a memory with an output register, which takes a word only where `take` is 1.
    #[track_caller]
    pub fn read_held(
        self,
        name: &str,
        enable: Signal<'m>,
        address: Signal<'m>,
        take: Signal<'m>,
    ) -> Signal<'m> {
        match self.made {
            Made::Inferred(memory) => {
                let word = memory.read_enabled(enable, address).named(name);
                self.module.capture(take, word).named(register_name(name))
            }
            Made::Cells(cells) => cells
                .input("read_enable", enable)
                .input("read_address", address)
                .input("take", take)
                .output("read_data")
                .named(name),
        }
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
        m.delay(word).named(register_name(name))
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
        MemoryStyle::Any | MemoryStyle::Registered(_) => memory,
        MemoryStyle::Block => memory.attribute("ram_style = \"block\""),
        MemoryStyle::Ultra => memory.attribute("ram_style = \"ultra\""),
        MemoryStyle::SinglePort => memory.attribute("ram_style = \"huge\""),
    }
}
