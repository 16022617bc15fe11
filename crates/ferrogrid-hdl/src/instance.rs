//! Instances of blocks.

use super::block::Ports;
use super::bundle::{Flow, Leaf, gather, signals};
use super::ir::{self, DomainId, InstanceId, ModuleId, NodeId, NodeKind, PortId};
use super::module::State;
use super::{Block, Bundle, Domain, Issue, Module, Shape, Signal};
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
        let definition = self.context.define(block);
        let (ports, domains) = {
            let modules = self.context.modules.borrow();
            let child = &modules[definition.index()];
            (child.ports.len(), child.domains.len())
        };
        let domain = self.current_domain();
        let mut state = self.state_mut();
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
            name: String::new(),
            module: definition,
            connections: vec![None; ports],
            domains,
            first_node,
            comment: String::new(),
            location: Location::caller(),
        });
        InstanceOf {
            module: self,
            id,
            definition,
            block: PhantomData,
        }
    }
}

/// An instance that is to be connected:
/// `m.instance_of(&ram).clock("CLKB", m.default_domain()).connect(inputs)`.
#[must_use = "it has no inputs until it is connected"]
pub struct InstanceOf<'m, B> {
    module: &'m Module,
    id: InstanceId,
    definition: ModuleId,
    block: PhantomData<B>,
}

impl<'m, B: Block> InstanceOf<'m, B> {
    /// Gives it a name that is not that of its binding.
    pub fn named(self, name: impl Into<String>) -> Self {
        self.edit(|instance| instance.name = name.into());
        self
    }

    /// Adds a comment, printed above the instance.
    pub fn comment(self, text: &str) -> Self {
        self.edit(|instance| instance.comment = text.to_string());
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
        let index = {
            let modules = self.module.context.modules.borrow();
            let domains = &modules[self.definition.index()].domains;
            domains.iter().position(|d| d.clock == clock)
        };
        let Some(index) = index else {
            panic!("{} has no clock `{clock}`", self.describe())
        };
        assert!(
            !domain.has_enable(),
            "{} cannot be clocked by a domain with an enable, which would not reach into it: give \
             the block an input for its enable",
            self.describe()
        );
        let domain = self.module.own_domain(domain);
        self.module.state_mut().clocked.insert((self.id.0, index));
        self.edit(|instance| instance.domains[index] = domain);
        self
    }

    /// Takes its inputs, gives its outputs.
    ///
    /// # Panics
    /// When the shapes of the inputs are not those that the block declares.
    #[track_caller]
    pub fn connect(self, inputs: B::Inputs<'m>) -> B::Outputs<'m> {
        let at = Location::caller();
        let Ports {
            inputs: expected,
            outputs,
        } = self.module.context.ports.borrow()[self.definition.index()].clone();
        let expected = expected.leaves();
        let signals = self.in_order(&expected, &inputs);
        let mut number = 0;
        let mut next = || {
            number += 1;
            PortId(number - 1)
        };
        for (leaf, signal) in expected.iter().zip(signals) {
            let port = next();
            self.check(leaf, signal);
            match leaf.flow {
                Flow::Forward => self.join(port, signal),
                Flow::Backward => signal.drive_at(self.shown(port, leaf.shape, at), at),
            }
        }
        let mut results = Vec::new();
        for leaf in outputs.leaves() {
            let port = next();
            results.push(match leaf.flow {
                Flow::Forward => self.shown(port, leaf.shape, at),
                Flow::Backward => {
                    let wire = self.module.wire_at(leaf.shape, at);
                    self.join(port, wire);
                    wire
                }
            });
        }
        gather(&outputs, results)
    }

    /// The inputs in the block's order; arrays may be of another length, and pins stand in any order.
    #[track_caller]
    fn in_order(&self, expected: &[Leaf], inputs: &impl Bundle<'m>) -> Vec<Signal<'m>> {
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
                "{} has the inputs {}, and is given {}",
                self.describe(),
                expected.join(", "),
                given.join(", ")
            )
        };
        ordered
    }

    /// Panics unless the signal fits a member of the block's inputs.
    #[track_caller]
    fn check(&self, leaf: &Leaf, signal: Signal<'m>) {
        self.module.own(signal);
        assert!(
            signal.shape() == leaf.shape,
            "input `{}` of {} is {}, {} is {}",
            leaf.name,
            self.describe(),
            leaf.shape,
            signal.describe(),
            signal.shape()
        );
    }

    /// The value of a port that is an output.
    fn shown(&self, port: PortId, shape: Shape, at: &'static Location<'static>) -> Signal<'m> {
        let kind = NodeKind::InstanceOutput {
            instance: self.id,
            port,
        };
        let signal = self.module.node_at(kind, shape, None, at);
        self.join(port, signal);
        signal
    }

    fn join(&self, port: PortId, signal: Signal<'m>) {
        self.edit(|instance| instance.connections[port.index()] = Some(signal.id));
    }

    fn edit(&self, change: impl FnOnce(&mut ir::Instance)) {
        change(&mut self.module.state_mut().ir.instances[self.id.index()]);
    }

    /// What it is called in messages: its name is hardly known yet.
    fn describe(&self) -> String {
        let modules = self.module.context.modules.borrow();
        format!(
            "the instance of `{}`",
            modules[self.definition.index()].name
        )
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
