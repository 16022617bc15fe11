//! Memories.

use super::Domain;
use super::ir::{self, MemoryId, NodeKind, ReadPort, WritePort};
use super::names::{assert_attribute, is_reserved};
use super::{MAX_WIDTH, Module, Signal, index_bits, unsigned};
use num_bigint::BigUint;
use std::panic::Location;

/// A memory with any number of synchronous write ports, and of read ports of latency 1 or (for
/// memories of LUTs and register files) of latency 0.
///
/// A read in the cycle of a write to the same address gives the old word.
///
/// Addresses may name more words than there are when the depth is no power of 2. An enabled port
/// at such an address is a failure that the native simulator reports; the Verilog reads unknown
/// bits there and writes nothing, and reports nothing. A design that cannot rule it out should
/// [`assert`](super::Module::assert) its addresses.
///
/// ```
/// # use ferrogrid_hdl::{self as hdl, bit, unsigned};
/// let design = hdl::design("ram", |m| {
///     let write = m.input("write", bit());
///     let address = m.input("address", unsigned(4));
///     let data = m.input("data", unsigned(8));
///     let ram = m.memory(8, 16).named("ram");
///     ram.write(write, address, data);
///     m.output("q", ram.read(address).named("ram_q"));
/// });
/// # design.unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct Memory<'m> {
    module: &'m Module,
    id: MemoryId,
    /// The domain of further ports; absent means that which is being described.
    domain: Option<Domain>,
}

impl<'m> Memory<'m> {
    #[track_caller]
    pub(super) fn new(module: &'m Module, width: u32, depth: u32) -> Self {
        assert!(
            width > 0 && depth > 0,
            "a memory needs a width and a depth, not {width} x {depth}"
        );
        assert!(
            width <= MAX_WIDTH,
            "words of a memory would have {width} bits: a signal has 1 to {MAX_WIDTH}"
        );
        let mut state = module.state_mut();
        let id = MemoryId(state.ir.memories.len() as u32);
        state.ir.memories.push(ir::Memory {
            name: String::new(),
            width,
            depth,
            granularity: width,
            init: None,
            no_collision: false,
            public: false,
            writes: Vec::new(),
            reads: Vec::new(),
            words: Vec::new(),
            attributes: Vec::new(),
            comment: String::new(),
            location: Location::caller(),
        });
        Memory {
            module,
            id,
            domain: None,
        }
    }

    fn edit(self, change: impl FnOnce(&mut ir::Memory)) -> Self {
        change(&mut self.module.state_mut().ir.memories[self.id.index()]);
        self
    }

    fn get<T>(self, read: impl FnOnce(&ir::Memory) -> T) -> T {
        read(&self.module.state().ir.memories[self.id.index()])
    }

    /// Names the memory, where its binding does not: see [`hardware`](crate::hardware).
    pub fn named(self, name: impl Into<String>) -> Self {
        self.edit(|memory| memory.name = name.into())
    }

