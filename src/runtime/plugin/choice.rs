//! Which nodes of a network run on the core.

use std::collections::BTreeMap;
use std::ops::Range;

/// The nodes of a network of another runtime, by their places: each reads what is given, constant, or computed by one
/// before it.
pub trait Nodes {
    /// What tells the values between nodes apart.
    type Value: Ord + Clone;
    /// Nodes as a network on the core.
    type Compiled;

    /// How many there are.
    fn count(&self) -> usize;
    /// What a node reads. What is left out is none of it.
    fn inputs(&self, place: usize) -> Vec<Self::Value>;
    /// What a node computes.
    fn outputs(&self, place: usize) -> Vec<Self::Value>;
    /// Whether no node computes a value, and no one gives it.
    fn is_constant(&self, value: &Self::Value) -> bool;
    /// Whether a value is a tensor of 8 bits.
    fn is_narrow(&self, value: &Self::Value) -> bool;
    /// Whether nodes are a network of operators that are supported.
    fn are_supported(&self, places: &[usize]) -> bool;
    /// Nodes as a network on the core, in the order given.
    ///
    /// # Errors
    /// Why they do not run on the core.
    fn compile(&self, places: &[usize]) -> Result<Self::Compiled, String>;
    /// Whether the core has something to do, and not the host alone.
    fn runs_on_core(&self, compiled: &Self::Compiled) -> bool;
}

/// What runs on the core.
pub struct Choice<C> {
    /// Nodes by their places, and the network that they are.
    pub parts: Vec<(Vec<usize>, C)>,
    /// Why it is not one network of all nodes.
    pub reason: Option<String>,
}

impl<C> Choice<C> {
    /// What to tell of a network of so many nodes, where there is something.
    pub fn warning(&self, nodes: usize) -> Option<String> {
        let reason = self.reason.as_ref()?;
        let count = self.parts.iter().map(|(places, _)| places.len());
        let count = count.sum::<usize>();
        let parts = match self.parts.len() {
            0 | 1 => String::new(),
            parts => format!(", in {parts} parts"),
        };
        Some(format!(
            "Ferrogrid runs {count} of the {nodes} nodes of this model{parts}: {reason}"
        ))
    }
}

/// All nodes as one network; where that does not work, the longest rows of nodes between tensors of 8 bits that do.
pub fn choose<N: Nodes>(network: &N) -> Choice<N::Compiled> {
    let order = order(network);
    let reason = match network.compile(&order) {
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
        match network.are_supported(&order[piece.clone()]) {
            true => row.push(piece),
            false => {
                compile(network, &order, &row, &mut parts);
                row.clear();
            }
        }
    }
    compile(network, &order, &row, &mut parts);
    Choice {
        parts,
        reason: Some(reason),
    }
}

/// Compiles pieces, one behind the other, as one network; where that does not work, halves of them.
fn compile<N: Nodes>(
    network: &N,
    order: &[usize],
    pieces: &[Range<usize>],
    parts: &mut Vec<(Vec<usize>, N::Compiled)>,
) {
    let [first, .., last] = pieces else {
        // One piece, or none.
        return pieces.iter().for_each(|piece| {
            parts.extend(part(network, &order[piece.clone()]));
        });
    };
    match part(network, &order[first.start..last.end]) {
        Some(found) => parts.push(found),
        None => {
            let (before, behind) = pieces.split_at(pieces.len() / 2);
            compile(network, order, before, parts);
            compile(network, order, behind, parts);
        }
    }
}

/// Nodes as a network, of which the core has something to do.
fn part<N: Nodes>(network: &N, places: &[usize]) -> Option<(Vec<usize>, N::Compiled)> {
    let compiled = network.compile(places).ok()?;
    let works = network.runs_on_core(&compiled);
    works.then(|| (places.to_vec(), compiled))
}

/// The nodes, with what reads constants alone just before its first reader.
fn order<N: Nodes>(network: &N) -> Vec<usize> {
    let mut of_constants = BTreeMap::new();
    for place in 0..network.count() {
        let constant = |value| network.is_constant(value) || of_constants.contains_key(value);
        if network.inputs(place).iter().all(constant) {
            let outputs = network.outputs(place).into_iter();
            of_constants.extend(outputs.map(|value| (value, place)));
        }
    }
    let mut order = Order {
        network,
        of_constants,
        places: Vec::new(),
        placed: vec![false; network.count()],
    };
    for place in 0..network.count() {
        let constant = |value| order.of_constants.contains_key(value);
        if !network.outputs(place).iter().any(constant) {
            order.place(place);
        }
    }
    (0..network.count()).for_each(|place| order.place(place));
    order.places
}

struct Order<'a, N: Nodes> {
    network: &'a N,
    /// The nodes that read constants alone, by what they compute.
    of_constants: BTreeMap<N::Value, usize>,
    places: Vec<usize>,
    placed: Vec<bool>,
}

