//! Names that Verilog does not accept, or that two things have.

use crate::Issue;
use crate::ir::ModuleIr;
use crate::names::{is_identifier, is_reserved};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::Location;

pub(super) fn check(module: &ModuleIr, issues: &mut Vec<Issue>) {
    illegal(module, (&module.name, None), true, issues);
    for domain in &module.domains {
        illegal(module, (&domain.clock, None), true, issues);
        illegal(module, (&domain.reset, None), true, issues);
    }
    let ports: HashSet<&str> = module.ports.iter().map(|port| port.name.as_str()).collect();
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
    let mut seen: HashMap<&str, &'static Location<'static>> = HashMap::new();
    let mut doubtful = Vec::new();
    for (name, at) in nodes.chain(memories).chain(instances) {
        if let Some(first) = seen.insert(name, at) {
            clash(name, first, at);
        } else if !is_identifier(name) || is_reserved(name) {
            doubtful.push((name, at));
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
    doubtful.sort_unstable_by_key(|(name, _)| *name);
    for (name, at) in doubtful {
        illegal(module, (name, Some(at)), ports.contains(name), issues);
    }
    for (name, at) in &properties {
        illegal(module, (name, Some(at)), false, issues);
    }
}

/// Reports clocks and resets whose ports would be one, or would have the name of something else.
fn domain_names(
    module: &ModuleIr,
    seen: &HashMap<&str, &'static Location<'static>>,
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
fn illegal(
    module: &ModuleIr,
    (name, at): (&str, Option<&'static Location<'static>>),
    outside: bool,
    issues: &mut Vec<Issue>,
) {
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
        at,
    });
}
