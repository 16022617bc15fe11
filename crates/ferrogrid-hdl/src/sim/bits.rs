//! Computes nodes bit by bit where ports of instances run in a circle as a whole, though no bit
//! follows itself.

use super::flatten::FlatNode;
use super::lower::{Lowering, Part};
use super::ops::Op;
use super::wide::Span;
use crate::bits;
use crate::ir::{BinaryOp, NodeId, NodeKind, UnaryOp};
use std::collections::HashMap;
use std::ops::Range;

impl Lowering<'_> {
    pub(super) fn in_circle(&self, at: FlatNode) -> bool {
        let circles = self.circles.as_ref();
        circles.is_some_and(|circles| circles.members[self.hierarchy.number(at)])
    }

    /// The value of a node of a circle, put together from its bits.
    pub(super) fn joined(&mut self, at: FlatNode) -> u32 {
        let width = self.width(at);
        (0..width).for_each(|bit| self.settle_bit(at, bit));
        self.bits_of(at, 0..width).start
    }

    /// Computes a bit and what it follows.
    fn settle_bit(&mut self, root: FlatNode, bit: u32) {
        let mut stack = vec![(root, bit, false)];
        while let Some((at, bit, ready)) = stack.pop() {
            let key = (self.hierarchy.number(at), bit);
            if self.known_bits().contains_key(&key) {
                continue;
            }
            if ready {
                let value = self.lower_bit(at, bit);
                self.known_bits().insert(key, value);
                continue;
            }
            stack.push((at, bit, true));
            let mut follow = |source: FlatNode, bits: Range<u32>| {
                if self.in_circle(source) {
                    stack.extend(bits.map(|bit| (source, bit, false)));
                }
            };
            match self.hierarchy.alias(at) {
                Some(same) => follow(same, bit..bit + 1),
                None => bits::sources(
                    self.hierarchy.module(at.scope),
                    at.node,
                    bit,
                    &mut |node, bits| follow(FlatNode { node, ..at }, bits),
                ),
            }
        }
    }

    fn known_bits(&mut self) -> &mut HashMap<(usize, u32), u32> {
        &mut self.circles.as_mut().expect("a circle was found").bits
    }

    /// Bits of a node; in a circle these are computed already.
    fn bits_of(&mut self, at: FlatNode, bits: Range<u32>) -> Span {
        let width = bits.end - bits.start;
        let start = if self.in_circle(at) {
            let number = self.hierarchy.number(at);
            let known = self.known_bits();
            let parts: Vec<Part> = bits
                .map(|bit| Part {
                    value: known[&(number, bit)],
                    lsb: 0,
                    width: 1,
                })
                .collect();
            match parts[..] {
                [Part { value, .. }] => value,
                _ => self.assemble(width, &parts),
            }
        } else {
            let whole = Span {
                start: self.value(at),
                width: self.width(at),
            };
            self.slice(width, whole, bits.start)
        };
        Span { start, width }
    }

    fn lower_bit(&mut self, at: FlatNode, bit: u32) -> u32 {
        if let Some(same) = self.hierarchy.alias(at) {
            return self.bits_of(same, bit..bit + 1).start;
        }
        let hierarchy = self.hierarchy;
        let module = hierarchy.module(at.scope);
        let node = module.node(at.node);
        let here = |node: NodeId| FlatNode { node, ..at };
        let all = |node: NodeId| 0..module.shape(node).width;
        let one = bit..bit + 1;
        let width = node.shape.width;
        let of_all = |lowering: &mut Self, start: u32, width: u32| {
            lowering.slice(1, Span { start, width }, bit)
        };
        match &node.kind {
            NodeKind::Unary(UnaryOp::Not, a) => {
                let a = self.bits_of(here(*a), one);
                self.unary(UnaryOp::Not, a)
            }
            NodeKind::Unary(UnaryOp::Negate, a) => {
                let a = self.bits_of(here(*a), 0..bit + 1);
                let value = self.unary(UnaryOp::Negate, a);
                of_all(self, value, bit + 1)
            }
            NodeKind::Unary(op, a) => {
                let a = self.bits_of(here(*a), all(*a));
                self.unary(*op, a)
            }
            NodeKind::Binary(op @ (BinaryOp::And | BinaryOp::Or | BinaryOp::Xor), a, b) => {
                let [a, b] = [*a, *b].map(|node| self.bits_of(here(node), one.clone()));
                self.binary(*op, 1, false, a, b)
            }
            NodeKind::Binary(op @ (BinaryOp::Add | BinaryOp::Subtract), a, b) => {
                let [a, b] = [*a, *b].map(|node| self.bits_of(here(node), 0..bit + 1));
                let value = self.binary(*op, bit + 1, false, a, b);
                of_all(self, value, bit + 1)
            }
            NodeKind::Binary(op, a, b) => {
                let signed = module.shape(*a).signed;
                let [a, b] = [*a, *b].map(|node| self.bits_of(here(node), all(node)));
                let value = self.binary(*op, width, signed, a, b);
                of_all(self, value, width)
            }
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => {
                let condition = self.bits_of(here(*condition), 0..1).start;
                let [then, otherwise] =
                    [*then, *otherwise].map(|node| self.bits_of(here(node), one.clone()).start);
                self.emitter.emit(Op::Mux, condition, then, otherwise)
            }
            NodeKind::Case {
                selector,
                arms,
                default,
            } => {
                let selector = self.bits_of(here(*selector), all(*selector));
                let values = arms.iter().map(|(_, arm)| here(*arm));
                let values: Vec<FlatNode> = values.collect();
                let values: Vec<u32> = values
                    .into_iter()
                    .map(|arm| self.bits_of(arm, one.clone()).start)
                    .collect();
                let default = self.bits_of(here(*default), one).start;
                self.case(1, selector, arms, &values, default)
            }
            NodeKind::MemoryWord { memory, address } => {
                let address = self.bits_of(here(*address), all(*address)).start;
                let value = self.word(at.scope, *memory, address, width);
                of_all(self, value, width)
            }
            NodeKind::Slice { .. } | NodeKind::Concat(_) | NodeKind::Extend(_) => {
                let mut source = None;
                bits::sources(module, at.node, bit, &mut |node, bits| {
                    source = Some((node, bits));
                });
                match source {
                    Some((node, bits)) => self.bits_of(here(node), bits).start,
                    None => self.emitter.literal(0),
                }
            }
            _ => unreachable!("state, inputs and constants stand in no circle"),
        }
    }
}
