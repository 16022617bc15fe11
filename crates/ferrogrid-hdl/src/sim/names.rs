//! Finds signals by hierarchical name.

use super::flatten::{FlatNode, Hierarchy, Scope, join};
use crate::Shape;
use crate::ir::{Direction, ModuleIr, NodeId, NodeKind};
use std::collections::HashMap;
use std::sync::Arc;

/// What can be done with a signal from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A top-level input or reset: set from outside.
    Input,
    /// A reset for which registers do not wait for an edge.
    AsynchronousReset,
    /// A register or the data register of a memory: can be overwritten between edges.
    State,
    /// Computed: only read.
    Computed,
}

/// A signal that was found by name; valid for the simulator that gave it and its clones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle {
    pub(super) place: u32,
    pub(super) shape: Shape,
    /// Programs that must have run before the value is right.
    pub(super) level: u8,
    pub(super) role: Role,
}

impl Handle {
    /// Width and signedness of the signal.
    pub fn shape(self) -> Shape {
        self.shape
    }
}

/// Which signals can be found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// All that have a name.
    All,
    /// The ports of the top.
    Ports,
}

/// Names in one module, shared by its instances.
#[derive(Debug, Default)]
pub(super) struct ModuleNames {
    /// In the order in which waves list them: ports, then the rest.
    pub names: Vec<(String, NodeId)>,
    index: HashMap<String, u32>,
}

impl ModuleNames {
    pub(super) fn new(module: &ModuleIr, known: Known) -> Self {
        let mut all = ModuleNames::default();
        for direction in [Direction::Input, Direction::Output] {
            for port in module
                .ports
                .iter()
                .filter(|port| port.direction == direction)
            {
                all.add(&port.name, port.node);
            }
        }
        for (index, node) in module.nodes.iter().enumerate() {
            if let Some(name) = &node.name
                && known == Known::All
            {
                all.add(name, NodeId(index as u32));
            }
        }
        all
    }

    fn add(&mut self, name: &str, node: NodeId) {
        if !self.index.contains_key(name) {
            self.index.insert(name.to_owned(), self.names.len() as u32);
            self.names.push((name.to_owned(), node));
        }
    }
}

/// All names of a design.
#[derive(Debug)]
pub(super) struct Names {
    pub scopes: Vec<Scope>,
    /// For each scope the names of its module.
    pub modules: Vec<Arc<ModuleNames>>,
    /// For each scope the handles of its names.
    pub handles: Vec<Vec<Handle>>,
    /// Names outside the graph: resets of the top.
    pub resets: Vec<(String, Handle)>,
    /// Paths of all memories.
    pub memories: HashMap<String, u32>,
    /// Variant names of registers (by place) that hold an enumeration.
    pub states: HashMap<u32, Arc<[String]>>,
}

/// The names of every scope, one table per module.
pub(super) fn of_scopes(hierarchy: &Hierarchy<'_>, known: Known) -> Vec<Arc<ModuleNames>> {
    let modules = &hierarchy.design.modules;
    let names = |(index, module): (usize, &Arc<ModuleIr>)| match known {
        Known::Ports if index + 1 < modules.len() => ModuleNames::default(),
        known => ModuleNames::new(module, known),
    };
    let tables: Vec<_> = modules
        .iter()
        .enumerate()
        .map(names)
        .map(Arc::new)
        .collect();
    hierarchy
        .scopes
        .iter()
        .map(|scope| Arc::clone(&tables[scope.module]))
        .collect()
}

/// What may be done with a named node.
pub(super) fn role(hierarchy: &Hierarchy<'_>, at: FlatNode) -> Role {
    match hierarchy.module(at.scope).node(at.node).kind {
        NodeKind::Input(_) if at.scope == 0 => Role::Input,
        NodeKind::Register(_) | NodeKind::MemoryRead { .. } => Role::State,
        _ => Role::Computed,
    }
}

impl Names {
    /// The signal of this path.
    pub(super) fn find(&self, path: &str) -> Option<Handle> {
        let mut scope = 0;
        let mut rest = path;
        while let Some((instance, inside)) = rest.split_once('.') {
            let children = &self.scopes[scope].children;
            let child = children
                .iter()
                .find(|c| self.scopes[**c as usize].name == instance)?;
            scope = *child as usize;
            rest = inside;
        }
        if let Some(index) = self.modules[scope].index.get(rest) {
            return Some(self.handles[scope][*index as usize]);
        }
        let reset = self
            .resets
            .iter()
            .find(|(name, _)| scope == 0 && name == rest)?;
        Some(reset.1)
    }

    /// All paths, in the order of scopes.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        let resets = self.resets.iter().map(|(name, _)| name.clone());
        let scopes = (0..self.scopes.len() as u32).flat_map(|scope| {
            let prefix = super::flatten::path(&self.scopes, scope);
            let names = &self.modules[scope as usize].names;
            names.iter().map(move |(name, _)| join(&prefix, name))
        });
        resets.chain(scopes)
    }

    /// Variant names of an enumeration register or of what shows its value.
    pub(super) fn states(&self, handle: Handle) -> Option<&Arc<[String]>> {
        self.states.get(&handle.place)
    }
}

/// A sentence with the names nearest to a wrong one.
pub(super) fn suggestion(wrong: &str, names: impl Iterator<Item = String>) -> String {
    let mut scored: Vec<(f64, String)> = names
        .map(|name| (strsim::jaro_winkler(wrong, &name), name))
        .filter(|(score, _)| *score > 0.65)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let nearest: Vec<String> = scored
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    if nearest.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", nearest.join(" or "))
    }
}
