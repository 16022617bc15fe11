//! State machines over a Rust enum.

use super::ir::{CasePattern, EnumId, NodeKind};
use super::{Module, Reg, Signal, index_bits, unsigned};
use num_bigint::BigUint;
use std::marker::PhantomData;

/// An enum whose variants are the states of a machine; made with
/// [`state_enum!`](crate::state_enum).
pub trait StateEnum: Copy + 'static {
    /// The type's name.
    const NAME: &'static str;
    /// The variants' names, in the order of their encodings 0, 1, 2 ...
    const VARIANTS: &'static [&'static str];
    /// The encoding.
    fn index(self) -> u32;
}

/// Defines an enum of states.
///
/// ```
/// use ferrogrid_hdl::{self as hdl, bit, state_enum};
///
/// state_enum! {
///     /// A traffic light.
///     pub enum Light { Red, Green }
/// }
///
/// let design = hdl::design("light", |m| {
///     let toggle = m.input("toggle", bit());
///     let light = m.fsm("light", Light::Red);
///     light.go(Light::Red, toggle, Light::Green);
///     light.go(Light::Green, toggle, Light::Red);
///     m.output("may_walk", light.is(Light::Red));
/// });
/// # design.unwrap();
/// ```
#[macro_export]
macro_rules! state_enum {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        $visibility enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $crate::StateEnum for $name {
            const NAME: &'static str = stringify!($name);
            const VARIANTS: &'static [&'static str] = &[$(stringify!($variant)),+];
            fn index(self) -> u32 {
                self as u32
            }
        }
    };
}

/// A state machine: a register of states and its transitions.
#[derive(Clone, Copy)]
pub struct Fsm<'m, S> {
    register: Reg<'m>,
    machine: usize,
    states: EnumId,
    kind: PhantomData<S>,
}

/// The transitions collected for a machine.
pub(super) struct Machine {
    register: super::ir::NodeId,
    /// From, condition, to; earlier transitions of a state come first.
    transitions: Vec<(u32, super::ir::NodeId, u32)>,
    states: EnumId,
    variants: u32,
}

impl Module {
    /// A state machine that starts, and is reset, to `initial`.
    #[track_caller]
    pub fn fsm<S: StateEnum>(&self, name: impl Into<String>, initial: S) -> Fsm<'_, S> {
        let variants: Vec<String> = S::VARIANTS.iter().map(|v| screaming(v)).collect();
        let states = self.enum_id(S::NAME, &variants);
        let shape = unsigned(index_bits(variants.len() as u64));
        let register = self
            .reg(name, shape)
            .reset(initial.index())
            .holds_states(states);
        let mut state = self.state_mut();
        state.machines.push(Machine {
            register: register.q.id,
            transitions: Vec::new(),
            states,
            variants: variants.len() as u32,
        });
        let machine = state.machines.len() - 1;
        Fsm {
            register,
            machine,
            states,
            kind: PhantomData,
        }
    }
}

impl<'m, S: StateEnum> Fsm<'m, S> {
    /// The state register.
    pub fn state(self) -> Signal<'m> {
        self.register.q
    }

    /// One bit: the machine is in `state`.
    #[track_caller]
    pub fn is(self, state: S) -> Signal<'m> {
        let bits = BigUint::from(state.index());
        let module = self.register.q.module();
        let constant = module.constant(
            bits,
            self.register.q.shape(),
            Some((self.states, state.index())),
        );
        self.register.q.eq(constant)
    }

    /// Goes from one state to another where `condition` is 1. Of several transitions from one
    /// state, the first added wins; without one that applies the state stays.
    #[track_caller]
    pub fn go(self, from: S, condition: impl Into<Signal<'m>>, to: S) {
        let condition = condition.into();
        let module = self.register.q.module();
        module.one_bit(condition, "the condition of a transition");
        module.state_mut().machines[self.machine].transitions.push((
            from.index(),
            condition.id,
            to.index(),
        ));
    }

    /// Goes from one state to the next unconditionally.
    #[track_caller]
    pub fn then(self, from: S, to: S) {
        self.go(from, self.register.q.module().high(), to);
    }

    /// The value beside the current state, else `default`.
    #[track_caller]
    pub fn case(self, arms: &[(S, Signal<'m>)], default: impl Into<Signal<'m>>) -> Signal<'m> {
        let arms = arms
            .iter()
            .map(|(s, value)| (self.pattern(*s), *value))
            .collect();
        self.register.q.case_patterns(arms, default.into())
    }

    fn pattern(self, state: S) -> CasePattern {
        CasePattern {
            bits: BigUint::from(state.index()),
            state: Some((self.states, state.index())),
        }
    }
}

/// Turns the collected transitions into the next values of the state registers.
pub(super) fn lower_machines(module: &Module) {
    let machines = std::mem::take(&mut module.state_mut().machines);
    for machine in machines {
        let state = Signal::new(module, machine.register);
        let constant = |index: u32| {
            module.constant(
                BigUint::from(index),
                state.shape(),
                Some((machine.states, index)),
            )
        };
        let mut arms = Vec::new();
        for from in 0..machine.variants {
            let mut next = None;
            for (_, condition, to) in machine.transitions.iter().rev().filter(|t| t.0 == from) {
                let condition = Signal::new(module, *condition);
                let always = is_one(module, condition);
                next = Some(if always {
                    constant(*to)
                } else {
                    condition.mux(constant(*to), next.unwrap_or(state))
                });
            }
            if let Some(next) = next {
                let bits = BigUint::from(from);
                arms.push((
                    CasePattern {
                        bits,
                        state: Some((machine.states, from)),
                    },
                    next,
                ));
            }
        }
        let next = if arms.is_empty() {
            state
        } else {
            state.case_patterns(arms, state)
        };
        module.drive_node(
            machine.register,
            next,
            format!("state machine {}", state.describe()),
        );
    }
}

fn is_one(module: &Module, condition: Signal<'_>) -> bool {
    matches!(&module.state().ir.node(condition.id).kind,
        NodeKind::Constant { bits, .. } if *bits == BigUint::from(1u32))
}

/// `LoadTile` as `LOAD_TILE`; a name without lowercase letters stays.
fn screaming(variant: &str) -> String {
    if !variant.contains(|c: char| c.is_ascii_lowercase()) {
        return variant.to_string();
    }
    let mut name = String::new();
    for (i, c) in variant.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::screaming;

    #[test]
    fn variants_become_verilog_constants() {
        let names = ["LoadTile", "Idle", "IDLE", "AW", "A", "LOAD_A"].map(screaming);
        assert_eq!(names, ["LOAD_TILE", "IDLE", "IDLE", "AW", "A", "LOAD_A"]);
    }
}
