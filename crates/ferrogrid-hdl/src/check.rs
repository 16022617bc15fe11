//! The gate between construction and the closed design.

use super::Issue;
use super::block::Context;
use super::error::Hop;
use super::ir::{
    Direction, DomainId, ModuleIr, NodeId, NodeKind, PortId, Property, ReadPort, WritePort,
};
use super::names::{is_identifier, is_reserved};
use super::signal::operation_name;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

/// What the checks of a parent need to know of a finished module.
pub(super) struct Summary {
    /// For each port: the inputs that an output follows without a register between.
    follows: Vec<Vec<PortId>>,
    /// For each port: the domains whose values an output shows, apart from its inputs'.
    shows: Vec<BTreeSet<DomainId>>,
    /// For each port: the domains that sample an input without being marked as synchronizers.
    sampled_by: Vec<BTreeSet<DomainId>>,
}

/// Completes a module (which domains it uses), checks it and adds what is wrong to `issues`.
pub(super) fn close(module: &mut ModuleIr, context: &Context, issues: &mut Vec<Issue>) -> Summary {
    use_domains(module, context);
    names(module, issues);
    undriven(module, context, issues);
    unused_inputs(module, issues);
    let summaries = context.summaries.borrow();
    let modules = context.modules.borrow();
    let follows = match Following::new(module, &modules, &summaries).all() {
        Ok(follows) => follows,
        Err(path) => {
            issues.push(Issue::CombinationalLoop {
                module: module.name.clone(),
                path,
            });
            // Nothing below a loop can be computed; parents see no dependence.
            vec![BTreeSet::new(); module.nodes.len()]
        }
    };
    crossings(module, &summaries, follows, issues)
}

/// Marks the domains whose clock and reset ports exist.
fn use_domains(module: &mut ModuleIr, context: &Context) {
    let mut clocked: Vec<DomainId> = module.properties.iter().map(|p| p.domain).collect();
    let mut reset: Vec<DomainId> = clocked.clone();
    for register in &module.registers {
        clocked.push(register.domain);
        if register.reset.is_some() {
            reset.push(register.domain);
        }
    }
    for memory in &module.memories {
        clocked.extend(memory.writes.iter().map(|p| p.domain));
        clocked.extend(memory.reads.iter().map(|p| p.domain));
    }
    let modules = context.modules.borrow();
    for instance in &module.instances {
        for (child, own) in modules[instance.module.index()]
            .domains
            .iter()
            .zip(&instance.domains)
        {
            if child.uses_clock {
                clocked.push(*own);
            }
            if child.uses_reset {
                reset.push(*own);
            }
        }
    }
    for id in clocked {
        module.domains[id.index()].uses_clock = true;
    }
    for id in reset {
        module.domains[id.index()].uses_reset = true;
    }
}

fn names(module: &ModuleIr, issues: &mut Vec<Issue>) {
    illegal(module, &module.name, true, issues);
    for domain in &module.domains {
        illegal(module, &domain.clock, true, issues);
        illegal(module, &domain.reset, true, issues);
    }
    let ports: BTreeSet<&str> = module.ports.iter().map(|port| port.name.as_str()).collect();
    let nodes = module
        .nodes
        .iter()
        .filter_map(|n| Some((n.name.as_deref()?, n.location)));
    let memories = module
        .memories
        .iter()
        .map(|m| (m.name.as_str(), m.location));
    let instances = module
        .instances
        .iter()
        .map(|i| (i.name.as_str(), i.location));
    let mut clash = |name: &str, first, second| {
        issues.push(Issue::NameClash {
            module: module.name.clone(),
            name: name.to_string(),
            first,
            second,
        });
    };
    let mut seen: BTreeMap<&str, &'static Location<'static>> = BTreeMap::new();
    for (name, at) in nodes.chain(memories).chain(instances) {
        if let Some(first) = seen.insert(name, at) {
            clash(name, first, at);
        }
    }
    // Properties have names of their own kind: Verilog shows them in comments and messages.
    let mut properties: BTreeMap<&str, &'static Location<'static>> = BTreeMap::new();
    for property in &module.properties {
        if let Some(first) = properties.insert(&property.name, property.location) {
            clash(&property.name, first, property.location);
        }
    }
    domain_names(module, &seen, issues);
    for name in seen.keys() {
        illegal(module, name, ports.contains(name), issues);
    }
    for name in properties.keys() {
        illegal(module, name, false, issues);
    }
}

