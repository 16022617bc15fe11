//! Instances of blocks.

use super::block::{AnyBlock, Ports};
use super::bundle::{Family, Flow, Leaf, Shapes, gather, signals};
use super::ir::{self, Direction, DomainId, InstanceId, ModuleId, NodeId, NodeKind, PortId};
use super::module::{DriverKey, State};
use super::{Block, Bundle, Domain, Issue, Module, Operand, Shape, Signal};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::panic::Location;

impl Module {
    /// An instance of a block: takes its inputs, gives its outputs.
    ///
    /// # Panics
    /// When the shapes of the inputs are not those that the block declares.
    #[track_caller]
    pub fn instance<'m, B: Block>(&'m self, block: &B, inputs: B::Inputs<'m>) -> B::Outputs<'m> {
        self.instance_of(block).connect(inputs)
    }

    /// An instance that says more than its ports before it is connected: see [`InstanceOf`].
    #[track_caller]
    pub fn instance_of<'m, B: Block>(&'m self, block: &B) -> InstanceOf<'m, B> {
        InstanceOf {
            instance: Instance::new(self, String::new(), block),
            block: PhantomData,
        }
    }

    /// An instance whose ports are given by name, for blocks and tops of any kind; see
    /// [`instance`](Module::instance) for blocks with typed ports.
    #[track_caller]
    pub fn untyped_instance(&self, name: impl Into<String>, block: &dyn AnyBlock) -> Instance<'_> {
        Instance::new(self, name.into(), block)
    }
}

/// An instance that is to be connected:
/// `m.instance_of(&ram).clock("CLKB", m.default_domain()).connect(inputs)`.
#[must_use = "it has no inputs until it is connected"]
pub struct InstanceOf<'m, B> {
    instance: Instance<'m>,
    block: PhantomData<B>,
}

impl<'m, B: Block> InstanceOf<'m, B> {
    /// Gives it a name that is not that of its binding.
    pub fn named(self, name: impl Into<String>) -> Self {
        self.instance.edit(|instance| instance.name = name.into());
        self
    }

    /// Adds a comment, printed above the instance.
    pub fn comment(self, text: &str) -> Self {
        self.instance.comment(text);
        self
    }

    /// Clocks the block's domain of clock port `clock` from `domain`.
    ///
    /// If not said, the block's default domain is clocked from the domain that is being described
    /// (the default domain, unless inside of [`Module::in_domain`]), and a further domain from the
    /// domain here of the same clock name; without one it is undriven.
    ///
    /// # Panics
    /// When the block has no such clock, or the domain is another module's or has an enable.
    #[track_caller]
    pub fn clock(self, clock: &str, domain: Domain) -> Self {
        self.instance.clock(clock, domain);
        self
    }

    /// Takes its inputs, gives its outputs.
    ///
    /// # Panics
    /// When the shapes of the inputs are not those that the block declares.
    #[track_caller]
    pub fn connect(self, inputs: B::Inputs<'m>) -> B::Outputs<'m> {
        self.instance.connect::<B>(inputs)
    }
}

/// An instance in a module whose ports are given by name.
#[derive(Clone, Copy)]
pub struct Instance<'m> {
    module: &'m Module,
    id: InstanceId,
    definition: ModuleId,
}

impl<'m> Instance<'m> {
    #[track_caller]
    pub(super) fn new(module: &'m Module, name: String, block: &dyn AnyBlock) -> Self {
        let definition = module.context.define(block);
        let (ports, domains) = {
            let modules = module.context.modules.borrow();
            let child = &modules[definition.index()];
            (child.ports.len(), child.domains.len())
        };
        let domain = module.current_domain();
        let mut state = module.state_mut();
        let id = InstanceId(state.ir.instances.len() as u32);
        if domain.has_enable() {
            state.in_enabled.insert(id);
        }
        let first_node = NodeId(state.ir.nodes.len() as u32);
        let mut domains = vec![DomainId(0); domains];
        if let Some(default) = domains.first_mut() {
            *default = state.domain.0;
        }
        state.ir.instances.push(ir::Instance {
            name,
            module: definition,
            connections: vec![None; ports],
            domains,
            first_node,
            comment: String::new(),
            location: Location::caller(),
        });
        Instance {
            module,
            id,
            definition,
        }
    }

