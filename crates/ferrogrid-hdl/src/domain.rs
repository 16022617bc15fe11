//! Clock domains: a clock, how it is reset, and when it counts.

use super::bundle::signals;
use super::ir::{self, BinaryOp, Direction, DomainId, NodeId, PortId, RegisterId};
use super::{Bundle, Module, Shape, Signal, ir::NodeKind};

/// A clock domain of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Domain {
    id: DomainId,
    /// One bit: only the edges at which it is 1 count.
    enable: Option<NodeId>,
    /// The number of the module that it belongs to.
    module: u64,
}

impl Domain {
    /// The same clock and reset with a clock enable: registers, memory ports and properties of
    /// this domain see only the edges at which `enable` is 1. A reset counts at every edge. The
    /// domain that it is called on stays as it is.
    ///
    /// It reaches no instance: a block takes an input for its enable.
    ///
    /// ```
    /// # use ferrogrid_hdl::{self as hdl, Reset, bit, unsigned};
    /// # hdl::design("example", |m| {
    /// let tick = m.input("tick", bit());
    /// let slow = m.default_domain().enable(tick);
    /// let count = m.reg(unsigned(4)).named("count").reset(0).domain(slow);
    /// count.next(count + 1);
    /// # m.output("value", count);
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    /// When the enable is not one bit of the domain's module.
    #[track_caller]
    #[must_use = "the domain with the enable is the one returned"]
    pub fn enable<'m>(self, enable: impl Into<Signal<'m>>) -> Domain {
        let enable = enable.into();
        let module = enable.module();
        module.own_domain(self);
        module.one_bit(enable, "a clock enable");
        let enable = module.both(self.enable, enable.id);
        Domain {
            enable: Some(enable),
            ..self
        }
    }

    pub(super) fn has_enable(self) -> bool {
        self.enable.is_some()
    }
}

