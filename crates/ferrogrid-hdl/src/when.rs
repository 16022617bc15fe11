//! Conditional description: `when`, `else_when`, `otherwise` and `switch`.
//!
//! Within them [`Reg::set`], [`Signal::set`] and [`Memory::write`](super::Memory::write) act only
//! where their conditions hold; of several assignments that apply, the last one counts. They become
//! the next values of registers and the drivers of wires when the module is closed.

use super::ir::{CasePattern, NodeId, NodeKind};
use super::{CaseLabel, EnumSignal, Fsm, HardwareEnum, Issue, Module, Operand, Reg, Signal};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::panic::Location;

/// What the description of a module says, in order.
pub(super) enum Statement {
    Set(Assignment),
    /// Conditions with what they guard, the first that holds counts, and what else holds.
    When(Vec<(NodeId, Vec<Statement>)>, Vec<Statement>),
    /// Arms of a selector, and what holds for all other values where that was said.
    Switch(NodeId, Vec<Arm>, Option<Vec<Statement>>),
}

pub(super) struct Assignment {
    target: NodeId,
    value: NodeId,
    at: &'static Location<'static>,
}

type Arm = (Vec<CasePattern>, Vec<Statement>);

/// The statements of a module under construction.
#[derive(Default)]
pub(super) struct Script {
    /// The statements of the body that is open, of the one around it and so on, outermost first.
    open: Vec<Vec<Statement>>,
    /// The conditions under which the open bodies act.
    conditions: Vec<NodeId>,
    /// The first node that was made in the outermost open body.
    first_inside: u32,
    /// What is assigned anywhere.
    targets: HashSet<NodeId>,
}

thread_local! {
    /// The modules whose bodies of `when` and `switch` are open, or none where a module is built.
    static OPEN: RefCell<Vec<Option<*const Module>>> = const { RefCell::new(Vec::new()) };
}

/// A body that is open, or a module that is built.
pub(super) struct Open;

impl Open {
    fn of(module: &Module) -> Self {
        OPEN.with_borrow_mut(|open| open.push(Some(module)));
        Open
    }

    /// A module is built: conditions outside are none of its own.
    pub(super) fn module() -> Self {
        OPEN.with_borrow_mut(|open| open.push(None));
        Open
    }

    /// Panics where the conditions that are open are another module's.
    #[track_caller]
    fn expect(module: &Module, target: Signal<'_>) {
        let innermost = OPEN.with_borrow(|open| open.last().copied().flatten());
        assert!(
            innermost.is_none_or(|open| std::ptr::eq(open, module)),
            "{} belongs to module `{}` and is set under a condition of another module",
            target.describe(),
            module.name()
        );
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.pop());
    }
}

/// A `when` that may go on with [`else_when`](When::else_when) and end with
/// [`otherwise`](When::otherwise).
pub struct When<'m> {
    module: &'m Module,
    /// None of the conditions so far holds; `None` at first.
    none: Signal<'m>,
}

/// A `switch` whose arms are being described.
pub struct Switch<'m, S> {
    module: &'m Module,
    selector: S,
    /// None of the patterns so far is the selector's value.
    patterns: Vec<CasePattern>,
}

/// What a [`switch`](Module::switch) can decide on, and with which patterns.
pub trait Selector<'m>: Copy {
    /// A value of it.
    type Pattern;
    /// The signal.
    fn signal(self) -> Signal<'m>;
    /// A value as a pattern.
    fn pattern(self, value: Self::Pattern) -> CasePattern;
}

impl<'m> Selector<'m> for Signal<'m> {
    type Pattern = u64;

    fn signal(self) -> Signal<'m> {
        self
    }

    #[track_caller]
    fn pattern(self, value: u64) -> CasePattern {
        CaseLabel::pattern(value, self)
    }
}

impl<'m> Selector<'m> for Reg<'m> {
    type Pattern = u64;

    fn signal(self) -> Signal<'m> {
        self.q
    }

    #[track_caller]
    fn pattern(self, value: u64) -> CasePattern {
        CaseLabel::pattern(value, self.q)
    }
}

