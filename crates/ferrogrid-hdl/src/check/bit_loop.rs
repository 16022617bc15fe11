//! Looks bit by bit at nodes that follow themselves as a whole.

use super::through::through;
use crate::ir::{ModuleIr, NodeId};

/// A bit of a node.
type Bit = (NodeId, u32);

/// A loop of bits among nodes of circles: each bit is followed by the one before it, the first by
/// the last.
pub(super) fn find(module: &ModuleIr, modules: &[ModuleIr], circle: &[bool]) -> Option<Vec<Bit>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states: Vec<Vec<State>> = module
        .nodes
        .iter()
        .zip(circle)
        .map(|(node, member)| match member {
            true => vec![State::New; node.shape.width as usize],
            false => Vec::new(),
        })
        .collect();
    let sources = |(id, bit): Bit| {
        let mut sources = Vec::new();
        through(modules, module, id, bit, &mut |source, bits| {
            if circle[source.index()] {
                sources.extend(bits.map(|bit| (source, bit)));
            }
        });
        sources.reverse();
        sources
    };
    let all = (0..circle.len() as u32).map(NodeId);
    for id in all.filter(|id| circle[id.index()]) {
        for bit in 0..module.shape(id).width {
            let mut path: Vec<(Bit, Vec<Bit>)> = Vec::new();
            let mut enter = Some((id, bit));
            loop {
                if let Some((id, bit)) = enter.take() {
                    match states[id.index()][bit as usize] {
                        State::Done => {}
                        State::Open => {
                            let start = path.iter().position(|(at, _)| *at == (id, bit));
                            let on_loop = path[start.unwrap_or(0)..].iter();
                            return Some(on_loop.map(|(at, _)| *at).collect());
                        }
                        State::New => {
                            states[id.index()][bit as usize] = State::Open;
                            path.push(((id, bit), sources((id, bit))));
                        }
                    }
                }
                let Some((at, sources)) = path.last_mut() else {
                    break;
                };
                enter = sources.pop();
                if enter.is_none() {
                    states[at.0.index()][at.1 as usize] = State::Done;
                    path.pop();
                }
            }
        }
    }
    None
}