/// Reports clocks and resets whose ports would be one, or would have the name of something else.
fn domain_names(
    module: &ModuleIr,
    seen: &BTreeMap<&str, &'static Location<'static>>,
    issues: &mut Vec<Issue>,
) {
    let mut taken: BTreeMap<&str, String> = BTreeMap::new();
    for (index, domain) in module.domains.iter().enumerate() {
        let polarity = if domain.reset_active_low {
            "low"
        } else {
            "high"
        };
        let roles = [
            (
                domain.uses_clock,
                &domain.clock,
                format!("the clock of domain {index}"),
            ),
            // Domains may share a reset, so its role does not name the domain.
            (
                domain.uses_reset,
                &domain.reset,
                format!("a reset active {polarity}"),
            ),
        ];
        for (_, name, role) in roles.into_iter().filter(|(used, ..)| *used) {
            if let Some(at) = seen.get(name.as_str()) {
                issues.push(Issue::ImplicitName {
                    module: module.name.clone(),
                    name: name.clone(),
                    role: role.clone(),
                    at,
                });
            }
            match taken.get(name.as_str()) {
                Some(first) if *first != role => issues.push(Issue::DomainClash {
                    module: module.name.clone(),
                    name: name.clone(),
                    first: first.clone(),
                    second: role,
                }),
                Some(_) => {}
                None => {
                    taken.insert(name, role);
                }
            }
        }
    }
}

/// Reports a name that Verilog does not accept. Emitters rename reserved words inside a module,
/// but names that stand outside it are kept.
fn illegal(module: &ModuleIr, name: &str, outside: bool, issues: &mut Vec<Issue>) {
    let reason = if !is_identifier(name) {
        "use letters, digits and `_`, not starting with a digit"
    } else if outside && is_reserved(name) {
        "it is a reserved word of Verilog, and ports keep their names"
    } else {
        return;
    };
    issues.push(Issue::IllegalName {
        module: module.name.clone(),
        name: name.to_string(),
        reason: reason.to_string(),
    });
}

fn undriven(module: &ModuleIr, context: &Context, issues: &mut Vec<Issue>) {
    let mut report = |what: String, at| {
        issues.push(Issue::Undriven {
            module: module.name.clone(),
            what,
            at,
        });
    };
    for node in &module.nodes {
        let name = node.name.as_deref().unwrap_or_default();
        match &node.kind {
            NodeKind::Wire { driver: None } => report(format!("wire `{name}`"), node.location),
            NodeKind::Register(id) if module.registers[id.index()].next.is_none() => {
                report(format!("register `{name}`"), node.location);
            }
            _ => {}
        }
    }
    let modules = context.modules.borrow();
    for instance in &module.instances {
        let ports = &modules[instance.module.index()].ports;
        for (port, connection) in ports.iter().zip(&instance.connections) {
            if port.direction == Direction::Input && connection.is_none() {
                report(
                    format!("input `{}` of instance `{}`", port.name, instance.name),
                    instance.location,
                );
            }
        }
    }
}

/// What samples or shows values: where a walk back through the graph starts.
fn sinks(module: &ModuleIr) -> Vec<NodeId> {
    let mut sinks = Vec::new();
    sinks.extend(
        module
            .ports
            .iter()
            .filter(|p| p.direction == Direction::Output)
            .map(|port| port.node),
    );
    for register in &module.registers {
        sinks.extend(register.next.iter().chain(&register.enable));
    }
    for memory in &module.memories {
        for WritePort {
            enable,
            address,
            data,
            mask,
            ..
        } in &memory.writes
        {
            sinks.extend([*enable, *address, *data].into_iter().chain(*mask));
        }
        for ReadPort {
            enable, address, ..
        } in &memory.reads
        {
            sinks.extend([*address].into_iter().chain(*enable));
        }
    }
    for instance in &module.instances {
        sinks.extend(instance.connections.iter().flatten());
    }
    sinks.extend(
        module
            .properties
            .iter()
            .map(|Property { condition, .. }| *condition),
    );
    sinks
}