impl<'m, S: HardwareEnum> Selector<'m> for EnumSignal<'m, S> {
    type Pattern = S;

    fn signal(self) -> Signal<'m> {
        EnumSignal::signal(self)
    }

    fn pattern(self, value: S) -> CasePattern {
        EnumSignal::signal(self).module().pattern(value)
    }
}

impl<'m, S: HardwareEnum> Selector<'m> for Fsm<'m, S> {
    type Pattern = S;

    fn signal(self) -> Signal<'m> {
        self.register.q
    }

    fn pattern(self, value: S) -> CasePattern {
        self.register.q.module().pattern(value)
    }
}

impl Module {
    /// Describes what happens where `condition` is 1.
    ///
    /// ```
    /// # use ferrogrid_hdl::{self as hdl, bit, hardware, unsigned};
    /// # #[hardware]
    /// # fn example(m: &hdl::Module) {
    /// # let (clear, step) = (m.input("clear", bit()), m.input("step", bit()));
    /// let count = m.reg(unsigned(8)).reset(0);
    /// m.when(clear, || count.set(0))
    ///     .else_when(step, || count.set(count + 1));
    /// # m.output("value", count);
    /// # }
    /// # hdl::design("example", example).unwrap();
    /// ```
    #[track_caller]
    pub fn when<'m, R>(
        &'m self,
        condition: impl Into<Signal<'m>>,
        body: impl FnOnce() -> R,
    ) -> When<'m> {
        let condition = condition.into();
        self.one_bit(condition, "the condition of `when`");
        let statements = self.body(condition, body);
        self.say(Statement::When(
            vec![(condition.id, statements)],
            Vec::new(),
        ));
        When {
            module: self,
            none: !condition,
        }
    }

    /// Describes what happens for values of `selector`, a signal or a value of an enum. The arms
    /// of an enum, or of a signal, must be complete or end with [`otherwise`](Switch::otherwise)
    /// where they drive wires.
    ///
    /// ```
    /// # use ferrogrid_hdl::{self as hdl, bit, hardware, hardware_enum, unsigned};
    /// # hardware_enum! { pub enum State { Idle, Run } }
    /// # #[hardware]
    /// # fn example(m: &hdl::Module) {
    /// # let (start, stop) = (m.input("start", bit()), m.input("stop", bit()));
    /// let state = m.fsm(State::Idle);
    /// m.switch(state)
    ///     .case(State::Idle, || m.when(start, || state.set(State::Run)))
    ///     .case(State::Run, || m.when(stop, || state.set(State::Idle)));
    /// # m.output("runs", state.is(State::Run));
    /// # }
    /// # hdl::design("example", example).unwrap();
    /// ```
    #[track_caller]
    pub fn switch<'m, S: Selector<'m>>(&'m self, selector: S) -> Switch<'m, S> {
        let signal = selector.signal();
        self.own(signal);
        assert!(
            !signal.shape().signed,
            "the selector of `switch` must be unsigned, {} is {}",
            signal.describe(),
            signal.shape()
        );
        self.say(Statement::Switch(signal.id, Vec::new(), None));
        Switch {
            module: self,
            selector,
            patterns: Vec::new(),
        }
    }

    /// One bit: all conditions of the bodies that are open hold; `None` outside of them.
    #[track_caller]
    pub(super) fn open_condition(&self) -> Option<Signal<'_>> {
        let conditions = self.state().script.conditions.clone();
        let signals = conditions.into_iter().map(|id| Signal::new(self, id));
        signals.reduce(|all, condition| all & condition)
    }

    /// Something is assigned by `set`.
    pub(super) fn is_set(&self, target: NodeId) -> bool {
        self.state().script.targets.contains(&target)
    }

    fn say(&self, statement: Statement) {
        let mut state = self.state_mut();
        let open = &mut state.script.open;
        if open.is_empty() {
            open.push(Vec::new());
        }
        open.last_mut().expect("the outermost body").push(statement);
    }

    /// The statements of a body that acts where `condition` is 1.
    fn body<R>(&self, condition: Signal<'_>, body: impl FnOnce() -> R) -> Vec<Statement> {
        let _open = Open::of(self);
        {
            let mut state = self.state_mut();
            let nodes = state.ir.nodes.len() as u32;
            let script = &mut state.script;
            if script.conditions.is_empty() {
                script.first_inside = nodes;
            }
            if script.open.is_empty() {
                script.open.push(Vec::new());
            }
            script.open.push(Vec::new());
            script.conditions.push(condition.id);
        }
        body();
        let script = &mut self.state_mut().script;
        script.conditions.pop();
        script.open.pop().expect("the body that was opened")
    }

    /// Panics in a `when` or `switch` on a target from outside: conditions count for `set` alone.
    #[track_caller]
    pub(super) fn expect_no_condition(&self, target: Signal<'_>, call: &str) {
        let script = &self.state().script;
        assert!(
            script.conditions.is_empty() || target.id.0 >= script.first_inside,
            "`{call}` gives {} its value in every cycle, whatever the `when` or `switch` around it says: \
             use `.set(..)`",
            target.describe()
        );
    }

    /// Changes the last statement of the open body.
    fn amend(&self, change: impl FnOnce(&mut Statement)) {
        let mut state = self.state_mut();
        let open = state.script.open.last_mut();
        change(
            open.and_then(|body| body.last_mut())
                .expect("the statement is the last one"),
        );
    }

    #[track_caller]
    fn assign<'m>(&'m self, target: Signal<'m>, value: impl Operand<'m>) {
        Open::expect(self, target);
        let value = target.resolve(value);
        assert!(
            value.shape() == target.shape(),
            "{} is {}, what it is set to, {}, is {}",
            target.describe(),
            target.shape(),
            value.describe(),
            value.shape()
        );
        self.say(Statement::Set(Assignment {
            target: target.id,
            value: value.id,
            at: Location::caller(),
        }));
        self.state_mut().script.targets.insert(target.id);
    }
}

