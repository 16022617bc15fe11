//! Turns the nodes of all scopes into single-word instructions.

use super::circles::Circles;
use super::emit::{Emitter, Origin};
use super::execute::Load;
use super::flatten::{FlatNode, Hierarchy};
use super::hash::FastHasher;
use super::ops::{Op, pack, shift_of};
use super::wide::{Span, WideOp, top_mask, words_of};
use crate::ir::{BinaryOp, CasePattern, MemoryId, NodeId, NodeKind, UnaryOp};
use num_bigint::BigUint;
use std::collections::HashMap;
use std::hash::Hasher;

const UNSET: u32 = u32::MAX;
const VISITING: u32 = u32::MAX - 1;

/// Nodes on the way to instructions.
pub(super) struct Lowering<'d> {
    pub hierarchy: &'d Hierarchy<'d>,
    pub emitter: Emitter,
    /// For each flat node the first word of its value.
    values: Vec<u32>,
    stack: Vec<(FlatNode, bool)>,
    pending: Vec<FlatNode>,
    /// Where the words of each memory stand, by scope and memory.
    pub memories: HashMap<(u32, MemoryId), Load>,
    /// For each scope a number that it shares with like scopes beside it.
    families: Vec<u32>,
    /// What runs in a circle, once something was found that does.
    pub circles: Option<Circles>,
    /// For a value put together from whole values: these, lowest first.
    concatenations: HashMap<u32, Vec<Span>>,
}

/// Bits of a value: first word of the value, lowest bit taken, number of bits.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub value: u32,
    pub lsb: u32,
    pub width: u32,
}

/// Bits used of the highest word of a value of this width.
fn top_bits(width: u32) -> u32 {
    (width - 1) % 64 + 1
}

impl<'d> Lowering<'d> {
    pub(super) fn new(hierarchy: &'d Hierarchy<'d>) -> Self {
        Lowering {
            hierarchy,
            emitter: Emitter::default(),
            values: vec![UNSET; hierarchy.nodes],
            stack: Vec::new(),
            pending: Vec::new(),
            memories: HashMap::new(),
            families: hierarchy.families(),
            circles: None,
            concatenations: HashMap::new(),
        }
    }

    /// Gives a node that holds state or comes from outside its own words.
    pub(super) fn define(&mut self, at: FlatNode) -> u32 {
        let value = self.emitter.allocate(words_of(self.width(at)));
        let number = self.hierarchy.number(at);
        self.values[number] = value;
        value
    }

    /// The first word of a node's value; computes it and what it needs if that is not yet done.
    pub(super) fn value(&mut self, root: FlatNode) -> u32 {
        // Bits of circles ask for values while others are under way.
        let base = self.stack.len();
        self.stack.push((root, false));
        while self.stack.len() > base {
            let Some((at, ready)) = self.stack.pop() else {
                break;
            };
            let number = self.hierarchy.number(at);
            let state = self.values[number];
            if ready {
                self.values[number] = self.lower(at);
            } else if state == VISITING {
                assert!(self.circles.is_none(), "all circles are found at once");
                self.circles = Some(Circles::of(self.hierarchy));
                for (under_way, _) in self.stack.drain(base..).filter(|(_, ready)| *ready) {
                    self.values[self.hierarchy.number(under_way)] = UNSET;
                }
                self.stack.push((root, false));
            } else if state == UNSET && self.in_circle(at) {
                self.values[number] = self.joined(at);
            } else if state == UNSET {
                self.values[number] = VISITING;
                self.stack.push((at, true));
                self.push_operands(at);
            }
        }
        self.done(root)
    }

    /// The width of a node.
    pub(super) fn width(&self, at: FlatNode) -> u32 {
        self.hierarchy.module(at.scope).shape(at.node).width
    }

    fn done(&self, at: FlatNode) -> u32 {
        self.values[self.hierarchy.number(at)]
    }

