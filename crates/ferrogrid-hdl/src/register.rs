//! Registers.

use super::ir::{self, DomainId, NodeKind, RegisterId};
use super::module::DriverKey;
use super::names::assert_attribute;
use super::{Domain, Issue, Module, Operand, Shape, Signal};
use num_bigint::BigInt;
use std::ops::Deref;
use std::panic::Location;

/// A register: a [`Signal`] with a next value.
///
/// On each rising edge it takes its reset value when the domain's reset is asserted, else its
/// next value when enabled, else it keeps its value; an asynchronous reset does not wait for the
/// edge. Feedback is written with the register
/// itself:
///
/// ```
/// # use ferrogrid_hdl::{self as hdl, unsigned};
/// # hdl::design("example", |m| {
/// let count = m.reg(unsigned(4)).named("count").reset(0);
/// count.next(count + 1);
/// # m.output("value", count);
/// # }).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reg<'m> {
    /// The register's output.
    pub q: Signal<'m>,
    id: RegisterId,
}

impl<'m> Deref for Reg<'m> {
    type Target = Signal<'m>;
    fn deref(&self) -> &Signal<'m> {
        &self.q
    }
}

impl<'m> Reg<'m> {
    #[track_caller]
    pub(super) fn new(module: &'m Module, shape: Shape) -> Self {
        let id = RegisterId(module.state().ir.registers.len() as u32);
        let domain = module.current_domain();
        let q = module.node(NodeKind::Register(id), shape, None);
        module.state_mut().ir.registers.push(ir::Register {
            node: q.id,
            domain: DomainId(0),
            enable: None,
            reset: None,
            next: None,
            states: None,
            synchronizer: false,
            attributes: Vec::new(),
        });
        module.set_domain(id, domain);
        Reg { q, id }
    }

    fn edit(self, change: impl FnOnce(&mut ir::Register)) -> Self {
        change(&mut self.q.module().state_mut().ir.registers[self.id.index()]);
        self
    }

    /// Names the register, where its binding does not: see [`hardware`](crate::hardware).
    ///
    /// # Panics
    /// When it has a name already.
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> Self {
        let known = self.q.name();
        assert!(
            known.is_none(),
            "register {} has a name already",
            self.q.describe()
        );
        self.q.named(name);
        self
    }

    /// Sets the reset value.
    ///
    /// # Panics
    /// When the value does not fit.
    #[track_caller]
    pub fn reset(self, value: impl Into<BigInt>) -> Self {
        let (value, shape) = (value.into(), self.q.shape());
        assert!(
            shape.contains(&value),
            "reset value {value} does not fit {}, which is {shape}",
            self.q.describe()
        );
        self.edit(|register| register.reset = Some(shape.to_bits(&value)))
    }

    /// Updates only where `enable` is 1.
    #[track_caller]
    pub fn enable(self, enable: impl Into<Signal<'m>>) -> Self {
        let enable = enable.into();
        let module = self.q.module();
        module.one_bit(enable, "a register's enable");
        let second = Location::caller();
        let key = DriverKey::Enable(self.q.id);
        let first = module.state_mut().driven_at.insert(key, second);
        if let Some(first) = first {
            let issue = Issue::TwiceEnabled {
                module: module.name(),
                register: self.q.name().unwrap_or_default(),
                first,
                second,
            };
            module.state_mut().issues.push(issue);
        }
        self.edit(|register| register.enable = Some(enable.id))
    }

    /// Puts the register into a clock domain other than the one that is being described.
    ///
    /// # Panics
    /// When the domain is another module's.
    #[track_caller]
    pub fn domain(self, domain: Domain) -> Self {
        self.q.module().own_domain(domain);
        self.q.module().set_domain(self.id, domain);
        self
    }

    /// Declares that the register samples another domain on purpose.
    pub fn synchronizer(self) -> Self {
        self.edit(|register| register.synchronizer = true)
    }

    /// Adds a Verilog attribute, as `keep = "true"`. Panics on text that would not stay
    /// inside `(* *)`.
    #[track_caller]
    pub fn attribute(self, attribute: &str) -> Self {
        assert_attribute(attribute);
        self.edit(|register| register.attributes.push(attribute.to_string()))
    }

    /// Adds a comment, printed above the declaration.
    pub fn comment(self, text: &str) -> Self {
        self.q.comment(text);
        self
    }

    pub(super) fn holds_states(self, states: ir::EnumId) -> Self {
        self.edit(|register| register.states = Some(states))
    }

    /// Sets the next value and returns the register's output.
    #[track_caller]
    pub fn next(self, value: impl Operand<'m>) -> Signal<'m> {
        self.q.module().expect_no_condition(self.q, "next");
        let value = self.q.resolve(value);
        assert!(
            value.shape() == self.q.shape(),
            "register {} is {}, its next value {} is {}",
            self.q.describe(),
            self.q.shape(),
            value.describe(),
            value.shape()
        );
        self.q
            .module()
            .drive_node(self.q.id, value, format!("register {}", self.q.describe()));
        self.q
    }
}
