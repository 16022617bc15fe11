//! Instances.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::{Connection, Instance, Item};
use super::Printer;
use super::expression::{flat, listed, wrapped};

/// From so many instances of a module in another on, their connections fill lines.
const MANY_INSTANCES: usize = 3;
/// From so many connections on, they fill lines.
const MANY_CONNECTIONS: usize = 40;

/// Modules of which there are many instances.
pub(super) fn repeated(items: &[Item]) -> BTreeSet<String> {
    let mut counts = BTreeMap::new();
    for item in items {
        if let Item::Instance(instance) = item {
            *counts.entry(&instance.module).or_insert(0) += 1;
        }
    }
    counts.retain(|_, count| *count >= MANY_INSTANCES);
    counts.into_keys().cloned().collect()
}

impl Printer {
    pub(super) fn instance(&mut self, instance: &Instance) {
        self.comment(4, &instance.comment);
        let start = if instance.parameters.is_empty() {
            format!("{} {}", instance.module, instance.name)
        } else {
            self.parameters(instance);
            format!(") {}", instance.name)
        };
        if instance.connections.is_empty() {
            self.line(4, &format!("{start} ();"));
            return;
        }
        self.line(4, &format!("{start} ("));
        let many = instance.connections.len() >= MANY_CONNECTIONS;
        if many || self.repeated.contains(&instance.module) {
            let connections: Vec<_> = (instance.connections.iter())
                .map(|Connection { port, value, .. }| format!(".{port}({})", flat(value)))
                .collect();
            for line in listed(&" ".repeat(8), &connections, "") {
                self.line(0, &line);
            }
            self.line(4, ");");
            return;
        }
        let column = instance
            .connections
            .iter()
            .map(|c| c.port.len())
            .max()
            .unwrap_or(0);
        for (index, Connection { port, value, .. }) in instance.connections.iter().enumerate() {
            let end = if index + 1 < instance.connections.len() {
                ","
            } else {
                ""
            };
            let start = format!(".{port:column$} (");
            let value = wrapped(value, 8 + start.len() + 2, 12);
            self.line(8, &format!("{start}{value}){end}"));
        }
        self.line(4, ");");
    }

    /// `module #(` and the parameters, the closing bracket left out.
    fn parameters(&mut self, instance: &Instance) {
        self.line(4, &format!("{} #(", instance.module));
        let names = instance.parameters.iter().map(|(name, _)| name.len());
        let column = names.max().unwrap_or(0);
        for (index, (name, value)) in instance.parameters.iter().enumerate() {
            let last = index + 1 == instance.parameters.len();
            let end = if last { "" } else { "," };
            self.line(8, &format!(".{name:column$} ({value}){end}"));
        }
    }
}