    fn push_operands(&mut self, at: FlatNode) {
        if let Some(same) = self.hierarchy.alias(at) {
            self.stack.push((same, false));
            return;
        }
        let mut push = |node: NodeId| {
            self.pending.push(FlatNode {
                scope: at.scope,
                node,
            })
        };
        match &self.hierarchy.module(at.scope).node(at.node).kind {
            NodeKind::Unary(_, a)
            | NodeKind::Extend(a)
            | NodeKind::MemoryWord { address: a, .. }
            | NodeKind::Slice { value: a, .. } => push(*a),
            NodeKind::Binary(_, a, b) => {
                push(*a);
                push(*b);
            }
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => {
                push(*condition);
                push(*then);
                push(*otherwise);
            }
            NodeKind::Case {
                selector,
                arms,
                default,
            } => {
                push(*selector);
                arms.iter().for_each(|(_, value)| push(*value));
                push(*default);
            }
            NodeKind::Concat(parts) => parts.iter().for_each(|part| push(*part)),
            NodeKind::Constant { .. }
            | NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::Input(_)
            | NodeKind::Wire { .. }
            | NodeKind::InstanceOutput { .. }
            | NodeKind::Cast(_) => {}
        }
        self.stack
            .extend(self.pending.drain(..).rev().map(|operand| (operand, false)));
    }

    fn lower(&mut self, at: FlatNode) -> u32 {
        if let Some(same) = self.hierarchy.alias(at) {
            return self.done(same);
        }
        let hierarchy = self.hierarchy;
        let module = hierarchy.module(at.scope);
        let node = module.node(at.node);
        let width = node.shape.width;
        let here = |node| FlatNode {
            scope: at.scope,
            node,
        };
        self.emitter.origin = self.origin_of(at);
        match &node.kind {
            NodeKind::Constant { bits, .. } => self.emitter.constant(&bits.to_u64_digits(), width),
            NodeKind::Unary(op, a) => self.unary(*op, self.span(here(*a))),
            NodeKind::Binary(op, a, b) => {
                let signed = module.shape(*a).signed;
                self.binary(*op, width, signed, self.span(here(*a)), self.span(here(*b)))
            }
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => {
                let [condition, then, otherwise] =
                    [*condition, *then, *otherwise].map(|node| self.done(here(node)));
                self.each_word(width, |word| {
                    (Op::Mux, condition, then + word, otherwise + word)
                })
            }
            NodeKind::Case {
                selector,
                arms,
                default,
            } => {
                let selector = self.span(here(*selector));
                let values: Vec<u32> = arms.iter().map(|(_, arm)| self.done(here(*arm))).collect();
                let default = self.done(here(*default));
                self.case(width, selector, arms, &values, default)
            }
            NodeKind::Slice { value, lsb } => self.slice(width, self.span(here(*value)), *lsb),
            NodeKind::Concat(parts) => {
                let parts: Vec<Span> = parts.iter().map(|part| self.span(here(*part))).collect();
                self.concat(width, &parts)
            }
            NodeKind::MemoryWord { memory, address } => {
                let address = self.done(here(*address));
                self.word(at.scope, *memory, address, width)
            }
            NodeKind::Extend(a) => self.extend(width, self.span(here(*a)), module.shape(*a).signed),
            NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::Input(_)
            | NodeKind::Wire { .. }
            | NodeKind::InstanceOutput { .. }
            | NodeKind::Cast(_) => unreachable!("aliases and state have their values already"),
        }
    }

    /// Where the instructions of a node come from.
    pub(super) fn origin_of(&self, at: FlatNode) -> Origin {
        let mut hasher = FastHasher::default();
        let node = self.hierarchy.module(at.scope).node(at.node);
        let location = node.location;
        hasher.write_u64(location.file().as_ptr() as u64);
        hasher.write_u64(u64::from(location.line()) << 32 | u64::from(location.column()));
        hasher.write_u32(self.families[at.scope as usize]);
        Origin {
            node: self.hierarchy.number(at) as u32,
            kind: hasher.finish(),
            part: 0,
        }
    }

    pub(super) fn word(&mut self, scope: u32, memory: MemoryId, address: u32, width: u32) -> u32 {
        let load = self.memories[&(scope, memory)];
        let table = self.emitter.load_table(load);
        self.each_word(width, |word| (Op::Load, address, table, word))
    }

