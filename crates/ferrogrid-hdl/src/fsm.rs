//! State machines over a Rust enum.

use super::ir::{CasePattern, EnumId, NodeId};
use super::{EnumSignal, HardwareEnum, Module, Reg, Signal};
use num_bigint::BigUint;
use std::marker::PhantomData;
use std::ops::Deref;

/// A state machine: a register of states. It moves by its transitions ([`go`](Fsm::go)) or by
/// [`set`](Fsm::set) within [`when`](Module::when) and [`switch`](Module::switch), and returns from
/// encodings that are no state to the initial state.
pub struct Fsm<'m, S> {
    pub(super) register: Reg<'m>,
    value: EnumSignal<'m, S>,
    machine: usize,
    of: PhantomData<S>,
}

impl<S> Clone for Fsm<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Fsm<'_, S> {}

impl<'m, S> Deref for Fsm<'m, S> {
    type Target = EnumSignal<'m, S>;
    fn deref(&self) -> &EnumSignal<'m, S> {
        &self.value
    }
}

/// What is known of a machine until its module is closed.
pub(super) struct Machine {
    pub register: NodeId,
    /// From, condition, to; earlier transitions of a state come first.
    transitions: Vec<(CasePattern, NodeId, CasePattern)>,
    pub states: EnumId,
    pub initial: CasePattern,
}

impl Module {
    /// A state machine that starts, and is reset, to `initial`.
    #[track_caller]
    pub fn fsm<S: HardwareEnum>(&self, initial: S) -> Fsm<'_, S> {
        let states = self.enum_of(S::info());
        let register = self.reg(S::shape()).reset(initial.encoding());
        let register = register.holds_states(states);
        let mut state = self.state_mut();
        state.machines.push(Machine {
            register: register.q.id,
            transitions: Vec::new(),
            states,
            initial: CasePattern {
                bits: BigUint::from(initial.encoding()),
                state: None,
            },
        });
        let machine = state.machines.len() - 1;
        drop(state);
        let initial = self.pattern(initial);
        self.state_mut().machines[machine].initial = initial;
        Fsm {
            register,
            value: EnumSignal::new(register.q),
            machine,
            of: PhantomData,
        }
    }
}

impl<'m, S: HardwareEnum> Fsm<'m, S> {
    /// The state as a signal.
    pub fn state(self) -> EnumSignal<'m, S> {
        self.value
    }

    /// Names the register; see [`Reg::named`].
    #[track_caller]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.register.named(name);
        self
    }

    /// Goes from one state to another where `condition` is 1. Of several transitions from one
    /// state, the first added wins; without one that applies the state stays.
    #[track_caller]
    pub fn go(self, from: S, condition: impl Into<Signal<'m>>, to: S) {
        let condition = condition.into();
        let module = self.register.q.module();
        module.one_bit(condition, "the condition of a transition");
        let (from, to) = (module.pattern(from), module.pattern(to));
        let machine = &mut module.state_mut().machines[self.machine];
        machine.transitions.push((from, condition.id, to));
    }

    /// Goes from one state to the next unconditionally.
    #[track_caller]
    pub fn then(self, from: S, to: S) {
        self.go(from, self.register.q.module().high(), to);
    }

    /// Goes to a state, under the conditions that are open; see [`Reg::set`].
    #[track_caller]
    pub fn set(self, to: S) {
        self.register
            .set(self.register.q.module().value(to).signal());
    }
}

/// Turns the collected transitions into the next values of the state registers.
pub(super) fn lower_machines(module: &Module) {
    let machines = std::mem::take(&mut module.state_mut().machines);
    for machine in &machines {
        let state = Signal::new(module, machine.register);
        let constant =
            |to: &CasePattern| module.constant_of(to.bits.clone(), state.shape(), to.state);
        let variants = module.state().ir.enums[machine.states.index()]
            .variants
            .clone();
        let full = variants.len() as u64 == 1 << state.width();
        let mut arms = Vec::new();
        for (index, variant) in (0..).zip(&variants) {
            let from = CasePattern {
                bits: BigUint::from(variant.encoding),
                state: Some((machine.states, index)),
            };
            let mut next = None;
            let of_state = machine.transitions.iter().filter(|t| t.0 == from);
            for (_, condition, to) in of_state.rev() {
                let condition = Signal::new(module, *condition);
                next = Some(if condition.is_one() {
                    constant(to)
                } else {
                    condition.mux(constant(to), next.unwrap_or(state))
                });
            }
            match next {
                Some(next) => arms.push((from, next)),
                None if !full => arms.push((from, state)),
                None => {}
            }
        }
        if machine.transitions.is_empty() && module.is_set(machine.register) {
            continue;
        }
        let next = match (machine.transitions.is_empty(), full) {
            (true, _) => state,
            (_, true) => state.case_patterns(arms, state),
            (_, false) => state.case_patterns(arms, constant(&machine.initial)),
        };
        module.drive_node(
            machine.register,
            next,
            format!("state machine {}", state.describe()),
        );
    }
    module.state_mut().machines = machines;
}
