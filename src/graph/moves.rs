//! Nodes that only move elements, made one.

use super::{Graph, Limits, Node, Operator, Tensor, TensorId, View, strides_of};

/// Tensors of more elements are left as they are.
const MOST: usize = 1 << 16;
/// Nodes that are looked at in front of one.
const FARTHEST: usize = 8;

impl Graph {
    /// Makes one node of several behind each other that only move elements, where one does: transpositions there and
    /// back are none, shuffled channels are picked. Nodes that nothing reads any more stay.
    ///
    /// The graph must be consistent.
    pub fn join_moves(&mut self) {
        let mut at = 0;
        while at < self.nodes.len() {
            if let Some((operator, input, shape)) = self.joined(&self.nodes[at]) {
                let input = self.reshaped_before(&mut at, input, shape);
                let node = &mut self.nodes[at];
                (node.operator, node.inputs) = (operator, vec![input]);
            }
            at += 1;
        }
    }

    /// The node that makes a tensor.
    fn maker(&self, tensor: TensorId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.output == tensor)
    }

    fn only_moves(&self, node: &Node) -> bool {
        let moves = matches!(
            node.operator,
            Operator::Reshape { .. } | Operator::View(_) | Operator::Select { .. }
        );
        moves && self[node.output].len().max(self[node.inputs[0]].len()) <= MOST
    }

    /// The place in the input of a node, which only moves elements, of an element of its result.
    fn place(&self, node: &Node, at: usize) -> usize {
        match &node.operator {
            Operator::View(view) => view.place(at),
            Operator::Select { axis, places } => {
                let from = self[node.inputs[0]].shape[*axis];
                let behind: usize = self[node.output].shape[axis + 1..].iter().product();
                let row = places.len() * behind;
                let (outer, inner) = (at / row, at % row);
                (outer * from + places[inner / behind]) * behind + inner % behind
            }
            _ => at,
        }
    }

    /// What does the work of a node and those in front of it: its operator, what it takes, and in which shape.
    fn joined(&self, node: &Node) -> Option<(Operator, TensorId, Vec<usize>)> {
        if matches!(node.operator, Operator::Reshape { .. }) {
            return None;
        }
        let mut before = Vec::new();
        let mut input = node.inputs[0];
        while let Some(maker) = self.maker(input).filter(|maker| self.only_moves(maker))
            && before.len() < FARTHEST
        {
            before.push(maker);
            input = maker.inputs[0];
        }
        let is_move = |node: &&Node| !matches!(node.operator, Operator::Reshape { .. });
        if !self.only_moves(node) || !before.iter().any(is_move) {
            return None;
        }
        let place = |at: usize| {
            let first = self.place(node, at);
            before.iter().fold(first, |at, maker| self.place(maker, at))
        };
        let places = Vec::from_iter((0..self[node.output].len()).map(place));
        let (from, to) = (&self[input], &self[node.output].shape);
        let is_same =
            places.len() == from.len() && places.iter().enumerate().all(|(at, of)| at == *of);
        if is_same {
            let shape = to.clone();
            return Some((Operator::Reshape { shape }, input, from.shape.clone()));
        }
        let picked = picked(&places, from, to);
        picked
            .map(|(operator, shape)| (operator, input, shape))
            .or_else(|| Some((affine(&places, to)?, input, from.shape.clone())))
    }

    /// A tensor in a shape, by a node in front of that at a place, which moves on.
    fn reshaped_before(&mut self, at: &mut usize, input: TensorId, shape: Vec<usize>) -> TensorId {
        if self[input].shape == shape {
            return input;
        }
        let name = format!("{}_from", self.nodes[*at].name);
        let tensor = Tensor {
            name: name.clone(),
            shape: shape.clone(),
            values: None,
            ..self[input].clone()
        };
        let limits = Limits::of(tensor.element);
        let output = self.tensor(tensor);
        let node = Node {
            name,
            operator: Operator::Reshape { shape },
            inputs: vec![input],
            output,
            limits,
        };
        self.nodes.insert(*at, node);
        *at += 1;
        output
    }
}

/// The same channels of every pixel, and the shape of what they are picked from.
fn picked(places: &[usize], from: &Tensor, to: &[usize]) -> Option<(Operator, Vec<usize>)> {
    let (channels, (outputs, pixels)) = (*from.shape.last()?, to.split_last()?);
    if places.len() / outputs * channels != from.len() {
        return None;
    }
    let first = &places[..*outputs];
    let is_pixel = |(pixel, of_pixel): (usize, &[usize])| {
        let mut pairs = of_pixel.iter().zip(first);
        pairs.all(|(place, first)| *place == pixel * channels + first)
    };
    let is_picked = first.iter().all(|place| *place < channels)
        && places.chunks(*outputs).enumerate().all(is_pixel);
    is_picked.then(|| {
        let select = Operator::Select {
            axis: pixels.len(),
            places: first.to_vec(),
        };
        (select, [pixels, &[channels]].concat())
    })
}

/// A view with these places.
fn affine(places: &[usize], to: &[usize]) -> Option<Operator> {
    let offset = *places.first()?;
    let stride = |(size, step): (&usize, isize)| match size {
        1 => 0,
        _ => places[step as usize] as isize - offset as isize,
    };
    let view = View {
        shape: to.to_vec(),
        strides: to.iter().zip(strides_of(to)).map(stride).collect(),
        offset,
    };
    let is_view = view.range().is_some() && view.places().eq(places.iter().copied());
    is_view.then_some(Operator::View(view))
}