impl<'m> When<'m> {
    /// Describes what happens where `condition` is 1 and no condition before was.
    #[track_caller]
    pub fn else_when<R>(
        self,
        condition: impl Into<Signal<'m>>,
        body: impl FnOnce() -> R,
    ) -> When<'m> {
        let (m, condition) = (self.module, condition.into());
        m.one_bit(condition, "the condition of `else_when`");
        let statements = m.body(self.none & condition, body);
        m.amend(|last| {
            if let Statement::When(arms, _) = last {
                arms.push((condition.id, statements));
            }
        });
        When {
            module: m,
            none: self.none & !condition,
        }
    }

    /// Describes what happens where no condition was 1.
    #[track_caller]
    pub fn otherwise<R>(self, body: impl FnOnce() -> R) {
        let statements = self.module.body(self.none, body);
        self.module.amend(|last| {
            if let Statement::When(_, otherwise) = last {
                *otherwise = statements;
            }
        });
    }
}

impl<'m, S: Selector<'m>> Switch<'m, S> {
    /// Describes what happens where the selector has this value.
    ///
    /// # Panics
    /// When an arm of the value is there already.
    #[track_caller]
    pub fn case<R>(self, value: S::Pattern, body: impl FnOnce() -> R) -> Self {
        self.cases([value], body)
    }

    /// Describes what happens where the selector has one of these values.
    ///
    /// # Panics
    /// When an arm of one of the values is there already.
    #[track_caller]
    pub fn cases<R>(
        mut self,
        values: impl IntoIterator<Item = S::Pattern>,
        body: impl FnOnce() -> R,
    ) -> Self {
        let (m, signal) = (self.module, self.selector.signal());
        let mut patterns = Vec::new();
        for value in values {
            let pattern = self.selector.pattern(value);
            assert!(
                !self.patterns.iter().any(|other| other.bits == pattern.bits),
                "case pattern {} of {} stands twice",
                pattern.bits,
                signal.describe()
            );
            self.patterns.push(pattern.clone());
            patterns.push(pattern);
        }
        let condition = m.equals_any(signal, &patterns);
        let statements = m.body(condition, body);
        m.amend(|last| {
            if let Statement::Switch(_, arms, _) = last {
                arms.push((patterns, statements));
            }
        });
        self
    }

    /// Describes what happens for all other values.
    #[track_caller]
    pub fn otherwise<R>(self, body: impl FnOnce() -> R) {
        let (m, signal) = (self.module, self.selector.signal());
        let condition = !m.equals_any(signal, &self.patterns);
        let statements = m.body(condition, body);
        m.amend(|last| {
            if let Statement::Switch(_, _, default) = last {
                *default = Some(statements);
            }
        });
    }
}

