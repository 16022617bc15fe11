//! A module of the closed design as a Verilog module.
//!
//! Every node becomes either a net of its own or an expression inside its only reader.
//! Declarations stand in the section in which the designer made them; what uses them stands
//! after the last declaration it needs, so that nothing is read before it is declared.

use super::ast::{Expr, Module, Net, PortDeclaration, ResetEdge, UnaryOp};
use super::graph::{Graph, Reader};
use super::names::Names;
use super::placed::Placed;
use crate::ir::{Design, DomainId, EnumId, InstanceId, ModuleIr, NodeId, NodeKind};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// More arms than this become a `case` statement instead of a chain of `? :`.
const CHAIN_ARMS: usize = 4;

/// The Verilog of one module of a design.
pub fn module(design: &Design, module: &ModuleIr) -> Module {
    let mut lowering = Lowering::new(design, module);
    lowering.declare_ports();
    lowering.name_everything();
    lowering.bind_outputs();
    lowering.mark_trees();
    lowering.declare_state();
    for node in lowering.graph.order.clone() {
        if !lowering.in_tree[node.index()] {
            lowering.lower_node(node);
        }
    }
    lowering.registers();
    lowering.memories();
    lowering.instances();
    lowering.outputs();
    let properties = lowering.properties();
    lowering.finish(properties)
}

/// The state of lowering one module.
pub(super) struct Lowering<'a> {
    pub(super) design: &'a Design,
    pub(super) module: &'a ModuleIr,
    pub(super) graph: Graph,
    pub(super) names: Names,
    /// The net of each node that has one.
    pub(super) nets: Vec<Option<Net>>,
    /// The expression of each node without a net.
    pub(super) expressions: Vec<Option<Expr>>,
    /// The node is printed as an `if` or `case` of the register or net that it feeds.
    pub(super) in_tree: Vec<bool>,
    /// The net needs no declaration: it is a port.
    pub(super) is_port: Vec<bool>,
    /// Another item drives the node's net.
    pub(super) driven_elsewhere: Vec<bool>,
    /// Names of the designer's nodes.
    pub(super) designed: Vec<Option<Rc<str>>>,
    /// The names made from one hint, in the order of their numbers.
    pub(super) hinted: BTreeMap<String, Vec<Rc<str>>>,
    /// Position of each declaration, by name.
    pub(super) declared: HashMap<Rc<str>, u32>,
    pub(super) states: Vec<Vec<Rc<str>>>,
    /// Which variants of which enums appear.
    pub(super) states_used: BTreeSet<(EnumId, u32)>,
    pub(super) instance_names: Vec<Rc<str>>,
    pub(super) memory_names: Vec<Rc<str>>,
    pub(super) ports: Vec<PortDeclaration>,
    pub(super) placed: Vec<Placed>,
}

impl<'a> Lowering<'a> {
    fn new(design: &'a Design, module: &'a ModuleIr) -> Self {
        let count = module.nodes.len();
        Lowering {
            design,
            module,
            graph: Graph::of(module),
            names: Names::default(),
            nets: vec![None; count],
            expressions: vec![None; count],
            in_tree: vec![false; count],
            is_port: vec![false; count],
            driven_elsewhere: vec![false; count],
            designed: vec![None; count],
            hinted: BTreeMap::new(),
            declared: HashMap::new(),
            states: Vec::new(),
            states_used: BTreeSet::new(),
            instance_names: Vec::new(),
            memory_names: Vec::new(),
            ports: Vec::new(),
            placed: Vec::new(),
        }
    }

    pub(super) fn net_of(&self, node: NodeId, name: Rc<str>) -> Net {
        let shape = self.module.shape(node);
        Net {
            name,
            width: shape.width,
            signed: shape.signed,
        }
    }

    /// A case with so many arms that it becomes a statement, or what `when` and `switch` say of a
    /// wire.
    pub(super) fn is_table(&self, node: NodeId) -> bool {
        let varies = |decision: &NodeId| self.graph.values[decision.index()].is_none();
        match &self.module.node(node).kind {
            NodeKind::Case { selector, arms, .. } => {
                (arms.len() > CHAIN_ARMS || self.is_procedural(node)) && varies(selector)
            }
            NodeKind::Mux { condition, .. } => self.is_procedural(node) && varies(condition),
            _ => false,
        }
    }

    /// The value is described by `when` or `switch`.
    fn is_procedural(&self, node: NodeId) -> bool {
        let wire = match &self.graph.readers[node.index()] {
            Some(Reader::Node(reader)) => self.module.node(*reader),
            _ => return false,
        };
        let driven = matches!(wire.kind, NodeKind::Wire { .. });
        driven && wire.procedural && self.graph.uses[node.index()] == 1
    }

    pub(super) fn is_variable(&self, node: NodeId) -> bool {
        matches!(
            self.module.node(node).kind,
            NodeKind::Register(_) | NodeKind::MemoryRead { .. }
        ) || self.is_table(node)
    }

    pub(super) fn instance(&self, id: InstanceId) -> &'a crate::ir::Instance {
        &self.module.instances[id.index()]
    }

    /// The expression that is 1 while the domain is in reset.
    pub(super) fn reset(&self, domain: DomainId) -> Expr {
        let domain = &self.module.domains[domain.index()];
        let net = Expr::Net(Net {
            name: domain.reset.as_str().into(),
            width: 1,
            signed: false,
        });
        if domain.reset_active_low {
            Expr::unary(UnaryOp::Not, net)
        } else {
            net
        }
    }

    /// The edge at which the domain's reset is asserted, where registers do not wait for a clock.
    pub(super) fn reset_edge(&self, domain: DomainId) -> Option<ResetEdge> {
        let domain = &self.module.domains[domain.index()];
        domain.asynchronous_reset.then(|| ResetEdge {
            name: domain.reset.as_str().into(),
            falling: domain.reset_active_low,
        })
    }

    /// The name of a state, noted as used.
    pub(super) fn state(&mut self, states: EnumId, variant: u32) -> Option<Expr> {
        let name = self.states[states.index()].get(variant as usize)?.clone();
        self.states_used.insert((states, variant));
        Some(Expr::Parameter {
            name,
            width: self.module.enums[states.index()].width,
        })
    }
}
