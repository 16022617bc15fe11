//! Which bits a bit follows through instances.

use crate::bits::sources;
use crate::ir::{ModuleIr, NodeId, NodeKind};
use std::ops::Range;

/// The bits of inputs that a bit of a module's output follows.
fn inputs(modules: &[ModuleIr], module: &ModuleIr, output: NodeId, bit: u32) -> Vec<(NodeId, u32)> {
    let mut seen: Vec<Vec<bool>> = vec![Vec::new(); module.nodes.len()];
    let mut work = vec![(output, bit)];
    let mut found = Vec::new();
    while let Some((id, bit)) = work.pop() {
        let bits = &mut seen[id.index()];
        bits.resize(module.shape(id).width as usize, false);
        if std::mem::replace(&mut bits[bit as usize], true) {
            continue;
        }
        if let NodeKind::Input(_) = module.node(id).kind {
            found.push((id, bit));
        }
        through(modules, module, id, bit, &mut |source, bits| {
            work.extend(bits.map(|bit| (source, bit)));
        });
    }
    found.sort_unstable();
    found
}

/// [`sources`], through instances too.
pub(super) fn through(
    modules: &[ModuleIr],
    module: &ModuleIr,
    id: NodeId,
    bit: u32,
    visit: &mut dyn FnMut(NodeId, Range<u32>),
) {
    let NodeKind::InstanceOutput { instance, port } = module.node(id).kind else {
        return sources(module, id, bit, visit);
    };
    let instance = &module.instances[instance.index()];
    let child = &modules[instance.module.index()];
    let output = child.ports[port.index()].node;
    for (input, bit) in inputs(modules, child, output, bit) {
        let port = child.ports.iter().position(|port| port.node == input);
        if let Some(source) = port.and_then(|port| instance.connections[port]) {
            visit(source, bit..bit + 1);
        }
    }
}
