//! Which clocks and resets a module has.

use crate::ir::{DomainId, ModuleIr};

/// Marks the domains whose clock and reset ports exist.
pub(super) fn mark_used(module: &mut ModuleIr, modules: &[ModuleIr]) {
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