/// How a domain is reset: by which signal, and whether at a rising edge or at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reset<'a> {
    /// Asserted when 1, at a rising edge.
    ActiveHigh(&'a str),
    /// Asserted when 0, at a rising edge.
    ActiveLow(&'a str),
    /// Asserted when 1, at once.
    AsynchronousHigh(&'a str),
    /// Asserted when 0, at once.
    AsynchronousLow(&'a str),
}

impl<'a> Reset<'a> {
    /// The same signal as an asynchronous reset: registers take their reset values as soon as it
    /// is asserted. It must be released in time before a rising edge, as by a synchronizer.
    #[must_use]
    pub fn asynchronous(self) -> Reset<'a> {
        match self {
            Reset::ActiveHigh(name) | Reset::AsynchronousHigh(name) => {
                Reset::AsynchronousHigh(name)
            }
            Reset::ActiveLow(name) | Reset::AsynchronousLow(name) => Reset::AsynchronousLow(name),
        }
    }

    /// The domain of this reset.
    pub(super) fn of_clock(self, clock: &str) -> ir::Domain {
        let (Reset::ActiveHigh(name)
        | Reset::ActiveLow(name)
        | Reset::AsynchronousHigh(name)
        | Reset::AsynchronousLow(name)) = self;
        ir::Domain {
            clock: clock.to_string(),
            reset: name.to_string(),
            reset_active_low: matches!(self, Reset::ActiveLow(_) | Reset::AsynchronousLow(_)),
            asynchronous_reset: self == self.asynchronous(),
            uses_clock: false,
            uses_reset: false,
        }
    }
}

impl Module {
    /// Names the default domain's clock and reset (`clk` and `rst` unless set).
    pub fn clock(&self, clock: &str, reset: Reset<'_>) {
        self.state_mut().ir.domains[0] = reset.of_clock(clock);
    }

    /// The default domain.
    pub fn default_domain(&self) -> Domain {
        self.domain(DomainId(0), None)
    }

    /// Adds a clock domain.
    pub fn add_domain(&self, clock: &str, reset: Reset<'_>) -> Domain {
        let mut state = self.state_mut();
        state.ir.domains.push(reset.of_clock(clock));
        self.domain(DomainId(state.ir.domains.len() as u32 - 1), None)
    }

    /// Describes a part of the module in a domain: inputs, registers, memory ports, properties
    /// and instances made by `describe` belong to it where they do not say another.
    ///
    /// ```
    /// # use ferrogrid_hdl::{self as hdl, Reset, bit};
    /// # hdl::design("example", |m| {
    /// let pixels = m.add_domain("pixel_clk", Reset::ActiveLow("pixel_rst_n").asynchronous());
    /// let seen = m.in_domain(pixels, || {
    ///     let line = m.input("line", bit());
    ///     m.assert("line_is_low", !line, "a line came too early");
    ///     m.flag(line).named("seen")
    /// });
    /// m.output("line_seen", seen);
    /// # }).unwrap();
    /// ```
    ///
    /// # Panics
    /// When the domain is another module's.
    #[track_caller]
    pub fn in_domain<T>(&self, domain: Domain, describe: impl FnOnce() -> T) -> T {
        self.own_domain(domain);
        let outer = self.current_domain();
        self.state_mut().domain = (domain.id, domain.enable);
        let result = describe();
        self.state_mut().domain = (outer.id, outer.enable);
        result
    }

    /// An input port of the domain that is being described.
    #[track_caller]
    pub fn input(&self, name: impl Into<String>, shape: Shape) -> Signal<'_> {
        self.input_of(self.current_domain(), name, shape)
    }

    /// An input port whose values belong to `domain`.
    #[track_caller]
    pub fn input_of(&self, domain: Domain, name: impl Into<String>, shape: Shape) -> Signal<'_> {
        let name = name.into();
        self.may_add_port(&name);
        let domain = self.own_domain(domain);
        let port = PortId(self.state().ir.ports.len() as u32);
        let signal = self.node(NodeKind::Input(port), shape, Some(name.clone()));
        self.add_port(name, Direction::Input, signal, domain);
        signal
    }

    /// Says that the values of a block's inputs belong to `domain`, a further one of the block:
    /// `m.inputs_of(reader, &io.read)`.
    ///
    /// # Panics
    /// When a signal is not an input port, or the domain is another module's.
    #[track_caller]
    pub fn inputs_of<'m>(&'m self, domain: Domain, inputs: &impl Bundle<'m>) {
        let domain = self.own_domain(domain);
        for signal in signals(inputs) {
            self.own(signal);
            let kind = self.state().ir.node(signal.id).kind.clone();
            let NodeKind::Input(port) = kind else {
                panic!("{} is not an input port", signal.describe())
            };
            self.state_mut().ir.ports[port.index()].domain = domain;
        }
    }

    pub(super) fn current_domain(&self) -> Domain {
        let (id, enable) = self.state().domain;
        self.domain(id, enable)
    }

    fn domain(&self, id: DomainId, enable: Option<NodeId>) -> Domain {
        Domain {
            id,
            enable,
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

    /// `enable` at the edges that count in `domain`.
    #[track_caller]
    pub(super) fn enabled(&self, domain: Domain, enable: Option<NodeId>) -> Option<NodeId> {
        match (domain.enable, enable) {
            (clock_enable, Some(enable)) => Some(self.both(clock_enable, enable)),
            (clock_enable, None) => clock_enable,
        }
    }

    /// The clock enable of the domain, if it has one.
    pub(super) fn clock_enable(&self, domain: Domain) -> Option<Signal<'_>> {
        Some(Signal::new(self, domain.enable?))
    }

    /// Puts a register into a domain.
    pub(super) fn set_domain(&self, register: RegisterId, domain: Domain) {
        let mut state = self.state_mut();
        state.ir.registers[register.index()].domain = domain.id;
        match domain.enable {
            Some(enable) => state.clock_enables.insert(register, enable),
            None => state.clock_enables.remove(&register),
        };
    }

    /// Lets registers of domains with an enable take part in it.
    pub(super) fn apply_clock_enables(&self) {
        let enables = std::mem::take(&mut self.state_mut().clock_enables);
        for (register, clock_enable) in enables {
            let own = self.state().ir.registers[register.index()].enable;
            let enable = own.map_or(clock_enable, |own| self.both(Some(clock_enable), own));
            self.state_mut().ir.registers[register.index()].enable = Some(enable);
        }
    }

    #[track_caller]
    fn both(&self, first: Option<NodeId>, second: NodeId) -> NodeId {
        let Some(first) = first else { return second };
        let kind = NodeKind::Binary(BinaryOp::And, first, second);
        self.node(kind, super::bit(), None).id
    }
}