    /// Connects typed ports.
    #[track_caller]
    fn connect<B: Block>(self, inputs: B::Inputs<'m>) -> B::Outputs<'m> {
        let at = Location::caller();
        let ports = self.module.context.ports.borrow()[self.definition.index()].clone();
        let Ports {
            inputs: expected,
            outputs,
        } = ports.expect("a block has typed ports");
        let expected = expected.leaves();
        let signals = self.in_order(&expected, &inputs);
        let mut number = 0;
        let mut next = || {
            number += 1;
            PortId(number - 1)
        };
        for (leaf, signal) in expected.iter().zip(signals) {
            let port = next();
            match leaf.flow {
                Flow::Forward => self.feed(port, &leaf.name, self.checked(leaf, signal)),
                Flow::Backward => self
                    .checked(leaf, signal)
                    .drive_at(self.shown(port, at), at),
            }
        }
        let mut results = Vec::new();
        for leaf in outputs.leaves() {
            let port = next();
            results.push(match leaf.flow {
                Flow::Forward => self.shown(port, at),
                Flow::Backward => {
                    let wire = self.module.wire_at(leaf.shape, at);
                    self.feed(port, &leaf.name, wire);
                    wire
                }
            });
        }
        gather(&outputs, results)
    }

    /// The inputs in the block's order; arrays may be of another length, and pins stand in any order.
    #[track_caller]
    fn in_order(self, expected: &[Leaf], inputs: &impl Bundle<'m>) -> Vec<Signal<'m>> {
        let names = |leaves: &[Leaf]| -> Vec<String> {
            leaves.iter().map(|leaf| leaf.name.clone()).collect()
        };
        let (expected, given) = (names(expected), names(&inputs.layout().leaves()));
        let signals = signals(inputs);
        if expected == given {
            return signals;
        }
        let signal_of: BTreeMap<_, _> = given.iter().zip(signals).collect();
        let ordered: Option<Vec<_>> = expected
            .iter()
            .map(|name| signal_of.get(name).copied())
            .collect();
        let Some(ordered) = ordered.filter(|ordered| ordered.len() == given.len()) else {
            panic!(
                "the instance of `{}` has the inputs {}, and is given {}",
                self.module.context.modules.borrow()[self.definition.index()].name,
                expected.join(", "),
                given.join(", ")
            )
        };
        ordered
    }

    /// A signal that fits a member of the block's inputs.
    #[track_caller]
    fn checked(self, leaf: &Leaf, signal: Signal<'m>) -> Signal<'m> {
        self.module.own(signal);
        assert!(
            signal.shape() == leaf.shape,
            "input `{}` of the instance of `{}` is {}, {} is {}",
            leaf.name,
            self.module.context.modules.borrow()[self.definition.index()].name,
            leaf.shape,
            signal.describe(),
            signal.shape()
        );
        signal
    }

    /// The value of a port that is an output.
    fn shown(self, port: PortId, at: &'static Location<'static>) -> Signal<'m> {
        let shape = {
            let modules = self.module.context.modules.borrow();
            modules[self.definition.index()].ports[port.index()].shape
        };
        let kind = NodeKind::InstanceOutput {
            instance: self.id,
            port,
        };
        let signal = self.module.node_at(kind, shape, None, at);
        self.edit(|instance| instance.connections[port.index()] = Some(signal.id));
        signal
    }

    fn edit(self, change: impl FnOnce(&mut ir::Instance)) -> Self {
        change(&mut self.module.state_mut().ir.instances[self.id.index()]);
        self
    }

    fn name(self) -> String {
        self.module.state().ir.instances[self.id.index()]
            .name
            .clone()
    }

    /// Adds a comment, printed above the instance.
    pub fn comment(self, text: &str) -> Self {
        self.edit(|instance| instance.comment = text.to_string())
    }

    /// As [`InstanceOf::clock`].
    #[track_caller]
    pub fn clock(self, clock: &str, domain: Domain) -> Self {
        let index = {
            let modules = self.module.context.modules.borrow();
            let domains = &modules[self.definition.index()].domains;
            domains.iter().position(|d| d.clock == clock)
        };
        let index =
            index.unwrap_or_else(|| panic!("instance `{}` has no clock `{clock}`", self.name()));
        assert!(
            !domain.has_enable(),
            "instance `{}` cannot be clocked by a domain with an enable, which would not reach into \
             it: give the block an input for its enable",
            self.name()
        );
        let domain = self.module.own_domain(domain);
        let mut state = self.module.state_mut();
        state.clocked.insert((self.id.0, index));
        drop(state);
        self.edit(|instance| instance.domains[index] = domain)
    }

    #[track_caller]
    fn port(self, name: &str, direction: Direction) -> (PortId, Shape) {
        let found = {
            let modules = self.module.context.modules.borrow();
            let child = &modules[self.definition.index()];
            child
                .port(name)
                .filter(|(_, port)| port.direction == direction)
                .map(|(id, port)| (id, port.shape))
                .ok_or_else(|| {
                    let names: Vec<_> = child
                        .ports
                        .iter()
                        .filter(|port| port.direction == direction)
                        .map(|port| port.name.clone())
                        .collect();
                    (child.name.clone(), names.join(", "))
                })
        };
        found.unwrap_or_else(|(module, names)| {
            let kind = if direction == Direction::Input {
                "input"
            } else {
                "output"
            };
            panic!(
                "instance `{}` of `{module}` has no {kind} `{name}`; it has: {names}",
                self.name()
            )
        })
    }

    /// Feeds an input.
    ///
    /// # Panics
    /// When there is no such input or the shape differs.
    #[track_caller]
    pub fn input(self, port: &str, value: impl Operand<'m>) -> Self {
        let (id, shape) = self.port(port, Direction::Input);
        let value = value.resolve(self.module, shape);
        self.module.own(value);
        assert!(
            value.shape() == shape,
            "input `{port}` of instance `{}` is {shape}, {} is {}",
            self.name(),
            value.describe(),
            value.shape()
        );
        self.feed(id, port, value);
        self
    }

    #[track_caller]
    fn feed(self, id: PortId, port: &str, value: Signal<'m>) {
        let at = Location::caller();
        let key = DriverKey::InstanceInput(self.id.0, id);
        let first = self.module.state_mut().driven_at.insert(key, at);
        if let Some(first) = first {
            let what = format!("input `{port}` of instance `{}`", self.name());
            let mut state = self.module.state_mut();
            let module = state.ir.name.clone();
            state.issues.push(Issue::MultiplyDriven {
                module,
                what,
                first,
                second: at,
            });
            return;
        }
        self.edit(|instance| instance.connections[id.index()] = Some(value.id));
    }

    /// The value of an output.
    ///
    /// # Panics
    /// When there is no such output.
    #[track_caller]
    pub fn output(self, port: &str) -> Signal<'m> {
        let (id, _) = self.port(port, Direction::Output);
        let known = self.module.state().ir.instances[self.id.index()].connections[id.index()];
        if let Some(node) = known {
            return Signal::new(self.module, node);
        }
        self.shown(id, Location::caller())
    }

    /// Connects the ports `<prefix>_<member>` that consume a bundle to its producer.
    #[track_caller]
    pub fn sink<B: Bundle<'m>>(self, prefix: &str, producer: &B) -> Self {
        for (leaf, signal) in producer.layout().leaves().iter().zip(signals(producer)) {
            let port = leaf.port(prefix);
            match leaf.flow {
                Flow::Forward => {
                    self.input(&port, signal);
                }
                Flow::Backward => signal.drive(self.output(&port)),
            }
        }
        self
    }

