//! Names from `let` bindings: what [`hardware`](crate::hardware) calls, and the names that come of
//! it when a module is closed.
//!
//! A binding names what has no name yet. Where the function that makes a thing binds it too, the
//! name in the function that called it counts: it says what the thing is for.

use super::bundle::signals;
use super::ir::{InstanceId, MemoryId, ModuleIr, NodeId, NodeKind};
use super::{Bundle, EnumSignal, Fsm, HardwareEnum, Issue, Memory, Module, Reg, Signal, Stream};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

thread_local! {
    /// How many functions under [`hardware`](crate::hardware) are running.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// A function under [`hardware`](crate::hardware) that is running.
pub struct Depth(());

impl Depth {
    /// Enters a function.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        DEPTH.with(|depth| depth.set(depth.get() + 1));
        Depth(())
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

/// A value that a `let` has bound, whatever its type.
pub struct Binding<'a, T: ?Sized>(pub &'a T);

/// The value is hardware: it takes the name.
pub trait Named {
    /// Gives the value the name of its binding.
    fn bind(&self, name: &str);
}

impl<T: Nameable + ?Sized> Named for Binding<'_, T> {
    fn bind(&self, name: &str) {
        self.0.suggest(name);
    }
}

/// The value is not hardware: it has no name. A call finds this trait only where [`Named`] is not
/// there, as that one needs no reference more.
pub trait Unnamed {
    /// Does nothing.
    fn bind(&self, _name: &str) {}
}

impl<T: ?Sized> Unnamed for &Binding<'_, T> {}

/// Hardware that can be named after its binding.
pub trait Nameable {
    /// Names it, unless it has a name.
    fn suggest(&self, name: &str);
}

impl Nameable for Signal<'_> {
    fn suggest(&self, name: &str) {
        self.module().suggest(Thing::Node(self.id), name);
    }
}

impl Nameable for Reg<'_> {
    fn suggest(&self, name: &str) {
        self.q.suggest(name);
    }
}

impl<S> Nameable for Fsm<'_, S> {
    fn suggest(&self, name: &str) {
        self.register.q.suggest(name);
    }
}

impl<S: HardwareEnum> Nameable for EnumSignal<'_, S> {
    fn suggest(&self, name: &str) {
        self.signal().suggest(name);
    }
}

impl Nameable for Memory<'_> {
    fn suggest(&self, name: &str) {
        self.module().suggest(Thing::Memory(self.id()), name);
    }
}

impl<T: Nameable> Nameable for Vec<T> {
    fn suggest(&self, name: &str) {
        self.as_slice().suggest(name);
    }
}

impl<T: Nameable, const N: usize> Nameable for [T; N] {
    fn suggest(&self, name: &str) {
        self.as_slice().suggest(name);
    }
}

impl<T: Nameable> Nameable for [T] {
    fn suggest(&self, name: &str) {
        for (index, item) in self.iter().enumerate() {
            item.suggest(&format!("{name}_{index}"));
        }
    }
}

impl<'m, P: Bundle<'m>> Nameable for Stream<'m, P> {
    fn suggest(&self, name: &str) {
        suggest_bundle(self, name);
    }
}

/// Names the instance whose outputs a bundle is, or else its signals.
pub fn suggest_bundle<'m>(bundle: &impl Bundle<'m>, name: &str) {
    let all = signals(bundle);
    let instance = all.iter().find_map(|signal| {
        let state = signal.module().state();
        match state.ir.node(signal.id).kind {
            NodeKind::InstanceOutput { instance, .. } => Some((signal.module(), instance)),
            _ => None,
        }
    });
    if let Some((module, instance)) = instance {
        module.suggest(Thing::Instance(instance), name);
        return;
    }
    for (leaf, signal) in bundle.layout().leaves().iter().zip(all) {
        signal.suggest(&leaf.port(name));
    }
}

/// What can have a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Thing {
    Node(NodeId),
    Memory(MemoryId),
    Instance(InstanceId),
}

struct Suggestion {
    name: String,
    depth: u32,
}