    pub(super) fn module(self) -> &'m Module {
        self.module
    }

    pub(super) fn id(self) -> MemoryId {
        self.id
    }

    /// Promises that no address is read in the cycle in which it is written, so that tools can
    /// leave out bypass logic. The native simulator checks the promise.
    pub fn no_collision(self) -> Self {
        self.edit(|memory| memory.no_collision = true)
    }

    /// Lets simulators set and read its words from outside the design, as the tables of a test
    /// bench: the Verilog then keeps the array even where nothing in the design writes it.
    ///
    /// # Panics
    /// When the memory has the name of a word of Verilog, where it would be called otherwise.
    #[track_caller]
    pub fn public(self) -> Self {
        let name = self.get(|memory| memory.name.clone());
        assert!(
            !is_reserved(&name),
            "memory `{name}` is public and cannot be called as a word of Verilog"
        );
        self.edit(|memory| memory.public = true)
    }

    /// Sets the bits per write-mask bit.
    ///
    /// # Panics
    /// When it does not divide the width, or a masked write port is there already.
    #[track_caller]
    pub fn granularity(self, bits: u32) -> Self {
        let masked = self.get(|memory| memory.writes.iter().any(|port| port.mask.is_some()));
        assert!(
            !masked,
            "memory `{}` has a masked write port already: set the granularity before it",
            self.get(|memory| memory.name.clone())
        );
        let width = self.get(|memory| memory.width);
        assert!(
            bits > 0 && width.is_multiple_of(bits),
            "granules of {bits} bits do not divide {width} bits"
        );
        self.edit(|memory| memory.granularity = bits)
    }

    /// Sets the initial words from address 0.
    ///
    /// # Panics
    /// When there are more words than the depth, or a word is too wide.
    #[track_caller]
    pub fn init(self, words: Vec<BigUint>) -> Self {
        let (width, depth) = self.get(|memory| (memory.width, memory.depth));
        assert!(
            words.len() <= depth as usize,
            "{} initial words, depth {depth}",
            words.len()
        );
        for word in &words {
            assert!(
                word.bits() <= u64::from(width),
                "initial word {word} is wider than {width} bits"
            );
        }
        self.edit(|memory| memory.init = Some(words))
    }

    /// Adds a Verilog attribute, as `ram_style = "block"`. Panics on text that would not stay
    /// inside `(* *)`.
    #[track_caller]
    pub fn attribute(self, attribute: &str) -> Self {
        assert_attribute(attribute);
        self.edit(|memory| memory.attributes.push(attribute.to_string()))
    }

    /// Adds a comment, printed above the declaration.
    pub fn comment(self, text: &str) -> Self {
        self.edit(|memory| memory.comment = text.to_string())
    }

    /// The memory as ports of another domain see it: ports made with what this returns are clocked
    /// by `domain`.
    ///
    /// # Panics
    /// When the domain is another module's.
    #[track_caller]
    #[must_use = "the ports of this domain are made with what is returned"]
    pub fn domain(self, domain: Domain) -> Self {
        self.module.own_domain(domain);
        Memory {
            domain: Some(domain),
            ..self
        }
    }

    fn port_domain(self) -> Domain {
        self.domain.unwrap_or_else(|| self.module.current_domain())
    }

    /// Bits of an address.
    pub fn address_bits(self) -> u32 {
        index_bits(u64::from(self.get(|memory| memory.depth)))
    }

    #[track_caller]
    fn check_address(self, address: Signal<'m>) {
        self.module.own(address);
        let name = self.get(|memory| memory.name.clone());
        address.expect_shape(
            unsigned(self.address_bits()),
            &format!("an address of memory `{name}`"),
        );
    }

    /// Adds a write port: stores `data` at `address` on the rising edge where `enable` is 1. The
    /// address must then be below the depth: see [`Memory`].
    #[track_caller]
    pub fn write(
        self,
        enable: impl Into<Signal<'m>>,
        address: impl Into<Signal<'m>>,
        data: impl Into<Signal<'m>>,
    ) {
        self.write_port(enable.into(), address.into(), data.into(), None);
    }

    /// Adds a write port that stores under the conditions of [`when`](Module::when) and
    /// [`switch`](Module::switch) that are open, as [`Reg::set`](super::Reg::set) does.
    #[track_caller]
    pub fn set(self, address: impl Into<Signal<'m>>, data: impl Into<Signal<'m>>) {
        self.write_port(self.module.high(), address.into(), data.into(), None);
    }

    /// Adds a write port with a mask: a bit per granule, the lowest granule first.
    #[track_caller]
    pub fn write_masked(
        self,
        enable: impl Into<Signal<'m>>,
        address: impl Into<Signal<'m>>,
        data: impl Into<Signal<'m>>,
        mask: impl Into<Signal<'m>>,
    ) {
        self.write_port(
            enable.into(),
            address.into(),
            data.into(),
            Some(mask.into()),
        );
    }

    #[track_caller]
    fn write_port(
        self,
        enable: Signal<'m>,
        address: Signal<'m>,
        data: Signal<'m>,
        mask: Option<Signal<'m>>,
    ) {
        let (name, width, granularity) =
            self.get(|memory| (memory.name.clone(), memory.width, memory.granularity));
        self.module.one_bit(enable, "a write enable");
        self.check_address(address);
        self.module.own(data);
        data.expect_shape(unsigned(width), &format!("a word of memory `{name}`"));
        if let Some(mask) = mask {
            self.module.own(mask);
            mask.expect_shape(
                unsigned(width / granularity),
                &format!("a write mask of `{name}`"),
            );
        }
        let enable = match self.module.open_condition() {
            Some(condition) if enable.is_one() => condition,
            Some(condition) => condition & enable,
            None => enable,
        };
        let domain = self.port_domain();
        let enable = self.module.enabled(domain, Some(enable.id));
        let port = WritePort {
            domain: self.module.own_domain(domain),
            enable: enable.expect("the enable given"),
            address: address.id,
            data: data.id,
            mask: mask.map(|mask| mask.id),
        };
        self.edit(|memory| memory.writes.push(port));
    }

    /// Adds a read port and returns its data, a register: the word at the address of the previous
    /// cycle. The address must be below the depth in every cycle: see [`Memory`].
    #[track_caller]
    pub fn read(self, address: impl Into<Signal<'m>>) -> Signal<'m> {
        self.read_port(None, address.into())
    }

    /// Adds a read port that keeps its data where `enable` is 0. Where it is 1 the address must be
    /// below the depth: see [`Memory`].
    #[track_caller]
    pub fn read_enabled(
        self,
        enable: impl Into<Signal<'m>>,
        address: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        self.read_port(Some(enable.into()), address.into())
    }

    /// The same, clocked by `domain`: see [`domain`](Self::domain).
    ///
    /// # Panics
    /// When the domain is another module's.
    #[track_caller]
    pub fn read_of(
        self,
        domain: Domain,
        enable: impl Into<Signal<'m>>,
        address: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        self.domain(domain).read_enabled(enable, address)
    }

    /// The word at the address, in the same cycle; a word written shows from the next cycle on. The
    /// address must be below the depth in every cycle: see [`Memory`].
    ///
    /// Tools make such a memory of LUTs or registers; `attribute("ram_style = \"distributed\"")`
    /// says so.
    ///
    /// ```
    /// # use ferrogrid_hdl::{self as hdl, bit, unsigned};
    /// # let design = hdl::design("registers", |m| {
    /// # let (write, rd, rs) = (m.input("write", bit()), m.input("rd", unsigned(5)), m.input("rs", unsigned(5)));
    /// # let result = m.input("result", unsigned(32));
    /// let file = m.memory(32, 32).named("file").attribute("ram_style = \"distributed\"");
    /// file.write(write, rd, result);
    /// m.output("operand", file.read_async(rs));
    /// # });
    /// # design.unwrap();
    /// ```
    #[track_caller]
    pub fn read_async(self, address: impl Into<Signal<'m>>) -> Signal<'m> {
        let address = address.into();
        self.check_address(address);
        let kind = NodeKind::MemoryWord {
            memory: self.id,
            address: address.id,
        };
        let width = self.get(|memory| memory.width);
        let word = self.module.node(kind, unsigned(width), None);
        self.edit(|memory| memory.words.push(word.id));
        word
    }

    #[track_caller]
    fn read_port(self, enable: Option<Signal<'m>>, address: Signal<'m>) -> Signal<'m> {
        self.check_address(address);
        if let Some(enable) = enable {
            self.module.one_bit(enable, "a read enable");
        }
        let (width, port) = self.get(|memory| (memory.width, memory.reads.len() as u32));
        let kind = NodeKind::MemoryRead {
            memory: self.id,
            port,
        };
        let domain = self.port_domain();
        let enable = self.module.enabled(domain, enable.map(|enable| enable.id));
        let data = self.module.node(kind, unsigned(width), None);
        let port = ReadPort {
            domain: self.module.own_domain(domain),
            enable,
            address: address.id,
            data: data.id,
        };
        self.edit(|memory| memory.reads.push(port));
        data
    }
}
