//! A module of the closed design as a Verilog module.
//!
//! Every node becomes either a net of its own or an expression inside its only reader.
//! Declarations stand in the section in which the designer made them; what uses them stands
//! after the last declaration it needs, so that nothing is read before it is declared.

use super::ast::{
    Connection, Declaration, Expr, Instance, Item, Module, Net, NetKind, PortDeclaration, UnaryOp,
};
use super::graph::{Graph, Reader};
use super::names::Names;
use super::unused;
use crate::hdl::ir::{
    BinaryOp, Design, Direction, DomainId, EnumId, InstanceId, ModuleIr, NodeId, NodeKind,
};
use std::collections::HashMap;
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

/// The order of what a section holds; within a rank, by position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Declaration,
    Logic,
    Output,
}

/// An item and where it goes.
struct Placed {
    key: (usize, Rank, u32, bool),
    item: Item,
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
    is_port: Vec<bool>,
    /// Another item drives the node's net.
    driven_elsewhere: Vec<bool>,
    /// Names of the designer's nodes.
    designed: Vec<Option<Rc<str>>>,
    /// Position of each declaration, by name.
    declared: HashMap<Rc<str>, u32>,
    pub(super) states: Vec<Vec<Rc<str>>>,
    states_used: Vec<bool>,
    instance_names: Vec<Rc<str>>,
    pub(super) memory_names: Vec<Rc<str>>,
    ports: Vec<PortDeclaration>,
    placed: Vec<Placed>,
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
            declared: HashMap::new(),
            states: Vec::new(),
            states_used: vec![false; module.enums.len()],
            instance_names: Vec::new(),
            memory_names: Vec::new(),
            ports: Vec::new(),
            placed: Vec::new(),
        }
    }

    // ---- names and declarations ----------------------------------------------------------

    fn declare_ports(&mut self) {
        for domain in &self.module.domains {
            let clock = (domain.uses_clock, &domain.clock);
            let reset = (domain.uses_reset, &domain.reset);
            for (used, name) in [clock, reset] {
                if used && self.names.is_free(name) {
                    let net = Net {
                        name: self.names.exact(name),
                        width: 1,
                        signed: false,
                    };
                    self.declared.insert(net.name.clone(), 0);
                    let comment = String::new();
                    self.ports.push(PortDeclaration {
                        net,
                        output: false,
                        variable: false,
                        comment,
                    });
                }
            }
        }
        for port in &self.module.ports {
            let net = Net {
                name: self.names.exact(&port.name),
                width: port.shape.width,
                signed: port.shape.signed,
            };
            self.declared.insert(net.name.clone(), 0);
            let output = port.direction == Direction::Output;
            if !output {
                self.nets[port.node.index()] = Some(net.clone());
            }
            self.ports.push(PortDeclaration {
                net,
                output,
                variable: false,
                comment: port.comment.clone(),
            });
        }
    }

    /// Gives names to everything that the designer named, before any name is derived.
    fn name_everything(&mut self) {
        for states in &self.module.enums {
            let mut names = Vec::new();
            for variant in &states.variants {
                let wanted = if self.names.is_free(variant) {
                    variant.clone()
                } else {
                    format!("{}_{variant}", states.name.to_uppercase())
                };
                names.push(self.names.fresh(&wanted));
            }
            self.states.push(names);
        }
        for index in 0..self.module.nodes.len() {
            let node = &self.module.nodes[index];
            if let Some(name) = &node.name
                && self.nets[index].is_none()
            {
                // A node that drives the output of its own name is that output.
                let own_port = self.module.ports.iter().any(|port| {
                    port.direction == Direction::Output
                        && port.node.index() == index
                        && port.name == *name
                });
                self.designed[index] = Some(if own_port {
                    name.as_str().into()
                } else {
                    self.names.fresh(name)
                });
            }
        }
        for memory in &self.module.memories {
            let name = self.names.fresh(&memory.name);
            self.memory_names.push(name);
        }
        for instance in &self.module.instances {
            let name = self.names.fresh(&instance.name);
            self.instance_names.push(name);
        }
    }

    /// Lets nodes that only exist to drive an output, or a wire, be that output or wire.
    fn bind_outputs(&mut self) {
        for port in &self.module.ports {
            let index = port.node.index();
            let node = &self.module.nodes[index];
            let fixed = matches!(node.kind, NodeKind::Input(_) | NodeKind::Constant { .. });
            let renamed = node.name.as_ref().is_some_and(|name| *name != port.name);
            if port.direction == Direction::Output
                && !fixed
                && !renamed
                && self.nets[index].is_none()
            {
                let declaration = self
                    .ports
                    .iter_mut()
                    .find(|declaration| *declaration.net.name == port.name);
                if let Some(declaration) = declaration {
                    self.nets[index] = Some(declaration.net.clone());
                }
                self.is_port[index] = true;
            }
        }
        for &node in self.graph.order.clone().iter().rev() {
            if let NodeKind::Wire {
                driver: Some(driver),
            } = self.module.node(node).kind
            {
                let net = self.nets[node.index()].clone().unwrap_or_else(|| {
                    self.net_of(
                        node,
                        self.designed[node.index()].clone().unwrap_or("wire".into()),
                    )
                });
                self.nets[node.index()] = Some(net.clone());
                let adopts = self.module.node(driver).name.is_none()
                    && self.graph.uses[driver.index()] == 1
                    && self.nets[driver.index()].is_none()
                    && (self.is_table(driver)
                        || matches!(
                            self.module.node(driver).kind,
                            NodeKind::InstanceOutput { .. }
                        ));
                if adopts {
                    self.nets[driver.index()] = Some(net);
                    self.driven_elsewhere[node.index()] = true;
                    self.is_port[driver.index()] = self.is_port[node.index()];
                }
            }
        }
        for index in 0..self.module.nodes.len() {
            if self.is_port[index]
                && self.is_variable(NodeId(index as u32))
                && let Some(net) = &self.nets[index]
                && let Some(port) = self.ports.iter_mut().find(|port| port.net == *net)
            {
                port.variable = true;
            }
        }
    }

    fn net_of(&self, node: NodeId, name: Rc<str>) -> Net {
        let shape = self.module.shape(node);
        Net {
            name,
            width: shape.width,
            signed: shape.signed,
        }
    }

    /// A case with so many arms that it becomes a statement.
    pub(super) fn is_table(&self, node: NodeId) -> bool {
        match &self.module.node(node).kind {
            NodeKind::Case { selector, arms, .. } => {
                arms.len() > CHAIN_ARMS && self.graph.values[selector.index()].is_none()
            }
            _ => false,
        }
    }

    fn is_variable(&self, node: NodeId) -> bool {
        matches!(
            self.module.node(node).kind,
            NodeKind::Register(_) | NodeKind::MemoryRead { .. }
        ) || self.is_table(node)
    }

    /// Finds the muxes and cases that are printed as statements.
    fn mark_trees(&mut self) {
        for register in &self.module.registers {
            if let Some(next) = register.next {
                self.mark_tree(next);
            }
        }
        for &node in self.graph.order.clone().iter().rev() {
            if self.is_table(node)
                && !self.in_tree[node.index()]
                && let NodeKind::Case { arms, default, .. } = &self.module.node(node).kind
            {
                arms.iter().for_each(|(_, value)| self.mark_tree(*value));
                self.mark_tree(*default);
            }
        }
    }

    fn mark_tree(&mut self, node: NodeId) {
        let ir = self.module.node(node);
        if ir.name.is_some()
            || self.graph.uses[node.index()] != 1
            || self.nets[node.index()].is_some()
            || self.graph.values[node.index()].is_some()
        {
            return;
        }
        match &ir.kind {
            NodeKind::Mux {
                then, otherwise, ..
            } => {
                self.in_tree[node.index()] = true;
                self.mark_tree(*then);
                self.mark_tree(*otherwise);
            }
            NodeKind::Case { arms, default, .. } => {
                self.in_tree[node.index()] = true;
                arms.iter().for_each(|(_, value)| self.mark_tree(*value));
                self.mark_tree(*default);
            }
            _ => {}
        }
    }

    /// Declares registers, read data and the outputs of instances.
    fn declare_state(&mut self) {
        for index in 0..self.module.nodes.len() {
            let node = NodeId(index as u32);
            let kind = match &self.module.node(node).kind {
                NodeKind::Register(_) | NodeKind::MemoryRead { .. } => NetKind::Variable,
                NodeKind::InstanceOutput { instance, port } => {
                    if self.graph.uses[index] == 0 {
                        continue;
                    }
                    if self.designed[index].is_none() && self.nets[index].is_none() {
                        let module = self.design.module(self.instance(*instance).module);
                        let name = format!(
                            "{}_{}",
                            self.instance(*instance).name,
                            module.ports[port.index()].name
                        );
                        self.designed[index] = Some(self.names.fresh(&name));
                    }
                    NetKind::Wire
                }
                _ => continue,
            };
            if self.nets[index].is_some() {
                // A port, or the wire that it drives.
                continue;
            }
            let name = match self.designed[index].clone() {
                Some(name) => name,
                None => self.names.fresh("data"),
            };
            let net = self.net_of(node, name);
            let attributes = match &self.module.node(node).kind {
                NodeKind::Register(id) => self.module.registers[id.index()].attributes.clone(),
                _ => Vec::new(),
            };
            self.nets[index] = Some(net.clone());
            // An instance stands in the section in which it was made, wherever its outputs are read.
            let position = match &self.module.node(node).kind {
                NodeKind::InstanceOutput { instance, .. } => self.instance(*instance).first_node.0,
                _ => node.0,
            };
            self.declare(
                position,
                net,
                kind,
                attributes,
                self.module.node(node).comment.clone(),
            );
        }
        for node in self.graph.order.clone() {
            if let (NodeKind::Wire { .. }, Some(net)) = (
                &self.module.node(node).kind,
                self.nets[node.index()].clone(),
            ) && !self.is_port[node.index()]
            {
                self.declared.insert(net.name, node.0);
            }
        }
    }

    pub(super) fn instance(&self, id: InstanceId) -> &'a crate::hdl::ir::Instance {
        &self.module.instances[id.index()]
    }

    // ---- placing items -------------------------------------------------------------------

    fn section(&self, position: u32) -> usize {
        self.module
            .sections
            .iter()
            .take_while(|section| section.first_node.0 <= position)
            .count()
    }

    /// Declares a net by itself.
    pub(super) fn declare(
        &mut self,
        position: u32,
        net: Net,
        kind: NetKind,
        attributes: Vec<String>,
        comment: String,
    ) {
        self.declared.insert(net.name.clone(), position);
        let item = Item::Declaration(Declaration {
            net,
            kind,
            value: None,
            attributes,
            comment,
        });
        self.placed.push(Placed {
            key: (self.section(position), Rank::Declaration, position, false),
            item,
        });
    }

    /// Puts an item after `position` and all declarations that it reads.
    pub(super) fn place(&mut self, position: u32, item: Item) {
        let position = position.max(self.last_read(|visit| unused::reads(&item, visit)));
        let output = match &item {
            Item::Assign { target, .. } => self.ports.iter().any(|port| port.net == *target),
            _ => false,
        };
        let rank = if output { Rank::Output } else { Rank::Logic };
        self.placed.push(Placed {
            key: (self.section(position), rank, position, true),
            item,
        });
    }

    /// `position`, or that of the net's declaration if it comes later.
    fn position(&self, net: &Net, position: u32) -> u32 {
        position.max(self.declared.get(&net.name).copied().unwrap_or(0))
    }

    /// The position of the last declaration among the nets that `reads` visits.
    pub(super) fn last_read(&self, reads: impl FnOnce(&mut dyn FnMut(&str, u32, u32))) -> u32 {
        let mut last = 0;
        reads(&mut |name: &str, _: u32, _: u32| {
            last = last.max(self.declared.get(name).copied().unwrap_or(0));
        });
        last
    }

    /// The section that an item at this position belongs to.
    pub(super) fn section_of(&self, position: u32) -> usize {
        self.section(position)
    }

    /// Gives a node a net, and the net its value.
    fn drive(&mut self, node: NodeId, value: Expr) {
        let index = node.index();
        let comment = self.module.node(node).comment.clone();
        let net = match self.nets[index].clone() {
            Some(net) => net,
            None => {
                let name = match self.designed[index].clone() {
                    Some(name) => name,
                    None => {
                        let hint = self.hint(node);
                        self.names.fresh(&hint)
                    }
                };
                self.net_of(node, name)
            }
        };
        self.nets[index] = Some(net.clone());
        self.expressions[index] = None;
        if self.driven_elsewhere[index] {
            return;
        }
        if self.is_port[index] {
            self.place(
                node.0,
                Item::Assign {
                    target: net,
                    value,
                    comment,
                },
            );
            return;
        }
        let last = self.last_read(|visit| value.reads(&mut |name, msb, lsb| visit(name, msb, lsb)));
        if last > node.0 {
            self.declare(node.0, net.clone(), NetKind::Wire, Vec::new(), comment);
            self.place(
                last,
                Item::Assign {
                    target: net,
                    value,
                    comment: String::new(),
                },
            );
        } else {
            self.declared.insert(net.name.clone(), node.0);
            let key = (self.section(node.0), Rank::Logic, node.0, false);
            let item = Item::Declaration(Declaration {
                net,
                kind: NetKind::Wire,
                value: Some(value),
                attributes: Vec::new(),
                comment,
            });
            self.placed.push(Placed { key, item });
        }
    }

    /// Gives a node that has only an expression a net of its own.
    pub(super) fn materialize(&mut self, node: NodeId) -> Expr {
        if let Some(value) = self.expressions[node.index()].take() {
            self.drive(node, value);
        }
        Expr::Net(
            self.nets[node.index()]
                .clone()
                .expect("a lowered node has a net by now"),
        )
    }

    // ---- nodes ---------------------------------------------------------------------------

    fn lower_node(&mut self, node: NodeId) {
        let index = node.index();
        let ir = self.module.node(node);
        match &ir.kind {
            NodeKind::Input(_)
            | NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::InstanceOutput { .. } => {}
            NodeKind::Wire { driver } => {
                let driver = driver.expect("a wire of a closed design is driven");
                if self.driven_elsewhere[index] {
                    if !self.is_port[index]
                        && let Some(net) = self.nets[index].clone()
                    {
                        let kind = if self.is_table(driver) {
                            NetKind::Variable
                        } else {
                            NetKind::Wire
                        };
                        self.declare(node.0, net, kind, Vec::new(), ir.comment.clone());
                    }
                } else {
                    let value = self.whole(driver);
                    self.drive(node, value);
                }
            }
            _ if self.is_table(node) => self.table(node),
            _ => {
                let value = self.expression(node);
                let named = self.designed[index].is_some() || self.nets[index].is_some();
                let repeated = self.graph.uses[index] > 1 && !reads_well_repeated(&value);
                self.expressions[index] = Some(value);
                if named || repeated {
                    self.materialize(node);
                }
            }
        }
    }

    /// A case of many arms, as a combinational `always` block.
    fn table(&mut self, node: NodeId) {
        let index = node.index();
        let ir = self.module.node(node);
        let adopted = self.nets[index].is_some();
        let net = match self.nets[index].clone() {
            Some(net) => net,
            None => {
                let name = match self.designed[index].clone() {
                    Some(name) => name,
                    None => {
                        let hint = self.hint(node);
                        self.names.fresh(&hint)
                    }
                };
                self.net_of(node, name)
            }
        };
        if !adopted {
            self.declare(
                node.0,
                net.clone(),
                NetKind::Variable,
                vec![],
                ir.comment.clone(),
            );
        }
        self.nets[index] = Some(net.clone());
        self.in_tree[index] = true;
        let body = self.tree(node, &net, false);
        let position = self.position(&net, node.0);
        self.place(
            position,
            Item::Always {
                clock: None,
                body,
                comment: String::new(),
            },
        );
    }

    // ---- instances, outputs --------------------------------------------------------------

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

    fn instances(&mut self) {
        for (index, instance) in self.module.instances.iter().enumerate() {
            let child = self.design.module(instance.module);
            let name = self.instance_names[index].clone();
            let mut connections = Vec::new();
            for (domain, &own) in child.domains.iter().zip(&instance.domains) {
                let ours = &self.module.domains[own.index()];
                let mut connect = |port: &String, value| {
                    if !connections.iter().any(|c: &Connection| c.port == *port) {
                        connections.push(Connection {
                            port: port.clone(),
                            value,
                            output: false,
                        });
                    }
                };
                let net = |name: &str| {
                    Expr::Net(Net {
                        name: name.into(),
                        width: 1,
                        signed: false,
                    })
                };
                if domain.uses_clock {
                    connect(&domain.clock, net(&ours.clock));
                }
                if domain.uses_reset {
                    let reset = net(&ours.reset);
                    let same = domain.reset_active_low == ours.reset_active_low;
                    let value = if same {
                        reset
                    } else {
                        Expr::unary(UnaryOp::Complement, reset)
                    };
                    connect(&domain.reset, value);
                }
            }
            let mut position = instance.first_node.0;
            let mut spare = Vec::new();
            for (port, connection) in child.ports.iter().zip(&instance.connections) {
                let output = port.direction == Direction::Output;
                let value = match connection {
                    Some(node) if !output => self.operand(*node),
                    Some(node) if self.graph.uses[node.index()] > 0 => {
                        let net = self.nets[node.index()].clone().expect("declared before");
                        position = self.position(&net, position);
                        Expr::Net(net)
                    }
                    _ => {
                        let name = self.names.fresh(&format!("unused_{name}_{}", port.name));
                        let shape = port.shape;
                        let net = Net {
                            name,
                            width: shape.width,
                            signed: shape.signed,
                        };
                        spare.push(net.clone());
                        Expr::Net(net)
                    }
                };
                connections.push(Connection {
                    port: port.name.clone(),
                    value,
                    output,
                });
            }
            let item = Item::Instance(Instance {
                module: child.name.clone(),
                name: name.to_string(),
                connections,
                comment: instance.comment.clone(),
            });
            let position = position.max(self.last_read(|visit| unused::reads(&item, visit)));
            for net in spare {
                self.declare(position, net, NetKind::Wire, vec![], String::new());
            }
            self.place(position, item);
        }
    }

    /// Assigns the outputs that no node took over.
    fn outputs(&mut self) {
        for port in &self.module.ports {
            let taken = self.nets[port.node.index()]
                .as_ref()
                .is_some_and(|net| *net.name == port.name && self.is_port[port.node.index()]);
            if port.direction == Direction::Output && !taken {
                let value = self.whole(port.node);
                let target = Net {
                    name: port.name.as_str().into(),
                    width: port.shape.width,
                    signed: port.shape.signed,
                };
                self.place(
                    0,
                    Item::Assign {
                        target,
                        value,
                        comment: String::new(),
                    },
                );
            }
        }
    }

    /// The name of a state, noted as used.
    pub(super) fn state(&mut self, states: EnumId, variant: u32) -> Option<Expr> {
        let name = self.states[states.index()].get(variant as usize)?.clone();
        self.states_used[states.index()] = true;
        Some(Expr::Parameter {
            name,
            width: self.module.enums[states.index()].width(),
        })
    }

    // ---- derived names -------------------------------------------------------------------

    /// A name for a node that the designer did not name, from what it is and what it feeds.
    fn hint(&self, node: NodeId) -> String {
        let word = match &self.module.node(node).kind {
            NodeKind::Binary(op, a, b) => {
                if let Some(name) = self.comparison_name(*op, *a, *b) {
                    return name;
                }
                match op {
                    BinaryOp::Multiply => {
                        if self.names.is_free("product") {
                            return "product".into();
                        }
                        "product"
                    }
                    BinaryOp::Add => "sum",
                    BinaryOp::Subtract => "difference",
                    BinaryOp::ShiftLeft | BinaryOp::ShiftRight => "shifted",
                    BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => "logic_",
                    _ => "compare",
                }
            }
            NodeKind::Unary(..) => "term",
            NodeKind::Mux { .. } | NodeKind::Case { .. } => "choice",
            NodeKind::Extend(_) => "extended",
            NodeKind::Slice { .. } => "part",
            NodeKind::Concat(_) => "joined",
            _ => "value",
        };
        let word = if word == "logic_" { "term" } else { word };
        let mut reader = self.graph.readers[node.index()].as_ref();
        let mut direct = true;
        loop {
            match reader {
                Some(Reader::Role(role)) if direct && !role.word.is_empty() => {
                    return format!("{}_{}", role.base, role.word);
                }
                Some(Reader::Role(role)) => return format!("{}_{word}", role.base),
                Some(Reader::Node(reader_node)) => {
                    let net = self.nets[reader_node.index()].as_ref().map(|net| &net.name);
                    if let Some(name) = self.designed[reader_node.index()].as_ref().or(net) {
                        return format!("{name}_{word}");
                    }
                    reader = self.graph.readers[reader_node.index()].as_ref();
                    direct = false;
                }
                None => return word.into(),
            }
        }
    }

    fn comparison_name(&self, op: BinaryOp, a: NodeId, b: NodeId) -> Option<String> {
        let verb = match op {
            BinaryOp::Equal => "is",
            BinaryOp::NotEqual => "is_not",
            BinaryOp::Less => "below",
            BinaryOp::LessOrEqual => "at_most",
            _ => return None,
        };
        let name = |node: NodeId| -> Option<String> {
            if let Some(net) = &self.nets[node.index()] {
                return Some(net.name.to_string());
            }
            match &self.module.node(node).kind {
                NodeKind::Constant {
                    state: Some((states, variant)),
                    ..
                } => {
                    let variants = &self.module.enums[states.index()].variants;
                    Some(variants.get(*variant as usize)?.to_lowercase())
                }
                NodeKind::Constant { bits, .. } if bits.bits() < 32 => Some(bits.to_string()),
                _ => None,
            }
        };
        let text = format!("{}_{verb}_{}", name(a)?, name(b)?);
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (text.len() <= 32 && starts_well).then_some(text)
    }

    // ---- the end -------------------------------------------------------------------------

    fn finish(mut self, properties: Vec<Item>) -> Module {
        let mut items = Vec::new();
        for (index, states) in self.module.enums.iter().enumerate() {
            if self.states_used[index] {
                let entries = self.states[index].iter().cloned().zip(0..).collect();
                let comment = format!("States of {}", states.name);
                items.push(Item::Parameters {
                    comment,
                    width: states.width(),
                    entries,
                });
            }
        }
        self.placed.sort_by_key(|placed| placed.key);
        let mut section = 0;
        for placed in self.placed {
            if placed.key.0 != section {
                section = placed.key.0;
                items.push(Item::Heading(
                    self.module.sections[section - 1].title.clone(),
                ));
            }
            items.push(placed.item);
        }
        if let Some(sink) = unused::sink(&self.ports, &items, &mut self.names) {
            items.push(sink);
        }
        items.extend(properties);
        let doc = &self.module.doc;
        let separator = if doc.is_empty() { "" } else { ": " };
        let mut header = wrapped(&format!("{}{separator}{doc}", self.module.name), 95);
        header.extend([String::new(), "Generated by Ferrogrid.".into()]);
        Module {
            name: self.module.name.clone(),
            header,
            ports: self.ports,
            items,
        }
    }
}

/// The lines of a text, broken at spaces so that each holds at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Short enough to stand at each of its uses instead of having a name.
fn reads_well_repeated(value: &Expr) -> bool {
    value.is_simple()
        || matches!(value, Expr::Unary(UnaryOp::Not, inner) if matches!(**inner, Expr::Net(_)))
}