fn unused_inputs(module: &ModuleIr, issues: &mut Vec<Issue>) {
    let mut live = vec![false; module.nodes.len()];
    let mut work = sinks(module);
    while let Some(id) = work.pop() {
        if !std::mem::replace(&mut live[id.index()], true) {
            work.extend(module.node(id).kind.operands());
        }
    }
    for port in &module.ports {
        if port.direction == Direction::Input && !port.allow_unused && !live[port.node.index()] {
            issues.push(Issue::UnusedInput {
                module: module.name.clone(),
                port: port.name.clone(),
                at: module.node(port.node).location,
            });
        }
    }
}

/// Depth-first walk for loops, and for the inputs that each node follows.
struct Following<'a> {
    module: &'a ModuleIr,
    modules: &'a [ModuleIr],
    summaries: &'a [Summary],
    /// The input ports that a finished node follows.
    done: Vec<Option<BTreeSet<PortId>>>,
    /// The nodes being visited, outermost first.
    path: Vec<NodeId>,
    on_path: Vec<bool>,
}

impl<'a> Following<'a> {
    fn new(module: &'a ModuleIr, modules: &'a [ModuleIr], summaries: &'a [Summary]) -> Self {
        let count = module.nodes.len();
        Following {
            module,
            modules,
            summaries,
            done: vec![None; count],
            path: Vec::new(),
            on_path: vec![false; count],
        }
    }

    /// The nodes that a node follows directly, through instances too.
    fn sources(&self, id: NodeId) -> Vec<NodeId> {
        match &self.module.node(id).kind {
            NodeKind::InstanceOutput { instance, port } => {
                let instance = &self.module.instances[instance.index()];
                let follows = &self.summaries[instance.module.index()].follows[port.index()];
                follows
                    .iter()
                    .filter_map(|input| instance.connections[input.index()])
                    .collect()
            }
            kind => kind.operands(),
        }
    }

    fn all(mut self) -> Result<Vec<BTreeSet<PortId>>, Vec<Hop>> {
        for index in 0..self.module.nodes.len() {
            self.visit(NodeId(index as u32))?;
        }
        Ok(self
            .done
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect())
    }

    /// Visits without recursion: expressions can be deep.
    fn visit(&mut self, root: NodeId) -> Result<(), Vec<Hop>> {
        if self.done[root.index()].is_some() {
            return Ok(());
        }
        let mut stack = vec![(root, self.sources(root), 0usize)];
        self.path.push(root);
        self.on_path[root.index()] = true;
        while let Some((id, sources, next)) = stack.last_mut() {
            if let Some(source) = sources.get(*next).copied() {
                *next += 1;
                if self.on_path[source.index()] {
                    return Err(self.hops(source));
                }
                if self.done[source.index()].is_none() {
                    self.path.push(source);
                    self.on_path[source.index()] = true;
                    stack.push((source, self.sources(source), 0));
                }
                continue;
            }
            let id = *id;
            let mut follows = BTreeSet::new();
            if let NodeKind::Input(port) = self.module.node(id).kind {
                follows.insert(port);
            }
            for source in sources.iter() {
                follows.extend(self.done[source.index()].iter().flatten().copied());
            }
            self.done[id.index()] = Some(follows);
            self.on_path[id.index()] = false;
            self.path.pop();
            stack.pop();
        }
        Ok(())
    }

    /// The loop that closes at `at`, in the direction in which values flow.
    fn hops(&self, at: NodeId) -> Vec<Hop> {
        let start = self
            .path
            .iter()
            .position(|id| *id == at)
            .expect("the loop is on the path");
        self.path[start..]
            .iter()
            .rev()
            .map(|id| self.hop(*id))
            .collect()
    }

    fn hop(&self, id: NodeId) -> Hop {
        let node = self.module.node(id);
        let what = match (&node.name, &node.kind) {
            (Some(name), _) => format!("`{name}`"),
            (None, NodeKind::InstanceOutput { instance, port }) => {
                let instance = &self.module.instances[instance.index()];
                let port = &self.modules[instance.module.index()].ports[port.index()];
                format!("output `{}` of instance `{}`", port.name, instance.name)
            }
            (None, kind) => operation_name(kind),
        };
        Hop {
            what,
            at: node.location,
        }
    }
}

