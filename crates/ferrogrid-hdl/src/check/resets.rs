//! Asynchronous resets that are not released in time for every clock, or mix with others.

use crate::Warning;
use crate::ir::ModuleIr;

pub(super) fn check(module: &ModuleIr, modules: &[ModuleIr], warnings: &mut Vec<Warning>) {
    let of_name = |name: &str| {
        let domains = module.domains.iter();
        let domains = domains.filter(move |domain| domain.uses_reset && domain.reset == name);
        domains.collect::<Vec<_>>()
    };
    let mut told: Vec<&str> = Vec::new();
    for domain in &module.domains {
        let sharing = of_name(&domain.reset);
        let two_clocks = sharing.iter().find(|other| other.clock != domain.clock);
        let Some(other) = two_clocks.filter(|_| domain.uses_reset) else {
            continue;
        };
        if sharing.iter().any(|domain| domain.asynchronous_reset)
            && !told.contains(&domain.reset.as_str())
        {
            told.push(&domain.reset);
            warnings.push(Warning::SharedReset {
                module: module.name.clone(),
                reset: domain.reset.clone(),
                clocks: [domain.clock.clone(), other.clock.clone()],
            });
        }
    }
    for instance in &module.instances {
        let child = &modules[instance.module.index()];
        for (inside, own) in child.domains.iter().zip(&instance.domains) {
            let ours = &module.domains[own.index()];
            if inside.uses_reset && inside.asynchronous_reset != ours.asynchronous_reset {
                warnings.push(Warning::MixedReset {
                    module: module.name.clone(),
                    instance: instance.name.clone(),
                    asynchronous: inside.asynchronous_reset,
                    reset: ours.reset.clone(),
                    at: instance.location,
                });
            }
        }
    }
}
