//! Signals: handles to the values of a module.

mod bits;
mod choices;
mod ones;
mod operators;

pub use bits::{concat, join};
pub use choices::{CaseLabel, first_match};

use super::binding::Thing;
use super::ir::{NodeId, NodeKind};
use super::module::made_at;
use super::names::assert_attribute;
use super::operation::operation_name;
use super::{Module, Operand, Reg, Shape};
use num_bigint::BigUint;
use std::fmt;
use std::panic::Location;

/// A value in a module: a cheap handle with operators.
///
/// The shape rules stand in the [module documentation](super). All methods panic at the
/// caller's line when shapes do not fit.
#[derive(Clone, Copy)]
pub struct Signal<'m> {
    module: &'m Module,
    pub(super) id: NodeId,
}

impl fmt::Debug for Signal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.describe(), self.shape())
    }
}

impl<'m> From<Reg<'m>> for Signal<'m> {
    fn from(reg: Reg<'m>) -> Self {
        reg.q
    }
}

impl<'m> Signal<'m> {
    pub(crate) fn new(module: &'m Module, id: NodeId) -> Self {
        Signal { module, id }
    }

    /// The module that the signal belongs to.
    pub fn module(self) -> &'m Module {
        self.module
    }

    /// The shape.
    pub fn shape(self) -> Shape {
        self.module.state().ir.shape(self.id)
    }

    /// The width in bits.
    pub fn width(self) -> u32 {
        self.shape().width
    }

    /// The name that it was given, if any.
    pub fn name(self) -> Option<String> {
        let state = self.module.state();
        let suggested = state.suggestions.of(Thing::Node(self.id));
        state
            .ir
            .node(self.id)
            .name
            .clone()
            .or(suggested.map(str::to_string))
    }

    /// The signal for a message: its name, or how and where it was made.
    pub(crate) fn describe(self) -> String {
        match self.name() {
            Some(name) => format!("`{name}`"),
            None => {
                let operation = operation_name(&self.module.state().ir.node(self.id).kind);
                format!("{operation} (made at {})", made_at(self.module, self.id))
            }
        }
    }

    #[track_caller]
    pub(crate) fn expect_shape(self, shape: Shape, role: &str) {
        assert!(
            self.shape() == shape,
            "{role} must be {shape}, {} is {}",
            self.describe(),
            self.shape()
        );
    }

    #[track_caller]
    pub(crate) fn resolve(self, other: impl Operand<'m>) -> Signal<'m> {
        if let Some(value) = other.integer() {
            let shape = self.shape();
            assert!(
                shape.contains(&value),
                "{value} does not fit {}, which is {shape} ({} to {})",
                self.describe(),
                shape.min(),
                shape.max()
            );
        }
        let other = other.resolve(self.module, self.shape());
        self.module.own(other);
        other
    }

    /// Panics unless this value of a choice has the shape of `other`.
    #[track_caller]
    fn expect_shape_of(self, other: Signal<'m>, choice: &str, role: &str) {
        assert!(
            self.shape() == other.shape(),
            "`{choice}` needs equal shapes: {} is {}, {role} {} is {}",
            self.describe(),
            self.shape(),
            other.describe(),
            other.shape()
        );
    }

    #[track_caller]
    fn make(self, kind: NodeKind, shape: Shape) -> Signal<'m> {
        self.module.node(kind, shape, None)
    }

    // ---- names --------------------------------------------------------------------------

    /// Names the signal, where its binding does not: see [`hardware`](crate::hardware). A signal
    /// that has a name, or is computed, becomes the value of a wire of this name.
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> Signal<'m> {
        let unnamed = {
            let state = self.module.state();
            let node = state.ir.node(self.id);
            let is_own = matches!(
                node.kind,
                NodeKind::Register(_) | NodeKind::MemoryRead { .. } | NodeKind::Wire { .. }
            );
            is_own && node.name.is_none()
        };
        if unnamed {
            self.module.state_mut().ir.nodes[self.id.index()].name = Some(name.into());
            return self;
        }
        let wire = self.module.wire(self.shape()).named(name);
        wire.drive(self);
        wire
    }

    /// Names a value that is computed, even if it is only wiring: it becomes a net of this name where something
    /// reads it, and is nothing where nobody does. What has a name keeps it.
    pub fn called(self, name: impl Into<String>) -> Signal<'m> {
        let mut state = self.module.state_mut();
        let node = &mut state.ir.nodes[self.id.index()];
        let is_computed = matches!(
            node.kind,
            NodeKind::Slice { .. }
                | NodeKind::Cast(_)
                | NodeKind::Extend(_)
                | NodeKind::Concat(_)
                | NodeKind::Unary(..)
                | NodeKind::Binary(..)
                | NodeKind::Mux { .. }
                | NodeKind::Case { .. }
        );
        if is_computed && node.name.is_none() {
            node.name = Some(name.into());
        }
        self
    }

    /// Adds a comment, printed above the declaration (beside it for a port).
    pub fn comment(self, text: &str) -> Signal<'m> {
        let mut state = self.module.state_mut();
        let port = state.ir.ports.iter_mut().find(|port| port.node == self.id);
        match port {
            Some(port) => port.comment = text.to_string(),
            None => state.ir.nodes[self.id.index()].comment = text.to_string(),
        }
        self
    }

    /// Adds a Verilog attribute to the net of a wire or of an instance's output, as
    /// `keep = "true"`. A net that nothing reads is not emitted. Panics where this is neither, and
    /// on text that would not stay inside `(* *)`.
    #[track_caller]
    pub fn attribute(self, attribute: &str) -> Signal<'m> {
        assert_attribute(attribute);
        let is_net = matches!(
            self.module.state().ir.node(self.id).kind,
            NodeKind::Wire { .. } | NodeKind::InstanceOutput { .. }
        );
        assert!(
            is_net,
            "{} cannot have attributes: it is neither a wire nor an instance's output",
            self.describe()
        );
        let mut state = self.module.state_mut();
        let node = &mut state.ir.nodes[self.id.index()];
        node.attributes.push(attribute.to_string());
        self
    }

    /// Drives a wire or output.
    #[track_caller]
    pub fn drive(self, value: impl Operand<'m>) {
        self.module.expect_no_condition(self, "drive");
        let value = self.resolve(value);
        self.drive_at(value, Location::caller());
    }

    /// The signal is the constant 1.
    pub(crate) fn is_one(self) -> bool {
        matches!(&self.module.state().ir.node(self.id).kind,
            NodeKind::Constant { bits, .. } if *bits == BigUint::from(1u32))
    }

    #[track_caller]
    pub(crate) fn expect_wire(self) {
        assert!(
            matches!(
                self.module.state().ir.node(self.id).kind,
                NodeKind::Wire { .. }
            ),
            "{} cannot be driven: it is not a wire",
            self.describe()
        );
    }

    #[track_caller]
    pub(crate) fn drive_at(self, value: Signal<'m>, at: &'static Location<'static>) {
        self.expect_wire();
        assert!(
            value.shape() == self.shape(),
            "{} is {}, its driver {} is {}",
            self.describe(),
            self.shape(),
            value.describe(),
            value.shape()
        );
        self.module
            .drive_node_at(self.id, value, format!("wire {}", self.describe()), at);
    }
}