/// The names that bindings suggest.
#[derive(Default)]
pub(super) struct Suggestions {
    all: HashMap<Thing, Suggestion>,
}

impl Suggestions {
    pub fn of(&self, thing: Thing) -> Option<&str> {
        self.all
            .get(&thing)
            .map(|suggestion| suggestion.name.as_str())
    }
}

impl Module {
    fn suggest(&self, thing: Thing, name: &str) {
        let mut state = self.state_mut();
        if has_name(&state.ir, thing) {
            return;
        }
        let depth = DEPTH.with(Cell::get);
        let known = state.suggestions.all.get(&thing);
        if known.is_none_or(|known| depth < known.depth) {
            let name = name.to_string();
            state
                .suggestions
                .all
                .insert(thing, Suggestion { name, depth });
        }
    }
}

/// A name that the designer gave, or none that a binding may give.
fn has_name(ir: &ModuleIr, thing: Thing) -> bool {
    match thing {
        Thing::Node(id) => {
            let node = ir.node(id);
            let nameless = matches!(
                node.kind,
                NodeKind::Constant { .. } | NodeKind::Input(_) | NodeKind::InstanceOutput { .. }
            );
            node.name.is_some() || nameless
        }
        Thing::Memory(id) => !ir.memories[id.index()].name.is_empty(),
        Thing::Instance(id) => !ir.instances[id.index()].name.is_empty(),
    }
}

/// Gives everything in a module its name: that of its binding, numbered where several have one.
pub(super) fn settle_names(module: &Module) {
    let suggestions = std::mem::take(&mut module.state_mut().suggestions);
    let mut state = module.state_mut();
    let mut wanted: Vec<(Thing, String)> = Vec::new();
    let mut unnamed = Vec::new();
    for thing in things(&state.ir) {
        if has_name(&state.ir, thing) {
            continue;
        }
        match suggestions.of(thing) {
            Some(name) => wanted.push((thing, name.to_string())),
            None => unnamed.push(thing),
        }
    }
    let plain = plain_values(&state.ir);
    wanted.retain(|(thing, _)| !matches!(thing, Thing::Node(id) if plain[id.index()]));
    let mut taken = names(&state.ir);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, name) in &wanted {
        *counts.entry(name).or_default() += 1;
    }
    let mut next: HashMap<&str, u32> = HashMap::new();
    for (thing, base) in &wanted {
        let mut name = base.clone();
        if counts[base.as_str()] > 1 || taken.contains(&name) {
            let number = next.entry(base).or_default();
            loop {
                name = format!("{base}_{number}");
                *number += 1;
                if !taken.contains(&name) {
                    break;
                }
            }
        }
        taken.insert(name.clone());
        set_name(&mut state.ir, *thing, name);
    }
    for thing in unnamed {
        let derived = derived(module, &state.ir, thing, &taken);
        match derived {
            Some(name) => {
                taken.insert(name.clone());
                set_name(&mut state.ir, thing, name);
            }
            None => {
                if let Some((what, at)) = must_have_name(&state.ir, thing) {
                    let module = state.ir.name.clone();
                    state.issues.push(Issue::Unnamed { module, what, at });
                }
            }
        }
    }
}

fn things(ir: &ModuleIr) -> Vec<Thing> {
    let nodes = (0..ir.nodes.len()).map(|index| Thing::Node(NodeId(index as u32)));
    let memories = (0..ir.memories.len()).map(|index| Thing::Memory(MemoryId(index as u32)));
    let instances = (0..ir.instances.len()).map(|i| Thing::Instance(InstanceId(i as u32)));
    nodes.chain(memories).chain(instances).collect()
}

fn names(ir: &ModuleIr) -> HashSet<String> {
    let nodes = ir.nodes.iter().filter_map(|node| node.name.clone());
    let memories = ir.memories.iter().map(|memory| memory.name.clone());
    let instances = ir.instances.iter().map(|instance| instance.name.clone());
    let ports = ir.ports.iter().map(|port| port.name.clone());
    let clocks = ir
        .domains
        .iter()
        .flat_map(|d| [d.clock.clone(), d.reset.clone()]);
    nodes
        .chain(memories)
        .chain(instances)
        .chain(ports)
        .chain(clocks)
        .collect()
}

