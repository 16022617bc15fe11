//! Which nodes of a network run on the core.

use crate::compiled::Compiled;
use crate::network::Network;
use crate::options::Options;
use ferrogrid::import::read_onnx;
use std::collections::BTreeMap;
use std::ops::Range;

/// What runs on the core.
pub struct Choice {
    /// Nodes by their places, and the network that they are.
    pub parts: Vec<(Vec<usize>, Compiled)>,
    /// Why it is not one network of all nodes.
    pub reason: Option<String>,
}

/// All nodes as one network; where that does not work, the longest rows of nodes between tensors of 8 bits that do.
pub fn choose(network: &Network, options: &Options) -> Choice {
    let order = order(network);
    let reason = match Compiled::new(network, &order, options) {
        Ok(compiled) => {
            let parts = vec![(order, compiled)];
            return Choice {
                parts,
                reason: None,
            };
        }
        Err(reason) => reason,
    };
    let mut parts = Vec::new();
    let mut row = Vec::new();
    for piece in pieces(network, &order) {
        match read_onnx(&network.part(&order[piece.clone()]).model) {
            Ok(_) => row.push(piece),
            Err(_) => {
                compile(network, options, &order, &row, &mut parts);
                row.clear();
            }
        }
    }
    compile(network, options, &order, &row, &mut parts);
    Choice {
        parts,
        reason: Some(reason),
    }
}

/// Compiles pieces, one behind the other, as one network; where that does not work, halves of them.
fn compile(
    network: &Network,
    options: &Options,
    order: &[usize],
    pieces: &[Range<usize>],
    parts: &mut Vec<(Vec<usize>, Compiled)>,
) {
    let [first, .., last] = pieces else {
        // One piece, or none.
        return pieces.iter().for_each(|piece| {
            let places = &order[piece.clone()];
            parts.extend(part(network, options, places));
        });
    };
    match part(network, options, &order[first.start..last.end]) {
        Some(found) => parts.push(found),
        None => {
            let (before, behind) = pieces.split_at(pieces.len() / 2);
            compile(network, options, order, before, parts);
            compile(network, options, order, behind, parts);
        }
    }
}

/// Nodes as a network, of which the core has something to do.
fn part(network: &Network, options: &Options, places: &[usize]) -> Option<(Vec<usize>, Compiled)> {
    let compiled = Compiled::new(network, places, options).ok()?;
    compiled.runs_on_core().then(|| (places.to_vec(), compiled))
}

/// The nodes, with what reads constants alone just before its first reader.
fn order(network: &Network) -> Vec<usize> {
    let mut of_constants = BTreeMap::new();
    for (place, node) in network.nodes.iter().enumerate() {
        let constant = |name: &String| {
            let known = name.is_empty() || network.initializers.contains_key(name);
            known || of_constants.contains_key(name)
        };
        if node.input.iter().all(constant) {
            of_constants.extend(node.output.iter().map(|name| (name.clone(), place)));
        }
    }
    let mut order = Order {
        network,
        of_constants,
        places: Vec::new(),
        placed: vec![false; network.nodes.len()],
    };
    for (place, node) in network.nodes.iter().enumerate() {
        let constant = |name: &String| order.of_constants.contains_key(name);
        if !node.output.iter().any(constant) {
            order.place(place);
        }
    }
    (0..network.nodes.len()).for_each(|place| order.place(place));
    order.places
}

struct Order<'a> {
    network: &'a Network,
    /// The nodes that read constants alone, by what they compute.
    of_constants: BTreeMap<String, usize>,
    places: Vec<usize>,
    placed: Vec<bool>,
}

impl Order<'_> {
    fn place(&mut self, place: usize) {
        let mut waiting = vec![place];
        while let Some(place) = waiting.last().copied() {
            let inputs = self.network.nodes[place].input.iter();
            let before = inputs.filter_map(|name| self.of_constants.get(name));
            let before = before.filter(|constant| !self.placed[**constant]);
            let before = Vec::from_iter(before);
            if !before.is_empty() {
                waiting.extend(before);
                continue;
            }
            waiting.pop();
            if !std::mem::replace(&mut self.placed[place], true) {
                self.places.push(place);
            }
        }
    }
}

/// The shortest rows of nodes between which there are tensors of 8 bits alone.
fn pieces(network: &Network, order: &[usize]) -> Vec<Range<usize>> {
    let wide = |name: &String| {
        let kind = network.ports.get(name).and_then(Option::as_ref);
        !kind.is_some_and(|kind| [UINT8, INT8].contains(&kind.element))
    };
    let mut at_of = vec![0; order.len()];
    for (at, place) in order.iter().enumerate() {
        at_of[*place] = at;
    }
    let last_read = |name: &String| {
        let readers = network.readers.get(name).into_iter().flatten();
        readers.map(|reader| at_of[*reader]).max()
    };
    let (mut pieces, mut start, mut end) = (Vec::new(), 0, 0);
    for (at, place) in order.iter().enumerate() {
        let outputs = network.nodes[*place].output.iter();
        let reads = outputs.filter(|name| wide(name)).filter_map(last_read);
        end = reads.fold(end.max(at), usize::max);
        if end == at {
            pieces.push(start..at + 1);
            start = at + 1;
        }
    }
    pieces
}

/// Their numbers in `onnx.proto3`.
const UINT8: i32 = 2;
const INT8: i32 = 3;
