//! The instance tree of a design with every clock domain mapped to one of the top module.

use crate::ir::{Design, InstanceId, ModuleIr, NodeId, NodeKind};

/// So many instances of one module are rows, columns or lanes rather than something by chance.
const LIKE: usize = 4;

/// One instance of a module; the first scope is the top module itself.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Instance name; the module's name for the top.
    pub name: String,
    /// Index of the module in the design.
    pub module: usize,
    /// Scope that holds the instance, and which one of its instances it is.
    pub parent: Option<(u32, InstanceId)>,
    /// Scopes of the instances of the module, in their order.
    pub children: Vec<u32>,
    /// For each domain of the module: the domain of the top module.
    pub domains: Vec<u32>,
    /// Number of the first node of this scope among the nodes of all scopes.
    pub first_node: u32,
}

/// A node of one scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct FlatNode {
    pub scope: u32,
    pub node: NodeId,
}

/// All scopes of a design.
pub(super) struct Hierarchy<'d> {
    pub design: &'d Design,
    pub scopes: Vec<Scope>,
    /// Number of nodes in all scopes.
    pub nodes: usize,
}

impl<'d> Hierarchy<'d> {
    /// Inlines all instances.
    pub(super) fn new(design: &'d Design) -> Self {
        let top = design.top();
        let mut hierarchy = Hierarchy {
            design,
            scopes: Vec::new(),
            nodes: 0,
        };
        let domains = (0..top.domains.len() as u32).collect();
        hierarchy.add(top.name.clone(), design.modules.len() - 1, None, domains);
        hierarchy
    }

    fn add(
        &mut self,
        name: String,
        module: usize,
        parent: Option<(u32, InstanceId)>,
        domains: Vec<u32>,
    ) -> u32 {
        let id = self.scopes.len() as u32;
        let ir = &self.design.modules[module];
        let first_node = self.nodes as u32;
        self.nodes += ir.nodes.len();
        self.scopes.push(Scope {
            name,
            module,
            parent,
            children: Vec::with_capacity(ir.instances.len()),
            domains,
            first_node,
        });
        for (index, instance) in ir.instances.iter().enumerate() {
            let domains = &self.scopes[id as usize].domains;
            let domains = instance
                .domains
                .iter()
                .map(|domain| domains[domain.index()])
                .collect();
            let parent = Some((id, InstanceId(index as u32)));
            let child = self.add(
                instance.name.clone(),
                instance.module.index(),
                parent,
                domains,
            );
            self.scopes[id as usize].children.push(child);
        }
        id
    }

    /// The module of a scope.
    pub(super) fn module(&self, scope: u32) -> &'d ModuleIr {
        &self.design.modules[self.scopes[scope as usize].module]
    }

    /// The number of a node among the nodes of all scopes.
    pub(super) fn number(&self, at: FlatNode) -> usize {
        self.scopes[at.scope as usize].first_node as usize + at.node.index()
    }

    /// The node that has the same value through wires, casts and ports, if `at` is such a node.
    pub(super) fn alias(&self, at: FlatNode) -> Option<FlatNode> {
        let scope = &self.scopes[at.scope as usize];
        let here = |node| FlatNode {
            scope: at.scope,
            node,
        };
        match &self.module(at.scope).node(at.node).kind {
            NodeKind::Wire { driver } => {
                Some(here(driver.expect("a closed design drives all wires")))
            }
            NodeKind::Cast(node) => Some(here(*node)),
            NodeKind::Input(port) => {
                let (parent, instance) = scope.parent?;
                let instance = &self.module(parent).instances[instance.index()];
                let node = instance.connections[port.index()];
                Some(FlatNode {
                    scope: parent,
                    node: node.expect("a closed design feeds all instance inputs"),
                })
            }
            NodeKind::InstanceOutput { instance, port } => {
                let child = scope.children[instance.index()];
                Some(FlatNode {
                    scope: child,
                    node: self.module(child).ports[port.index()].node,
                })
            }
            _ => None,
        }
    }

    /// For each scope the number of its family. Four or more instances of one module in one module
    /// belong to the family of the latter; any other scope is the first of a family of its own.
    pub(super) fn families(&self) -> Vec<u32> {
        let mut families: Vec<u32> = (0..self.scopes.len() as u32).collect();
        for (index, scope) in self.scopes.iter().enumerate() {
            let mut counts = vec![0; self.design.modules.len()];
            let module = |child: u32| self.scopes[child as usize].module;
            scope
                .children
                .iter()
                .for_each(|child| counts[module(*child)] += 1);
            for &child in &scope.children {
                if counts[module(child)] >= LIKE {
                    families[child as usize] = families[index];
                }
            }
        }
        families
    }

    /// Instance names from the top down to a scope, joined by dots; empty for the top.
    pub(super) fn path(&self, scope: u32) -> String {
        path(&self.scopes, scope)
    }
}

/// See [`Hierarchy::path`].
pub(super) fn path(scopes: &[Scope], scope: u32) -> String {
    let here = &scopes[scope as usize];
    match here.parent {
        None => String::new(),
        Some((parent, _)) => join(&path(scopes, parent), &here.name),
    }
}

/// A name inside a scope as a path.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