fn set_name(ir: &mut ModuleIr, thing: Thing, name: String) {
    match thing {
        Thing::Node(id) => ir.nodes[id.index()].name = Some(name),
        Thing::Memory(id) => ir.memories[id.index()].name = name,
        Thing::Instance(id) => ir.instances[id.index()].name = name,
    }
}

/// The values that read better without a net of their own: wiring, and what is nothing but the
/// next value of a register or the driver of a wire.
fn plain_values(ir: &ModuleIr) -> Vec<bool> {
    let mut uses = vec![0u32; ir.nodes.len()];
    for node in &ir.nodes {
        node.kind
            .operands()
            .iter()
            .for_each(|id| uses[id.index()] += 1);
    }
    let mut plain: Vec<bool> = ir
        .nodes
        .iter()
        .map(|node| {
            matches!(
                node.kind,
                NodeKind::Slice { .. }
                    | NodeKind::Cast(_)
                    | NodeKind::Extend(_)
                    | NodeKind::Concat(_)
            )
        })
        .collect();
    let nexts = ir.registers.iter().filter_map(|register| register.next);
    let drivers = ir.nodes.iter().filter_map(|node| match node.kind {
        NodeKind::Wire { driver } => driver,
        _ => None,
    });
    let mut fed = vec![0u32; ir.nodes.len()];
    for id in nexts {
        fed[id.index()] += 1;
        uses[id.index()] += 1;
    }
    drivers.for_each(|id| fed[id.index()] += 1);
    for port in &ir.ports {
        uses[port.node.index()] += 1;
    }
    for (index, fed) in fed.iter().enumerate() {
        let state = matches!(
            ir.nodes[index].kind,
            NodeKind::Register(_) | NodeKind::MemoryRead { .. } | NodeKind::Wire { .. }
        );
        plain[index] |= *fed == 1 && uses[index] == 1 && !state;
    }
    plain
}

/// A name for what was given none: after what it follows, or what it is.
fn derived(
    module: &Module,
    ir: &ModuleIr,
    thing: Thing,
    taken: &HashSet<String>,
) -> Option<String> {
    let base = match thing {
        Thing::Node(id) => match &ir.node(id).kind {
            NodeKind::Register(register) => {
                let next = ir.registers[register.index()].next?;
                format!("{}_1", ir.node(next).name.as_ref()?)
            }
            NodeKind::MemoryRead { memory, .. } => {
                format!("{}_q", ir.memories[memory.index()].name)
            }
            NodeKind::Wire { .. } => fed_input(module, ir, id)?,
            _ => return None,
        },
        Thing::Memory(_) => return None,
        Thing::Instance(id) => {
            let modules = module.context.modules.borrow();
            format!(
                "{}_i",
                modules[ir.instances[id.index()].module.index()].name
            )
        }
    };
    let numbered = (2..).map(|number| format!("{base}_{number}"));
    std::iter::once(base.clone())
        .chain(numbered)
        .find(|name| !taken.contains(name))
}

/// `<instance>_<port>` for a wire that feeds an instance.
fn fed_input(module: &Module, ir: &ModuleIr, wire: NodeId) -> Option<String> {
    let modules = module.context.modules.borrow();
    ir.instances.iter().find_map(|instance| {
        let port = instance
            .connections
            .iter()
            .position(|node| *node == Some(wire))?;
        let name = &modules[instance.module.index()].ports[port].name;
        Some(format!("{}_{name}", instance.name))
    })
}

fn must_have_name(
    ir: &ModuleIr,
    thing: Thing,
) -> Option<(String, &'static std::panic::Location<'static>)> {
    match thing {
        Thing::Node(id) => {
            let node = ir.node(id);
            let what = match node.kind {
                NodeKind::Register(_) => "register",
                NodeKind::Wire { .. } => "wire",
                _ => return None,
            };
            Some((what.into(), node.location))
        }
        Thing::Memory(id) => Some(("memory".into(), ir.memories[id.index()].location)),
        Thing::Instance(_) => None,
    }
}