    /// The bundle that the ports `<prefix>_<member>` produce.
    #[track_caller]
    pub fn source<F: Family>(self, prefix: &str, shapes: Shapes<F>) -> F::On<'m> {
        let at = Location::caller();
        let mut members = Vec::new();
        for leaf in shapes.layout.leaves() {
            let port = leaf.port(prefix);
            members.push(match leaf.flow {
                Flow::Forward => {
                    let signal = self.output(&port);
                    signal.expect_shape(leaf.shape, &format!("member `{}`", leaf.name));
                    signal
                }
                Flow::Backward => {
                    let wire = self.module.wire_at(leaf.shape, at);
                    self.input(&port, wire);
                    wire
                }
            });
        }
        gather(&shapes.layout, members)
    }
}

impl Module {
    /// Clocks the further domains of instances that no [`InstanceOf::clock`] clocks: from the domain
    /// of the same clock name, or else they are undriven.
    pub(super) fn clock_further_domains(&self) {
        let modules = self.context.modules.borrow();
        let mut state = self.state_mut();
        let State {
            ir,
            clocked,
            issues,
            in_enabled,
            ..
        } = &mut *state;
        for (number, instance) in ir.instances.iter_mut().enumerate() {
            let child = &modules[instance.module.index()];
            if child.domains[0].uses_clock
                && in_enabled.contains(&InstanceId(number as u32))
                && !clocked.contains(&(number as u32, 0))
            {
                issues.push(Issue::EnabledInstance {
                    module: ir.name.clone(),
                    instance: instance.name.clone(),
                    clock: child.domains[0].clock.clone(),
                    at: instance.location,
                });
            }
            for (index, domain) in child.domains.iter().enumerate().skip(1) {
                if clocked.contains(&(number as u32, index)) {
                    continue;
                }
                let same = ir.domains.iter().position(|own| own.clock == domain.clock);
                if let Some(same) = same {
                    instance.domains[index] = DomainId(same as u32);
                } else if domain.uses_clock {
                    issues.push(Issue::Undriven {
                        module: ir.name.clone(),
                        what: format!("clock `{}` of instance `{}`", domain.clock, instance.name),
                        at: instance.location,
                    });
                }
            }
        }
    }
}