impl<N: Nodes> Order<'_, N> {
    fn place(&mut self, place: usize) {
        let mut waiting = vec![place];
        while let Some(place) = waiting.last().copied() {
            let inputs = self.network.inputs(place);
            let before = inputs
                .iter()
                .filter_map(|value| self.of_constants.get(value));
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
fn pieces<N: Nodes>(network: &N, order: &[usize]) -> Vec<Range<usize>> {
    let mut last_reader = BTreeMap::new();
    for (at, place) in order.iter().enumerate() {
        let inputs = network.inputs(*place).into_iter();
        last_reader.extend(inputs.map(|value| (value, at)));
    }
    let (mut pieces, mut start, mut end) = (Vec::new(), 0, 0);
    for (at, place) in order.iter().enumerate() {
        let outputs = network.outputs(*place);
        let wide = outputs.iter().filter(|value| !network.is_narrow(value));
        let reads = wide.filter_map(|value| last_reader.get(value)).copied();
        end = reads.fold(end.max(at), usize::max);
        if end == at {
            pieces.push(start..at + 1);
            start = at + 1;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes in a row; the core has room for some, and does not know one of them.
    struct Row {
        count: usize,
        room: usize,
        unknown: Option<usize>,
        /// The value behind this node is no tensor of 8 bits.
        wide: Option<usize>,
        /// This node reads constants alone.
        constant: Option<usize>,
    }

    const ROW: Row = Row {
        count: 8,
        room: 8,
        unknown: None,
        wide: None,
        constant: None,
    };

    /// Values have the numbers of the nodes that compute them, counted from 1; 0 is given, and 100 a constant.
    impl Nodes for Row {
        type Value = usize;
        type Compiled = usize;

        fn count(&self) -> usize {
            self.count
        }

        fn inputs(&self, place: usize) -> Vec<usize> {
            match self.constant {
                Some(constant) if constant == place => vec![100],
                // The last node reads what is computed of constants too.
                Some(constant) if place + 1 == self.count => vec![place, constant + 1],
                Some(constant) if place == constant + 1 => vec![constant],
                _ => vec![place],
            }
        }

        fn outputs(&self, place: usize) -> Vec<usize> {
            vec![place + 1]
        }

        fn is_constant(&self, value: &usize) -> bool {
            *value == 100
        }

        fn is_narrow(&self, value: &usize) -> bool {
            self.wide.is_none_or(|place| place + 1 != *value)
        }

        fn are_supported(&self, places: &[usize]) -> bool {
            self.unknown.is_none_or(|place| !places.contains(&place))
        }

        fn compile(&self, places: &[usize]) -> Result<usize, String> {
            match self.are_supported(places) && places.len() <= self.room {
                true => Ok(places.len()),
                false => Err("there is no room, or an unknown node".into()),
            }
        }

        fn runs_on_core(&self, _: &usize) -> bool {
            true
        }
    }

    #[track_caller]
    fn check(row: &Row, parts: &[&[usize]]) {
        let found = choose(row);
        let places = found.parts.iter().map(|(places, _)| places.as_slice());
        assert_eq!(Vec::from_iter(places), parts);
        assert_eq!(
            found.reason.is_none(),
            parts.concat().len() == row.count && parts.len() == 1
        );
    }

    #[test]
    fn a_network_is_one_part_where_that_works() {
        check(&ROW, &[&[0, 1, 2, 3, 4, 5, 6, 7]]);
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let unknown = Some(3);
        check(&Row { unknown, ..ROW }, &[&[0, 1, 2], &[4, 5, 6, 7]]);
        // With what goes to it, or comes from it, in more than 8 bits.
        let wide = Some(3);
        check(
            &Row {
                unknown,
                wide,
                ..ROW
            },
            &[&[0, 1, 2], &[5, 6, 7]],
        );
    }

    #[test]
    fn what_has_no_room_is_halved() {
        check(&Row { room: 4, ..ROW }, &[&[0, 1, 2, 3], &[4, 5, 6, 7]]);
        check(
            &Row { room: 3, ..ROW },
            &[&[0, 1], &[2, 3], &[4, 5], &[6, 7]],
        );
    }

    #[test]
    fn nodes_of_constants_stand_before_their_readers() {
        let constant = Some(0);
        check(&Row { constant, ..ROW }, &[&[1, 2, 3, 4, 5, 6, 0, 7]]);
    }

    #[test]
    fn a_warning_says_what_runs() {
        let warning = |row: &Row| choose(row).warning(row.count);
        assert_eq!(warning(&ROW), None);
        let unknown = Some(3);
        assert_eq!(
            warning(&Row { unknown, ..ROW }).as_deref(),
            Some(
                "Ferrogrid runs 7 of the 8 nodes of this model, in 2 parts: there is no room, or an unknown node"
            )
        );
    }
}