    fn span(&self, at: FlatNode) -> Span {
        Span {
            start: self.done(at),
            width: self.width(at),
        }
    }

    /// A value of which every word comes from one instruction.
    fn each_word(&mut self, width: u32, word: impl Fn(u32) -> (Op, u32, u32, u32)) -> u32 {
        let words = words_of(width);
        if words == 1 {
            let (op, a, b, c) = word(0);
            return self.emitter.emit(op, a, b, c);
        }
        let dst = self.emitter.allocate(words);
        for index in 0..words {
            let (op, a, b, c) = word(index);
            self.emitter.emit_into(dst + index, op, a, b, c);
        }
        dst
    }

    fn ones(&mut self, width: u32) -> Span {
        let words = words_of(width) as usize;
        let mut ones = vec![u64::MAX; words];
        ones[words - 1] = top_mask(width);
        Span {
            start: self.emitter.constant(&ones, width),
            width,
        }
    }

    pub(super) fn unary(&mut self, op: UnaryOp, a: Span) -> u32 {
        let narrow = a.width <= 64;
        match op {
            UnaryOp::Not => {
                let ones = self.ones(a.width);
                self.each_word(a.width, |word| {
                    (Op::Xor, a.start + word, ones.start + word, 0)
                })
            }
            UnaryOp::Negate => {
                let zero = Span {
                    start: self.emitter.constant(&[], a.width),
                    width: a.width,
                };
                self.binary(BinaryOp::Subtract, a.width, false, zero, a)
            }
            UnaryOp::ReduceAnd | UnaryOp::ReduceOr | UnaryOp::ReduceXor if a.width == 1 => a.start,
            UnaryOp::ReduceAnd => {
                let ones = self.ones(a.width);
                self.binary(BinaryOp::Equal, 1, false, a, ones)
            }
            UnaryOp::ReduceOr => {
                let some = (1..words_of(a.width)).fold(a.start, |some, word| {
                    self.emitter.emit(Op::Or, some, a.start + word, 0)
                });
                let zero = self.emitter.literal(0);
                self.emitter.emit(Op::NotEqual, some, zero, 0)
            }
            UnaryOp::ReduceXor if narrow => self.emitter.emit(Op::Parity, a.start, 0, 0),
            UnaryOp::ReduceXor => self.emitter.emit_wide(WideOp::Parity, 1, a, a, false),
        }
    }

    /// The operand that equals an operation on two bits, of which one is known.
    fn bit(&self, op: BinaryOp, x: u32, y: u32) -> Option<u32> {
        let (bit, other) = match (self.emitter.known(x), self.emitter.known(y)) {
            (_, Some(known)) => (x, known),
            (Some(known), _) => (y, known),
            (None, None) => return None,
        };
        match (op, other) {
            (BinaryOp::And | BinaryOp::Equal, 1) | (BinaryOp::Or | BinaryOp::NotEqual, 0) => {
                Some(bit)
            }
            _ => None,
        }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        width: u32,
        signed: bool,
        a: Span,
        b: Span,
    ) -> u32 {
        let (x, y) = (a.start, b.start);
        if a.width == 1
            && let Some(same) = self.bit(op, x, y)
        {
            return same;
        }
        match op {
            BinaryOp::And => return self.each_word(width, |i| (Op::And, x + i, y + i, 0)),
            BinaryOp::Or => return self.each_word(width, |i| (Op::Or, x + i, y + i, 0)),
            BinaryOp::Xor => return self.each_word(width, |i| (Op::Xor, x + i, y + i, 0)),
            _ => {}
        }
        if width > 64 || a.width > 64 || b.width > 64 {
            return self.binary_wide(op, width, signed, a, b);
        }
        let mask = shift_of(width);
        let left = (x, shift_of(a.width));
        let right = (y, shift_of(b.width));
        let emitter = &mut self.emitter;
        match op {
            BinaryOp::Add => {
                emitter.emit_extended(Some(Op::Add), Op::AddExtended, left, right, mask)
            }
            BinaryOp::Subtract => {
                emitter.emit_extended(Some(Op::Subtract), Op::SubtractExtended, left, right, mask)
            }
            BinaryOp::Multiply if signed => {
                emitter.emit_extended(None, Op::MultiplyExtended, left, right, mask)
            }
            BinaryOp::Multiply => emitter.emit(Op::Multiply, x, y, 0),
            BinaryOp::Equal => emitter.emit(Op::Equal, x, y, 0),
            BinaryOp::NotEqual => emitter.emit(Op::NotEqual, x, y, 0),
            BinaryOp::Less if signed => {
                emitter.emit_extended(None, Op::LessExtended, left, right, 0)
            }
            BinaryOp::Less => emitter.emit(Op::Less, x, y, 0),
            BinaryOp::LessOrEqual if signed => {
                emitter.emit_extended(None, Op::LessOrEqualExtended, left, right, 0)
            }
            BinaryOp::LessOrEqual => emitter.emit(Op::LessOrEqual, x, y, 0),
            BinaryOp::ShiftLeft => emitter.emit(Op::ShiftLeft, x, y, mask),
            BinaryOp::ShiftRight if signed => emitter.emit(Op::ShiftRightExtended, x, y, mask),
            BinaryOp::ShiftRight => emitter.emit(Op::ShiftRight, x, y, 0),
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => unreachable!("done word by word"),
        }
    }

