//! The module under construction.

use super::binding::{Suggestions, Thing, settle_names};
use super::block::Context;
use super::bundle::{Flow, Layout, Leaf};
use super::error::{Findings, place};
use super::ir::{
    self, Direction, DomainId, EnumId, EnumType, InstanceId, ModuleIr, Node, NodeId, NodeKind,
    Port, PortId, RegisterId, Section, Variant,
};
use super::operation::operation_name;
use super::when::{Script, lower_statements};
use super::{Issue, MAX_WIDTH, Memory, Reg, Reset, Shape, Signal, check};
use num_bigint::{BigInt, BigUint};
use std::cell::{Ref, RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A module under construction: makes ports, wires, registers, memories and instances.
///
/// Every module has a default clock domain, `clk` with the synchronous reset `rst` (see
/// [`clock`](Module::clock)). Their ports appear when something uses them.
pub struct Module {
    pub(super) context: Rc<Context>,
    pub(super) number: u64,
    state: RefCell<State>,
}

/// What construction knows beyond the closed form.
pub(super) struct State {
    pub ir: ModuleIr,
    /// Where wires and registers got their driver.
    pub driven_at: HashMap<DriverKey, &'static Location<'static>>,
    /// State machines whose transitions are still being collected.
    pub machines: Vec<super::fsm::Machine>,
    /// Its ports are those of a block's bundles.
    pub has_bundles: bool,
    /// What `when` and `switch` say.
    pub script: Script,
    /// Names from bindings.
    pub suggestions: Suggestions,
    /// Findings made during construction.
    pub issues: Vec<Issue>,
    /// Which domains of which instances have been given a clock by name.
    pub clocked: HashSet<(u32, usize)>,
    /// The domain that is being described, and its clock enable.
    pub domain: (DomainId, Option<NodeId>),
    /// The clock enables of registers whose domain has one.
    pub clock_enables: BTreeMap<RegisterId, NodeId>,
    /// Instances made where the domain has a clock enable.
    pub in_enabled: BTreeSet<InstanceId>,
}

/// Something that takes one driver.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
pub(super) enum DriverKey {
    Node(NodeId),
    Enable(NodeId),
}

/// The number of the next module; numbers only tell handles of different modules apart.
static NEXT_MODULE: AtomicU64 = AtomicU64::new(0);

impl Module {
    pub(super) fn new(context: Rc<Context>, name: &str) -> Module {
        let ir = ModuleIr {
            name: name.to_string(),
            doc: String::new(),
            cell: None,
            memory: None,
            ports: Vec::new(),
            domains: vec![Reset::ActiveHigh("rst").of_clock("clk")],
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
            has_bundles: false,
            script: Script::default(),
            suggestions: Suggestions::default(),
            issues: Vec::new(),
            clocked: HashSet::new(),
            domain: (DomainId(0), None),
            clock_enables: BTreeMap::new(),
            in_enabled: BTreeSet::new(),
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

    // ---- nodes --------------------------------------------------------------------------

    #[track_caller]
    pub(super) fn node(&self, kind: NodeKind, shape: Shape, name: Option<String>) -> Signal<'_> {
        self.node_at(kind, shape, name, Location::caller())
    }

    #[track_caller]
    pub(super) fn node_at(
        &self,
        kind: NodeKind,
        shape: Shape,
        name: Option<String>,
        location: &'static Location<'static>,
    ) -> Signal<'_> {
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
            procedural: false,
            allow_unused: false,
            location,
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

    /// A wire, to be driven once with [`Signal::drive`], or set with [`Signal::set`].
    #[track_caller]
    pub fn wire(&self, shape: Shape) -> Signal<'_> {
        self.wire_at(shape, Location::caller())
    }

    #[track_caller]
    pub(super) fn wire_at(&self, shape: Shape, at: &'static Location<'static>) -> Signal<'_> {
        self.node_at(NodeKind::Wire { driver: None }, shape, None, at)
    }

    // ---- ports --------------------------------------------------------------------------

    /// An output port that shows `value`. A register or wire of the port's own name is the port.
    #[track_caller]
    pub fn output<'m>(&'m self, name: impl Into<String>, value: impl Into<Signal<'m>>) {
        let (name, value) = (name.into(), value.into());
        self.own(value);
        self.may_add_port(&name);
        if self.can_be_output(value.id, &name) {
            let comment = std::mem::take(&mut self.state_mut().ir.nodes[value.id.index()].comment);
            self.add_port(name, Direction::Output, value, DomainId(0));
            value.comment(&comment);
        } else {
            self.output_wire(name, value.shape()).drive(value);
        }
    }

    /// Panics where a block's bundles are the ports.
    #[track_caller]
    pub(super) fn may_add_port(&self, name: &str) {
        let state = self.state();
        assert!(
            !state.has_bundles,
            "port `{name}` of `{}` must be a member of the block's inputs or outputs",
            state.ir.name
        );
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
        self.may_add_port(&name);
        let signal = self.wire(shape).named(name.clone());
        self.add_port(name, Direction::Output, signal, DomainId(0));
        signal
    }

    /// A port of a bundle.
    #[track_caller]
    pub(super) fn port_at(
        &self,
        direction: Direction,
        name: String,
        leaf: &Leaf,
        at: &'static Location<'static>,
    ) -> Signal<'_> {
        let port = PortId(self.state().ir.ports.len() as u32);
        let kind = match direction {
            Direction::Input => NodeKind::Input(port),
            Direction::Output => NodeKind::Wire { driver: None },
        };
        let signal = self.node_at(kind, leaf.shape, Some(name.clone()), at);
        self.add_leaf(name, direction, signal, leaf);
        signal
    }

    /// The ports of the bundle that a block gives.
    #[track_caller]
    pub(super) fn output_bundle(&self, layout: &Layout, signals: Vec<Signal<'_>>) {
        for (leaf, signal) in layout.leaves().iter().zip(signals) {
            let name = leaf.port("");
            self.own(signal);
            match leaf.flow {
                Flow::Forward => self.show(name, signal, leaf),
                Flow::Backward => self.take(name, signal, leaf),
            }
        }
    }

    /// An output port that shows a value; state and wires without a name become the port.
    #[track_caller]
    fn show(&self, name: String, signal: Signal<'_>, leaf: &Leaf) {
        let unnamed = {
            let state = self.state();
            let node = state.ir.node(signal.id);
            let known = state.suggestions.of(Thing::Node(signal.id));
            let is_state = matches!(
                node.kind,
                NodeKind::Wire { .. } | NodeKind::Register(_) | NodeKind::MemoryRead { .. }
            );
            is_state && node.name.is_none() && known.is_none_or(|known| known == name)
        };
        if unnamed {
            self.state_mut().ir.nodes[signal.id.index()].name = Some(name.clone());
        }
        if self.can_be_output(signal.id, &name) {
            let comment = std::mem::take(&mut self.state_mut().ir.nodes[signal.id.index()].comment);
            self.add_leaf(name, Direction::Output, signal, leaf);
            if !comment.is_empty() {
                signal.comment(&comment);
            }
        } else {
            let at = self.state().ir.node(signal.id).location;
            let wire = self.port_at(Direction::Output, name, leaf, at);
            wire.drive_at(signal, at);
        }
    }

    /// An input port that drives a wire, by being it.
    #[track_caller]
    fn take(&self, name: String, wire: Signal<'_>, leaf: &Leaf) {
        wire.expect_wire();
        let port = PortId(self.state().ir.ports.len() as u32);
        let at = self.state().ir.node(wire.id).location;
        if self
            .state()
            .driven_at
            .contains_key(&DriverKey::Node(wire.id))
        {
            let input = self.port_at(Direction::Input, name, leaf, at);
            wire.drive_at(input, at);
            return;
        }
        {
            let mut state = self.state_mut();
            let node = &mut state.ir.nodes[wire.id.index()];
            node.kind = NodeKind::Input(port);
            node.name = Some(name.clone());
        }
        self.add_leaf(name, Direction::Input, wire, leaf);
    }

    fn add_leaf(&self, name: String, direction: Direction, signal: Signal<'_>, leaf: &Leaf) {
        self.add_port(name, direction, signal, DomainId(0));
        let of = leaf.of.map(|info| self.enum_of(info));
        let mut state = self.state_mut();
        let port = state.ir.ports.last_mut().expect("the port that was added");
        port.comment = leaf.comment.clone();
        port.of = of;
    }

    pub(super) fn add_port(
        &self,
        name: String,
        direction: Direction,
        signal: Signal<'_>,
        domain: DomainId,
    ) {
        let shape = signal.shape();
        self.state_mut().ir.ports.push(Port {
            name,
            direction,
            shape,
            node: signal.id,
            domain,
            comment: String::new(),
            of: None,
        });
    }

    /// Declares that an input or a wire is not read on purpose.
    ///
    /// # Panics
    /// When the signal is neither an input port nor a wire.
    #[track_caller]
    pub fn unused(&self, signal: Signal<'_>) {
        self.own(signal);
        let may_be = matches!(
            self.state().ir.node(signal.id).kind,
            NodeKind::Input(_) | NodeKind::Wire { .. }
        );
        assert!(
            may_be,
            "{} is neither an input port nor a wire",
            signal.describe()
        );
        self.state_mut().ir.nodes[signal.id.index()].allow_unused = true;
    }

    // ---- state and structure ------------------------------------------------------------

    /// A register; give it a value with [`Reg::next`] or [`Reg::set`].
    #[track_caller]
    pub fn reg(&self, shape: Shape) -> Reg<'_> {
        Reg::new(self, shape)
    }

    /// A register that follows `value` one cycle later.
    #[track_caller]
    pub fn delay<'m>(&'m self, value: impl Into<Signal<'m>>) -> Signal<'m> {
        let value = value.into();
        self.reg(value.shape()).next(value)
    }

    /// A register that takes `value` where `enable` is 1.
    #[track_caller]
    pub fn capture<'m>(
        &'m self,
        enable: impl Into<Signal<'m>>,
        value: impl Into<Signal<'m>>,
    ) -> Signal<'m> {
        let value = value.into();
        self.reg(value.shape()).enable(enable).next(value)
    }

    /// A one-bit register, 0 after reset, that follows `value` one cycle later.
    #[track_caller]
    pub fn flag<'m>(&'m self, value: impl Into<Signal<'m>>) -> Signal<'m> {
        self.reg(super::bit()).reset(0).next(value.into())
    }

    /// A memory of `depth` words of `width` bits.
    #[track_caller]
    pub fn memory(&self, width: u32, depth: u32) -> Memory<'_> {
        Memory::new(self, width, depth)
    }

    // ---- finishing ----------------------------------------------------------------------

    #[track_caller]
    pub(super) fn drive_node(&self, target: NodeId, value: Signal<'_>, what: String) {
        self.drive_node_at(target, value, what, Location::caller());
    }

    pub(super) fn drive_node_at(
        &self,
        target: NodeId,
        value: Signal<'_>,
        what: String,
        at: &'static Location<'static>,
    ) {
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

    /// The enum, or the same that is known. Another of the same name gets a number behind it.
    pub(super) fn enum_id(&self, mut of: EnumType) -> EnumId {
        let enums = &mut self.state_mut().ir.enums;
        let base = of.name.clone();
        for number in 2.. {
            match enums.iter().position(|known| known.name == of.name) {
                None => break,
                Some(known) if enums[known] == of => return EnumId(known as u32),
                Some(_) => of.name = format!("{base}_{number}"),
            }
        }
        enums.push(of);
        EnumId(enums.len() as u32 - 1)
    }

    /// A constant that the Verilog shows as a `localparam` of this name.
    ///
    /// # Panics
    /// When the value does not fit the shape, the shape is signed or wider than 64 bits, or the module
    /// has another constant of this name.
    #[track_caller]
    pub fn constant(&self, name: &str, value: u64, shape: Shape) -> Signal<'_> {
        assert!(
            !shape.signed && shape.width <= 64 && shape.contains(&value.into()),
            "constant `{name}` is {value}, which must fit an unsigned shape of at most 64 bits, not {shape}"
        );
        let other = self.state().ir.enums.iter().find_map(|known| {
            let encoding = known.variants.first()?.encoding;
            let same = known.width == shape.width && encoding == value;
            (known.constant && known.name == name && !same).then_some((encoding, known.width))
        });
        if let Some((other, width)) = other {
            panic!(
                "constant `{name}` is {value} in {shape}, and was {other} in {} before",
                super::unsigned(width)
            );
        }
        let variant = Variant {
            name: name.to_string(),
            encoding: value,
        };
        let id = self.enum_id(EnumType {
            name: name.to_string(),
            width: shape.width,
            constant: true,
            variants: vec![variant],
        });
        self.constant_of(BigUint::from(value), shape, Some((id, 0)))
    }

    /// Closes the module: lowers its statements and state machines, names all and checks it.
    pub(super) fn finish(self) -> ModuleIr {
        lower_statements(&self);
        super::fsm::lower_machines(&self);
        self.apply_clock_enables();
        settle_names(&self);
        self.clock_further_domains();
        let mut state = self.state.into_inner();
        let mut findings = Findings {
            issues: std::mem::take(&mut state.issues),
            warnings: Vec::new(),
        };
        let summary = check::close(
            &mut state.ir,
            &self.context.modules.borrow(),
            &self.context.summaries.borrow(),
            &mut findings,
        );
        self.context.summaries.borrow_mut().push(summary);
        let Findings { issues, warnings } = findings;
        self.context.issues.borrow_mut().extend(issues);
        self.context.warnings.borrow_mut().extend(warnings);
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

    /// A constant from raw bits, and the variant or named constant that it stands for.
    #[track_caller]
    pub(super) fn constant_of(
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
            value = self.delay(value).named(format!("{name}_{i}"));
        }
        value
    }
}

/// Where a signal was made, for messages.
pub(super) fn made_at(module: &Module, id: NodeId) -> String {
    place(module.state().ir.node(id).location)
}
