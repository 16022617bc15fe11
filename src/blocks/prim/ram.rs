//! Memories with a write port and a read port.

use crate::hdl::{Block, Module, Signal, bit, index_bits, unsigned};

/// A memory with a write port and a read port of latency 1 in one clock domain.
///
/// The read data keep their value while `read_enable` is 0. A read in the cycle of a write to
/// the same address gives the old word, unless the memory is said never to do so
/// ([`no_collision`](SimpleDualPortRam::no_collision)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleDualPortRam {
    width: u32,
    depth: u32,
    granularity: Option<u32>,
    no_collision: bool,
    attributes: Vec<String>,
}

/// The write port of an inserted [`SimpleDualPortRam`].
#[derive(Debug, Clone, Copy)]
pub struct RamWrite<'m> {
    /// One bit: store.
    pub enable: Signal<'m>,
    /// Where, [`SimpleDualPortRam::address_bits`] wide.
    pub address: Signal<'m>,
    /// What, unsigned.
    pub data: Signal<'m>,
    /// Which granules, the lowest first; for a memory with granules, and only for one.
    pub mask: Option<Signal<'m>>,
}

/// The read port of an inserted [`SimpleDualPortRam`].
#[derive(Debug, Clone, Copy)]
pub struct RamRead<'m> {
    /// One bit: take the address.
    pub enable: Signal<'m>,
    /// Where, [`SimpleDualPortRam::address_bits`] wide.
    pub address: Signal<'m>,
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
            granularity: None,
            no_collision: false,
            attributes: Vec::new(),
        }
    }

    /// Adds a write mask with a bit for every `bits` bits.
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
        self.granularity = Some(bits);
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

    /// Bits of an address.
    pub fn address_bits(&self) -> u32 {
        index_bits(u64::from(self.depth))
    }

    /// Makes a memory and returns the read data, the word at the address of the previous cycle.
    ///
    /// # Panics
    /// When there is a write mask without granules, or granules without a mask.
    #[track_caller]
    pub fn insert<'m>(
        &self,
        m: &'m Module,
        name: &str,
        write: RamWrite<'m>,
        read: RamRead<'m>,
    ) -> Signal<'m> {
        assert!(
            write.mask.is_some() == self.granularity.is_some(),
            "memory `{name}` must have granules and a write mask, or neither"
        );
        let instance = m
            .untyped_instance(name, self)
            .input("write_enable", write.enable)
            .input("write_address", write.address)
            .input("write_data", write.data)
            .input("read_enable", read.enable)
            .input("read_address", read.address);
        if let Some(mask) = write.mask {
            instance.input("write_mask", mask);
        }
        instance.output("read_data")
    }
}

impl Block for SimpleDualPortRam {
    fn module_name(&self) -> String {
        let mut name = format!("ram_{}x{}", self.width, self.depth);
        if let Some(bits) = self.granularity {
            name.push_str(&format!("_by_{bits}"));
        }
        if self.no_collision {
            name.push_str("_apart");
        }
        for attribute in &self.attributes {
            name.push('_');
            let words = attribute
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty());
            name.push_str(&words.collect::<Vec<_>>().join("_"));
        }
        name
    }

    crate::hdl::untyped_ports!();

    fn build(&self, m: &Module, (): ()) {
        m.doc("Memory with a write port and a read port of latency 1.");
        let address = unsigned(self.address_bits());
        let write_enable = m.input("write_enable", bit());
        let write_address = m.input("write_address", address);
        let write_data = m.input("write_data", unsigned(self.width));
        let mut ram = m.memory(self.width, self.depth).named("ram");
        if self.no_collision {
            ram = ram.no_collision();
        }
        for attribute in &self.attributes {
            ram = ram.attribute(attribute);
        }
        match self.granularity {
            Some(bits) => {
                let mask = m.input("write_mask", unsigned(self.width / bits));
                ram.granularity(bits)
                    .write_masked(write_enable, write_address, write_data, mask);
            }
            None => ram.write(write_enable, write_address, write_data),
        }
        let read_enable = m.input("read_enable", bit());
        let read_address = m.input("read_address", address);
        m.output(
            "read_data",
            ram.read_enabled(read_enable, read_address)
                .named("ram_data"),
        );
    }
}
