//! Memories with a write port and a read port.

use crate::hdl::{Block, Module, Shapes, bit, bundle, hardware, index_bits, unsigned};

bundle! {
    /// A write port of a memory.
    pub struct RamWrite(enables: u32, address_bits: u32, width: u32) {
        /// Store the word: a bit for each granule of it, or for each memory side by side, the lowest
        /// first.
        enable: unsigned(enables),
        address: unsigned(address_bits),
        data: unsigned(width),
    }
}

bundle! {
    /// A read port of a memory, whose word keeps its value while `enable` is 0.
    pub struct RamRead(address_bits: u32) {
        /// Take the address.
        enable: bit(),
        address: unsigned(address_bits),
    }
}

bundle! {
    /// What a memory takes.
    pub struct RamInputs(enables: u32, width: u32, depth: u32) {
        /// Stores words.
        write: RamWrite(enables, index_bits(depth.into()), width),
        /// Reads words.
        read: RamRead(index_bits(depth.into())),
    }
}

bundle! {
    /// What a memory gives.
    pub struct RamOutputs(width: u32) {
        read_data: unsigned(width),
    }
}

/// A memory with a write port and a read port of latency 1 in one clock domain.
///
/// A read in the cycle of a write to the same address gives the old word, unless the memory is said
/// never to do so ([`no_collision`](SimpleDualPortRam::no_collision)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleDualPortRam {
    width: u32,
    depth: u32,
    granularity: u32,
    no_collision: bool,
    attributes: Vec<String>,
}

impl SimpleDualPortRam {
    /// A memory of `depth` words of `width` bits, written in whole words.
    ///
    /// # Panics
    /// When `width` or `depth` is 0.
    #[track_caller]
    pub fn new(width: u32, depth: u32) -> Self {
        assert!(
            width > 0 && depth > 0,
            "a memory needs a width and a depth, not {width} x {depth}"
        );
        SimpleDualPortRam {
            width,
            depth,
            granularity: width,
            no_collision: false,
            attributes: Vec::new(),
        }
    }

    /// Writes in granules of `bits` bits: `write_enable` has a bit for each.
    ///
    /// # Panics
    /// When `bits` does not divide the width.
    #[track_caller]
    pub fn granularity(mut self, bits: u32) -> Self {
        assert!(
            bits > 0 && self.width.is_multiple_of(bits),
            "granules of {bits} bits do not divide {} bits",
            self.width
        );
        self.granularity = bits;
        self
    }

    /// Promises that no address is read in the cycle in which it is written.
    pub fn no_collision(mut self) -> Self {
        self.no_collision = true;
        self
    }

    /// Adds a Verilog attribute, as `ram_style = "block"`.
    pub fn attribute(mut self, attribute: &str) -> Self {
        self.attributes.push(attribute.to_string());
        self
    }
}

#[hardware]
impl Block for SimpleDualPortRam {
    fn module_name(&self) -> String {
        let mut name = format!("ram_{}x{}", self.width, self.depth);
        if self.granularity != self.width {
            name.push_str(&format!("_by_{}", self.granularity));
        }
        if self.no_collision {
            name.push_str("_apart");
        }
        for attribute in &self.attributes {
            let words = attribute.split(|c: char| !c.is_ascii_alphanumeric());
            words
                .filter(|word| !word.is_empty())
                .for_each(|word| name.push_str(&format!("_{word}")));
        }
        name
    }

    fn inputs(&self) -> Shapes<RamInputs<'static>> {
        RamInputs::of(self.width / self.granularity, self.width, self.depth)
    }

    fn build<'m>(&self, m: &'m Module, io: RamInputs<'m>) -> RamOutputs<'m> {
        m.doc("Memory with a write port and a read port of latency 1.");
        let RamInputs { write, read } = io;
        let mut ram = m.memory(self.width, self.depth);
        if self.no_collision {
            ram = ram.no_collision();
        }
        for attribute in &self.attributes {
            ram = ram.attribute(attribute);
        }
        match self.granularity == self.width {
            true => ram.write(write.enable, write.address, write.data),
            false => {
                let granules = ram.granularity(self.granularity);
                granules.write_masked(write.enable.any(), write.address, write.data, write.enable);
            }
        }
        let ram_data = ram.read_enabled(read.enable, read.address);
        RamOutputs {
            read_data: ram_data,
        }
    }
}