impl Module {
    #[track_caller]
    fn equals_any<'m>(&'m self, selector: Signal<'m>, patterns: &[CasePattern]) -> Signal<'m> {
        let one = |pattern: &CasePattern| {
            let shape = selector.shape();
            selector.eq(self.constant_of(pattern.bits.clone(), shape, pattern.state))
        };
        let any = patterns.iter().map(one).reduce(|any, one| any | one);
        any.unwrap_or_else(|| self.low())
    }
}

impl<'m> Reg<'m> {
    /// Sets the next value, under the conditions that are open; where it is not set, the register
    /// keeps its value. Of several that apply, the last one counts.
    #[track_caller]
    pub fn set(self, value: impl Operand<'m>) {
        self.q.module().assign(self.q, value);
    }
}

impl<'m> Signal<'m> {
    /// Sets the value of a wire or output, under the conditions that are open. A wire must be set
    /// in every case: by a value for every condition, or by one without condition before. Of
    /// several that apply, the last one counts.
    #[track_caller]
    pub fn set(self, value: impl Operand<'m>) {
        self.expect_wire();
        self.module().assign(self, value);
    }
}

/// Turns the statements into next values and drivers.
pub(super) fn lower_statements(module: &Module) {
    let script = std::mem::take(&mut module.state_mut().script);
    module.state_mut().script.targets = script.targets;
    let statements: Vec<Statement> = script.open.into_iter().flatten().collect();
    let mut order = Vec::new();
    let mut first = HashMap::new();
    visit(&statements, &mut |assignment| {
        first.entry(assignment.target).or_insert_with(|| {
            order.push(assignment.target);
            assignment.at
        });
    });
    for target in order {
        let signal = Signal::new(module, target);
        let is_register = matches!(module.state().ir.node(target).kind, NodeKind::Register(_));
        let at = first[&target];
        let lowering = Lowering { module, target, at };
        let start = is_register.then_some(signal);
        match lowering.body(&statements, start) {
            Some(value) => {
                let kind = if is_register { "register" } else { "wire" };
                let what = format!("{kind} {}", signal.describe());
                module.drive_node_at(target, value, what, at);
                module.state_mut().ir.nodes[target.index()].procedural = true;
            }
            None => {
                let (name, what) = (module.name(), format!("wire {}", signal.describe()));
                let issue = Issue::Incomplete {
                    module: name,
                    what,
                    at,
                };
                module.state_mut().issues.push(issue);
                // What it is set to counts as read all the same.
                let zero = Some(module.zero(signal.shape()));
                if let Some(value) = lowering.body(&statements, zero) {
                    module.drive_node_at(target, value, String::new(), at);
                }
            }
        }
    }
}

fn visit<'a>(statements: &'a [Statement], see: &mut dyn FnMut(&'a Assignment)) {
    for statement in statements {
        match statement {
            Statement::Set(assignment) => see(assignment),
            Statement::When(arms, otherwise) => {
                arms.iter().for_each(|(_, body)| visit(body, see));
                visit(otherwise, see);
            }
            Statement::Switch(_, arms, default) => {
                arms.iter().for_each(|(_, body)| visit(body, see));
                default.iter().for_each(|body| visit(body, see));
            }
        }
    }
}

/// The value of one target behind statements.
struct Lowering<'m> {
    module: &'m Module,
    target: NodeId,
    at: &'static Location<'static>,
}

