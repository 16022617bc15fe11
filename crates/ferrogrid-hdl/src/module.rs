//! The module under construction.

use super::block::Context;
use super::error::place;
use super::ir::{
    self, Direction, DomainId, EnumId, EnumType, ModuleIr, Node, NodeId, NodeKind, Port, PortId,
    Section,
};
use super::signal::operation_name;
use super::{Block, Interface, Issue};
use super::{Instance, MAX_WIDTH, Memory, Reg, Shape, Signal, check};
use num_bigint::{BigInt, BigUint};
use std::cell::{Ref, RefCell, RefMut};
use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A module under construction: makes ports, wires, registers, memories and instances.
///
/// Every module has a default clock domain, `clk` with the synchronous reset `rst` (see
/// [`clock`](Module::clock)). Their ports appear when something uses them.
pub struct Module {
    pub(super) context: Rc<Context>,
    number: u64,
    state: RefCell<State>,
}

/// What construction knows beyond the closed form.
pub(super) struct State {
    pub ir: ModuleIr,
    /// Where wires, registers and instance inputs got their driver.
    pub driven_at: HashMap<DriverKey, &'static Location<'static>>,
    /// State machines whose transitions are still being collected.
    pub machines: Vec<super::state::Machine>,
    /// Findings made during construction.
    pub issues: Vec<Issue>,
    /// Which domains of which instances have been given a clock by name.
    pub clocked: HashSet<(u32, usize)>,
}

/// Something that takes one driver.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
pub(super) enum DriverKey {
    Node(NodeId),
    InstanceInput(u32, PortId),
}

/// A clock domain of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Domain {
    id: DomainId,
    /// The [`Module::number`] of the module that it belongs to.
    module: u64,
}

/// The number of the next module; numbers only tell handles of different modules apart.
static NEXT_MODULE: AtomicU64 = AtomicU64::new(0);

