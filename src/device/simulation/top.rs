//! What a simulator shows of a design, by number.

use crate::device::error::Error;
use crate::hdl::ir::{Design, Direction, ModuleId};
use crate::hdl::{Shape, bit};
use std::collections::HashMap;

/// The outside of a design, and its public memories.
#[derive(Debug, Default)]
pub(in crate::device) struct Top {
    /// Name of the module.
    pub name: String,
    /// Names of the clock ports.
    pub clocks: Vec<String>,
    /// Reset ports, as indices into the ports, with the values that assert them.
    pub resets: Vec<(usize, u64)>,
    /// All ports but clocks.
    pub ports: Vec<Port>,
    /// Memories of which words can be set and read.
    pub memories: Vec<Table>,
    numbers: HashMap<String, usize>,
    memory_numbers: HashMap<String, usize>,
}

/// A port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::device) struct Port {
    pub name: String,
    pub direction: Direction,
    pub shape: Shape,
}

/// A public memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::device) struct Table {
    /// Instance names below the top, joined by dots; empty for a memory of the top itself.
    pub scope: String,
    pub name: String,
    pub width: u32,
    pub depth: u32,
}

impl Table {
    /// Hierarchical name below the top.
    pub fn path(&self) -> String {
        match &*self.scope {
            "" => self.name.clone(),
            scope => format!("{scope}.{}", self.name),
        }
    }
}

/// 64-bit digits of a value of so many bits.
pub(in crate::device) fn digits(width: u32) -> usize {
    width.div_ceil(64) as usize
}

impl Top {
    pub fn of(design: &Design) -> Self {
        let module = design.top();
        let mut top = Top {
            name: module.name.clone(),
            ..Top::default()
        };
        for port in &module.ports {
            top.add(&port.name, port.direction, port.shape);
        }
        for domain in &module.domains {
            if domain.uses_clock && !top.clocks.contains(&domain.clock) {
                top.clocks.push(domain.clock.clone());
            }
            if domain.uses_reset && top.port(&domain.reset).is_none() {
                let asserted = u64::from(!domain.reset_active_low);
                top.resets.push((top.ports.len(), asserted));
                top.add(&domain.reset, Direction::Input, bit());
            }
        }
        let top_module = ModuleId(design.modules.len() as u32 - 1);
        tables(design, top_module, "", &mut top.memories);
        let paths = top.memories.iter().map(Table::path);
        top.memory_numbers = paths
            .enumerate()
            .map(|(index, path)| (path, index))
            .collect();
        top
    }

    fn add(&mut self, name: &str, direction: Direction, shape: Shape) {
        self.numbers.insert(name.to_owned(), self.ports.len());
        self.ports.push(Port {
            name: name.to_owned(),
            direction,
            shape,
        });
    }

    fn port(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The number of a port.
    pub fn find(&self, name: &str) -> Result<usize, Error> {
        self.port(name).ok_or_else(|| {
            let names = self.ports.iter().map(|port| &*port.name);
            self.missing("port", name, names.collect())
        })
    }

    /// The number of a clock.
    pub fn find_clock(&self, name: &str) -> Result<usize, Error> {
        let found = self.clocks.iter().position(|clock| clock == name);
        found.ok_or_else(|| {
            let names = self.clocks.iter().map(|clock| &**clock);
            self.missing("clock", name, names.collect())
        })
    }

    /// The number of a memory.
    pub fn find_memory(&self, path: &str) -> Result<usize, Error> {
        self.memory_numbers.get(path).copied().ok_or_else(|| {
            let paths: Vec<String> = self.memories.iter().map(Table::path).collect();
            let names = paths.iter().map(|path| &**path);
            self.missing("public memory", path, names.collect())
        })
    }

    fn missing(&self, what: &str, name: &str, names: Vec<&str>) -> Error {
        let has = match &names[..] {
            [] => "it has none".to_owned(),
            names => format!("it has {}", names.join(", ")),
        };
        Error::Signal(format!("`{}` has no {what} `{name}`: {has}", self.name))
    }
}

/// Adds the public memories of a module and of all below it, without the models of cells.
fn tables(design: &Design, id: ModuleId, scope: &str, found: &mut Vec<Table>) {
    let module = design.module(id);
    for memory in module.memories.iter().filter(|memory| memory.public) {
        found.push(Table {
            scope: scope.to_owned(),
            name: memory.name.clone(),
            width: memory.width,
            depth: memory.depth,
        });
    }
    for instance in &module.instances {
        if design.module(instance.module).cell.is_none() {
            let inner = match scope {
                "" => instance.name.clone(),
                scope => format!("{scope}.{}", instance.name),
            };
            tables(design, instance.module, &inner, found);
        }
    }
}
