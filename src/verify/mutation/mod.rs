//! Hardware that is broken on purpose: the checks must notice.
//!
//! A [`Mutation`] is one small change of a closed design, at a spot that is named in words of the
//! blocks: a module, a wire, a register, a port. What it makes is again a closed design, one that
//! every simulator takes. [`hunt`] runs cases on mutants until one fails.

mod edit;
mod hunt;
mod matmul;
mod npu;

pub use hunt::{Catch, Hunt, Prey, Verdict, hunt};
pub use matmul::MATMUL;
pub use npu::NPU;

use crate::hdl::ir::{BinaryOp, Design};
use std::sync::Arc;

/// One way to break a core.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// What is wrong with the mutant, in a few words; unique.
    pub name: &'static str,
    /// The module: how its name goes on behind the core's; empty for the core itself. With
    /// `/instance` behind it, the module of that instance, and so on.
    pub module: &'static str,
    /// Where in it.
    pub spot: Spot,
    /// What happens there.
    pub change: Change,
    /// Where a change fits several places of the expression at the spot: which one, from 0.
    pub nth: usize,
}

/// A place in a module that takes its value from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// What drives a named wire.
    Wire(&'static str),
    /// The next value of a register.
    Next(&'static str),
    /// The enable of a register.
    Enable(&'static str),
    /// What drives an output port.
    Output(&'static str),
    /// The enable of the first write port of a memory.
    WriteEnable(&'static str),
    /// The address of the first write port of a memory.
    WriteAddress(&'static str),
    /// What feeds an input of an instance: its name, and the port's.
    Input(&'static str, &'static str),
}

/// What a mutation does to the value at its spot. The expression at a spot ends at named wires,
/// registers and instances; operators in it count from left to right, outer before inner ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Constant bits.
    Stuck(u64),
    /// The complement.
    Invert,
    /// The sum with a constant.
    Offset(i64),
    /// A cycle late.
    Late,
    /// A cycle early: the spot takes what its register takes.
    Early,
    /// The value of another wire or register.
    Other(&'static str),
    /// The highest bit is lost.
    LoseTopBit,
    /// So many of the lowest bits stay; there must be more.
    KeepBits(u32),
    /// The conjunction with another wire, register or port of one bit.
    Gate(&'static str),
    /// A register is not reset.
    NoReset,
    /// An operator gives its left operand.
    KeepLeft,
    /// An operator gives its right operand.
    KeepRight,
    /// An operator of one kind becomes another.
    Operator(BinaryOp, BinaryOp),
    /// A comparison is strict where it was not, and the other way round.
    Strictness,
    /// A constant operand of an operator is another by so much.
    Constant(i64),
    /// A multiplexer takes its values the wrong way round.
    SwapMux,
    /// A multiplexer always takes the value for 1.
    AlwaysThen,
    /// A multiplexer always takes the value for 0.
    AlwaysOtherwise,
    /// A widening fills with zeros where it should with the sign, and the other way round.
    WrongExtension,
    /// The two lowest parts of a concatenation change places.
    SwapLanes,
    /// A slice takes its bits so much higher (lower where there are no higher ones).
    SliceAt(u32),
}

/// A mutation of the first place that the change fits.
const fn m(name: &'static str, module: &'static str, spot: Spot, change: Change) -> Mutation {
    Mutation {
        name,
        module,
        spot,
        change,
        nth: 0,
    }
}

impl Mutation {
    /// The same at another place of the expression.
    const fn at(mut self, nth: usize) -> Mutation {
        self.nth = nth;
        self
    }

    /// Breaks a core in this way. False when the core has no such spot (a mask that its widths do
    /// not need, say): then it is left as it was.
    pub fn apply(&self, design: &mut Design) -> bool {
        let core = &design.top().name;
        let mut path = self.module.split('/');
        let wanted = format!("{core}{}", path.next().unwrap_or_default());
        let modules = &design.modules;
        let mut found = modules.iter().position(|module| module.name == wanted);
        for name in path {
            found = found.and_then(|index| {
                let mut instances = modules[index].instances.iter();
                let instance = instances.find(|instance| instance.name == name)?;
                Some(instance.module.index())
            });
        }
        let Some(index) = found else { return false };
        // Modules stand behind those of their instances.
        let (below, module) = design.modules.split_at_mut(index);
        module
            .first_mut()
            .map(Arc::make_mut)
            .is_some_and(|module| edit::apply(module, below, self.spot, self.change, self.nth))
    }
}