    fn binary_wide(&mut self, op: BinaryOp, width: u32, signed: bool, a: Span, b: Span) -> u32 {
        let wide = match op {
            BinaryOp::Add => WideOp::Add,
            BinaryOp::Subtract => WideOp::Subtract,
            BinaryOp::Multiply => WideOp::Multiply,
            BinaryOp::Equal | BinaryOp::NotEqual => WideOp::Equal,
            BinaryOp::Less => WideOp::Less,
            BinaryOp::LessOrEqual => WideOp::LessOrEqual,
            BinaryOp::ShiftLeft => WideOp::ShiftLeft,
            BinaryOp::ShiftRight => WideOp::ShiftRight,
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => unreachable!("done word by word"),
        };
        let value = self.emitter.emit_wide(wide, width, a, b, signed);
        if op == BinaryOp::NotEqual {
            let one = self.emitter.literal(1);
            return self.emitter.emit(Op::Xor, value, one, 0);
        }
        value
    }

    pub(super) fn case(
        &mut self,
        width: u32,
        selector: Span,
        arms: &[(CasePattern, NodeId)],
        values: &[u32],
        default: u32,
    ) -> u32 {
        let largest = arms.iter().map(|(pattern, _)| &pattern.bits).max();
        let Some(largest) = largest else {
            return default;
        };
        let dense = BigUint::from(4 * arms.len() as u64 + 64);
        if selector.width <= 64 && *largest < dense {
            let entries = largest.iter_u64_digits().next().unwrap_or(0) as usize + 1;
            return self.case_by_table(width, selector.start, entries, arms, values, default);
        }
        // Sparse patterns: a chain of comparisons.
        let mut chosen = default;
        for ((pattern, _), value) in arms.iter().zip(values) {
            let digits = pattern.bits.to_u64_digits();
            let start = self.emitter.constant(&digits, selector.width);
            let pattern = Span {
                start,
                width: selector.width,
            };
            let hit = self.binary(BinaryOp::Equal, 1, false, selector, pattern);
            chosen = self.each_word(width, |i| (Op::Mux, hit, value + i, chosen + i));
        }
        chosen
    }

    fn case_by_table(
        &mut self,
        width: u32,
        selector: u32,
        entries: usize,
        arms: &[(CasePattern, NodeId)],
        values: &[u32],
        default: u32,
    ) -> u32 {
        let mut table = vec![default; entries + 1];
        for ((pattern, _), value) in arms.iter().zip(values) {
            table[pattern.bits.iter_u64_digits().next().unwrap_or(0) as usize] = *value;
        }
        let words: Vec<_> = (0..words_of(width))
            .map(|word| {
                let entries: Vec<u32> = table.iter().map(|value| value + word).collect();
                self.emitter.emit_select(selector, &entries)
            })
            .collect();
        self.each_word(width, |word| words[word as usize])
    }

