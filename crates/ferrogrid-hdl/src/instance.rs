//! Instances of blocks.

use super::ir::{self, Direction, DomainId, InstanceId, ModuleId, NodeId, NodeKind, PortId};
use super::module::{DriverKey, State};
use super::{Block, Domain, Flow, Interface, Issue, Module, Operand, Shape, Signal};
use std::panic::Location;

/// An instance of a [`Block`] in a module.
#[derive(Clone, Copy)]
pub struct Instance<'m> {
    module: &'m Module,
    id: InstanceId,
    definition: ModuleId,
}

impl<'m> Instance<'m> {
    #[track_caller]
    pub(super) fn new(module: &'m Module, name: String, block: &dyn Block) -> Self {
        let definition = module.context.define(block);
        let (ports, domains) = {
            let modules = module.context.modules.borrow();
            let child = &modules[definition.index()];
            (child.ports.len(), child.domains.len())
        };
        let mut state = module.state_mut();
        let id = InstanceId(state.ir.instances.len() as u32);
        let first_node = NodeId(state.ir.nodes.len() as u32);
        state.ir.instances.push(ir::Instance {
            name,
            module: definition,
            connections: vec![None; ports],
            domains: vec![DomainId(0); domains],
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

    /// Clocks the block's domain of clock port `clock` from `domain`.
    ///
    /// If not said, the block's default domain is clocked from the default domain here, and a
    /// further domain from the domain here of the same clock name; without one it is undriven.
    ///
    /// # Panics
    /// When the block has no such clock, or the domain is another module's.
    #[track_caller]
    pub fn clock(self, clock: &str, domain: Domain) -> Self {
        let index = {
            let modules = self.module.context.modules.borrow();
            let domains = &modules[self.definition.index()].domains;
            domains.iter().position(|d| d.clock == clock)
        };
        let index =
            index.unwrap_or_else(|| panic!("instance `{}` has no clock `{clock}`", self.name()));
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
        self.feed(id, port, value)
    }

    #[track_caller]
    fn feed(self, id: PortId, port: &str, value: Signal<'m>) -> Self {
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
            return self;
        }
        self.edit(|instance| instance.connections[id.index()] = Some(value.id))
    }

    /// The value of an output.
    ///
    /// # Panics
    /// When there is no such output.
    #[track_caller]
    pub fn output(self, port: &str) -> Signal<'m> {
        let (id, shape) = self.port(port, Direction::Output);
        let known = self.module.state().ir.instances[self.id.index()].connections[id.index()];
        if let Some(node) = known {
            return Signal::new(self.module, node);
        }
        let kind = NodeKind::InstanceOutput {
            instance: self.id,
            port: id,
        };
        let signal = self.module.node(kind, shape, None);
        self.edit(|instance| instance.connections[id.index()] = Some(signal.id));
        signal
    }

    /// Connects the ports `<prefix>_<member>` that consume an interface to its producer.
    #[track_caller]
    pub fn sink<I: Interface<'m>>(self, prefix: &str, producer: &I) -> Self {
        for (field, signal) in producer.fields().into_iter().zip(producer.signals()) {
            let port = format!("{prefix}_{}", field.name);
            match field.flow {
                Flow::Forward => {
                    self.input(&port, signal);
                }
                Flow::Backward => signal.drive(self.output(&port)),
            }
        }
        self
    }

    /// The interface that the ports `<prefix>_<member>` produce.
    #[track_caller]
    pub fn source<I: Interface<'m>>(self, prefix: &str, parameters: I::Parameters) -> I {
        let fields = I::describe(&parameters);
        let signals = fields
            .iter()
            .map(|field| {
                let port = format!("{prefix}_{}", field.name);
                match field.flow {
                    Flow::Forward => {
                        let signal = self.output(&port);
                        signal.expect_shape(field.shape, &format!("member `{}`", field.name));
                        signal
                    }
                    Flow::Backward => {
                        let wire = self
                            .module
                            .wire(format!("{}_{port}", self.name()), field.shape);
                        self.input(&port, wire);
                        wire
                    }
                }
            })
            .collect();
        I::from_signals(parameters, signals)
    }
}

/// Clocks the further domains of instances that no [`Instance::clock`] clocks: from the domain
/// of the same clock name, or else they are undriven.
pub(super) fn clock_further_domains(module: &Module) {
    let modules = module.context.modules.borrow();
    let mut state = module.state_mut();
    let State {
        ir,
        clocked,
        issues,
        ..
    } = &mut *state;
    for (number, instance) in ir.instances.iter_mut().enumerate() {
        let child = &modules[instance.module.index()];
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