/// How a domain is reset. Resets are synchronous.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reset<'a> {
    /// Asserted when 1.
    ActiveHigh(&'a str),
    /// Asserted when 0.
    ActiveLow(&'a str),
}

impl Module {
    pub(super) fn new(context: Rc<Context>, name: &str) -> Module {
        let ir = ModuleIr {
            name: name.to_string(),
            doc: String::new(),
            cell: None,
            memory: None,
            ports: Vec::new(),
            domains: vec![domain("clk", Reset::ActiveHigh("rst"))],
            nodes: Vec::new(),
            registers: Vec::new(),
            memories: Vec::new(),
            instances: Vec::new(),
            properties: Vec::new(),
            enums: Vec::new(),
            sections: Vec::new(),
        };
        let state = State {
            ir,
            driven_at: HashMap::new(),
            machines: Vec::new(),
            issues: Vec::new(),
            clocked: HashSet::new(),
        };
        Module {
            context,
            number: NEXT_MODULE.fetch_add(1, Ordering::Relaxed),
            state: RefCell::new(state),
        }
    }

    pub(super) fn state(&self) -> Ref<'_, State> {
        self.state.borrow()
    }

    pub(super) fn state_mut(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    /// The module's name.
    pub fn name(&self) -> String {
        self.state().ir.name.clone()
    }

    /// Sets the description printed above the module.
    pub fn doc(&self, text: &str) {
        self.state_mut().ir.doc = text.to_string();
    }

    /// Says that the module is a memory of `depth` words of `width` bits, made of cells: reports
    /// list its instances as memories.
    pub fn is_memory(&self, width: u32, depth: u32) {
        self.state_mut().ir.memory = Some(ir::MemorySize { width, depth });
    }

    /// Starts a section of the module's text under a heading.
    pub fn section(&self, title: &str) {
        let mut state = self.state_mut();
        let first_node = NodeId(state.ir.nodes.len() as u32);
        state.ir.sections.push(Section {
            first_node,
            title: title.to_string(),
        });
    }

    // ---- clocks -------------------------------------------------------------------------

    /// Names the default domain's clock and reset (`clk` and `rst` unless set).
    pub fn clock(&self, clock: &str, reset: Reset<'_>) {
        self.state_mut().ir.domains[0] = domain(clock, reset);
    }

    /// The default domain.
    pub fn default_domain(&self) -> Domain {
        self.domain(DomainId(0))
    }

    /// Adds a clock domain.
    pub fn add_domain(&self, clock: &str, reset: Reset<'_>) -> Domain {
        let mut state = self.state_mut();
        state.ir.domains.push(domain(clock, reset));
        self.domain(DomainId(state.ir.domains.len() as u32 - 1))
    }

    fn domain(&self, id: DomainId) -> Domain {
        Domain {
            id,
            module: self.number,
        }
    }

    /// The domain's id, which must be this module's.
    #[track_caller]
    pub(super) fn own_domain(&self, domain: Domain) -> DomainId {
        assert!(
            domain.module == self.number,
            "a clock domain of another module cannot be used in module `{}`: add it there with \
             `m.add_domain(..)` and clock the instance with `.clock(..)`",
            self.name()
        );
        domain.id
    }

    // ---- nodes --------------------------------------------------------------------------

    #[track_caller]
    pub(super) fn node(&self, kind: NodeKind, shape: Shape, name: Option<String>) -> Signal<'_> {
        assert!(
            (1..=MAX_WIDTH).contains(&shape.width),
            "{} would have {} bits: a signal has 1 to {MAX_WIDTH}",
            match &name {
                Some(name) => format!("`{name}`"),
                None => operation_name(&kind),
            },
            shape.width
        );
        let mut state = self.state_mut();
        let id = NodeId(state.ir.nodes.len() as u32);
        state.ir.nodes.push(Node {
            kind,
            shape,
            name,
            comment: String::new(),
            attributes: Vec::new(),
            location: Location::caller(),
        });
        Signal::new(self, id)
    }

    /// A constant of the given shape.
    ///
    /// # Panics
    /// When the value does not fit the shape.
    #[track_caller]
    pub fn lit(&self, value: impl Into<BigInt>, shape: Shape) -> Signal<'_> {
        let value = value.into();
        assert!(
            (1..=MAX_WIDTH).contains(&shape.width),
            "a constant of {} bits: a signal has 1 to {MAX_WIDTH}",
            shape.width
        );
        assert!(
            shape.contains(&value),
            "{value} does not fit {shape} ({} to {})",
            shape.min(),
            shape.max()
        );
        let bits = shape.to_bits(&value);
        self.node(NodeKind::Constant { bits, state: None }, shape, None)
    }

    /// Zero of the given shape.
    #[track_caller]
    pub fn zero(&self, shape: Shape) -> Signal<'_> {
        self.lit(0, shape)
    }

    /// The constant 1 of one bit.
    #[track_caller]
    pub fn high(&self) -> Signal<'_> {
        self.lit(1, super::bit())
    }

    /// The constant 0 of one bit.
    #[track_caller]
    pub fn low(&self) -> Signal<'_> {
        self.lit(0, super::bit())
    }

    /// A named wire, to be driven once with [`Signal::drive`].
    #[track_caller]
    pub fn wire(&self, name: impl Into<String>, shape: Shape) -> Signal<'_> {
        self.node(NodeKind::Wire { driver: None }, shape, Some(name.into()))
    }

    // ---- ports --------------------------------------------------------------------------

    /// An input port of the default domain.
    #[track_caller]
    pub fn input(&self, name: impl Into<String>, shape: Shape) -> Signal<'_> {
        self.input_of(self.default_domain(), name, shape)
    }

    /// An input port whose values belong to `domain`.
    #[track_caller]
    pub fn input_of(&self, domain: Domain, name: impl Into<String>, shape: Shape) -> Signal<'_> {
        let name = name.into();
        let domain = self.own_domain(domain);
        let port = PortId(self.state().ir.ports.len() as u32);
        let signal = self.node(NodeKind::Input(port), shape, Some(name.clone()));
        self.add_port(name, Direction::Input, signal, domain);
        signal
    }

    /// An output port that shows `value`. A register or wire of the port's own name is the port.
    #[track_caller]
    pub fn output<'m>(&'m self, name: impl Into<String>, value: impl Into<Signal<'m>>) {
        let (name, value) = (name.into(), value.into());
        self.own(value);
        if self.can_be_output(value.id, &name) {
            let comment = std::mem::take(&mut self.state_mut().ir.nodes[value.id.index()].comment);
            self.add_port(name, Direction::Output, value, DomainId(0));
            value.comment(&comment);
        } else {
            self.output_wire(name, value.shape()).drive(value);
        }
    }

    /// The node has this name, is computed here and is not a port yet.
    fn can_be_output(&self, id: NodeId, name: &str) -> bool {
        let state = self.state();
        let node = state.ir.node(id);
        let computed = matches!(
            node.kind,
            NodeKind::Wire { .. } | NodeKind::Register(_) | NodeKind::MemoryRead { .. }
        );
        computed
            && node.name.as_deref() == Some(name)
            && state.ir.ports.iter().all(|port| port.node != id)
    }

    /// An output port to be driven later with [`Signal::drive`].
    #[track_caller]
    pub fn output_wire(&self, name: impl Into<String>, shape: Shape) -> Signal<'_> {
        let name = name.into();
        let signal = self.wire(name.clone(), shape);
        self.add_port(name, Direction::Output, signal, DomainId(0));
        signal
    }

    fn add_port(&self, name: String, direction: Direction, signal: Signal<'_>, domain: DomainId) {
        let shape = signal.shape();
        self.state_mut().ir.ports.push(Port {
            name,
            direction,
            shape,
            node: signal.id,
            domain,
            comment: String::new(),
            allow_unused: false,
        });
    }

    /// Declares that an input is not read on purpose.
    ///
    /// # Panics
    /// When the signal is not an input port.
    #[track_caller]
    pub fn unused(&self, input: Signal<'_>) {
        self.own(input);
        let mut state = self.state_mut();
        let NodeKind::Input(port) = state.ir.node(input.id).kind else {
            drop(state);
            panic!("{} is not an input port", input.describe());
        };
        state.ir.ports[port.index()].allow_unused = true;
    }

    /// Ports of an interface whose producer is outside: its forward members are inputs.
    #[track_caller]
    pub fn sink_port<'m, I: Interface<'m>>(&'m self, prefix: &str, parameters: I::Parameters) -> I {
        super::interface::module_port(self, prefix, parameters, super::Flow::Forward)
    }

    /// Ports of an interface whose producer is in this module: its forward members are outputs,
    /// to be connected with [`connect`](super::connect).
    #[track_caller]
    pub fn source_port<'m, I: Interface<'m>>(
        &'m self,
        prefix: &str,
        parameters: I::Parameters,
    ) -> I {
        super::interface::module_port(self, prefix, parameters, super::Flow::Backward)
    }

    // ---- state and structure ------------------------------------------------------------

    /// A register; give it a value with [`Reg::next`].
    #[track_caller]
    pub fn reg(&self, name: impl Into<String>, shape: Shape) -> Reg<'_> {
        Reg::new(self, name.into(), shape)
    }

    /// A register that follows `value` one cycle later.
    #[track_caller]
    pub fn delay<'m>(
        &'m self,
        name: impl Into<String>,
        value: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        let value = value.into();
        self.reg(name, value.shape()).next(value)
    }

    /// A register that takes `value` where `enable` is 1.
    #[track_caller]
    pub fn capture<'m>(
        &'m self,
        name: impl Into<String>,
        enable: impl Into<Signal<'m>>,
        value: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        let value = value.into();
        self.reg(name, value.shape()).enable(enable).next(value)
    }

    /// A one-bit register, 0 after reset, that follows `value` one cycle later.
    #[track_caller]
    pub fn flag<'m>(&'m self, name: impl Into<String>, value: impl Into<Signal<'m>>) -> Signal<'m> {
        self.reg(name, super::bit()).reset(0).next(value.into())
    }

    /// A memory of `depth` words of `width` bits.
    #[track_caller]
    pub fn memory(&self, name: impl Into<String>, width: u32, depth: u32) -> Memory<'_> {
        Memory::new(self, name.into(), width, depth)
    }

    /// An instance of a block.
    #[track_caller]
    pub fn instance(&self, name: impl Into<String>, block: &dyn Block) -> Instance<'_> {
        Instance::new(self, name.into(), block)
    }

    // ---- finishing ----------------------------------------------------------------------

    #[track_caller]
    pub(super) fn drive_node(&self, target: NodeId, value: Signal<'_>, what: String) {
        let at = Location::caller();
        let mut state = self.state_mut();
        if let Some(first) = state.driven_at.insert(DriverKey::Node(target), at) {
            let module = state.ir.name.clone();
            state.issues.push(Issue::MultiplyDriven {
                module,
                what,
                first,
                second: at,
            });
            return;
        }
        match &mut state.ir.nodes[target.index()].kind {
            NodeKind::Wire { driver } => *driver = Some(value.id),
            NodeKind::Register(register) => {
                let register = *register;
                state.ir.registers[register.index()].next = Some(value.id);
            }
            kind => panic!("{what} cannot be driven: it is a {kind:?}"),
        }
    }

    /// The enumeration of these variants. Another of the same name gets a number behind it.
    pub(super) fn enum_id(&self, name: &str, variants: &[String]) -> EnumId {
        let enums = &mut self.state_mut().ir.enums;
        let mut unique = name.to_string();
        for number in 2.. {
            let Some(known) = enums.iter().position(|e| e.name == unique) else {
                break;
            };
            if enums[known].variants == variants {
                return EnumId(known as u32);
            }
            unique = format!("{name}_{number}");
        }
        enums.push(EnumType {
            name: unique,
            variants: variants.to_vec(),
        });
        EnumId(enums.len() as u32 - 1)
    }

    /// Closes the module: lowers its state machines and checks it.
    pub(super) fn finish(self) -> ModuleIr {
        super::state::lower_machines(&self);
        super::instance::clock_further_domains(&self);
        let mut state = self.state.into_inner();
        let mut issues = std::mem::take(&mut state.issues);
        let summary = check::close(&mut state.ir, &self.context, &mut issues);
        self.context.summaries.borrow_mut().push(summary);
        self.context.issues.borrow_mut().extend(issues);
        state.ir
    }

    /// Panics unless `signal` belongs to this module.
    #[track_caller]
    pub(super) fn own(&self, signal: Signal<'_>) {
        if !std::ptr::eq(self, signal.module()) {
            panic!(
                "{} belongs to module `{}` and cannot be used in module `{}`: pass it through a port",
                signal.describe(),
                signal.module().name(),
                self.name()
            );
        }
    }

    /// An operand's one-bit signal, checked.
    #[track_caller]
    pub(super) fn one_bit(&self, signal: Signal<'_>, role: &str) {
        self.own(signal);
        assert!(
            signal.shape() == super::bit(),
            "{role} must be one unsigned bit, {} is {}",
            signal.describe(),
            signal.shape()
        );
    }

    /// A constant from raw bits.
    #[track_caller]
    pub(super) fn constant(
        &self,
        bits: BigUint,
        shape: Shape,
        state: Option<(EnumId, u32)>,
    ) -> Signal<'_> {
        self.node(NodeKind::Constant { bits, state }, shape, None)
    }

    /// A register chain: `value` after `cycles` rising edges (0 gives `value` itself).
    #[track_caller]
    pub fn delay_by<'m>(
        &'m self,
        name: &str,
        value: impl Into<Signal<'m>>,
        cycles: u32,
    ) -> Signal<'m> {
        let mut value = value.into();
        for i in 1..=cycles {
            value = self.delay(format!("{name}_{i}"), value);
        }
        value
    }
}

fn domain(clock: &str, reset: Reset<'_>) -> ir::Domain {
    let (reset, reset_active_low) = match reset {
        Reset::ActiveHigh(name) => (name, false),
        Reset::ActiveLow(name) => (name, true),
    };
    ir::Domain {
        clock: clock.to_string(),
        reset: reset.to_string(),
        reset_active_low,
        uses_clock: false,
        uses_reset: false,
    }
}

/// Where a signal was made, for messages.
pub(super) fn made_at(module: &Module, id: NodeId) -> String {
    place(module.state().ir.node(id).location)
}