    pub(super) fn slice(&mut self, width: u32, value: Span, lsb: u32) -> u32 {
        let (value, lsb) = self.origin(width, value, lsb);
        if lsb == 0 && width == value.width {
            return value.start;
        }
        if lsb.is_multiple_of(64) && (lsb + width == value.width || width == 64) {
            return value.start + lsb / 64;
        }
        let value = value.start;
        self.assemble(width, &[Part { value, lsb, width }])
    }

    /// Where bits of a value come from, looking through concatenations of which they meet only
    /// one part: what goes through a bus costs nothing.
    fn origin(&self, width: u32, mut value: Span, mut lsb: u32) -> (Span, u32) {
        while let Some(parts) = self.concatenations.get(&value.start) {
            let mut offset = 0;
            let part = parts.iter().find(|part| {
                offset += part.width;
                lsb < offset
            });
            match part {
                Some(part) if lsb + width <= offset => {
                    lsb -= offset - part.width;
                    value = *part;
                }
                _ => break,
            }
        }
        (value, lsb)
    }

    fn concat(&mut self, width: u32, parts: &[Span]) -> u32 {
        let (first, rest) = parts.split_first().expect("a concatenation has operands");
        if rest.is_empty() {
            return first.start;
        }
        let value = if width <= 64 {
            rest.iter().fold(first.start, |high, part| {
                self.emitter.emit(Op::Concat, high, part.start, part.width)
            })
        } else {
            let lowest_first = parts.iter().rev().map(|part| Part {
                value: part.start,
                lsb: 0,
                width: part.width,
            });
            self.assemble(width, &lowest_first.collect::<Vec<_>>())
        };
        // A narrow constant may be one of its own parts, and folds anyway.
        if self.emitter.known(value).is_none() {
            self.concatenations
                .insert(value, parts.iter().rev().copied().collect());
        }
        value
    }

    fn extend(&mut self, width: u32, a: Span, signed: bool) -> u32 {
        let last = words_of(a.width) - 1;
        if !signed {
            if words_of(width) == last + 1 {
                return a.start;
            }
            return self.assemble(
                width,
                &[Part {
                    value: a.start,
                    lsb: 0,
                    width: a.width,
                }],
            );
        }
        let shift = shift_of(top_bits(a.width));
        let words = words_of(width);
        self.each_word(width, |word| {
            let mask = if word + 1 == words {
                shift_of(top_bits(width))
            } else {
                0
            };
            match word.cmp(&last) {
                std::cmp::Ordering::Less => (Op::Copy, a.start + word, 0, 0),
                std::cmp::Ordering::Equal => {
                    (Op::SignExtend, a.start + word, 0, pack(shift, 0, mask))
                }
                std::cmp::Ordering::Greater => {
                    (Op::SignFill, a.start + last, 0, pack(shift, 0, mask))
                }
            }
        })
    }

    /// Bits put together, lowest part first; bits beyond the parts are 0.
    pub(super) fn assemble(&mut self, width: u32, parts: &[Part]) -> u32 {
        let words: Vec<_> = (0..words_of(width))
            .map(|word| self.assemble_word(word * 64, parts))
            .collect();
        self.each_word(width, |word| words[word as usize])
    }

    /// The last instruction that makes the word of which bit 0 is bit `base` of all parts.
    fn assemble_word(&mut self, base: u32, parts: &[Part]) -> (Op, u32, u32, u32) {
        let zero = self.emitter.literal(0);
        let mut word = (Op::Copy, zero, 0, 0);
        let mut offset = 0;
        for part in parts {
            let mut at = offset.max(base);
            let end = (offset + part.width).min(base + 64);
            while at < end {
                let bit = part.lsb + (at - offset);
                let taken = (64 - bit % 64).min(end - at);
                let source = part.value + bit / 64;
                let (right, left, mask) = (bit % 64, at - base, shift_of(taken));
                word = if left == 0 {
                    (Op::Slice, source, 0, pack(right, 0, mask))
                } else {
                    let (op, a, b, c) = word;
                    let lower = self.emitter.emit(op, a, b, c);
                    (Op::Insert, source, lower, pack(right, left, mask))
                };
                at += taken;
            }
            offset += part.width;
        }
        word
    }
}