impl<'m> Lowering<'m> {
    /// A choice, which stands where its target is first set.
    fn at(&self, choice: Signal<'m>) -> Signal<'m> {
        let mut state = self.module.state_mut();
        state.ir.nodes[choice.id.index()].location = self.at;
        choice
    }

    fn touches(&self, statements: &[Statement]) -> bool {
        let mut found = false;
        visit(statements, &mut |assignment| {
            found |= assignment.target == self.target
        });
        found
    }

    /// The value behind these statements, of what it is before; `None` where it is not known in
    /// every case.
    fn body(&self, statements: &[Statement], before: Option<Signal<'m>>) -> Option<Signal<'m>> {
        let mut value = before;
        for statement in statements {
            match statement {
                Statement::Set(assignment) if assignment.target == self.target => {
                    value = Some(Signal::new(self.module, assignment.value));
                }
                Statement::Set(_) => {}
                Statement::When(arms, otherwise) => {
                    let bodies = arms.iter().map(|(_, body)| body);
                    if !bodies.chain([otherwise]).any(|body| self.touches(body)) {
                        continue;
                    }
                    let mut result = self.body(otherwise, value);
                    for (condition, body) in arms.iter().rev() {
                        let condition = Signal::new(self.module, *condition);
                        let then = self.body(body, value);
                        result = match (then, result) {
                            (Some(then), Some(otherwise)) if then.id == otherwise.id => Some(then),
                            (then, otherwise) => Some(self.at(condition.mux(then?, otherwise?))),
                        };
                    }
                    value = result;
                }
                Statement::Switch(selector, arms, default) => {
                    let bodies = arms.iter().map(|(_, body)| body).chain(default);
                    if !bodies.into_iter().any(|body| self.touches(body)) {
                        continue;
                    }
                    value = self.switch(*selector, arms, default.as_deref(), value);
                }
            }
        }
        value
    }

    fn switch(
        &self,
        selector: NodeId,
        arms: &[Arm],
        default: Option<&[Statement]>,
        before: Option<Signal<'m>>,
    ) -> Option<Signal<'m>> {
        let selector = Signal::new(self.module, selector);
        let mut values = Vec::new();
        for (patterns, body) in arms {
            let value = self.body(body, before)?;
            values.extend(patterns.iter().map(|pattern| (pattern.clone(), value)));
        }
        let otherwise = match default {
            Some(body) => self.body(body, before),
            None => self
                .module
                .illegal(self.target, selector, &values)
                .or(before),
        };
        match otherwise {
            Some(otherwise) => Some(selector.case_patterns(values, otherwise)),
            // All values have an arm: the last one stands for the rest.
            None if self.module.covers(selector, &values) => {
                let (_, last) = values.pop()?;
                Some(if values.is_empty() {
                    last
                } else {
                    selector.case_patterns(values, last)
                })
            }
            None => None,
        }
    }
}

impl Module {
    /// The arms name every value of the selector, or every variant of its enum.
    fn covers(&self, selector: Signal<'_>, arms: &[(CasePattern, Signal<'_>)]) -> bool {
        let enums = &self.state().ir.enums;
        let of = arms.iter().find_map(|(pattern, _)| pattern.state);
        let variants = of.map(|(id, _)| enums[id.index()].variants.len() as u64);
        let values = 1u64.checked_shl(selector.width()).unwrap_or(u64::MAX);
        arms.len() as u64 == variants.unwrap_or(values)
    }

    /// The next state of a machine for encodings that are no state, where every state has an arm.
    fn illegal<'m>(
        &'m self,
        target: NodeId,
        selector: Signal<'m>,
        arms: &[(CasePattern, Signal<'m>)],
    ) -> Option<Signal<'m>> {
        if target != selector.id || !self.covers(selector, arms) {
            return None;
        }
        let initial = {
            let state = self.state();
            let machine = state
                .machines
                .iter()
                .find(|machine| machine.register == target)?;
            machine.initial.clone()
        };
        Some(self.constant_of(initial.bits, selector.shape(), initial.state))
    }
}