/// Checks what each domain samples; completes the summary.
fn crossings(
    module: &ModuleIr,
    summaries: &[Summary],
    follows: Vec<BTreeSet<PortId>>,
    issues: &mut Vec<Issue>,
) -> Summary {
    let shows = shown_domains(module, summaries);
    let mut sampled_by = vec![BTreeSet::new(); module.ports.len()];
    let mut sample = |value: NodeId, by: DomainId, what: String, at: &'static Location<'static>| {
        for port in &follows[value.index()] {
            sampled_by[port.index()].insert(by);
        }
        let mut sources = shows[value.index()].clone();
        sources.extend(
            follows[value.index()]
                .iter()
                .map(|p| module.ports[p.index()].domain),
        );
        sources.remove(&by);
        if let Some(source) = sources.first() {
            let issue = Issue::ClockCrossing {
                module: module.name.clone(),
                what,
                clock: module.domains[by.index()].clock.clone(),
                source: module.domains[source.index()].clock.clone(),
                at,
            };
            // Address, data and enable of one port say the same thing.
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
    };
    for register in module
        .registers
        .iter()
        .filter(|register| !register.synchronizer)
    {
        let node = module.node(register.node);
        let what = format!("register `{}`", node.name.as_deref().unwrap_or_default());
        for value in register.next.iter().chain(&register.enable) {
            sample(*value, register.domain, what.clone(), node.location);
        }
    }
    for memory in &module.memories {
        let what = format!("memory `{}`", memory.name);
        for port in &memory.writes {
            for value in [port.enable, port.address, port.data]
                .into_iter()
                .chain(port.mask)
            {
                sample(value, port.domain, what.clone(), memory.location);
            }
        }
        for port in &memory.reads {
            for value in [port.address].into_iter().chain(port.enable) {
                sample(value, port.domain, what.clone(), memory.location);
            }
        }
    }
    for instance in &module.instances {
        let child = &summaries[instance.module.index()];
        for (index, connection) in instance.connections.iter().enumerate() {
            let Some(value) = connection else { continue };
            for domain in &child.sampled_by[index] {
                let by = instance.domains[domain.index()];
                sample(
                    *value,
                    by,
                    format!("instance `{}`", instance.name),
                    instance.location,
                );
            }
        }
    }
    for property in &module.properties {
        let what = format!("property `{}`", property.name);
        sample(property.condition, property.domain, what, property.location);
    }
    let of_outputs = |index: usize| {
        let port = &module.ports[index];
        (port.direction == Direction::Output).then_some(port.node.index())
    };
    let ports = 0..module.ports.len();
    Summary {
        follows: ports
            .clone()
            .map(|i| of_outputs(i).map_or_else(Vec::new, |n| follows[n].iter().copied().collect()))
            .collect(),
        shows: ports
            .map(|i| of_outputs(i).map_or_else(BTreeSet::new, |n| shows[n].clone()))
            .collect(),
        sampled_by,
    }
}

/// For each node the domains of the registers and memories that it shows.
fn shown_domains(module: &ModuleIr, summaries: &[Summary]) -> Vec<BTreeSet<DomainId>> {
    let mut shows: Vec<BTreeSet<DomainId>> = vec![BTreeSet::new(); module.nodes.len()];
    // Wires may refer forward, so go on until nothing changes; the sets only grow.
    loop {
        let mut changed = false;
        for index in 0..module.nodes.len() {
            let id = NodeId(index as u32);
            let mut set = BTreeSet::new();
            match &module.node(id).kind {
                NodeKind::Register(register) => {
                    set.insert(module.registers[register.index()].domain);
                }
                NodeKind::MemoryRead { memory, port } => {
                    set.insert(module.memories[memory.index()].reads[*port as usize].domain);
                }
                NodeKind::InstanceOutput { instance, port } => {
                    let instance = &module.instances[instance.index()];
                    let child = &summaries[instance.module.index()];
                    set.extend(
                        child.shows[port.index()]
                            .iter()
                            .map(|d| instance.domains[d.index()]),
                    );
                    for input in &child.follows[port.index()] {
                        if let Some(source) = instance.connections[input.index()] {
                            set.extend(shows[source.index()].iter().copied());
                        }
                    }
                }
                kind => {
                    for operand in kind.operands() {
                        set.extend(shows[operand.index()].iter().copied());
                    }
                }
            }
            if set.len() > shows[index].len() {
                shows[index] = set;
                changed = true;
            }
        }
        if !changed {
            return shows;
        }
    }
}
